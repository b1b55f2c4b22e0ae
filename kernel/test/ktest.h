// SPDX-License-Identifier: MIT
/*
 * Kernel self tests: what needs the real machine.
 *
 *	KTEST(alarm_fires_once)
 *	{
 *		KT_CHECK(x);
 *		KT_CHECK_EQ(a, b);
 *	}
 *
 * The tests are a linker set and run one after another on a kthread of core 0,
 * in the order of their names, with `ktest[=part of a name]` on the kernel's
 * command line.  They may block.  A failed check is printed and counted, and
 * the test goes on.  When a test is over, as many frames must be free as
 * before; if not, it runs again (up to three times), since caches fill only
 * once.  A test that is meant to keep some says KT_LEAKY().
 *
 * Output   KTEST ok NAME | KTEST FAIL NAME: FILE:LINE: ... | at the end
 *          KTEST done N passed, N failed
 * and then the machine is switched off: cleanly, or by debug exit with 2.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>

struct ktest {
	const char *name;
	void (*fn)(void);
};

#define KTEST(nm)                                                              \
	static void ktest_##nm(void);                                          \
	static const struct ktest ktest_entry_##nm                             \
		__attribute__((section("set_ktest"), used)) = { #nm,           \
								ktest_##nm };  \
	static void ktest_##nm(void)

#define KT_CHECK(x)                                                            \
	do {                                                                   \
		if (!(x))                                                      \
			kt_fail(__FILE__, __LINE__, "%s", #x);                 \
	} while (0)
#define KT_CHECK_EQ(a, b)                                                      \
	do {                                                                   \
		uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b);               \
                                                                               \
		if (a_ != b_)                                                  \
			kt_fail(__FILE__, __LINE__,                            \
				"%s is 0x%lx, %s is 0x%lx", #a, a_, #b, b_);   \
	} while (0)

/* From any core and context. */
void kt_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);
/* This test keeps frames. */
void KT_LEAKY(void);
/* A line of the test's own. */
void kt_note(const char *fmt, ...) __printf(1, 2);

/* fn(arg) on a kthread of each core at once; returns when all have returned. */
void kt_on_each_core(void (*fn)(void *), void *arg);
/* The same, on one. */
void kt_on_core(unsigned int core, void (*fn)(void *), void *arg);

/* Numbers that look random and are the same each time; *state is the seed. */
uint64_t kt_random(uint64_t *state);

/* Spawns the runner. */
void ktest_start(const char *pattern);
