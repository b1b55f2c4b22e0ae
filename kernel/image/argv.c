// SPDX-License-Identifier: MIT
/* Arguments: from the caller's block to the new stack.  Rules: argv.h */
#include <image/argv.h>

#include <arch/uaccess.h>
#include <dev/dev.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/kmap.h>
#include <mm/slab.h>
#include <ros/common.h>
#include <ros/errno.h>

#define BLOCK_KMALLOC_MAX (16 * PGSIZE)

static int block_alloc(struct args *a, size_t len)
{
	a->len = len;
	if (len <= BLOCK_KMALLOC_MAX) {
		a->block = kmalloc(len, MM_WAIT);
	} else {
		a->pages = ROUND_UP(len, PGSIZE) / PGSIZE;
		a->block = kmap_alloc(a->pages);
	}
	return a->block ? 0 : fail(ENOMEM, "no memory for %lu bytes of "
				   "arguments", len);
}

static void block_free(struct args *a)
{
	if (a->pages)
		kmap_free(a->block, a->pages);
	else
		kfree(a->block);
	a->block = NULL;
}

void args_free(struct args *a)
{
	block_free(a);
	for (unsigned int i = 0; i < a->nr_extra; i++)
		kfree(a->extra[i]);
	a->nr_extra = 0;
}

/* Every offset leads to a string, and the last byte ends whatever is last. */
static int block_check(struct args *a)
{
	const struct argenv_hdr *h = (const struct argenv_hdr *)a->block;
	uint64_t nr = (uint64_t)h->argc + h->envc;

	a->argc = h->argc;
	a->envc = h->envc;
	a->off = h->off;
	a->strings = sizeof(*h) + nr * sizeof(h->off[0]);
	if (a->strings > a->len)
		return fail(EINVAL, "%lu arguments in a block of %lu bytes", nr,
			    a->len);
	if (!nr)
		return 0;
	if (a->strings == a->len || a->block[a->len - 1])
		return fail(EINVAL, "the argument block ends in no zero");
	for (uint64_t i = 0; i < nr; i++)
		if (a->off[i] < a->strings || a->off[i] >= a->len)
			return fail(EINVAL, "argument %lu lies outside its "
				    "block", i);
	return 0;
}

static int add_extra(struct args *a, const char *s)
{
	char *copy = kstrndup(s, strlen(s), MM_WAIT);

	if (!copy)
		return fail(ENOMEM, "no memory for an argument");
	a->extra[a->nr_extra++] = copy;
	return 0;
}

int args_from_user(struct args *a, uint64_t ublock, uint64_t len,
		   const char *path)
{
	int err;

	memset(a, 0, sizeof(*a));
	if (!ublock || !len)
		return add_extra(a, path);
	if (len > ROS_ARGENV_MAX)
		return fail(E2BIG, "%lu bytes of arguments", len);
	if (len < sizeof(struct argenv_hdr))
		return fail(EINVAL, "an argument block of %lu bytes", len);
	err = block_alloc(a, len);
	if (err)
		return err;
	if (copy_from_user(a->block, (const void *)ublock, len))
		err = fail(EFAULT, "bad address 0x%lx of arguments", ublock);
	else
		err = block_check(a);
	/* A program without argv[0] would surprise most. */
	if (!err && !a->argc)
		err = add_extra(a, path);
	if (err)
		args_free(a);
	return err;
}

int args_add_script(struct args *a, const char *interp, const char *arg,
		    const char *script)
{
	unsigned int nr = arg ? 2 : 1;
	char *own[3];

	own[0] = kstrndup(interp, strlen(interp), MM_WAIT);
	own[1] = arg ? kstrndup(arg, strlen(arg), MM_WAIT) : NULL;
	own[nr] = kstrndup(script, strlen(script), MM_WAIT);
	if (!own[0] || (arg && !own[1]) || !own[nr]) {
		kfree(own[0]);
		if (arg)
			kfree(own[1]);
		kfree(own[nr]);
		return fail(ENOMEM, "no memory for a script's arguments");
	}
	/* argv[0] goes: the first extra one, or the block's. */
	if (a->nr_extra) {
		kfree(a->extra[0]);
		memmove(a->extra, a->extra + 1,
			--a->nr_extra * sizeof(a->extra[0]));
	} else {
		a->skip = 1;
	}
	memmove(a->extra + nr + 1, a->extra, a->nr_extra * sizeof(a->extra[0]));
	memcpy(a->extra, own, (nr + 1) * sizeof(own[0]));
	a->nr_extra += nr + 1;
	return 0;
}

size_t args_text(const struct args *a, char *buf, size_t max)
{
	size_t at = 0, n;

	for (uint32_t i = 0; i < a->nr_extra + a->argc - a->skip; i++) {
		const char *s = i < a->nr_extra ?
					a->extra[i] :
					a->block + a->off[i - a->nr_extra +
							  a->skip];

		n = strnlen(s, max - at);
		if (at + n + 1 > max)
			break;
		memcpy(buf + at, s, n + 1);
		at += n + 1;
	}
	return at;
}
