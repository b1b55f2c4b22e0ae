// SPDX-License-Identifier: MIT
/*
 * image: programs into address spaces: ELF loading, scripts, arguments; the
 * body of exec (proc_create's is in sys/spawn.c, init's in main/init_proc.c).
 *
 * image_load() does everything that can fail, in an address space that nobody
 * runs in yet; image_commit() then makes it the process's and cannot fail.  So
 * a caller of exec either goes on as it was, with an error and a sentence, or
 * is the new program.
 *
 * IM1  Nothing of the caller's memory is looked at after args_from_user().
 * IM2  A load that failed leaves `as` half filled: its owner drops it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <image/argv.h>
#include <lib/compiler.h>

struct aspace;
struct chan;
struct cred;
struct proc;

struct image {
	uintptr_t pc, sp;
	uintptr_t program_end;
	struct cred *cred; /* to become the process's; NULL: as it is */
	bool secure;
	char *text;	   /* argv for /proc, a page; or NULL */
	size_t text_len;
};

/* dir: where a relative path starts (NULL: p's current directory).  Scripts
 * change a.  On success image_commit() or image_drop() follows. */
int __must_check image_load(struct proc *p, struct aspace *as, struct chan *dir,
			    const char *path, struct args *a,
			    struct image *img);
void image_drop(struct image *img);
/* Name, arguments, credentials, the break: p is img's from here on. */
void image_commit(struct proc *p, struct image *img, const char *path);

/* segments.c: maps what the plan says; *bias is added to its addresses. */
struct elf_plan;
int __must_check image_map(struct aspace *as, struct chan *c,
			   const struct elf_plan *plan, uintptr_t bias);

/* SYS_exec's body, for the calling process; returns only to say why not. */
int image_exec(struct proc *p, struct chan *dir, const char *path,
	       struct args *a);
