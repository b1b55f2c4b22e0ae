// SPDX-License-Identifier: MIT
/* Words of the command line. */
#include "cmdline.h"

#include <string.h>

#include <host/test.h>

static char buf[16];

static const char *find(const char *cmdline, const char *key)
{
	memset(buf, '#', sizeof(buf));
	return cmdline_find(cmdline, key, buf, sizeof(buf)) ? buf : NULL;
}

TEST(words)
{
	CHECK(!find("", "a"));
	CHECK(!find("  ", "a"));
	CHECK(!find("ab abc=1 xa", "a"));
	CHECK_STR(find("a", "a"), "");
	CHECK_STR(find("x a y", "a"), "");
	CHECK_STR(find("a=", "a"), "");
	CHECK_STR(find("  a=b=c\tq", "a"), "b=c");
	CHECK_STR(find("a=1 b=2 a=3", "a"), "3");
}

TEST(quotes)
{
	CHECK_STR(find("a=\"x y\" b", "a"), "x y");
	CHECK_STR(find("c=\"a=1\" a=2", "a"), "2");
	CHECK(!find("c=\"x a=1\"", "a"));
	CHECK_STR(find("a=\"never closed", "a"), "never closed");
}

TEST(truncated)
{
	char two[2];

	CHECK_STR(find("a=0123456789abcdefgh", "a"), "0123456789abcde");
	CHECK(cmdline_find("a=xyz", "a", two, sizeof(two)));
	CHECK_STR(two, "x");
	CHECK(cmdline_find("a=xyz", "a", NULL, 0));
}
