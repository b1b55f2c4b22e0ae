// SPDX-License-Identifier: MIT
/* Frames: taking over RAM at boot, blocks of frames, numbers. */
#include <mm/mm_priv.h>

#include <arch/boot.h>
#include <arch/machine.h>
#include <lib/log.h>

#define BLOCK	    (1UL << FRAME_MAX_ORDER) /* frames */
#define RESERVE_MAX 1024		     /* frames that users leave */

static _Atomic size_t total;

static uint64_t ram_top(void)
{
	uint64_t top = 0;

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == MEM_RAM)
			top = MAX(top, m->start + m->len);
	}
	return MIN(top, KVMAP_BASE - KPHYSMAP_BASE);
}

static bool touches(const struct boot_mem *m, uint64_t lo, uint64_t hi)
{
	return m->start < hi && m->start + m->len > lo;
}

/* The lowest range in [lo, hi) that is not free RAM, or NULL. */
static const struct boot_mem *taken_first(uint64_t lo, uint64_t hi)
{
	const struct boot_mem *best = NULL;

	for (unsigned int i = 0; i < boot_info.nr_reserved; i++) {
		const struct boot_mem *r = &boot_info.reserved[i];

		if (touches(r, lo, hi) && (!best || r->start < best->start))
			best = r;
	}
	/* Firmware may list a reserved range inside RAM. */
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type != MEM_RAM && touches(m, lo, hi) &&
		    (!best || m->start < best->start))
			best = m;
	}
	return best;
}

static void add_frames(uint64_t lo, uint64_t hi)
{
	uint32_t first = ROUND_UP(lo, PGSIZE) >> PGSHIFT;
	uint32_t end = hi >> PGSHIFT;

	if (first >= end)
		return;
	buddy_add(first, end);
	total += end - first;
}

static void add_ram(uint64_t lo, uint64_t hi)
{
	while (lo < hi) {
		const struct boot_mem *r = taken_first(lo, hi);

		add_frames(lo, r ? MAX(lo, r->start) : hi);
		if (!r)
			break;
		lo = r->start + r->len;
	}
}

/* F5.  Only what has bookkeeping, and RAM has. */
static void mark_reserved(const struct boot_mem *r, uint64_t top)
{
	uint64_t end = MIN(r->start + r->len, top) >> PGSHIFT;

	for (uint64_t i = r->start >> PGSHIFT; i < end; i++) {
		frame_set_flags(&frames[i], FRAME_RESERVED);
		atomic_store_explicit(&frames[i].refs, 1,
				      memory_order_relaxed);
	}
}

/* The end of RAM before `at`, or the start of RAM after it. */
static uint64_t ram_next(uint64_t at, uint64_t top)
{
	uint64_t next = top;

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == MEM_RAM && m->start + m->len > at)
			next = MIN(next, MAX(m->start, at));
	}
	return next;
}

/*
 * Bookkeeping of blocks without any RAM is never looked at (a block's buddies
 * lie in the block): its pages are ordinary memory.  16 bytes a frame make
 * whole pages of a block of 1024.
 */
static void give_back_holes(uint64_t top)
{
	for (uint64_t at = 0; at < top; at += BLOCK << PGSHIFT) {
		uint64_t end = ROUND_DOWN(ram_next(at, top),
					  BLOCK << PGSHIFT);
		uint64_t first, last;

		if (end <= at)
			continue;
		first = virt_to_phys(&frames[at >> PGSHIFT]) >> PGSHIFT;
		last = virt_to_phys(&frames[end >> PGSHIFT]) >> PGSHIFT;
		for (uint64_t i = first; i < last; i++)
			frame_put(&frames[i]);
		at = end - (BLOCK << PGSHIFT);
	}
}

void frames_init(void)
{
	uint64_t top = ram_top();
	size_t nr = ROUND_UP(top >> PGSHIFT, BLOCK);

	frames = early_alloc_pages(nr * sizeof(struct frame) >> PGSHIFT);
	if (!frames)
		panic("no room below 4 GiB for the bookkeeping of %lu frames",
		      nr);
	early_alloc_finish();
	for (unsigned int i = 0; i < boot_info.nr_reserved; i++)
		mark_reserved(&boot_info.reserved[i], top);
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == MEM_RAM)
			add_ram(m->start, MIN(m->start + m->len, top));
	}
	give_back_holes(top);
	buddy_set_reserve(MIN(total / 64, RESERVE_MAX));
	log("memory: %lu MiB in %lu frames, %lu KiB of bookkeeping",
	    total >> (20 - PGSHIFT), (size_t)total,
	    nr * sizeof(struct frame) >> 10);
}

void frames_adopt(struct frame *f)
{
	f->flags &= ~FRAME_RESERVED;
	total++;
}

struct frame *frames_alloc(unsigned int order, unsigned int flags)
{
	struct frame *f;

	if (!order)
		return frame_alloc(flags);
	mm_check_context(flags);
	if (order > FRAME_MAX_ORDER || mm_injected())
		return NULL;
	f = buddy_alloc(order, flags);
	if (!f) {
		frames_drain_caches(); /* what lies there keeps buddies apart */
		f = buddy_alloc(order, flags);
	}
	if (!f)
		return NULL;
	for (size_t i = 0; i < 1UL << order; i++) {
		frame_set_flags(&f[i], 0);
		atomic_store_explicit(&f[i].refs, 1, memory_order_relaxed);
		if (flags & MM_ZERO)
			page_zero(frame_to_virt(f + i));
	}
	return f;
}

void frames_free(struct frame *f, unsigned int order)
{
	size_t nr = 1UL << order, last = 0;
	bool gone[64];

	if (!order || order > 6) {
		for (size_t i = 0; i < nr; i++)
			frame_put(f + i);
		return;
	}
	/* F4: only those that nobody looks at just now go back here. */
	for (size_t i = 0; i < nr; i++) {
		frame_set_flags(&f[i], 0);
		gone[i] = atomic_fetch_sub_explicit(&f[i].refs, 1,
						    memory_order_acq_rel) == 1;
		last += gone[i];
	}
	if (last == nr) {
		buddy_free(f, order);
		return;
	}
	for (size_t i = 0; i < nr; i++)
		if (gone[i])
			frame_release(f + i);
}

size_t frames_total(void)
{
	return total;
}

bool frames_scarce(void)
{
	return buddy_free_count() < total / 8;
}

static void print_run(uint64_t start, uint64_t end)
{
	if (start < end)
		log("free 0x%012lx - 0x%012lx %12lu", start << PGSHIFT,
		    end << PGSHIFT, (end - start) << PGSHIFT);
}

static void print_free_in(uint64_t at, uint64_t end)
{
	uint64_t run = at;

	while (at < end) {
		const struct frame *f = &frames[at];

		if (f->flags == FRAME_FREE) {
			at += 1UL << f->order;
			continue;
		}
		print_run(run, at);
		run = ++at;
	}
	print_run(run, MIN(at, end));
}

void frames_print_free(void)
{
	frames_drain_caches();
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == MEM_RAM)
			print_free_in(ROUND_UP(m->start, PGSIZE) >> PGSHIFT,
				      (m->start + m->len) >> PGSHIFT);
	}
	log("free frames: %lu of %lu, %lu bytes", frames_free_count(),
	    frames_total(), frames_free_count() << PGSHIFT);
}
