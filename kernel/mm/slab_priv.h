// SPDX-License-Identifier: MIT
/*
 * Private to mm: the layers of the slab allocator.
 *
 *   slab_alloc(), slab_free()   magazine.c   per core, no lock
 *   depot                       magazine.c   full magazines, under c->lock
 *   slab_take(), slab_give()    slab.c       slabs, under c->lock
 *   frames
 */
#pragma once

#include <arch/percpu.h>
#include <lib/list.h>
#include <mm/mm_priv.h>
#include <mm/slab.h>
#include <sync/spinlock.h>

#define SLAB_MAX_CACHES 96
#define MAG_ROUNDS	30
#define DEPOT_MAX	8 /* full magazines kept; beyond, back to the slabs */

struct magazine {
	struct magazine *next;
	unsigned int nr;
	void *obj[MAG_ROUNDS];
};

struct slab_cache {
	const char *name;
	uint32_t size, align;
	uint16_t id; /* of its per-core magazines */
	uint8_t order;
	uint8_t rounds; /* of its magazines; 0: none */
	uint32_t per_slab;
	struct spinlock_irq lock;
	struct list partial GUARDED_BY(&lock); /* some free; empty ones last */
	unsigned int nr_empty GUARDED_BY(&lock);
	unsigned int nr_slabs GUARDED_BY(&lock);
	size_t nr_out GUARDED_BY(&lock); /* in use, or in magazines */
	struct magazine *depot GUARDED_BY(&lock);
	unsigned int nr_depot GUARDED_BY(&lock);
	struct list link;
};

struct slab {
	struct list link; /* cache->partial; on no list when full */
	struct slab_cache *cache;
	char *base;
	void *free;
	uint32_t in_use;
	uint32_t fresh; /* objects from here on were never out */
};

extern struct slab_cache magazine_cache;

/* False: SLAB_MAX_CACHES are there already. */
bool slab_cache_setup(struct slab_cache *c, const char *name, size_t size,
		      size_t align);
struct slab_cache *slab_cache_of(const void *obj);
struct slab_cache *slab_cache_next(struct slab_cache *c);
unsigned int slab_take(struct slab_cache *c, void **out, unsigned int nr,
		       unsigned int flags);
void slab_give(struct slab_cache *c, void **objs, unsigned int nr);

/* This core's magazines and the depot, back to the slabs. */
void magazines_flush(struct slab_cache *c);
/* Objects that lie in magazines of all cores; exact when nothing runs. */
size_t magazines_held(struct slab_cache *c);

/* SL2; nothing without CONFIG_LOCKDEP.  The first word links free objects. */
void slab_poison(const struct slab_cache *c, void *obj);
void slab_check_poison(const struct slab_cache *c, void *obj);
void slab_check_not_free(const struct slab_cache *c, const void *obj);

void kmalloc_init(void);
