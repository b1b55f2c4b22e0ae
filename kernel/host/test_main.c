// SPDX-License-Identifier: MIT
/*
 * Runs the tests of one binary: `1..N`, then `ok I name` or `not ok I name` for
 * each, with `#` lines for what went wrong, and `N passed, N failed` at last.
 * Arguments choose tests whose name contains one of them.
 */
#include <host/test.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct host_test *tests, **tests_end = &tests;
static pthread_t main_thread;
static jmp_buf give_up;

void host_test_add(struct host_test *t)
{
	*tests_end = t;
	tests_end = &t->next;
}

void host_check_failed(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	if (!pthread_equal(pthread_self(), main_thread))
		abort(); /* the others would wait for this thread */
	longjmp(give_up, 1);
}

static bool chosen(const struct host_test *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(t->name, argv[i]))
			return true;
	return argc < 2;
}

static bool run(const struct host_test *t)
{
	if (setjmp(give_up))
		return false;
	t->fn();
	return true;
}

int main(int argc, char **argv)
{
	int total = 0, nr = 0, failed = 0;

	main_thread = pthread_self();
	setvbuf(stdout, NULL, _IOLBF, 0); /* seen even if we crash */
	for (struct host_test *t = tests; t; t = t->next)
		total += chosen(t, argc, argv);
	printf("1..%d\n", total);
	for (struct host_test *t = tests; t; t = t->next) {
		bool ok;

		if (!chosen(t, argc, argv))
			continue;
		ok = run(t);
		failed += !ok;
		printf("%s %d %s\n", ok ? "ok" : "not ok", ++nr, t->name);
		fflush(stdout);
	}
	printf("%d passed, %d failed\n", nr - failed, failed);
	return failed || !nr;
}
