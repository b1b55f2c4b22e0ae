// SPDX-License-Identifier: MIT
/* Strings: what a host's C library lacks or does otherwise. */
#include <lib/string.h>

size_t strlcpy(char *dst, const char *src, size_t len)
{
	size_t n = strlen(src), copied = MIN(n, len - 1);

	memcpy(dst, src, copied);
	dst[copied] = 0;
	return n;
}

int scnprintf(char *buf, size_t len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, len, fmt, ap);
	va_end(ap);
	if ((size_t)n < len)
		return n;
	return len ? (int)len - 1 : 0;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return 36;
}

/* The base that a prefix asks for; moves over "0x". */
static int base_of(const char **s, int base)
{
	const char *p = *s;
	bool hex = p[0] == '0' && (p[1] | 0x20) == 'x' &&
		   digit_value(p[2]) < 16;

	if (hex && (base == 0 || base == 16)) {
		*s += 2;
		return 16;
	}
	if (base)
		return base;
	return p[0] == '0' ? 8 : 10;
}

unsigned long parse_ulong(const char *s, const char **end, int base)
{
	unsigned long v = 0;
	bool over = false;

	base = base_of(&s, base);
	for (int d; (d = digit_value(*s)) < base; s++) {
		over |= __builtin_mul_overflow(v, (unsigned long)base, &v);
		over |= __builtin_add_overflow(v, (unsigned long)d, &v);
	}
	if (end)
		*end = s;
	return over ? ~0UL : v;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int split_words(char *s, char **words, int max)
{
	int n = 0;

	while (n < max) {
		while (is_blank(*s))
			s++;
		if (!*s)
			break;
		words[n++] = s;
		while (*s && !is_blank(*s))
			s++;
		if (*s)
			*s++ = 0;
	}
	return n;
}
