// SPDX-License-Identifier: MIT
/*
 * Takes the place of musl's arch/x86_64/syscall_arch.h: each system call of the
 * C library becomes a call of linux_syscall() (posix/), which answers in user
 * space or by Mitos' own calls.  Arguments and result are Linux's: a negative
 * errno on failure.
 *
 * No VDSO symbols are named here: clock_gettime() is posix/musl_clock.c's,
 * which reads the time page.
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

extern __attribute__((__visibility__("hidden"))) long
linux_syscall(long n, long a, long b, long c, long d, long e, long f);

static __inline long __syscall0(long n)
{
	return linux_syscall(n, 0, 0, 0, 0, 0, 0);
}

static __inline long __syscall1(long n, long a)
{
	return linux_syscall(n, a, 0, 0, 0, 0, 0);
}

static __inline long __syscall2(long n, long a, long b)
{
	return linux_syscall(n, a, b, 0, 0, 0, 0);
}

static __inline long __syscall3(long n, long a, long b, long c)
{
	return linux_syscall(n, a, b, c, 0, 0, 0);
}

static __inline long __syscall4(long n, long a, long b, long c, long d)
{
	return linux_syscall(n, a, b, c, d, 0, 0);
}

static __inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
	return linux_syscall(n, a, b, c, d, e, 0);
}

static __inline long __syscall6(long n, long a, long b, long c, long d, long e,
				long f)
{
	return linux_syscall(n, a, b, c, d, e, f);
}
