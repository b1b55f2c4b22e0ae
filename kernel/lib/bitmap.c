// SPDX-License-Identifier: MIT
/* Searches in bitmaps, a word at a time. */
#include <lib/bitmap.h>

/* Each word is read with `flip` xored in: 0 looks for ones, ~0 for zeroes. */
static inline size_t next_bit(const unsigned long *m, size_t n, size_t from,
			      unsigned long flip)
{
	size_t i = from / BITS_PER_LONG, words = BITMAP_LONGS(n), at;
	unsigned long w;

	if (from >= n)
		return n;
	w = (__atomic_load_n(&m[i], __ATOMIC_RELAXED) ^ flip) &
	    ~0UL << (from % BITS_PER_LONG);
	while (!w) {
		if (++i == words)
			return n;
		w = __atomic_load_n(&m[i], __ATOMIC_RELAXED) ^ flip;
	}
	at = i * BITS_PER_LONG + __builtin_ctzl(w);
	return at < n ? at : n;
}

size_t bitmap_next_set(const unsigned long *m, size_t n, size_t from)
{
	return next_bit(m, n, from, 0);
}

size_t bitmap_next_clear(const unsigned long *m, size_t n, size_t from)
{
	return next_bit(m, n, from, ~0UL);
}

/* Ones of a word by halving: the base instruction set has no popcount, and the
 * compiler's stand-in is in a library that the kernel does not link. */
static inline unsigned int word_weight(unsigned long w)
{
	w -= w >> 1 & 0x5555555555555555UL;
	w = (w & 0x3333333333333333UL) + (w >> 2 & 0x3333333333333333UL);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return w * 0x0101010101010101UL >> 56;
}

size_t bitmap_weight(const unsigned long *m, size_t n)
{
	size_t sum = 0, i;

	for (i = 0; i < n / BITS_PER_LONG; i++)
		sum += word_weight(__atomic_load_n(&m[i], __ATOMIC_RELAXED));
	if (n % BITS_PER_LONG)
		sum += word_weight(__atomic_load_n(&m[i], __ATOMIC_RELAXED) &
				   ~(~0UL << (n % BITS_PER_LONG)));
	return sum;
}
