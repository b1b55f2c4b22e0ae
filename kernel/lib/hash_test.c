// SPDX-License-Identifier: MIT
/* Hashes: spread over buckets; every byte, its place and the length count. */
#include <lib/hash.h>

#include <stdio.h>
#include <stdlib.h>

#include <host/test.h>
#include <lib/bitmap.h>

#define BUCKETS 256
#define PER_BUCKET 64

static void check_spread(const unsigned int *fill)
{
	for (int i = 0; i < BUCKETS; i++)
		CHECK(fill[i] > PER_BUCKET / 4 && fill[i] < PER_BUCKET * 3);
}

TEST(numbers_spread)
{
	static const uint64_t steps[] = { 1, 8, 64, 4096, 1UL << 32 };
	unsigned int low[BUCKETS], high[BUCKETS];

	for (unsigned int s = 0; s < sizeof(steps) / sizeof(*steps); s++) {
		memset(low, 0, sizeof(low));
		memset(high, 0, sizeof(high));
		for (uint64_t i = 0; i < BUCKETS * PER_BUCKET; i++) {
			low[hash_u64(i * steps[s]) % BUCKETS]++;
			high[hash_u64(i * steps[s]) >> 56]++;
		}
		check_spread(low);
		check_spread(high);
	}
}

TEST(names_spread)
{
	unsigned int low[BUCKETS] = { 0 }, high[BUCKETS] = { 0 };
	char name[32];

	for (int i = 0; i < BUCKETS * PER_BUCKET; i++) {
		int len = snprintf(name, sizeof(name), "file%d.c", i);
		uint64_t h = hash_bytes(name, len, 0);

		low[h % BUCKETS]++;
		high[h >> 56]++;
	}
	check_spread(low);
	check_spread(high);
}

TEST(each_bit_counts)
{
	unsigned char buf[40] = { 0 };

	for (size_t len = 1; len <= sizeof(buf); len++) {
		uint64_t h = hash_bytes(buf, len, 1);

		CHECK(h != hash_bytes(buf, len - 1, 1));
		CHECK(h != hash_bytes(buf, len, 2));
		for (size_t bit = 0; bit < len * 8; bit++) {
			unsigned long changed;

			buf[bit / 8] ^= 1 << bit % 8;
			changed = h ^ hash_bytes(buf, len, 1);
			CHECK(bitmap_weight(&changed, 64) > 8);
			buf[bit / 8] ^= 1 << bit % 8;
		}
	}
}

TEST(alignment_does_not_count)
{
	char buf[40];

	for (int i = 0; i < 8; i++) {
		memcpy(buf + i, "the same seventeen", 18);
		CHECK(hash_bytes(buf + i, 18, 9) ==
		      hash_bytes("the same seventeen", 18, 9));
	}
}

TEST(nothing_beyond_the_end_is_read)
{
	for (size_t len = 0; len < 30; len++) {
		char *p = calloc(1, len);

		hash_bytes(p, len, 0);
		free(p);
	}
}
