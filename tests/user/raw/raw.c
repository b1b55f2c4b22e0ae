// SPDX-License-Identifier: MIT
/* What the bare programs share: start, calls, printing. */
#include "raw.h"

asm(".globl _start\n"
    "_start:\n"
    "	xor %ebp, %ebp\n"
    "	mov (%rsp), %rdi\n"
    "	lea 8(%rsp), %rsi\n"
    "	lea 8(%rsi,%rdi,8), %rdx\n"
    "	and $-16, %rsp\n"
    "	call main\n"
    "	mov %eax, %edi\n"
    "	call leave\n");

struct syscall last;
int nr_checks, nr_failed;

void *memset(void *dst, int c, size_t n)
{
	for (char *d = dst; n--;)
		*d++ = c;
	return dst;
}

void *memcpy(void *dst, const void *src, size_t n)
{
	const char *s = src;

	for (char *d = dst; n--;)
		*d++ = *s++;
	return dst;
}

size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

long call(uint32_t num, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	  uint64_t e, uint64_t f)
{
	struct syscall sc = FILL(num, a, b, c, d, e, f, SC_WAIT);
	long taken = trap(&sc, 1);

	if (taken != 1)
		return taken;
	while (!is_done(&sc)) {
		struct syscall none = FILL(SYS_null, 0, 0, 0, 0, 0, 0, 0);

		trap(&none, 1);
	}
	last = sc;
	return sc.retval == -1 && sc.err ? -sc.err : sc.retval;
}

void print(const char *s)
{
	CALL3(SYS_write, 1, s, length(s));
}

void print_num(long v)
{
	char buf[24], *p = buf + 23;
	unsigned long u = v < 0 ? -v : v;

	*p = 0;
	do
		*--p = '0' + u % 10;
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	print(p);
}

void print_result(const char *what, uint64_t n)
{
	print("# ");
	print(what);
	print(": ");
	print_num(n);
	print("\n");
}

void check(int ok, const char *what, const char *file, int line)
{
	nr_checks++;
	if (!ok) {
		nr_failed++;
		print("not ");
	}
	print("ok ");
	print_num(nr_checks);
	print(" ");
	print(what);
	if (!ok) {
		print(" # ");
		print(file);
		print(":");
		print_num(line);
		print(" err ");
		print_num(last.err);
		print(" \"");
		print(last.errstr);
		print("\"");
	}
	print("\n");
}

void leave(int code)
{
	CALL2(SYS_proc_destroy, 0, code);
	for (;;)
		;
}
