// SPDX-License-Identifier: MIT
/* What the compiler can be told, in one word each. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define __must_check __attribute__((warn_unused_result))
#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __cold		    __attribute__((cold))
#define __noinline	    __attribute__((noinline))
#undef __always_inline /* a host's C library has it too */
#define __always_inline	    inline __attribute__((always_inline))
#define __cacheline_aligned __attribute__((aligned(64)))
#define likely(x)	    __builtin_expect(!!(x), 1)
#define unlikely(x)	    __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member)                                        \
	((type *)((char *)(ptr)-offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, a)	 (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ROUND_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ENABLED(c)	 (c)

/* Lock annotations: read by people today. */
#define GUARDED_BY(l)
#define MUST_HOLD(l)
