// SPDX-License-Identifier: MIT
/*
 * What every file of the runtime and of the POSIX layer may use.
 *
 * Both are freestanding: no C library, no thread-local storage, no floating
 * point registers.  The compiler may still call memcpy and its kin; the labels
 * below send those calls to our own (runtime/mem.c), because a C library's may
 * use vector registers, which in vcore context hold a thread's values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ros/common.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member)                                        \
	((type *)((char *)(ptr)-offsetof(type, member)))
#define ROUND_UP(x, a) (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

#ifndef HOST
void *memcpy(void *to, const void *from, size_t len) __asm__("__mitos_memcpy");
void *memmove(void *to, const void *from, size_t len)
	__asm__("__mitos_memmove");
void *memset(void *to, int byte, size_t len) __asm__("__mitos_memset");
int memcmp(const void *a, const void *b, size_t len) __asm__("__mitos_memcmp");
size_t strlen(const char *s) __asm__("__mitos_strlen");
#else
#include <string.h>
#endif

static inline void cpu_relax(void)
{
	__builtin_ia32_pause();
}

/* Ends the process on the spot: something that we believed does not hold. */
void __attribute__((noreturn)) runtime_panic(const char *why);

#define runtime_assert(x)                                                      \
	do {                                                                   \
		if (unlikely(!(x)))                                            \
			runtime_panic(__FILE__ ": " #x);                       \
	} while (0)
