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

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return end - s;
}
