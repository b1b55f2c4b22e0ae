// SPDX-License-Identifier: MIT
/*
 * The buddy lists: free blocks of 2^order frames, linked by frame number.
 *
 * Knuth, "The Art of Computer Programming", vol. 1, 2.5: a block of order k
 * lies at a multiple of 2^k, and its buddy's number differs in bit k alone.
 * Number 0 ends a list: frame 0 is never free (the first MiB is reserved).
 */
#include <mm/mm_priv.h>

#include <lib/bitmap.h>
#include <lib/compiler.h>
#include <sync/spinlock.h>

struct frame *frames;

static struct {
	struct spinlock_irq lock;
	uint32_t head[FRAME_MAX_ORDER + 1] GUARDED_BY(&lock);
	uint32_t orders GUARDED_BY(&lock); /* bit k: list k is not empty */
	size_t nr_free GUARDED_BY(&lock);
	size_t reserve; /* [I] frames that users leave, calls by half */
} buddy = { .lock = SPINLOCK_IRQ_INIT("buddy.lock") };

static void block_push(uint32_t nr, unsigned int order)
{
	struct frame *f = &frames[nr];
	uint32_t next = buddy.head[order];

	frame_set_flags(f, FRAME_FREE);
	f->order = order;
	f->prev = 0;
	f->next = next;
	if (next)
		frames[next].prev = nr;
	buddy.head[order] = nr;
	buddy.orders |= 1u << order;
}

static void block_unlink(struct frame *f, unsigned int order)
{
	if (f->prev)
		frames[f->prev].next = f->next;
	else
		buddy.head[order] = f->next;
	if (f->next)
		frames[f->next].prev = f->prev;
	if (!buddy.head[order])
		buddy.orders &= ~(1u << order);
	frame_set_flags(f, 0);
}

static void free_locked(uint32_t nr, unsigned int order)
{
	buddy.nr_free += 1UL << order;
	for (; order < FRAME_MAX_ORDER; order++) {
		struct frame *other = &frames[nr ^ 1u << order];

		if (frame_flags(other) != FRAME_FREE || other->order != order)
			break;
		block_unlink(other, order);
		nr &= ~(1u << order);
	}
	block_push(nr, order);
}

/* The smallest block that does, cut down to size. */
static struct frame *alloc_locked(unsigned int order)
{
	uint32_t fitting = buddy.orders & ~0u << order;
	unsigned int have;
	uint32_t nr;

	if (!fitting)
		return NULL;
	have = __builtin_ctz(fitting);
	nr = buddy.head[have];
	block_unlink(&frames[nr], have);
	while (have > order) {
		have--;
		block_push(nr + (1u << have), have);
	}
	buddy.nr_free -= 1UL << order;
	return &frames[nr];
}

static size_t allowance_locked(unsigned int flags)
{
	size_t keep = buddy.reserve / 2;

	if (flags & MM_USER)
		keep = buddy.reserve;
	else if (flags & MM_ATOMIC)
		keep = 0;
	return buddy.nr_free > keep ? buddy.nr_free - keep : 0;
}

struct frame *buddy_alloc(unsigned int order, unsigned int flags)
{
	guard_spin_irq(&buddy.lock);

	if (allowance_locked(flags) < 1UL << order)
		return NULL;
	return alloc_locked(order);
}

void buddy_free(struct frame *f, unsigned int order)
{
	guard_spin_irq(&buddy.lock);

	free_locked(f - frames, order);
}

/* Small blocks go first, whole where they fit: large ones stay large. */
size_t buddy_take(struct frame **out, size_t nr, unsigned int flags)
{
	size_t got = 0;

	guard_spin_irq(&buddy.lock);
	nr = MIN(nr, allowance_locked(flags));
	while (got < nr) {
		unsigned int order = __builtin_ctz(buddy.orders);
		struct frame *f;

		order = MIN(order, fls_long(nr - got) - 1);
		f = alloc_locked(order);
		for (size_t i = 0; i < 1UL << order; i++)
			out[got++] = f + i;
	}
	return got;
}

void buddy_give(struct frame **in, size_t nr)
{
	guard_spin_irq(&buddy.lock);

	for (size_t i = 0; i < nr; i++)
		free_locked(in[i] - frames, 0);
}

void buddy_add(uint32_t first, uint32_t end)
{
	guard_spin_irq(&buddy.lock);

	while (first < end) {
		unsigned int order = FRAME_MAX_ORDER;

		if (first)
			order = MIN(order, (unsigned int)__builtin_ctz(first));
		while (first + (1u << order) > end)
			order--;
		free_locked(first, order);
		first += 1u << order;
	}
}

void buddy_set_reserve(size_t nr)
{
	buddy.reserve = nr;
}

size_t buddy_free_count(void)
{
	return __atomic_load_n(&buddy.nr_free, __ATOMIC_RELAXED);
}
