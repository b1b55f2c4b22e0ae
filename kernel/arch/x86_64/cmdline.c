// SPDX-License-Identifier: MIT
/* Words of the command line. */
#include "cmdline.h"

#include <lib/string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The end of the word at s: a blank outside quotes, or the string's end. */
static const char *word_end(const char *s)
{
	bool quoted = false;

	for (; *s && (quoted || !blank(*s)); s++)
		if (*s == '"')
			quoted = !quoted;
	return s;
}

static void take_value(const char *s, const char *end, char *buf, size_t len)
{
	size_t n = 0;

	for (; s < end && n + 1 < len; s++)
		if (*s != '"')
			buf[n++] = *s;
	if (len)
		buf[n] = '\0';
}

bool cmdline_find(const char *cmdline, const char *key, char *buf, size_t len)
{
	size_t key_len = strlen(key);
	bool found = false;

	while (*cmdline) {
		const char *end = word_end(cmdline), *rest = cmdline + key_len;

		if ((size_t)(end - cmdline) >= key_len &&
		    strncmp(cmdline, key, key_len) == 0 &&
		    (rest == end || *rest == '=')) {
			take_value(rest < end ? rest + 1 : end, end, buf, len);
			found = true;
		}
		for (cmdline = end; blank(*cmdline); cmdline++)
			;
	}
	return found;
}
