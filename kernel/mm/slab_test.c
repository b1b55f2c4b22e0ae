// SPDX-License-Identifier: MIT
/* Host test: slabs and magazines over the host's frames. */
#include <mm/slab_priv.h>

#include <stdlib.h>

#include <host/test.h>
#include <lib/string.h>

static void start(void)
{
	static bool done;

	if (!done)
		slab_init();
	done = true;
}

#define KEEP 2000

TEST(objects_do_not_overlap)
{
	static struct {
		unsigned char *p;
		size_t size;
		unsigned char fill;
	} o[KEEP];

	start();
	srand(2);
	for (int turn = 0; turn < 60000; turn++) {
		int i = rand() % KEEP;

		if (o[i].p) {
			for (size_t k = 0; k < o[i].size; k++)
				CHECK_EQ(o[i].p[k], o[i].fill);
			kfree(o[i].p);
			o[i].p = NULL;
			continue;
		}
		o[i].size = rand() % (turn % 50 ? 300 : 9000);
		o[i].fill = turn;
		o[i].p = kmalloc(o[i].size, MM_WAIT);
		CHECK(o[i].p);
		CHECK_EQ((uintptr_t)o[i].p % 16, 0);
		memset(o[i].p, o[i].fill, o[i].size);
	}
	for (int i = 0; i < KEEP; i++)
		kfree(o[i].p);
	CHECK_EQ(slab_objects_in_use(), 0);
	slab_reclaim();
	/* The head cache's own slab may stay for want of a better order. */
	CHECK(host_frames_in_use() <= 2);
}

TEST(caches_align)
{
	static const size_t size[] = { 1, 8, 24, 64, 65, 200, 1000, 3000 };
	size_t before;
	void *p[40];

	start();
	before = slab_objects_in_use();
	for (size_t i = 0; i < ARRAY_SIZE(size); i++) {
		struct slab_cache *c = slab_create("test", size[i], 0);

		for (int k = 0; k < 40; k++) {
			p[k] = slab_alloc(c, MM_ZERO);
			CHECK(p[k]);
			CHECK_EQ((uintptr_t)p[k] % (size[i] >= 64 ? 64 : 8), 0);
			memset(p[k], 1, size[i]);
		}
		for (int k = 0; k < 40; k++)
			slab_free(c, p[k]);
		before++; /* the cache */
	}
	CHECK_EQ(slab_objects_in_use(), before);
}

static void *_Atomic board[256];

static void churn(void *arg, unsigned int core)
{
	unsigned int seed = core;

	for (int turn = 0; turn < 20000; turn++) {
		size_t size = 16 + rand_r(&seed) % 500;
		size_t *p = kmalloc(size, MM_ATOMIC);

		CHECK(p);
		p[0] = p[size / 8 - 1] = size;
		p = atomic_exchange(&board[rand_r(&seed) % 256], p);
		if (p)
			CHECK_EQ(p[p[0] / 8 - 1], p[0]);
		kfree(p);
	}
}

TEST(objects_between_cores)
{
	size_t before;

	start();
	before = slab_objects_in_use();
	host_run_cores(4, churn, NULL);
	for (int i = 0; i < 256; i++)
		kfree(atomic_exchange(&board[i], NULL));
	CHECK_EQ(slab_objects_in_use(), before);
}

TEST(frees_of_nonsense_panic)
{
	char *page = page_alloc(MM_WAIT);

	start();
	EXPECT_PANIC(kfree(page + 16));
	page_free(page);
}
