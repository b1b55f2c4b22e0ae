// SPDX-License-Identifier: MIT
/*
 * The line discipline: what becomes of each byte that is typed, and of each
 * that is written.  No locks and no waiting of its own.
 *
 * POSIX.1-2017, 11.1.6 (canonical mode), 11.1.9 (special characters), 11.2.
 */
#include <tty/tty.h>

#include <lib/bitmap.h>
#include <lib/string.h>
#include <ros/signal.h>

#define SLOT(pos) ((pos) % TTY_IN_SIZE)
#define TAB_STOP  8

static bool has(const struct tty *t, uint32_t lflag)
{
	return t->termios.c_lflag & lflag;
}

/* A control character that is switched off is 0. */
static bool is_cc(const struct tty *t, unsigned char c, int which)
{
	return c == t->termios.c_cc[which] && c;
}

static bool is_ctl(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

static bool is_utf8_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t ldisc_output_locked(struct tty *t, const char *s, size_t len, char *out)
{
	uint32_t oflag = t->termios.c_oflag;
	size_t n = 0;

	if (!(oflag & T_OPOST)) {
		memcpy(out, s, len);
		return len;
	}
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '\n' && (oflag & T_ONLCR))
			out[n++] = '\r';
		if (c == '\r' && (oflag & T_OCRNL))
			c = '\n';
		out[n++] = c;
		if (c == '\n' || c == '\r')
			t->column = 0;
		else if (c == '\b')
			t->column -= t->column > 0;
		else if (c == '\t')
			t->column = ROUND_DOWN(t->column, TAB_STOP) + TAB_STOP;
		else if (!is_ctl(c) && !is_utf8_tail(c))
			t->column++;
	}
	return n;
}

static void emit(struct tty *t, const char *s, size_t len)
{
	char out[16];

	t->driver->write(t, out, ldisc_output_locked(t, s, len, out));
}

static void echo(struct tty *t, unsigned char c)
{
	char caret[2] = { '^', c ^ 0x40 };

	if (!has(t, T_ECHO) && !(c == '\n' && has(t, T_ECHONL)))
		return;
	if (is_ctl(c) && c != '\n' && c != '\t' && has(t, T_ECHOCTL))
		emit(t, caret, 2);
	else
		emit(t, (char *)&c, 1);
}

bool ldisc_readable_locked(const struct tty *t)
{
	return has(t, T_ICANON) ? t->nr_lines > 0 : t->ready != t->tail;
}

/* Everything up to head may be read now; `delim`: the last slot ends a line. */
static void commit(struct tty *t, bool delim)
{
	if (delim) {
		bit_set(t->delim, SLOT(t->head - 1));
		t->nr_lines++;
	}
	t->ready = t->head;
	t->line_column = t->column;
}

/* A slot is kept free in canonical mode, so that a full line can be ended. */
static bool put(struct tty *t, unsigned char c, bool last)
{
	uint32_t used = t->head - t->tail;
	uint32_t room = TTY_IN_SIZE - (has(t, T_ICANON) && !last);

	if (used >= room)
		return false;
	t->ring[SLOT(t->head)] = c;
	bit_clear(t->delim, SLOT(t->head));
	t->head++;
	return true;
}

void ldisc_flush_input_locked(struct tty *t)
{
	t->tail = t->ready = t->head;
	t->nr_lines = 0;
	t->flush_gen++;
	t->line_column = t->column;
}

static bool ends_line(const struct tty *t, unsigned char c);
static bool map_input(const struct tty *t, unsigned char *c);

/* What was typed ahead in raw mode becomes lines, and the rest of it the line
 * that is being edited: typed ahead of `cat`, as it were. */
static void split_lines(struct tty *t)
{
	t->ready = t->tail;
	for (uint32_t at = t->tail; at != t->head; at++) {
		unsigned char c = t->ring[SLOT(at)];

		map_input(t, &c);
		t->ring[SLOT(at)] = c;
		if (!ends_line(t, c) && !is_cc(t, c, T_VEOF))
			continue;
		bit_set(t->delim, SLOT(at));
		t->nr_lines++;
		t->ready = at + 1;
	}
}

void ldisc_mode_changed_locked(struct tty *t, bool was_canonical)
{
	bool canonical = has(t, T_ICANON);

	t->literal = false;
	if (!canonical)
		t->ready = t->head;
	else if (!was_canonical)
		split_lines(t);
}

/* ---- editing ---- */

/* Where the cursor is after the line's bytes up to `end`. */
static uint32_t column_at(const struct tty *t, uint32_t end)
{
	uint32_t col = t->line_column;

	for (uint32_t at = t->ready; at != end; at++) {
		unsigned char c = t->ring[SLOT(at)];

		if (c == '\t')
			col = ROUND_DOWN(col, TAB_STOP) + TAB_STOP;
		else if (is_ctl(c))
			col += has(t, T_ECHOCTL) ? 2 : 0;
		else
			col += !is_utf8_tail(c);
	}
	return col;
}

