// SPDX-License-Identifier: MIT
/*
 * Memory in bulk: 8 bytes a step, 64 a turn.  An end that is no multiple of 8 is
 * done by one word that overlaps what was done before.
 *
 * files.mk keeps the compiler from seeing memcpy() in these loops and calling
 * the function from itself.
 */
#include <lib/string.h>

/* A word at any address, of any type. */
struct word {
	uint64_t v;
} __attribute__((packed, may_alias));
struct half {
	uint32_t v;
} __attribute__((packed, may_alias));

static __always_inline uint64_t get8(const void *p)
{
	return ((const struct word *)p)->v;
}

static __always_inline void put8(void *p, uint64_t v)
{
	((struct word *)p)->v = v;
}

static __always_inline uint32_t get4(const void *p)
{
	return ((const struct half *)p)->v;
}

static __always_inline void put4(void *p, uint32_t v)
{
	((struct half *)p)->v = v;
}

/* Fewer than 8 bytes; all are read before any is written. */
static __always_inline void move_short(char *d, const char *s, size_t len)
{
	if (len >= 4) {
		uint32_t first = get4(s), last = get4(s + len - 4);

		put4(d, first);
		put4(d + len - 4, last);
	} else if (len) {
		char first = s[0], mid = s[len / 2], last = s[len - 1];

		d[0] = first;
		d[len / 2] = mid;
		d[len - 1] = last;
	}
}

static __always_inline void copy_64(char *d, const char *s)
{
	uint64_t a = get8(s), b = get8(s + 8), c = get8(s + 16),
		 e = get8(s + 24);

	put8(d, a);
	put8(d + 8, b);
	put8(d + 16, c);
	put8(d + 24, e);
	a = get8(s + 32);
	b = get8(s + 40);
	c = get8(s + 48);
	e = get8(s + 56);
	put8(d + 32, a);
	put8(d + 40, b);
	put8(d + 48, c);
	put8(d + 56, e);
}

/* Towards higher addresses: also right when dst lies below src, since the last
 * word is read before the loop can have written over it. */
static __always_inline void copy_up(char *d, const char *s, size_t len)
{
	char *d_last = d + len - 8;
	uint64_t last = get8(s + len - 8);

	for (; len > 64; len -= 64, d += 64, s += 64)
		copy_64(d, s);
	for (; len > 8; len -= 8, d += 8, s += 8)
		put8(d, get8(s));
	put8(d_last, last);
}

static __always_inline void copy_down(char *d, const char *s, size_t len)
{
	uint64_t first = get8(s);

	for (; len > 8; len -= 8)
		put8(d + len - 8, get8(s + len - 8));
	put8(d, first);
}

void *memcpy(void *dst, const void *src, size_t len)
{
	if (len >= 8)
		copy_up(dst, src, len);
	else
		move_short(dst, src, len);
	return dst;
}

void *memmove(void *dst, const void *src, size_t len)
{
	if (len < 8)
		move_short(dst, src, len);
	else if ((uintptr_t)dst - (uintptr_t)src >= len)
		copy_up(dst, src, len);
	else
		copy_down(dst, src, len);
	return dst;
}

void *memset(void *dst, int c, size_t len)
{
	uint64_t v = 0x0101010101010101UL * (uint8_t)c;
	char *d = dst, *end = d + len;

	if (len < 8) {
		for (; d < end; d++)
			*d = (char)c;
		return dst;
	}
	for (; len > 64; len -= 64, d += 64) {
		put8(d, v);
		put8(d + 8, v);
		put8(d + 16, v);
		put8(d + 24, v);
		put8(d + 32, v);
		put8(d + 40, v);
		put8(d + 48, v);
		put8(d + 56, v);
	}
	for (; len > 8; len -= 8, d += 8)
		put8(d, v);
	put8(end - 8, v);
	return dst;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *p = a, *q = b;

	for (; len >= 8; len -= 8, p += 8, q += 8) {
		uint64_t x = get8(p), y = get8(q);

		if (x != y) /* the first byte in memory decides */
			return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1
									   : 1;
	}
	for (; len; len--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *p, int c, size_t len)
{
	const uint8_t *s = p;

	for (; len; len--, s++)
		if (*s == (uint8_t)c)
			return (void *)s;
	return NULL;
}
