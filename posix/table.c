// SPDX-License-Identifier: MIT
/* The one entry: a jump by number. */
#include "linux.h"

#define NR_CALLS 512

#define CALL(nr, name) [nr] = lx_##name,
static const lx_fn calls[NR_CALLS] = {
#include "calls.h"
};

/* All arguments stay where they are: this compiles to a jump. */
long linux_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	lx_fn fn = (unsigned long)n < NR_CALLS ? calls[n] : NULL;

	if (likely(fn))
		return fn(n, a, b, c, d, e, f);
	return lx_missing(n);
}

/* With one thread nobody can cancel us while we block. */
long linux_syscall_cp(long n, long a, long b, long c, long d, long e, long f)
{
	return linux_syscall(n, a, b, c, d, e, f);
}
