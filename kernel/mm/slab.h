// SPDX-License-Identifier: MIT
/*
 * Slabs: caches of equal objects with per-core magazines (Bonwick and Adams,
 * "Magazines and Vmem", 2001), and kmalloc() on top of them.
 *
 * The fast path takes or gives an object from the core's loaded magazine with
 * interrupts off and no lock; a full or empty magazine is exchanged with the
 * depot under the cache's lock.
 *
 * SL1  an object is in exactly one of: in use, a magazine, a slab's free list
 * SL2  in test builds freed objects are poisoned and checked on allocation;
 *      what is handed out is filled with another pattern
 * Any function here may be called in any context with MM_ATOMIC.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>
#include <mm/frame.h>

struct slab_cache;

/* Caches are made at boot and stay: without memory this panics.  `name` is
 * kept.  align 0: 8, or 64 for objects of 64 bytes and more. */
struct slab_cache *slab_create(const char *name, size_t size, size_t align);
void *slab_alloc(struct slab_cache *c, unsigned int flags);
void slab_free(struct slab_cache *c, void *obj);

void slab_init(void);

/* Up to 4 KiB from size classes, above from frames (power of two). */
void *kmalloc(size_t size, unsigned int flags);
void *kzalloc(size_t size, unsigned int flags);
void kfree(void *p); /* NULL is fine */
char *kstrndup(const char *s, size_t len, unsigned int flags);

/* For tests: objects in use over all caches, after draining this core. */
size_t slab_objects_in_use(void);
void slab_reclaim(void); /* empty slabs and magazines back to frames */
void slab_print(void);
