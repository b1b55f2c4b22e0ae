// SPDX-License-Identifier: MIT
/* Allocations that fail on demand, to see what their callers do then. */
#include <mm/frame.h>

static _Atomic long countdown; /* 0: off */

void mm_fail_nth(long n)
{
	atomic_store_explicit(&countdown, n, memory_order_relaxed);
}

bool mm_should_fail(void)
{
	if (likely(atomic_load_explicit(&countdown, memory_order_relaxed) <= 0))
		return false;
	return atomic_fetch_sub_explicit(&countdown, 1,
					 memory_order_relaxed) == 1;
}
