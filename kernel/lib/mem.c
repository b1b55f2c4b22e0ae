// SPDX-License-Identifier: MIT
/*
 * Memory in bulk: up to 32 bytes by words that overlap, above by the string
 * instructions, 8 bytes a turn, and one word that overlaps the end.
 *
 * A turn counts as one instruction in an emulator and needs no loop around it;
 * for 4 KiB that is 530 against 1,320 of an unrolled loop.  The direction flag
 * is clear in all kernel code.
 *
 * files.mk keeps the compiler from seeing memcmp() and the like in the loops
 * that remain and calling the function from itself.
 */
#include <lib/string.h>

/* Names in parentheses are not the macros of string.h. */

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

/* Up to 32 bytes; all are read before any is written. */
static __always_inline void move_short(char *d, const char *s, size_t len)
{
	if (len > 16) {
		uint64_t a = get8(s), b = get8(s + 8);
		uint64_t c = get8(s + len - 16), e = get8(s + len - 8);

		put8(d, a);
		put8(d + 8, b);
		put8(d + len - 16, c);
		put8(d + len - 8, e);
	} else if (len >= 8) {
		uint64_t first = get8(s), last = get8(s + len - 8);

		put8(d, first);
		put8(d + len - 8, last);
	} else if (len >= 4) {
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

/* Towards higher addresses: also right when dst lies below src, since the last
 * word is read before anything can have been written over it. */
static __always_inline void copy_up(char *d, const char *s, size_t len)
{
	char *d_last = d + len - 8;
	uint64_t last = get8(s + len - 8);
	size_t words = (len - 1) / 8;

	asm volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words)::"memory");
	put8(d_last, last);
}

/* The string instructions are slow downwards; this is seldom. */
static __always_inline void copy_down(char *d, const char *s, size_t len)
{
	uint64_t first = get8(s);

	for (; len > 32; len -= 32) {
		put8(d + len - 8, get8(s + len - 8));
		put8(d + len - 16, get8(s + len - 16));
		put8(d + len - 24, get8(s + len - 24));
		put8(d + len - 32, get8(s + len - 32));
	}
	for (; len > 8; len -= 8)
		put8(d + len - 8, get8(s + len - 8));
	put8(d, first);
}

void *(memcpy)(void *dst, const void *src, size_t len)
{
	if (len <= 32)
		move_short(dst, src, len);
	else
		copy_up(dst, src, len);
	return dst;
}

void *memmove(void *dst, const void *src, size_t len)
{
	if (len <= 32)
		move_short(dst, src, len);
	else if ((uintptr_t)dst - (uintptr_t)src >= len)
		copy_up(dst, src, len);
	else
		copy_down(dst, src, len);
	return dst;
}

void *(memset)(void *dst, int c, size_t len)
{
	uint64_t v = 0x0101010101010101UL * (uint8_t)c;
	char *d = dst, *end = d + len;
	size_t words = (len - 1) / 8;

	if (len > 16) {
		asm volatile("rep stosq"
			     : "+D"(d), "+c"(words)
			     : "a"(v)
			     : "memory");
		put8(end - 8, v);
	} else if (len >= 8) {
		put8(d, v);
		put8(end - 8, v);
	} else if (len >= 4) {
		put4(d, v);
		put4(end - 4, v);
	} else if (len) {
		d[0] = (char)c;
		d[len / 2] = (char)c;
		end[-1] = (char)c;
	}
	return dst;
}

int (memcmp)(const void *a, const void *b, size_t len)
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
