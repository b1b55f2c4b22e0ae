// SPDX-License-Identifier: MIT
/* The one entry: a jump by number. */
#include "linux.h"

#define NR_CALLS 512

static LX(missing_call)
{
	return lx_missing(n);
}

/* Full, so that a call need not look whether there is a function. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#define CALL(nr, name) [nr] = lx_##name,
static const lx_fn calls[NR_CALLS] = {
	[0 ... NR_CALLS - 1] = lx_missing_call,
#include "calls.h"
};
#pragma GCC diagnostic pop

/* All arguments stay where they are: this compiles to a jump. */
long linux_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	if (likely((unsigned long)n < NR_CALLS))
		return calls[n](n, a, b, c, d, e, f);
	return lx_missing(n);
}

/* With one thread nobody can cancel us while we block. */
long linux_syscall_cp(long n, long a, long b, long c, long d, long e, long f)
{
	return linux_syscall(n, a, b, c, d, e, f);
}
