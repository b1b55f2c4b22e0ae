// SPDX-License-Identifier: MIT
/* Bitmaps and id pools against arrays of bools. */
#include <lib/bitmap.h>

#include <host/test.h>
#include <lib/idpool.h>

#define NR 200

static unsigned long map[BITMAP_LONGS(NR)];
static bool model[NR];

static size_t model_next(size_t n, size_t from, bool want)
{
	while (from < n && model[from] != want)
		from++;
	return from < n ? from : n;
}

static void check_searches(uint64_t *seed)
{
	size_t n = test_random(seed) % (NR + 1), from = test_random(seed) % NR;
	size_t weight = 0;

	for (size_t i = 0; i < n; i++)
		weight += model[i];
	CHECK_EQ(bitmap_weight(map, n), weight);
	if (from > n)
		from = n;
	CHECK_EQ(bitmap_next_set(map, n, from), model_next(n, from, true));
	CHECK_EQ(bitmap_next_clear(map, n, from), model_next(n, from, false));
}

TEST(bits_against_a_model)
{
	uint64_t seed = 6;

	for (int round = 0; round < 20000; round++) {
		size_t i = test_random(&seed) % NR;
		bool old = model[i];

		CHECK_EQ(bit_test(map, i), old);
		model[i] = test_random(&seed) % 100 < (round / 200) % 100;
		switch (test_random(&seed) % 2) {
		case 0:
			if (model[i])
				bit_set(map, i);
			else
				bit_clear(map, i);
			break;
		case 1:
			CHECK_EQ(model[i] ? bit_set_atomic(map, i) :
					    bit_clear_atomic(map, i),
				 old);
			break;
		}
		check_searches(&seed);
	}
}

TEST(search_past_the_end)
{
	unsigned long one = ~0UL;

	CHECK_EQ(bitmap_next_set(&one, 10, 10), 10);
	CHECK_EQ(bitmap_next_clear(&one, 64, 0), 64);
	CHECK_EQ(bitmap_next_clear(&one, 0, 0), 0);
	CHECK_EQ(bitmap_weight(&one, 0), 0);
	CHECK_EQ(bitmap_weight(&one, 64), 64);
	CHECK_EQ(fls_long(0), 0);
	CHECK_EQ(fls_long(1), 1);
	CHECK_EQ(fls_long(1UL << 63), 64);
}

TEST(lowest_id_first)
{
	unsigned long bits[BITMAP_LONGS(70)];
	struct idpool p;

	idpool_init(&p, bits, 70);
	for (int i = 0; i < 70; i++)
		CHECK_EQ(idpool_take_lowest(&p, 0), i);
	CHECK_EQ(idpool_take_lowest(&p, 0), -1);
	idpool_give(&p, 65);
	idpool_give(&p, 3);
	CHECK_EQ(idpool_take_lowest(&p, 4), 65);
	CHECK_EQ(idpool_take_lowest(&p, 4), -1);
	CHECK_EQ(idpool_take_lowest(&p, 0), 3);
	CHECK_EQ(idpool_take_lowest(&p, 1000), -1);
}

TEST(next_id_goes_round)
{
	unsigned long bits[BITMAP_LONGS(3)];
	struct idpool p;

	idpool_init(&p, bits, 3);
	CHECK_EQ(idpool_take_next(&p), 0);
	idpool_give(&p, 0);
	CHECK_EQ(idpool_take_next(&p), 1);
	CHECK_EQ(idpool_take_next(&p), 2);
	CHECK_EQ(idpool_take_next(&p), 0);
	CHECK_EQ(idpool_take_next(&p), -1);
	idpool_give(&p, 1);
	CHECK_EQ(idpool_take_next(&p), 1);
}

TEST(an_id_is_given_back_once)
{
	unsigned long bits[1];
	struct idpool p;

	idpool_init(&p, bits, 8);
	EXPECT_PANIC(idpool_give(&p, 2));
	EXPECT_PANIC(idpool_give(&p, 8));
}
