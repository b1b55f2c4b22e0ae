// SPDX-License-Identifier: MIT
/* execve: arguments and environment in one packed block (ros/proc.h). */
#include "linux.h"

#include <parlib/alloc.h>
#include <ros/proc.h>

#define ON_STACK 4096

static unsigned int count(char *const *v)
{
	unsigned int n = 0;

	if (v)
		while (v[n])
			n++;
	return n;
}

static size_t strings_len(char *const *v, unsigned int nr)
{
	size_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += strlen(v[i]) + 1;
	return len;
}

/* Appends the strings; their offsets go to off[].  The new end. */
static size_t pack(char *block, size_t at, uint32_t *off, char *const *v,
		   unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		size_t len = strlen(v[i]) + 1;

		off[i] = at;
		memcpy(block + at, v[i], len);
		at += len;
	}
	return at;
}

static void pack_all(void *block, char *const *argv, unsigned int argc,
		     char *const *envp, unsigned int envc)
{
	struct argenv_hdr *h = block;
	size_t at = sizeof(*h) + (argc + envc) * sizeof(uint32_t);

	h->argc = argc;
	h->envc = envc;
	at = pack(block, at, h->off, argv, argc);
	pack(block, at, h->off + argc, envp, envc);
}

static long exec_in(void *block, size_t len, long path, char *const *argv,
		    unsigned int argc, char *const *envp, unsigned int envc)
{
	pack_all(block, argv, argc, envp, envc);
	return ros_call(SYS_exec, AT_FDCWD, PATH(path), block, len, 0);
}

static __attribute__((noinline)) long exec_small(size_t len, long path,
						 char *const *argv,
						 unsigned int argc,
						 char *const *envp,
						 unsigned int envc)
{
	uint64_t block[ON_STACK / 8];

	return exec_in(block, len, path, argv, argc, envp, envc);
}

LX(execve)
{
	char *const *argv = (char *const *)b, *const *envp = (char *const *)c;
	unsigned int argc = count(argv), envc = count(envp);
	size_t len = sizeof(struct argenv_hdr) +
		     (argc + envc) * sizeof(uint32_t) +
		     strings_len(argv, argc) + strings_len(envp, envc);
	size_t pages = (len + PGSIZE - 1) >> PGSHIFT;
	void *block;
	long ret;

	if (len > ROS_ARGENV_MAX)
		return -E2BIG;
	if (len <= ON_STACK)
		return exec_small(len, a, argv, argc, envp, envc);
	block = rt_pages_alloc(pages);
	if (!block)
		return -ENOMEM;
	ret = exec_in(block, len, a, argv, argc, envp, envc);
	rt_pages_free(block, pages);
	return ret;
}
