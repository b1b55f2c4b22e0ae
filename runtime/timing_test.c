// SPDX-License-Identifier: MIT
/* Conversions of time: exact, and free of overflow where numbers are large. */
#include <host/test.h>
#include <parlib/timing.h>

typedef unsigned __int128 u128;

TEST(rescale_is_exact)
{
	static const uint64_t rates[] = { 1,	      3,	  1000000,
					  1000000000, 2596144001, 4999999999,
					  25000000000 };
	uint64_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		uint64_t x = test_random(&seed) >> (i % 50);
		uint64_t to = rates[i % ARRAY_SIZE(rates)];
		uint64_t from = rates[i / 7 % ARRAY_SIZE(rates)];

		if ((u128)x * to / from > UINT64_MAX)
			continue;
		CHECK_EQ(time_rescale(x, to, from),
			 (uint64_t)((u128)x * to / from));
	}
	CHECK_EQ(time_rescale(0, 5, 3), 0);
	CHECK_EQ(time_rescale(2596144001UL * 86400, 1000000000, 2596144001UL),
		 86400UL * 1000000000);
}

/* The page's mult and shift, as a kernel would choose them: a year goes by with
 * an error below a microsecond, and time never runs backwards. */
TEST(timepage_scale_over_a_year)
{
	const uint64_t freq = 2596144001UL;
	const uint32_t shift = 32;
	const uint64_t mult = (uint64_t)(((u128)1000000000 << shift) / freq);
	uint64_t last = 0, ns, ticks;

	for (uint64_t s = 0; s < 365 * 86400; s += 9973) {
		ticks = s * freq;
		ns = timepage_scale(ticks, mult, shift);
		CHECK(ns >= last);
		CHECK(s * 1000000000 - ns <= (ticks >> shift) + 1);
		last = ns;
	}
}
