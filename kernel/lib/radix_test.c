// SPDX-License-Identifier: MIT
/* Radix trees against an array, at all depths; node counts; readers beside a
 * writer. */
#include <lib/radix.h>

#include <stdlib.h>

#include <host/test.h>
#include <ros/errno.h>

static long nr_nodes, allocs_left = -1;
static void *later; /* freed nodes, linked by their first word */

static void *node_alloc(size_t size)
{
	if (!allocs_left)
		return NULL;
	if (allocs_left > 0)
		allocs_left--;
	nr_nodes++;
	return calloc(1, size);
}

static void node_free(void *node)
{
	nr_nodes--;
	*(void **)node = later;
	((uintptr_t *)node)[1] = 0x5a5a; /* the caller's as well */
	later = node;
}

static const struct radix_alloc alloc = { node_alloc, node_free };

static void free_all(void)
{
	void *next;

	for (; later; later = next) {
		next = *(void **)later;
		free(later);
	}
}

#define NR 300

/* Indices that are close, far, and at the ends. */
static uint64_t index_of(int i)
{
	static const uint64_t odd[] = { 0, 63, 64, 4095, 4096, 1UL << 60,
					~0UL, ~0UL - 1, ~0UL - 64, 1UL << 63,
					(1UL << 60) - 1 };

	if (i < (int)ARRAY_SIZE(odd))
		return odd[i];
	return i % 3 ? 100 + (uint64_t)i : (uint64_t)i * i * i * 7919;
}

static int values[NR];
static bool in[NR];

static void check_walk(const struct radix_tree *t)
{
	uint64_t at = 0;
	void *p;
	int found = 0, want = 0;

	for (int i = 0; i < NR; i++)
		want += in[i];
	while ((p = radix_next(t, &at))) {
		int i = (int *)p - values;

		CHECK(in[i]);
		CHECK_EQ(index_of(i), at);
		found++;
		if (++at == 0)
			break;
	}
	CHECK_EQ(found, want);
}

TEST(random_changes)
{
	struct radix_tree t;
	uint64_t seed = 5;

	radix_init(&t, &alloc);
	for (int n = 0; n < 5000; n++) {
		int i = test_random(&seed) % NR;
		int *want = in[i] ? &values[i] : NULL;

		CHECK(radix_get(&t, index_of(i)) == want);
		if (in[i])
			CHECK(radix_remove(&t, index_of(i)) == &values[i]);
		else
			CHECK_EQ(radix_set(&t, index_of(i), &values[i]), 0);
		in[i] = !in[i];
		if (!(n % 50))
			check_walk(&t);
	}
	for (int i = 0; i < NR; i++) {
		CHECK(radix_remove(&t, index_of(i)) ==
		      (in[i] ? &values[i] : NULL));
		in[i] = false;
	}
	CHECK_EQ(nr_nodes, 0);
	CHECK(!t.root);
	radix_fini(&t);
	free_all();
}

TEST(next_finds_what_is_at_or_after)
{
	struct radix_tree t;
	uint64_t at = 0;

	radix_init(&t, &alloc);
	CHECK(!radix_next(&t, &at));
	CHECK_EQ(radix_set(&t, 5, &values[0]), 0);
	CHECK_EQ(radix_set(&t, 70000, &values[1]), 0);
	CHECK(radix_next(&t, &at) == &values[0] && at == 5);
	CHECK(radix_next(&t, &at) == &values[0] && at == 5);
	at = 6;
	CHECK(radix_next(&t, &at) == &values[1] && at == 70000);
	at = 70001;
	CHECK(!radix_next(&t, &at));
	at = ~0UL;
	CHECK(!radix_next(&t, &at));
	CHECK(!radix_get(&t, ~0UL));
	radix_remove(&t, 5);
	radix_remove(&t, 70000);
	CHECK_EQ(nr_nodes, 0);
	free_all();
}

TEST(set_replaces)
{
	struct radix_tree t;

	radix_init(&t, &alloc);
	CHECK_EQ(radix_set(&t, 9, &values[0]), 0);
	CHECK_EQ(radix_set(&t, 9, &values[1]), 0);
	CHECK(radix_get(&t, 9) == &values[1]);
	CHECK(radix_remove(&t, 9) == &values[1]);
	CHECK(!radix_remove(&t, 9));
	free_all();
}

TEST(the_tree_gets_lower_again)
{
	struct radix_tree t;

	radix_init(&t, &alloc);
	CHECK_EQ(radix_set(&t, 1, &values[0]), 0);
	CHECK_EQ(nr_nodes, 1);
	CHECK_EQ(radix_set(&t, ~0UL, &values[1]), 0);
	CHECK(radix_remove(&t, ~0UL) == &values[1]);
	CHECK_EQ(nr_nodes, 1);
	CHECK(radix_get(&t, 1) == &values[0]);
	radix_remove(&t, 1);
	free_all();
}

TEST(a_failed_allocation_changes_nothing)
{
	struct radix_tree t;

	radix_init(&t, &alloc);
	CHECK_EQ(radix_set(&t, 3, &values[0]), 0);
	for (int n = 0;; n++) {
		int err;

		allocs_left = n;
		err = radix_set(&t, 1UL << 40, &values[1]);
		allocs_left = -1;
		CHECK(radix_get(&t, 3) == &values[0]);
		if (!err)
			break;
		CHECK_EQ(err, -ENOMEM);
		CHECK(!radix_get(&t, 1UL << 40));
	}
	radix_remove(&t, 1UL << 40);
	allocs_left = 3;
	CHECK_EQ(radix_set(&t, 1UL << 50, &values[1]), -ENOMEM);
	allocs_left = -1;
	radix_remove(&t, 3);
	radix_fini(&t);
	CHECK_EQ(nr_nodes, 0);
	free_all();
}

/* A writer sets and removes while others look: each sees NULL or the value. */
static struct radix_tree shared;
static _Atomic bool done;

static void reader_or_writer(void *arg, unsigned int core)
{
	uint64_t seed = core, at;
	void *p;

	if (!core) {
		for (int n = 0; n < 20000; n++) {
			uint64_t i = test_random(&seed) % NR;

			if (test_random(&seed) % 2)
				CHECK_EQ(radix_set(&shared, i * 97, &values[i]),
					 0);
			else
				radix_remove(&shared, i * 97);
		}
		done = true;
		return;
	}
	while (!done) {
		uint64_t i = test_random(&seed) % NR;

		p = radix_get(&shared, i * 97);
		CHECK(!p || p == &values[i]);
		at = i * 97;
		p = radix_next(&shared, &at);
		CHECK(!p || p == &values[at / 97]);
	}
}

TEST(readers_beside_a_writer)
{
	radix_init(&shared, &alloc);
	host_run_cores(3, reader_or_writer, NULL);
	for (int i = 0; i < NR; i++)
		radix_remove(&shared, i * 97);
	CHECK_EQ(nr_nodes, 0);
	free_all();
}
