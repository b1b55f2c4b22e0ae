// SPDX-License-Identifier: MIT
/* Bitmaps of unsigned longs; the atomic forms are sequentially consistent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BITS_PER_LONG 64
#define BITMAP_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline bool bit_test(const unsigned long *m, size_t i)
{
	return __atomic_load_n(&m[i / 64], __ATOMIC_RELAXED) >> (i % 64) & 1;
}

static inline void bit_set(unsigned long *m, size_t i)
{
	m[i / 64] |= 1UL << (i % 64);
}

static inline void bit_clear(unsigned long *m, size_t i)
{
	m[i / 64] &= ~(1UL << (i % 64));
}

/* Both return the old bit. */
static inline bool bit_set_atomic(unsigned long *m, size_t i)
{
	return __atomic_fetch_or(&m[i / 64], 1UL << (i % 64),
				 __ATOMIC_SEQ_CST) >> (i % 64) & 1;
}

static inline bool bit_clear_atomic(unsigned long *m, size_t i)
{
	return __atomic_fetch_and(&m[i / 64], ~(1UL << (i % 64)),
				  __ATOMIC_SEQ_CST) >> (i % 64) & 1;
}

/* The first bit at or after `from` that is set (clear), below n; else n. */
size_t bitmap_next_set(const unsigned long *m, size_t n, size_t from);
size_t bitmap_next_clear(const unsigned long *m, size_t n, size_t from);
size_t bitmap_weight(const unsigned long *m, size_t n);

static inline int fls_long(unsigned long v) /* 1-based top bit; 0: none */
{
	return v ? 64 - __builtin_clzl(v) : 0;
}
