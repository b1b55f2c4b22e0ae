// SPDX-License-Identifier: MIT
/*
 * Host tests: a test registers itself, and ends at its first failed check.
 *
 *   TEST(queue_keeps_order)
 *   {
 *           CHECK(queue_ready(q));
 *           CHECK_EQ(queue_len(q), 3);
 *           CHECK_STR(name, "init");
 *           EXPECT_PANIC(queue_give(NULL));
 *   }
 *
 * In files.mk:  HOST_TESTS += queue
 *               HOST_TEST_queue := kernel/io/queue_test.c kernel/io/queue.c
 * TSAN_TESTS and TSAN_TEST_queue build the same with the thread sanitizer.
 * What a file wants of lib, mm, core and arch beyond that comes from stand-ins
 * (host/host.h), unless the list names the real file.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <host/host.h>

struct host_test {
	const char *name;
	void (*fn)(void);
	struct host_test *next;
};
void host_test_add(struct host_test *t);

#define TEST(nm)                                                               \
	static void test_##nm(void);                                           \
	static struct host_test test_entry_##nm = { #nm, test_##nm, NULL };    \
	static void __attribute__((constructor)) test_add_##nm(void)           \
	{                                                                      \
		host_test_add(&test_entry_##nm);                               \
	}                                                                      \
	static void test_##nm(void)

void __attribute__((noreturn, format(printf, 3, 4)))
host_check_failed(const char *file, int line, const char *fmt, ...);

#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x))                                                      \
			host_check_failed(__FILE__, __LINE__, "%s", #x);       \
	} while (0)

#define CHECK_EQ(a, b)                                                         \
	do {                                                                   \
		long long a_ = (long long)(a), b_ = (long long)(b);            \
									       \
		if (a_ != b_)                                                  \
			host_check_failed(__FILE__, __LINE__,                  \
					  "%s is %lld (0x%llx), not %s, "      \
					  "which is %lld (0x%llx)",            \
					  #a, a_, a_, #b, b_, b_);             \
	} while (0)

#define CHECK_STR(a, b)                                                        \
	do {                                                                   \
		const char *a_ = (a), *b_ = (b);                               \
									       \
		if (strcmp(a_, b_))                                            \
			host_check_failed(__FILE__, __LINE__,                  \
					  "%s is \"%s\", not \"%s\"", #a, a_,  \
					  b_);                                 \
	} while (0)

/* The statement must end in panic(); its text is then in host_panic_text. */
#define EXPECT_PANIC(statement)                                                \
	do {                                                                   \
		host_panic_expected = true;                                    \
		if (!setjmp(host_panic_jump)) {                                \
			statement;                                             \
			host_panic_expected = false;                           \
			host_check_failed(__FILE__, __LINE__,                  \
					  "no panic in %s", #statement);       \
		}                                                              \
	} while (0)

/* The same numbers in every run. */
static inline uint64_t test_random(uint64_t *seed)
{
	uint64_t x = *seed + 0x9e3779b97f4a7c15UL;

	*seed = x;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return x ^ x >> 31;
}
