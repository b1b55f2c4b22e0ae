// SPDX-License-Identifier: MIT
/* Memory and string functions of our own: general registers only. */
#include <parlib/common.h>

/* Without this the compiler would see memcpy's loop and call memcpy. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *to, const void *from, size_t len)
{
	char *d = to;
	const char *s = from;

	for (; len >= 8; len -= 8, d += 8, s += 8)
		*(uint64_t *)d = *(const uint64_t *)s;
	while (len--)
		*d++ = *s++;
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	char *d = to;
	const char *s = from;

	if ((uintptr_t)d - (uintptr_t)s >= len)
		return memcpy(to, from, len);
	while (len--)
		d[len] = s[len];
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	uint64_t word = (uint8_t)byte * 0x0101010101010101UL;
	char *d = to;

	for (; len >= 8; len -= 8, d += 8)
		*(uint64_t *)d = word;
	while (len--)
		*d++ = byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

#define ONES  0x0101010101010101UL
#define HIGHS 0x8080808080808080UL

/* By aligned words, which never cross into a page that the string is not in. */
size_t strlen(const char *s)
{
	const uint64_t *w = (const uint64_t *)((uintptr_t)s & ~7UL);
	unsigned int skip = ((uintptr_t)s & 7) * 8;
	/* The bytes before the string count as not zero. */
	uint64_t v = *w | ((1UL << skip) - 1), zeros;

	while (!(zeros = (v - ONES) & ~v & HIGHS))
		v = *++w;
	return (const char *)w + __builtin_ctzl(zeros) / 8 - s;
}
