// SPDX-License-Identifier: MIT
/* Self tests of mm: frames, slabs and kernel mappings on all cores at once. */
#include <test/ktest.h>

#include <arch/cpu.h>
#include <arch/percpu.h>
#include <core/wait.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/kmap.h>
#include <mm/slab.h>

#define KEEP 64

static uint64_t word_for(const void *p, uint64_t salt)
{
	return (uintptr_t)p * 0x9e3779b97f4a7c15UL ^ salt;
}

/* What a core holds is written at both ends and must still be there later. */
struct holding {
	uint64_t *at[KEEP];
	size_t words[KEEP];
	uint64_t salt;
};

static void hold(struct holding *h, size_t i, void *p, size_t len)
{
	h->at[i] = p;
	h->words[i] = len / 8;
	h->at[i][0] = word_for(p, h->salt);
	h->at[i][h->words[i] - 1] = word_for(p, h->salt);
}

static void check_held(const struct holding *h, size_t i)
{
	KT_CHECK_EQ(h->at[i][0], word_for(h->at[i], h->salt));
	KT_CHECK_EQ(h->at[i][h->words[i] - 1], word_for(h->at[i], h->salt));
}

static void frames_on_core(void *arg)
{
	uint64_t seed = core_id() + 1;
	struct holding h = { .salt = seed };

	for (int turn = 0; turn < 4000; turn++) {
		size_t i = kt_random(&seed) % KEEP;
		void *p;

		if (h.at[i]) {
			check_held(&h, i);
			page_free(h.at[i]);
			h.at[i] = NULL;
			continue;
		}
		p = page_alloc(kt_random(&seed) & 1 ? MM_USER : MM_WAIT);
		if (p)
			hold(&h, i, p, PGSIZE);
	}
	for (size_t i = 0; i < KEEP; i++)
		if (h.at[i])
			page_free(h.at[i]);
}

KTEST(mm_frames_on_each_core)
{
	kt_on_each_core(frames_on_core, NULL);
}

static void blocks_on_core(void *arg)
{
	uint64_t seed = core_id() + 100;

	for (int turn = 0; turn < 300; turn++) {
		unsigned int order = kt_random(&seed) % 6;
		struct frame *f = frames_alloc(order, MM_ZERO);
		uint64_t *w = frame_to_virt(f);

		if (!f)
			continue;
		KT_CHECK_EQ((f - frames) & ((1UL << order) - 1), 0);
		for (size_t i = 0; i < (PGSIZE << order) / 8; i += 64)
			KT_CHECK_EQ(w[i], 0);
		memset(w, 0x11, PGSIZE << order);
		frames_free(f, order);
	}
}

KTEST(mm_blocks_on_each_core)
{
	kt_on_each_core(blocks_on_core, NULL);
}

/* Frees land on other cores than allocations. */
#define BOARD 512
static void *_Atomic board[BOARD];

static void objects_on_core(void *arg)
{
	uint64_t seed = core_id() + 7;

	for (int turn = 0; turn < 6000; turn++) {
		size_t size = 16 + kt_random(&seed) % 5000;
		size_t i = kt_random(&seed) % BOARD;
		uint64_t *p = kmalloc(size, MM_ATOMIC);

		if (p) {
			p[0] = size;
			p[size / 8 - 1] = p[0];
		}
		p = atomic_exchange(&board[i], p);
		if (p)
			KT_CHECK_EQ(p[p[0] / 8 - 1], p[0]);
		kfree(p);
	}
}

KTEST(mm_objects_between_cores)
{
	size_t before = slab_objects_in_use();

	kt_on_each_core(objects_on_core, NULL);
	for (size_t i = 0; i < BOARD; i++)
		kfree(atomic_exchange(&board[i], NULL));
	/* Stacks of the jobs' kthreads may be kept a while. */
	KT_CHECK(slab_objects_in_use() <= before + 8 * nr_cores);
}

KTEST(mm_kmalloc_sizes)
{
	for (size_t size = 0; size < 20000; size += 1 + size / 7) {
		char *p = kzalloc(size, MM_WAIT);

		KT_CHECK(p);
		if (!p)
			break;
		for (size_t i = 0; i < size; i++)
			KT_CHECK_EQ(p[i], 0);
		memset(p, 0xa5, size);
		kfree(p);
	}
	kfree(NULL);
}

