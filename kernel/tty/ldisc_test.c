// SPDX-License-Identifier: MIT
/* The line discipline, key by key. */
#include <tty/tty.h>

#include <host/test.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <ros/signal.h>

static char screen[4096];
static size_t screen_len;
static uint32_t signals_sent;

static size_t to_screen(struct tty *t, const char *s, size_t len)
{
	memcpy(screen + screen_len, s, len);
	screen_len += len;
	screen[screen_len] = 0;
	return len;
}

static const struct tty_driver driver = { .write = to_screen };

void tty_signal_locked(struct tty *t, int sig)
{
	signals_sent |= ROS_SIGBIT(sig);
}

/* As a terminal that a shell has left in order. */
static struct tty *fresh(void)
{
	static struct tty t;

	memset(&t, 0, sizeof(t));
	screen_len = signals_sent = 0;
	screen[0] = 0;
	t.driver = &driver;
	t.termios.c_iflag = T_ICRNL | T_IUTF8;
	t.termios.c_oflag = T_OPOST | T_ONLCR;
	t.termios.c_lflag = T_ISIG | T_ICANON | T_ECHO | T_ECHOE | T_ECHOK |
			    T_ECHOCTL | T_ECHOKE | T_IEXTEN;
	t.termios.c_cc[T_VINTR] = 3;
	t.termios.c_cc[T_VERASE] = 127;
	t.termios.c_cc[T_VKILL] = 21;
	t.termios.c_cc[T_VEOF] = 4;
	t.termios.c_cc[T_VWERASE] = 23;
	t.termios.c_cc[T_VLNEXT] = 22;
	return &t;
}

static void type(struct tty *t, const char *s)
{
	while (*s)
		ldisc_input_locked(t, *s++);
}

/* What lies in [tail, head), with a | behind each slot that ends a line. */
static const char *ring_text(struct tty *t)
{
	static char text[256];
	size_t n = 0;

	for (uint32_t at = t->tail; at != t->head; at++) {
		text[n++] = t->ring[at % TTY_IN_SIZE];
		if (at < t->ready && bit_test(t->delim, at % TTY_IN_SIZE))
			text[n++] = '|';
	}
	text[n] = 0;
	return text;
}

TEST(a_line_is_readable_when_it_ends)
{
	struct tty *t = fresh();

	type(t, "ab");
	CHECK(!ldisc_readable_locked(t));
	type(t, "c\r");
	CHECK(ldisc_readable_locked(t));
	CHECK_STR(ring_text(t), "abc\n|");
	CHECK_STR(screen, "abc\r\n");
}

TEST(erasing_edits_line_and_screen)
{
	struct tty *t = fresh();

	type(t, "ab\177c\303\251\177\r");
	CHECK_STR(ring_text(t), "ac\n|");
	CHECK_STR(screen, "ab\b \bc\303\251\b \b\r\n");
}

TEST(kill_and_word_erase)
{
	struct tty *t = fresh();

	type(t, "one two\027x\025last\n");
	CHECK_STR(ring_text(t), "last\n|");
}

TEST(erase_stops_at_the_lines_start)
{
	struct tty *t = fresh();

	type(t, "done\n\177\177ab\n");
	CHECK_STR(ring_text(t), "done\n|ab\n|");
}

TEST(interrupt_key_flushes_and_signals)
{
	struct tty *t = fresh();

	type(t, "half\003");
	CHECK_EQ(signals_sent, ROS_SIGBIT(ROS_SIGINT));
	CHECK_STR(ring_text(t), "");
	CHECK_STR(screen, "half^C");
}

TEST(literal_next_takes_any_byte)
{
	struct tty *t = fresh();

	type(t, "\026\003\n");
	CHECK_EQ(signals_sent, 0);
	CHECK_STR(ring_text(t), "\003\n|");
}

TEST(end_of_file_ends_without_a_byte)
{
	struct tty *t = fresh();

	type(t, "x\004");
	CHECK_STR(ring_text(t), "x\004|");
	CHECK_STR(screen, "x");
	CHECK_EQ(t->nr_lines, 1);
}

TEST(raw_input_becomes_lines)
{
	struct tty *t = fresh();

	t->termios.c_lflag &= ~(T_ICANON | T_ECHO | T_ISIG);
	ldisc_mode_changed_locked(t, true);
	type(t, "a\nb\n\004c");
	t->termios.c_lflag |= T_ICANON;
	ldisc_mode_changed_locked(t, false);
	CHECK_STR(ring_text(t), "a\n|b\n|\004|c");
	CHECK_EQ(t->nr_lines, 3);
	type(t, "d\n");
	CHECK_STR(ring_text(t), "a\n|b\n|\004|cd\n|");
}

TEST(a_line_too_long_is_cut_and_can_be_ended)
{
	struct tty *t = fresh();

	t->termios.c_lflag &= ~T_ECHO;
	for (int i = 0; i < TTY_IN_SIZE + 10; i++)
		ldisc_input_locked(t, 'x');
	CHECK(!ldisc_readable_locked(t));
	ldisc_input_locked(t, '\n');
	CHECK(ldisc_readable_locked(t));
	CHECK_EQ(t->head - t->tail, TTY_IN_SIZE);
}
