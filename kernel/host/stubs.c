// SPDX-License-Identifier: MIT
/* The host's panic(), log(), kprintf() and fail(), which in the kernel are
 * core's. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <core/console.h>
#include <host/host.h>
#include <lib/assert.h>
#include <lib/log.h>

__thread char host_errstr[256];
bool host_log_shown;
__thread bool host_panic_expected;
__thread jmp_buf host_panic_jump;
__thread char host_panic_text[2048];

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(host_panic_text, sizeof(host_panic_text), fmt, ap);
	va_end(ap);
	if (host_panic_expected) {
		host_panic_expected = false;
		longjmp(host_panic_jump, 1);
	}
	fflush(stdout);
	fprintf(stderr, "PANIC: %s\n", host_panic_text);
	abort();
}

void log(const char *fmt, ...)
{
	va_list ap;

	if (!host_log_shown)
		return;
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

int fail(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(host_errstr, sizeof(host_errstr), fmt, ap);
	va_end(ap);
	return -err;
}

void kprintf(const char *fmt, ...)
{
	va_list ap;

	if (!host_log_shown)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}
