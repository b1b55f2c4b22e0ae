// SPDX-License-Identifier: MIT
/*
 * User tests: each prints a TAP line; the first failed check ends its test.
 *
 *	static void test_pipe(void) { CHECK(pipe(fds) == 0); ... }
 *	int main(void) { RUN(test_pipe); return tap_end(); }
 */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

static jmp_buf tap_failed;
static int tap_nr, tap_nr_failed;

/* In the test's own process only: a child reports by its exit status. */
#define CHECK(x)                                                               \
	do {                                                                   \
		errno = 0;                                                     \
		if (!(x)) {                                                    \
			printf("# %s:%d: %s (%s)\n", __FILE__, __LINE__, #x,   \
			       strerror(errno));                               \
			longjmp(tap_failed, 1);                                \
		}                                                              \
	} while (0)

static inline void tap_run(const char *name, void (*test)(void))
{
	int failed = setjmp(tap_failed);

	if (!failed)
		test();
	else
		tap_nr_failed++;
	printf("%s %d %s\n", failed ? "not ok" : "ok", ++tap_nr, name);
	fflush(stdout);
}
#define RUN(test) tap_run(#test, test)

static inline int tap_end(void)
{
	printf("1..%d\n%d passed, %d failed\n", tap_nr, tap_nr - tap_nr_failed,
	       tap_nr_failed);
	return tap_nr_failed != 0;
}
