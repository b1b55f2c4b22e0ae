// SPDX-License-Identifier: MIT
/* A process's mounts, as Linux's tools and as Plan 9's users know them. */
#include "dev_proc.h"

#include <lib/string.h>
#include <ns/ns.h>

/* Blanks and the like in a name, as mounts(5) has them. */
static void put_escaped(struct text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\')
			text_printf(t, "\\%03o", *s);
		else
			text_bytes(t, s, 1);
	}
}

static void mounts_line(const char *onto, const char *src, int flags, void *arg)
{
	struct text *t = arg;
	const char *type = "bind";
	size_t len = 4;

	/* A line that begins with # is a comment for who reads this. */
	if (*src == '#') {
		type = ++src;
		for (len = 0; type[len] && type[len] != '/' &&
			      type[len] != '.'; len++)
			;
	}
	put_escaped(t, src);
	text_bytes(t, " ", 1);
	put_escaped(t, onto);
	text_printf(t, " %.*s rw 0 0\n", (int)len, type);
}

int show_mounts(struct text *t, struct proc *p)
{
	text_printf(t, "root / root rw 0 0\n");
	ns_for_each_mount(p, mounts_line, t);
	return 0;
}

static void ns_line(const char *onto, const char *src, int flags, void *arg)
{
	struct text *t = arg;

	text_printf(t, "bind %s", flags & MCREATE ? "-c " : "");
	put_escaped(t, src);
	text_bytes(t, " ", 1);
	put_escaped(t, onto);
	text_bytes(t, "\n", 1);
}

int show_ns(struct text *t, struct proc *p)
{
	ns_for_each_mount(p, ns_line, t);
	return 0;
}
