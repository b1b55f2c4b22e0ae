// SPDX-License-Identifier: MIT
/* Small numbers handed out lowest first (or next after the last one given); a
 * bitmap over storage of the caller's.  No lock. */
#pragma once

#include <stddef.h>

#include <lib/bitmap.h>
#include <lib/compiler.h>

struct idpool {
	unsigned long *bits;
	size_t nr;   /* ids are 0 .. nr - 1 */
	size_t next; /* where the next-fit search starts */
};

void idpool_init(struct idpool *p, unsigned long *bits, size_t nr);
long idpool_take_lowest(struct idpool *p, size_t min); /* -1: none free */
long idpool_take_next(struct idpool *p);	       /* wraps round */
void idpool_give(struct idpool *p, size_t id);
