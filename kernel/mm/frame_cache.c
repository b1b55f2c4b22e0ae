// SPDX-License-Identifier: MIT
/*
 * Single frames, from per-core caches in front of the buddy lists.
 *
 * The owner core pushes and pops at `nr` with interrupts off.  A core that
 * finds no memory anywhere else steals from any slot of any core by exchange;
 * the owner pops by exchange too, so a frame goes to exactly one of them, and a
 * slot found empty has been stolen from.
 */
#include <mm/mm_priv.h>

#include <arch/percpu.h>
#include <lib/assert.h>

#define CACHE_MAX   64
#define CACHE_BATCH 32

struct frame_cache {
	uint32_t nr; /* slots at and above are empty */
	struct frame *_Atomic slot[CACHE_MAX];
};
DEFINE_PERCPU_STATIC(struct frame_cache, frame_cache);

static inline struct frame *slot_take(struct frame_cache *c, unsigned int i)
{
	return atomic_exchange_explicit(&c->slot[i], NULL,
					memory_order_acquire);
}

static inline struct frame *cache_pop(struct frame_cache *c)
{
	while (c->nr) {
		struct frame *f = slot_take(c, --c->nr);

		if (likely(f))
			return f;
	}
	return NULL;
}

static inline void cache_push(struct frame_cache *c, struct frame *f)
{
	/* Pairs with the acquire in slot_take(). */
	atomic_store_explicit(&c->slot[c->nr++], f, memory_order_release);
}

/* Any frame in any core's cache, or NULL. */
static struct frame *cache_steal(void)
{
	for (unsigned int core = 0; core < nr_cores; core++) {
		struct frame_cache *c = &per_cpu(frame_cache, core);

		for (unsigned int i = 0; i < CACHE_MAX; i++) {
			struct frame *f;

			if (!atomic_load_explicit(&c->slot[i],
						  memory_order_relaxed))
				continue;
			f = slot_take(c, i);
			if (f)
				return f;
		}
	}
	return NULL;
}

/* Interrupts are off. */
static __noinline struct frame *cache_refill(struct frame_cache *c,
					     unsigned int flags)
{
	struct frame *got[CACHE_BATCH];
	size_t nr = buddy_take(got, CACHE_BATCH, flags);

	if (!nr)
		return cache_steal();
	for (size_t i = 1; i < nr; i++)
		cache_push(c, got[i]);
	return got[0];
}

/* Interrupts are off. */
static __noinline void cache_drain_some(struct frame_cache *c)
{
	struct frame *out[CACHE_BATCH];
	size_t nr = 0;

	while (nr < CACHE_BATCH && c->nr) {
		out[nr] = cache_pop(c);
		if (out[nr])
			nr++;
	}
	buddy_give(out, nr);
}

struct frame *frame_alloc(unsigned int flags)
{
	struct frame_cache *c;
	struct frame *f;
	uint64_t fl;

	mm_check_context(flags);
	if (mm_injected())
		return NULL;
	fl = irq_save();
	c = this_cpu_ptr(frame_cache);
	f = cache_pop(c);
	if (unlikely(!f))
		f = cache_refill(c, flags);
	irq_restore(fl);
	if (unlikely(!f))
		return NULL;
	frame_set_flags(f, 0);
	atomic_store_explicit(&f->refs, 1, memory_order_relaxed);
	if (flags & MM_ZERO)
		page_zero(frame_to_virt(f));
	return f;
}

size_t frame_alloc_bulk(struct frame **out, size_t nr, unsigned int flags)
{
	size_t got = 0;

	while (got < nr) {
		out[got] = frame_alloc(flags);
		if (!out[got])
			break;
		got++;
	}
	return got;
}

void frame_release(struct frame *f)
{
	struct frame_cache *c;
	uint64_t fl;

	if (unlikely(f->flags & FRAME_RESERVED))
		frames_adopt(f);
	assert(!(f->flags & (FRAME_FREE | FRAME_PGCACHE)));
	fl = irq_save();
	c = this_cpu_ptr(frame_cache);
	if (unlikely(c->nr == CACHE_MAX))
		cache_drain_some(c);
	cache_push(c, f);
	irq_restore(fl);
}

/* Those at hand are few enough to keep interrupts off meanwhile. */
static void release_some(struct frame **f, size_t nr)
{
	uint64_t fl = irq_save();
	struct frame_cache *c = this_cpu_ptr(frame_cache);

	for (size_t i = 0; i < nr; i++) {
		if (unlikely(f[i]->flags & FRAME_RESERVED))
			frames_adopt(f[i]);
		if (unlikely(c->nr == CACHE_MAX))
			cache_drain_some(c);
		cache_push(c, f[i]);
	}
	irq_restore(fl);
}

void frame_put_bulk(struct frame **f, size_t nr)
{
	size_t last = 0;

	for (size_t i = 0; i < nr; i++) {
		uint32_t old = atomic_fetch_sub_explicit(&f[i]->refs, 1,
							 memory_order_acq_rel);

		assert(old > 0);
		if (old == 1)
			f[last++] = f[i];
		if (last == CACHE_MAX) {
			release_some(f, last);
			last = 0;
		}
	}
	release_some(f, last);
}

void frames_drain_caches(void)
{
	struct frame *f;

	while ((f = cache_steal()))
		buddy_free(f, 0);
}

size_t frames_free_count(void)
{
	size_t n = buddy_free_count();

	for (unsigned int core = 0; core < nr_cores; core++) {
		struct frame_cache *c = &per_cpu(frame_cache, core);

		for (unsigned int i = 0; i < CACHE_MAX; i++)
			n += atomic_load_explicit(&c->slot[i],
						  memory_order_relaxed) != NULL;
	}
	return n;
}
