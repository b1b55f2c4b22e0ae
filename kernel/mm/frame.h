// SPDX-License-Identifier: MIT
/*
 * Frames: physical memory in pages of 4 KiB, a buddy system with per-core
 * caches of single frames.
 *
 * Each frame has 16 bytes of bookkeeping, found by its number; a frame that is
 * free lies on a buddy list or in a core's cache, any other has refs >= 1.
 *
 * F1  sum of free blocks + cached frames + frames in use = managed frames
 * F2  refs counts owners: page cache, each PTE without PTE_NOREF, the kernel
 * F3  frame_put() of the last reference frees; frame_get() needs refs >= 1
 * F4  a lookup without locks may raise the count of any frame in use for a
 *     moment, whoever owns it; so blocks too are freed by count
 * F5  RAM that boot reserved (image, boot archive) has refs = 1 and may be
 *     given up like any other frame; it is managed from then on
 * Locks  buddy.lock (spin_irq) guards the buddy lists; the caches are the
 *        owner core's, with interrupts off for the moment of use; other cores
 *        may steal from them, slot by slot, by exchange.
 *
 * frame_alloc() never sleeps: without memory it returns NULL after a look into
 * the other cores' caches.  User memory (MM_USER) leaves a small reserve that
 * only the kernel may take; vm decides what to do when it fails.  What a system
 * call asks for leaves half of it, so that who makes the kernel work for him
 * does not take what interrupts and the killing of processes need.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <lib/assert.h>
#include <lib/compiler.h>
#include <ros/common.h>

#define FRAME_MAX_ORDER 10 /* 4 MiB */

/* Flags for frames and slabs alike. */
#define MM_WAIT	  0x0 /* may sleep (today no allocator does; it is checked
			 anyway); half of the reserve */
#define MM_ATOMIC 0x1 /* from any context; may use the reserve */
#define MM_ZERO	  0x2
#define MM_USER	  0x4 /* not from the reserve */
#define MM_NOWAIT 0x8 /* from any context; half of the reserve */

struct frame {
	_Atomic uint32_t refs;
	uint8_t order; /* of a free block's head */
	uint8_t flags; /* FRAME_* */
	uint16_t node;
	union {
		struct {
			uint32_t next, prev; /* buddy list, frame numbers */
		};
		uint64_t owner; /* slab, page table ... whoever holds it */
	};
};
_Static_assert(sizeof(struct frame) == 16, "16 bytes a frame");

#define FRAME_FREE     0x01
#define FRAME_RESERVED 0x02
#define FRAME_SLAB     0x04
#define FRAME_PGCACHE  0x08 /* held by a page cache */
#define FRAME_LARGE    0x10 /* head of a kmalloc() of 2^order frames */

extern struct frame *frames; /* indexed by frame number */

/* Relaxed: buddies look at the flags of frames that others own, and see that
 * they are not FRAME_FREE. */
static inline void frame_set_flags(struct frame *f, uint8_t flags)
{
	__atomic_store_n(&f->flags, flags, __ATOMIC_RELAXED);
}

static inline uint8_t frame_flags(const struct frame *f)
{
	return __atomic_load_n(&f->flags, __ATOMIC_RELAXED);
}

static inline struct frame *pa_to_frame(uint64_t pa)
{
	return &frames[pa >> PGSHIFT];
}

static inline uint64_t frame_to_pa(const struct frame *f)
{
	return (uint64_t)(f - frames) << PGSHIFT;
}

static inline void *frame_to_virt(const struct frame *f)
{
	return phys_to_virt(frame_to_pa(f));
}

static inline struct frame *virt_to_frame(const void *va)
{
	return pa_to_frame(virt_to_phys(va));
}

/* Boot: takes over boot_info's RAM but for image, initrd, early pages. */
void frames_init(void);

/* One frame with refs = 1, or NULL.  Any context. */
struct frame *frame_alloc(unsigned int flags);
/* 2^order frames, contiguous, each with refs = 1. */
struct frame *frames_alloc(unsigned int order, unsigned int flags);
void frames_free(struct frame *f, unsigned int order);
/* Several single frames at once; how many it got. */
size_t frame_alloc_bulk(struct frame **out, size_t nr, unsigned int flags);

static inline void frame_get(struct frame *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}

/* For lookups without locks: a frame that is free stays so.  The caller checks
 * afterwards that the frame is still what it looked for. */
static inline bool frame_try_get(struct frame *f)
{
	uint32_t v = atomic_load_explicit(&f->refs, memory_order_relaxed);

	do {
		if (!v)
			return false;
		/* Acquires what the page held when it was published. */
	} while (!atomic_compare_exchange_weak_explicit(
		&f->refs, &v, v + 1, memory_order_acquire,
		memory_order_relaxed));
	return true;
}

/* The last reference is gone: to the core's cache. */
void frame_release(struct frame *f);

static inline void frame_put(struct frame *f)
{
	/* acq_rel: who frees sees what the others did before their put */
	uint32_t old = atomic_fetch_sub_explicit(&f->refs, 1,
						 memory_order_acq_rel);

	assert(old > 0);
	if (old == 1)
		frame_release(f);
}

/* Several puts; those that were the last go back together.  The array is used
 * up. */
void frame_put_bulk(struct frame **f, size_t nr);

static inline uint32_t frame_refs(const struct frame *f)
{
	return atomic_load_explicit(&f->refs, memory_order_acquire);
}

/* A whole page, by kernel address; NULL without memory. */
void *page_alloc(unsigned int flags);
void page_free(void *page);

void page_zero(void *page);
void page_copy(void *dst, const void *src);

size_t frames_total(void);
/* Buddy, caches and all: exact when nothing runs. */
size_t frames_free_count(void);
/* So little is free that what belongs to no process, and so goes with none,
 * must not take more: an eighth of all.  Cheap, and not exact. */
bool frames_scarce(void);
/* Returns cached frames of this core and all reachable ones to the buddy. */
void frames_drain_caches(void);
/* Monitor `gfp`: each run of free frames: start, end, bytes. */
void frames_print_free(void);

/* Fault injection (CONFIG_FAULT_INJECT): the Nth allocation of frames or slab
 * objects from now fails, once (0: never). */
void mm_fail_nth(long n);
bool mm_should_fail(void);
