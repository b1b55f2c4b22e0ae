// SPDX-License-Identifier: MIT
/* Memory and strings against the host's C library. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's functions, under names of their own. */
#undef HOST
#define STRING_TEST
#define memcpy	  k_memcpy
#define memmove	  k_memmove
#define memset	  k_memset
#define memcmp	  k_memcmp
#define memchr	  k_memchr
#define strlen	  k_strlen
#define strnlen	  k_strnlen
#define strcmp	  k_strcmp
#define strncmp	  k_strncmp
#define strchr	  k_strchr
#define strrchr	  k_strrchr
#define strstr	  k_strstr
#define snprintf  k_snprintf
#define vsnprintf k_vsnprintf
#define strlcpy	  k_strlcpy
#include <lib/mem.c>
#include <lib/string.c>
#include <lib/strext.c>
#include <lib/printf.c>
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr
#undef snprintf
#undef vsnprintf
#define HOST 1

#include <host/test.h>

#define ROOM 400

static unsigned char ours[ROOM], theirs[ROOM];

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void fill(uint64_t *seed)
{
	for (int i = 0; i < ROOM; i++)
		ours[i] = theirs[i] = test_random(seed);
}

TEST(memcpy_any_length_and_alignment)
{
	uint64_t seed = 1;

	fill(&seed);
	for (size_t len = 0; len <= 150; len++) {
		unsigned char src[ROOM];

		for (int i = 0; i < ROOM; i++)
			src[i] = test_random(&seed);
		for (size_t to = 0; to < 9; to++) {
			size_t from = test_random(&seed) % 9;

			CHECK(k_memcpy(ours + to, src + from, len) ==
			      ours + to);
			memcpy(theirs + to, src + from, len);
			CHECK(!memcmp(ours, theirs, ROOM));
		}
	}
}

TEST(memcpy_stays_inside_its_buffers)
{
	for (size_t len = 0; len < 100; len++) {
		char *a = malloc(len), *b = malloc(len);

		memset(b, 7, len);
		k_memcpy(a, b, len);
		CHECK(!k_memcmp(a, b, len));
		k_memset(a, 3, len);
		k_memmove(a, b, len);
		free(a);
		free(b);
	}
}

TEST(memmove_overlapping_both_ways)
{
	uint64_t seed = 2;

	for (size_t len = 0; len <= 150; len++) {
		for (int i = 0; i < 40; i++) {
			size_t to = test_random(&seed) % 100;
			size_t from = i % 2 ? to + test_random(&seed) % 20 :
					      test_random(&seed) % 100;

			fill(&seed);
			CHECK(k_memmove(ours + to, ours + from, len) ==
			      ours + to);
			memmove(theirs + to, theirs + from, len);
			CHECK(!memcmp(ours, theirs, ROOM));
		}
	}
}

TEST(memset_any_length)
{
	uint64_t seed = 3;

	fill(&seed);
	for (size_t len = 0; len <= 200; len++) {
		size_t to = test_random(&seed) % 16;
		int c = (int)test_random(&seed);

		CHECK(k_memset(ours + to, c, len) == ours + to);
		memset(theirs + to, c, len);
		CHECK(!memcmp(ours, theirs, ROOM));
	}
}

TEST(memcmp_and_memchr)
{
	uint64_t seed = 4;

	for (int i = 0; i < 20000; i++) {
		size_t len = test_random(&seed) % 40;

		for (size_t k = 0; k < len; k++) {
			ours[k] = theirs[k] = 'a' + test_random(&seed) % 3;
			if (!(test_random(&seed) % 20))
				theirs[k] = 0xff;
		}
		CHECK_EQ(sign(k_memcmp(ours, theirs, len)),
			 sign(memcmp(ours, theirs, len)));
		CHECK(k_memchr(ours, 'b', len) == memchr(ours, 'b', len));
	}
}

TEST(strings_against_the_host)
{
	static const char *const s[] = { "", "a", "ab", "abc", "abd", "b",
					 "/dev/null", "//x", "aab", "aaab",
					 "\xff\x80", "abcabcabd" };

	for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
		CHECK_EQ(k_strlen(s[i]), strlen(s[i]));
		CHECK_EQ(k_strnlen(s[i], 2), strnlen(s[i], 2));
		CHECK(k_strchr(s[i], 'b') == strchr(s[i], 'b'));
		CHECK(k_strchr(s[i], 0) == strchr(s[i], 0));
		CHECK(k_strrchr(s[i], '/') == strrchr(s[i], '/'));
		CHECK(k_strrchr(s[i], 0) == strrchr(s[i], 0));
		for (size_t k = 0; k < ARRAY_SIZE(s); k++) {
			CHECK_EQ(sign(k_strcmp(s[i], s[k])),
				 sign(strcmp(s[i], s[k])));
			CHECK_EQ(sign(k_strncmp(s[i], s[k], 2)),
				 sign(strncmp(s[i], s[k], 2)));
			CHECK(k_strstr(s[i], s[k]) == strstr(s[i], s[k]));
		}
	}
}

TEST(strlcpy_always_ends)
{
	char buf[4];

	CHECK_EQ(k_strlcpy(buf, "abcdef", sizeof(buf)), 6);
	CHECK_STR(buf, "abc");
	CHECK_EQ(k_strlcpy(buf, "", sizeof(buf)), 0);
	CHECK_STR(buf, "");
	CHECK_EQ(k_strlcpy(buf, "x", 1), 1);
	CHECK_STR(buf, "");
}

