// SPDX-License-Identifier: MIT
/* Texts that grow while they are made.  Rules: dev_proc.h */
#include "dev_proc.h"

#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>

#define TEXT_FIRST 1024

/* Room for `more` bytes and a zero. */
static bool text_room(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : TEXT_FIRST;
	char *buf;

	if (t->err)
		return false;
	if (t->len + more < t->cap)
		return true;
	while (cap <= t->len + more && cap < TEXT_MAX)
		cap *= 2;
	if (cap <= t->len + more) {
		t->err = -EFBIG;
		return false;
	}
	buf = kmalloc(cap, MM_WAIT);
	if (!buf) {
		t->err = -ENOMEM;
		return false;
	}
	if (t->len)
		memcpy(buf, t->buf, t->len);
	kfree(t->buf);
	t->buf = buf;
	t->cap = cap;
	return true;
}

void text_printf(struct text *t, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int n;

	if (!text_room(t, 1))
		return;
	room = t->cap - t->len;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room) {
		if (!text_room(t, n))
			return;
		va_start(ap, fmt);
		vsnprintf(t->buf + t->len, n + 1, fmt, ap);
		va_end(ap);
	}
	t->len += n;
}

void text_bytes(struct text *t, const void *bytes, size_t len)
{
	if (!text_room(t, len))
		return;
	memcpy(t->buf + t->len, bytes, len);
	t->len += len;
}

/* Blanks up to a column of the line that began at line_start; at least one. */
void text_pad(struct text *t, size_t line_start, size_t column)
{
	do
		text_bytes(t, " ", 1);
	while (!t->err && t->len - line_start < column);
}

void text_free(struct text *t)
{
	kfree(t->buf);
	*t = (struct text){ 0 };
}