/* Removes the last character of the line, on the screen too. */
static void erase_one(struct tty *t)
{
	uint32_t was;

	if (t->head == t->ready)
		return;
	was = column_at(t, t->head);
	do {
		t->head--;
	} while (t->head != t->ready && (t->termios.c_iflag & T_IUTF8) &&
		 is_utf8_tail(t->ring[SLOT(t->head)]));
	if (!has(t, T_ECHO))
		return;
	if (!has(t, T_ECHOE)) {
		echo(t, t->termios.c_cc[T_VERASE]);
		return;
	}
	for (uint32_t n = was - column_at(t, t->head); n; n--)
		emit(t, t->ring[SLOT(t->head)] == '\t' ? "\b" : "\b \b",
		     t->ring[SLOT(t->head)] == '\t' ? 1 : 3);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void erase_word(struct tty *t)
{
	while (t->head != t->ready && is_blank(t->ring[SLOT(t->head - 1)]))
		erase_one(t);
	while (t->head != t->ready && !is_blank(t->ring[SLOT(t->head - 1)]))
		erase_one(t);
}

static void erase_line(struct tty *t)
{
	if (has(t, T_ECHOKE) && has(t, T_ECHOE)) {
		while (t->head != t->ready)
			erase_one(t);
		return;
	}
	t->head = t->ready;
	echo(t, t->termios.c_cc[T_VKILL]);
	if (has(t, T_ECHOK))
		echo(t, '\n');
}

static void reprint(struct tty *t)
{
	echo(t, t->termios.c_cc[T_VREPRINT]);
	echo(t, '\n');
	t->line_column = t->column;
	for (uint32_t at = t->ready; at != t->head; at++)
		echo(t, t->ring[SLOT(at)]);
}

static bool edit(struct tty *t, unsigned char c)
{
	if (is_cc(t, c, T_VERASE))
		erase_one(t);
	else if (is_cc(t, c, T_VKILL))
		erase_line(t);
	else if (is_cc(t, c, T_VWERASE) && has(t, T_IEXTEN))
		erase_word(t);
	else if (is_cc(t, c, T_VREPRINT) && has(t, T_IEXTEN))
		reprint(t);
	else
		return false;
	return true;
}

/* ---- one byte ---- */

static bool signal_key(struct tty *t, unsigned char c)
{
	int sig;

	if (is_cc(t, c, T_VINTR))
		sig = ROS_SIGINT;
	else if (is_cc(t, c, T_VQUIT))
		sig = ROS_SIGQUIT;
	else if (is_cc(t, c, T_VSUSP))
		sig = ROS_SIGTSTP;
	else
		return false;
	if (!has(t, T_NOFLSH))
		ldisc_flush_input_locked(t);
	echo(t, c);
	tty_signal_locked(t, sig);
	return true;
}

static bool ends_line(const struct tty *t, unsigned char c)
{
	return c == '\n' || is_cc(t, c, T_VEOL) ||
	       (is_cc(t, c, T_VEOL2) && has(t, T_IEXTEN));
}

static void input_canonical(struct tty *t, unsigned char c)
{
	if (edit(t, c))
		return;
	if (is_cc(t, c, T_VEOF)) {
		if (put(t, c, true))
			commit(t, true);
		return;
	}
	if (!put(t, c, ends_line(t, c)))
		return;
	echo(t, c);
	if (ends_line(t, c))
		commit(t, true);
}

/* False: the byte is dropped. */
static bool map_input(const struct tty *t, unsigned char *c)
{
	uint32_t iflag = t->termios.c_iflag;

	if (iflag & T_ISTRIP)
		*c &= 0x7f;
	if (*c == '\r') {
		if (iflag & T_IGNCR)
			return false;
		if (iflag & T_ICRNL)
			*c = '\n';
	} else if (*c == '\n' && (iflag & T_INLCR)) {
		*c = '\r';
	}
	return true;
}

static void input_literal(struct tty *t, unsigned char c)
{
	t->literal = false;
	if (!put(t, c, false))
		return;
	echo(t, c);
	if (!has(t, T_ICANON))
		commit(t, false);
}

void ldisc_input_locked(struct tty *t, unsigned char c)
{
	if (t->literal) {
		input_literal(t, c);
		return;
	}
	if (!map_input(t, &c))
		return;
	if (has(t, T_IEXTEN) && is_cc(t, c, T_VLNEXT)) {
		t->literal = true;
		return;
	}
	if (has(t, T_ISIG) && signal_key(t, c))
		return;
	if (has(t, T_ICANON)) {
		input_canonical(t, c);
		return;
	}
	if (put(t, c, false)) {
		echo(t, c);
		commit(t, false);
	}
}