/* The same by both, into room enough and into too little. */
#define SAME(...)                                                              \
	do {                                                                   \
		char a[200], b[200];                                           \
		int n = snprintf(a, sizeof(a), __VA_ARGS__);                   \
									       \
		CHECK_EQ(k_snprintf(b, sizeof(b), __VA_ARGS__), n);            \
		CHECK_STR(b, a);                                               \
		CHECK_EQ(k_snprintf(b, 5, __VA_ARGS__), n);                    \
		a[4] = 0;                                                      \
		CHECK_STR(b, a);                                               \
	} while (0)

/* Formats that a compiler finds odd are formats still. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-zero-length"

TEST(printf_integers)
{
	static const long v[] = { 0, 1, -1, 7, 42, -42, 255, 65536, INT_MAX,
				  INT_MIN, LONG_MAX, LONG_MIN };

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		SAME("%d %i %u", (int)v[i], (int)v[i], (unsigned int)v[i]);
		SAME("%ld|%lu|%lx", v[i], v[i], v[i]);
		SAME("%lld %llX %llo", (long long)v[i], (long long)v[i],
		     (long long)v[i]);
		SAME("%hhd %hhu %hd %hx", (int)v[i], (int)v[i], (int)v[i],
		     (int)v[i]);
		SAME("%zu %zd %td %jd", v[i], v[i], v[i], v[i]);
		SAME("%#x %#lx %#o %#X", (int)v[i], v[i], (int)v[i],
		     (int)v[i]);
		SAME("%5d|%-5d|%05d|%+d|% d", (int)v[i], (int)v[i], (int)v[i],
		     (int)v[i], (int)v[i]);
		SAME("%.3d|%8.3d|%-8.3d|%08.3d|%.0d", (int)v[i], (int)v[i],
		     (int)v[i], (int)v[i], (int)v[i]);
		SAME("%#10x|%-#10x|%#010x|%#.6x|%#.3o|%#.0o", (int)v[i],
		     (int)v[i], (int)v[i], (int)v[i], (int)v[i], (int)v[i]);
		SAME("%*d|%-*d|%.*d", 9, (int)v[i], 9, (int)v[i], 4,
		     (int)v[i]);
		SAME("%*d|%.*d", -9, (int)v[i], -1, (int)v[i]);
	}
}

TEST(printf_text)
{
	SAME("");
	SAME("plain");
	SAME("100%% %c%c", 'o', 'k');
	SAME("%s|%10s|%-10s|%.2s|%10.2s|%.0s", "name", "name", "name", "name",
	     "name", "name");
	SAME("%5c|%-5c|", 'x', 'x');
	SAME("%p", (void *)0x7fff1234abcd);
	SAME("%20p|%-20p|", (void *)0x1000, (void *)0x1000);
	SAME("%.3s", (const char[]){ 'a', 'b', 'c' });
}

TEST(printf_without_room)
{
	char c = 'x';

	CHECK_EQ(k_snprintf(NULL, 0, "%d", 1234), 4);
	CHECK_EQ(k_snprintf(&c, 1, "%d", 1234), 4);
	CHECK_EQ(c, 0);
}

TEST(printf_of_null_and_nonsense)
{
	const char *volatile none = NULL;
	char buf[40];

	k_snprintf(buf, sizeof(buf), "%s", none);
	CHECK_STR(buf, "(null)");
	k_snprintf(buf, sizeof(buf), "%5y|%");
	CHECK_STR(buf, "%5y|%");
}
#pragma GCC diagnostic pop

TEST(scnprintf_says_what_it_wrote)
{
	char buf[5];

	CHECK_EQ(scnprintf(buf, sizeof(buf), "abc"), 3);
	CHECK_EQ(scnprintf(buf, sizeof(buf), "abcdefg"), 4);
	CHECK_STR(buf, "abcd");
	CHECK_EQ(scnprintf(buf, 0, "abc"), 0);
}

static void check_number(const char *s, int base, unsigned long want,
			 const char *rest)
{
	const char *end;

	CHECK_EQ(parse_ulong(s, &end, base), want);
	CHECK_STR(end, rest);
}

TEST(numbers)
{
	check_number("0", 0, 0, "");
	check_number("123abc", 0, 123, "abc");
	check_number("123abc", 16, 0x123abc, "");
	check_number("0x1F", 0, 31, "");
	check_number("0x1f", 16, 31, "");
	check_number("0x", 0, 0, "x");
	check_number("0xg", 16, 0, "xg");
	check_number("0755", 0, 0755, "");
	check_number("0755", 10, 755, "");
	check_number("08", 0, 0, "8");
	check_number("", 0, 0, "");
	check_number("-1", 0, 0, "-1");
	check_number("z", 36, 35, "");
	check_number("18446744073709551615", 10, ULONG_MAX, "");
	check_number("18446744073709551616", 10, ULONG_MAX, "");
	check_number("99999999999999999999999 x", 10, ULONG_MAX, " x");
	CHECK_EQ(parse_ulong("17", NULL, 8), 15);
}

TEST(words)
{
	char s[] = "  trace on\t10 \n", none[] = " \t", many[] = "a b c d";
	char *w[3];

	CHECK_EQ(split_words(s, w, 3), 3);
	CHECK_STR(w[0], "trace");
	CHECK_STR(w[1], "on");
	CHECK_STR(w[2], "10");
	CHECK_EQ(split_words(none, w, 3), 0);
	CHECK_EQ(split_words(many, w, 2), 2);
	CHECK_STR(w[1], "b");
	CHECK_EQ(split_words(many, w, 0), 0);
}