KTEST(mm_pages_zeroed_and_copied)
{
	char *a = page_alloc(MM_WAIT), *b = page_alloc(MM_WAIT);

	for (size_t i = 0; i < PGSIZE; i++)
		a[i] = i * 7 + 1;
	page_copy(b, a);
	KT_CHECK(!memcmp(a, b, PGSIZE));
	page_zero(a);
	for (size_t i = 0; i < PGSIZE; i++)
		KT_CHECK_EQ(a[i], 0);
	KT_CHECK_EQ(b[1], 8);
	page_free(a);
	page_free(b);
}

static void kmap_on_core(void *arg)
{
	uint64_t seed = core_id() + 55;
	struct holding h = { .salt = seed };

	for (int turn = 0; turn < 400; turn++) {
		size_t i = kt_random(&seed) % 8;
		size_t pages = 1 + i;
		char *p;

		if (h.at[i]) {
			check_held(&h, i);
			kmap_free(h.at[i], pages);
			h.at[i] = NULL;
			continue;
		}
		p = kmap_alloc(pages);
		if (!p)
			continue;
		hold(&h, i, p, pages * PGSIZE);
		KT_CHECK(kmap_is_guard((uintptr_t)p - 1));
		KT_CHECK(!kmap_is_guard((uintptr_t)p));
		KT_CHECK(kmap_is_guard((uintptr_t)p + pages * PGSIZE));
	}
	for (size_t i = 0; i < 8; i++)
		if (h.at[i])
			kmap_free(h.at[i], 1 + i);
}

KTEST(mm_kmap_on_each_core)
{
	kt_on_each_core(kmap_on_core, NULL);
}

/* All that users may have is taken, and what the kernel keeps is left. */
KTEST(mm_reserve_for_the_kernel)
{
	struct frame *chain = NULL, *f;
	void *p;

	while ((f = frame_alloc(MM_USER))) {
		f->owner = (uintptr_t)chain;
		chain = f;
	}
	KT_CHECK(frames_free_count() > 0);
	p = page_alloc(MM_WAIT);
	KT_CHECK(p);
	if (p)
		page_free(p);
	while ((f = chain)) {
		chain = (struct frame *)f->owner;
		frame_put(f);
	}
}

KTEST(mm_blocks_join_again)
{
	struct frame *f;

	frames_drain_caches();
	f = frames_alloc(FRAME_MAX_ORDER, MM_WAIT);
	KT_CHECK(f);
	if (f)
		frames_free(f, FRAME_MAX_ORDER);
}

#if CONFIG_FAULT_INJECT
KTEST(mm_nth_allocation_fails)
{
	void *p[4];

	for (int i = 0; i < 4; i++)
		p[i] = kmalloc(64, MM_WAIT);
	for (int i = 0; i < 4; i++)
		kfree(p[i]);
	mm_fail_nth(3);
	for (int i = 0; i < 4; i++)
		p[i] = kmalloc(64, MM_WAIT);
	KT_CHECK(p[0] && p[1] && !p[2] && p[3]);
	mm_fail_nth(0);
	for (int i = 0; i < 4; i++)
		kfree(p[i]);
}
#endif

KTEST(mm_cost)
{
	uint64_t t0, t1, t2, t3;
	struct frame *f;
	void *p;

	p = kmalloc(64, MM_WAIT);
	kfree(p);
	f = frame_alloc(MM_WAIT);
	frame_put(f);
	t0 = read_tsc();
	for (int i = 0; i < 100; i++) {
		p = kmalloc(64, MM_WAIT);
		kfree(p);
	}
	t1 = read_tsc();
	for (int i = 0; i < 100; i++) {
		f = frame_alloc(MM_WAIT);
		frame_put(f);
	}
	t2 = read_tsc();
	f = frame_alloc(MM_WAIT);
	for (int i = 0; i < 100; i++)
		page_zero(frame_to_virt(f));
	t3 = read_tsc();
	frame_put(f);
	kt_note("ticks: kmalloc and kfree %lu, frame_alloc and frame_put %lu, "
		"page_zero %lu",
		(t1 - t0) / 100, (t2 - t1) / 100, (t3 - t2) / 100);
}
