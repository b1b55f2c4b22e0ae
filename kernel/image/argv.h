// SPDX-License-Identifier: MIT
/*
 * argv: a program's arguments and environment, from the caller's packed block
 * (ros/proc.h) to the first stack of the new program.
 *
 * The block is checked once when it is copied in; its strings go to the stack
 * in one piece, and the pointers are made from the offsets.  A script's
 * interpreter puts strings of its own in front, in place of argv[0].
 *
 * The stack, top down, as the System V ABI for AMD64 has it: 16 random bytes
 * and the extra strings; the block's strings; the auxiliary vector; 0; the
 * environment's pointers; 0; the arguments' pointers; argc at the stack
 * pointer, a multiple of 16.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>
#include <ros/proc.h>

struct proc;

/* Four nested scripts, each with interpreter, argument, and the script's
 * name. */
#define SCRIPT_DEPTH_MAX 4
#define ARGS_EXTRA_MAX	 (2 * SCRIPT_DEPTH_MAX + 1)

struct args {
	char *block;	  /* kernel copy; NULL: none */
	size_t len, pages; /* pages: from kmap_alloc(), else kmalloc() */
	uint32_t argc, envc;
	const uint32_t *off;
	size_t strings; /* where the first string begins */
	unsigned int nr_extra, skip; /* skip: argv[0] is replaced */
	char *extra[ARGS_EXTRA_MAX]; /* owned */
};

/* -E2BIG, -EFAULT, -EINVAL with a sentence; the block empty on failure.  ublock
 * NULL: argv is the path alone. */
int __must_check args_from_user(struct args *a, uint64_t ublock, uint64_t len,
				const char *path);
void args_free(struct args *a);
/* argv[0] becomes the script's path, after the interpreter and its argument
 * (NULL: none).  -ENOMEM. */
int __must_check args_add_script(struct args *a, const char *interp,
				 const char *arg, const char *script);

/* What the auxiliary vector says of the program. */
struct aux_info {
	uintptr_t phdr, entry;
	uint16_t phnum;
	bool secure;
	uint32_t uid, euid, gid, egid;
};
/* Builds the stack below `top` in the loaded address space; *sp is its end. */
int __must_check args_push(const struct args *a, uintptr_t top,
			   const struct aux_info *aux, const char *execfn,
			   uintptr_t *sp);
/* argv as one zero-separated text of at most max bytes, for /proc; its
 * length. */
size_t args_text(const struct args *a, char *buf, size_t max);
