// SPDX-License-Identifier: MIT
/*
 * Programs on the bare system-call interface: no C library, no runtime.  They
 * are made into /bin/init or run by it, and print TAP lines on descriptor 1.
 */
#pragma once

#include <ros/errno.h>
#include <ros/event.h>
#include <ros/fs.h>
#include <ros/mman.h>
#include <ros/proc.h>
#include <ros/procinfo.h>
#include <ros/signal.h>
#include <ros/syscall.h>
#include <ros/vcpd.h>

static inline long trap(void *sc, uint64_t count)
{
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "a"(ROS_SYSCALL_MAGIC), "D"(sc), "S"(count)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline uint32_t flags_of(struct syscall *sc)
{
	return __atomic_load_n(&sc->flags, __ATOMIC_ACQUIRE);
}

static inline int is_done(struct syscall *sc)
{
	return (flags_of(sc) & (SC_DONE | SC_K_LOCK)) == SC_DONE;
}

static inline uint64_t tsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

#define ARG(x) ((uint64_t)(x))
#define FILL(n, a, b, c, d, e, f, fl)                                          \
	(struct syscall)                                                       \
	{                                                                      \
		.num = (n), .flags = (fl), .arg0 = ARG(a), .arg1 = ARG(b),     \
		.arg2 = ARG(c), .arg3 = ARG(d), .arg4 = ARG(e),                \
		.arg5 = ARG(f)                                                 \
	}

extern struct syscall last; /* of call() */

/* Waits for the result; -err on failure. */
long call(uint32_t num, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	  uint64_t e, uint64_t f);
#define CALL0(n)	     call(n, 0, 0, 0, 0, 0, 0)
#define CALL1(n, a)	     call(n, ARG(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b)	     call(n, ARG(a), ARG(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c)    call(n, ARG(a), ARG(b), ARG(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) call(n, ARG(a), ARG(b), ARG(c), ARG(d), 0, 0)
#define CALL5(n, a, b, c, d, e)                                                \
	call(n, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), 0)
#define CALL6(n, a, b, c, d, e, f)                                             \
	call(n, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), ARG(f))

size_t length(const char *s);
int same(const char *a, const char *b);
void print(const char *s);
void print_num(long v);
void print_result(const char *what, uint64_t n);

/* Each check is a TAP line; the program goes on. */
void check(int ok, const char *what, const char *file, int line);
#define CHECK(x) check(!!(x), #x, __FILE__, __LINE__)
extern int nr_checks, nr_failed;

void __attribute__((noreturn)) leave(int code);
int main(int argc, char **argv, char **envp);
