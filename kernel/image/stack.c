// SPDX-License-Identifier: MIT
/* The first stack of a program.  Its picture: argv.h */
#include <image/argv.h>

#include <arch/uaccess.h>
#include <dev/dev.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ros/common.h>
#include <ros/errno.h>

#define AT_NULL	  0
#define AT_PHDR	  3
#define AT_PHENT  4
#define AT_PHNUM  5
#define AT_PAGESZ 6
#define AT_BASE	  7
#define AT_ENTRY  9
#define AT_UID	  11
#define AT_EUID	  12
#define AT_GID	  13
#define AT_EGID	  14
#define AT_SECURE 23
#define AT_RANDOM 25
#define AT_EXECFN 31

#define NR_AUX	    14
#define RANDOM_LEN  16
#define PHDR_SIZE   56
#define CHUNK_WORDS 64

/* Words go out upwards, a chunk at a time. */
struct pusher {
	uintptr_t at;
	unsigned int nr;
	bool bad;
	uint64_t words[CHUNK_WORDS];
};

static void flush(struct pusher *p)
{
	if (copy_to_user((void *)p->at, p->words, p->nr * 8))
		p->bad = true;
	p->at += p->nr * 8;
	p->nr = 0;
}

static inline void push_word(struct pusher *p, uint64_t w)
{
	if (p->nr == CHUNK_WORDS)
		flush(p);
	p->words[p->nr++] = w;
}

static void push_aux(struct pusher *p, const struct aux_info *aux,
		     uintptr_t execfn, uintptr_t random)
{
	const uint64_t v[NR_AUX][2] = {
		{ AT_PHDR, aux->phdr },	   { AT_PHENT, PHDR_SIZE },
		{ AT_PHNUM, aux->phnum },  { AT_PAGESZ, PGSIZE },
		{ AT_BASE, 0 },		   { AT_ENTRY, aux->entry },
		{ AT_UID, aux->uid },	   { AT_EUID, aux->euid },
		{ AT_GID, aux->gid },	   { AT_EGID, aux->egid },
		{ AT_SECURE, aux->secure }, { AT_RANDOM, random },
		{ AT_EXECFN, execfn },	   { AT_NULL, 0 },
	};

	for (int i = 0; i < NR_AUX; i++) {
		push_word(p, v[i][0]);
		push_word(p, v[i][1]);
	}
}

/* A string below *at, which moves down. */
static int put_string(uintptr_t *at, const char *s)
{
	size_t len = strlen(s) + 1;

	*at -= len;
	return copy_to_user((void *)*at, s, len);
}

struct layout {
	uintptr_t execfn, random, strings;
	uintptr_t extra[ARGS_EXTRA_MAX];
};

/* Everything that is pointed to; the end of it, or 0. */
static uintptr_t put_strings(const struct args *a, uintptr_t top,
			     const char *execfn, struct layout *l)
{
	uint8_t random[RANDOM_LEN];
	size_t len = a->len - a->strings;
	uintptr_t at = top - 8; /* a word of zeros at the very end */
	int err;

	random_bytes(random, sizeof(random));
	err = put_string(&at, execfn);
	l->execfn = at;
	for (unsigned int i = 0; i < a->nr_extra; i++) {
		err |= put_string(&at, a->extra[i]);
		l->extra[i] = at;
	}
	at = ROUND_DOWN(at - sizeof(random), 16UL);
	err |= copy_to_user((void *)at, random, sizeof(random));
	l->random = at;
	at -= len;
	if (len)
		err |= copy_to_user((void *)at, a->block + a->strings, len);
	l->strings = at - a->strings; /* so that offsets fit */
	return err ? 0 : at;
}

int args_push(const struct args *a, uintptr_t top, const struct aux_info *aux,
	      const char *execfn, uintptr_t *sp)
{
	uint32_t argc = a->nr_extra + a->argc - a->skip;
	uint64_t words = 1 + argc + 1 + a->envc + 1 + 2 * NR_AUX;
	struct pusher p = { .nr = 0 };
	struct layout l;
	uintptr_t end = put_strings(a, top, execfn, &l);

	if (!end)
		return fail(ENOMEM, "no memory for the first stack");
	p.at = ROUND_DOWN(end - words * 8, 16UL);
	*sp = p.at;
	push_word(&p, argc);
	for (unsigned int i = 0; i < a->nr_extra; i++)
		push_word(&p, l.extra[i]);
	for (uint32_t i = a->skip; i < a->argc; i++)
		push_word(&p, l.strings + a->off[i]);
	push_word(&p, 0);
	for (uint32_t i = 0; i < a->envc; i++)
		push_word(&p, l.strings + a->off[a->argc + i]);
	push_word(&p, 0);
	push_aux(&p, aux, l.execfn, l.random);
	flush(&p);
	if (p.bad)
		return fail(ENOMEM, "no memory for the first stack");
	return 0;
}
