// SPDX-License-Identifier: MIT
/* Host test: the tree of regions against an array of pages. */
#include <vm/vm_priv.h>

#include <stdlib.h>

#include <host/test.h>
#include <mm/slab.h>

#define PAGES 400
#define BASE  ROS_USER_MIN

static int page[PAGES]; /* 0: free; else which region */
static struct aspace *as;

void region_attach(struct vm_region *r, struct vm_region *like)
{
}

void region_detach(struct vm_region *r)
{
}

static void start(void)
{
	if (!as) {
		region_init();
		as = calloc(1, sizeof(*as) + 8);
	}
	as->mmap_top = BASE + PAGES * PGSIZE;
	memset(page, 0, sizeof(page));
}

static uintptr_t va(size_t i)
{
	return BASE + i * PGSIZE;
}

static bool model_free(size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (page[i])
			return false;
	return true;
}

/* Where the highest gap of n pages starts, or 0. */
static uintptr_t model_place(size_t n)
{
	for (long at = PAGES - n; at >= 0; at--)
		if (model_free(at, n))
			return va(at);
	return 0;
}

static void add(size_t at, size_t n, int id)
{
	struct vm_region *r = region_alloc();

	r->start = va(at);
	r->end = va(at + n);
	r->prot = id;
	region_insert(as, r);
	for (size_t i = at; i < at + n; i++)
		page[i] = id;
}

static void drop(struct vm_region *r)
{
	for (size_t i = (r->start - BASE) / PGSIZE;
	     i < (r->end - BASE) / PGSIZE; i++)
		page[i] = 0;
	region_erase(as, r);
	kfree(r);
}

static void trim(struct vm_region *r)
{
	size_t first = (r->start - BASE) / PGSIZE;
	size_t last = (r->end - BASE) / PGSIZE - 1;

	if (first == last)
		return;
	if (rand() & 1) {
		page[first] = 0;
		region_set_start(r, r->start + PGSIZE);
	} else {
		page[last] = 0;
		region_set_end(r, r->end - PGSIZE);
	}
}

/* Split and join: nothing changes for the model. */
static void split_and_join(struct vm_region *r)
{
	struct vm_region *dead = NULL;
	uintptr_t mid = r->start + (r->end - r->start) / 2 / PGSIZE * PGSIZE;

	if (mid == r->start)
		return;
	CHECK_EQ(region_split(as, r, mid), 0);
	CHECK_EQ(r->end, mid);
	CHECK_EQ(region_next(r)->start, mid);
	region_merge_around(as, mid, mid, &dead);
	CHECK(dead);
	kfree(dead);
}

static void check(void)
{
	struct vm_region *r;
	size_t n = 0;

	for (size_t i = 0; i < PAGES; i++) {
		r = region_at(as, va(i) + 5);
		CHECK_EQ(r ? r->prot : 0, page[i]);
	}
	for (r = region_find(as, 0); r; r = region_next(r))
		n++;
	CHECK_EQ(n, as->nr_regions);
	for (size_t len = 1; len < 40; len += 3)
		CHECK_EQ(region_place(as, len * PGSIZE), model_place(len));
}

static void step(int turn)
{
	struct vm_region *r = region_at(as, va(rand() % PAGES));
	size_t at = rand() % PAGES, n = 1 + rand() % 12;

	switch (rand() % 6) {
	case 0:
		if (r)
			drop(r);
		break;
	case 1:
		if (r)
			trim(r);
		break;
	case 2:
		if (r)
			split_and_join(r);
		break;
	default:
		n = MIN(n, PAGES - at);
		CHECK_EQ(region_range_free(as, va(at), va(at + n)),
			 model_free(at, n));
		if (model_free(at, n))
			add(at, n, turn + 1);
	}
}

static void drop_all(void)
{
	while (as->regions.node)
		drop(region_find(as, 0));
	CHECK_EQ(as->nr_regions, 0);
}

TEST(tree_is_as_the_pages)
{
	start();
	srand(3);
	for (int turn = 0; turn < 8000; turn++) {
		step(turn);
		if (turn % 10 == 0)
			check();
	}
	drop_all();
}

TEST(regions_above_the_top_do_not_count)
{
	start();
	as->mmap_top = va(100);
	add(90, 40, 1);
	add(300, 10, 2);
	CHECK_EQ(region_place(as, 5 * PGSIZE), va(85));
	CHECK_EQ(region_place(as, 91 * PGSIZE), 0);
	drop_all();
	CHECK_EQ(region_place(as, 5 * PGSIZE), va(95));
}

TEST(without_memory_nothing_is_split)
{
	struct vm_region *r;

	start();
	add(10, 10, 1);
	r = region_find(as, 0);
	mm_fail_nth(1);
	CHECK_EQ(region_split(as, r, va(15)), -ENOMEM);
	CHECK_EQ(r->end, va(20));
	CHECK_EQ(as->nr_regions, 1);
	drop_all();
}
