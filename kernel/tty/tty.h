// SPDX-License-Identifier: MIT
/*
 * tty: a terminal: a line discipline between a driver and the processes that
 * read and write it, with termios, window size and a foreground process group.
 *
 * TT1  Input lies in a ring: [tail, ready) may be read, [ready, head) is the
 *      line that is being edited (canonical mode only).  Positions count on and
 *      are reduced when the ring is indexed.
 * TT2  delim has a bit for each slot that ends a line; an end-of-file is the
 *      VEOF character in such a slot, and not delivered unless the mode is raw
 *      by then.  nr_lines counts the bits in [tail, ready).
 * TT3  A reader copies out first and then consumes: a fault loses nothing.
 *      flush_gen tells it that the ring was flushed meanwhile.
 * TT4  Echo is dropped when the driver is full; what is written is not.
 * Locks  tty->lock (spin_irq): all state; held while echoing into the driver.
 *        rd_mutex: one reader at a time, not while it waits for input.
 *        wr_mutex: one writer at a time.
 *        Order: mutexes -> tty->lock -> driver's lock.
 *
 * termios: POSIX.1-2017 chapter 11; numbers and layout are Linux's.
 */
#pragma once

#include <core/kmsg.h>
#include <core/wait.h>
#include <io/tap.h>
#include <io/uio.h>
#include <tty/termios.h>

#define TTY_IN_SIZE 32768 /* more than the launcher may have on its way */

struct tty;

/* Both in any context; tty->lock may be held. */
struct tty_driver {
	/* Takes what fits, and says how much that was. */
	size_t (*write)(struct tty *t, const char *s, size_t len);
	size_t (*room)(struct tty *t);	/* bytes that fit now */
	bool (*drained)(struct tty *t); /* nothing waits to be sent */
};

struct tty {
	const char *name;
	const struct tty_driver *driver;
	void *driver_data;
	struct spinlock_irq lock;
	struct ktermios termios;	/* [lock] */
	struct kwinsize winsize;	/* [lock] */
	uint32_t head, ready, tail;	/* [lock] TT1 */
	uint32_t nr_lines;		/* [lock] TT2 */
	uint32_t flush_gen;		/* [lock] */
	uint32_t column, line_column;	/* [lock] cursor; the line's first */
	bool literal;			/* [lock] ^V came: next byte as it is */
	int pgid, sid;			/* [lock] foreground group, session */
	uint32_t signals;		/* [lock] to be sent by signal_msg */
	bool signal_queued;		/* [lock] */
	struct kmsg signal_msg;
	struct mutex rd_mutex, wr_mutex;
	struct waitq readers, writers;
	struct tap_list taps;
	unsigned long delim[TTY_IN_SIZE / 64];
	char ring[TTY_IN_SIZE];
};

/* raw: starts without any processing, as a plain byte channel. */
void tty_init(struct tty *t, const char *name, const struct tty_driver *driver,
	      void *driver_data, bool raw);

/* From the driver, any context: bytes came; there is room again. */
void tty_input(struct tty *t, const char *s, size_t len);
void tty_output_ready(struct tty *t);
/* How many bytes tty_input() takes now without dropping any; never 0 while no
 * reader could make room (a line too long is cut). */
size_t tty_input_room(struct tty *t);

/* From processes; all may sleep.  As read(2), write(2), ioctl(2). */
long tty_read(struct tty *t, struct uio *u, bool nonblock);
long tty_write(struct tty *t, struct uio *u, bool nonblock);
int tty_ioctl(struct tty *t, uint32_t req, uint64_t arg);
uint32_t tty_ready(struct tty *t); /* FDTAP_FILT_* */
/* The leader of session sid is gone: the terminal is free, and the foreground
 * group told, if it was that session's. */
void tty_hangup_session(struct tty *t, int sid);

/* Private to tty/: the line discipline; tty->lock is held. */
void ldisc_input_locked(struct tty *t, unsigned char c);
/* What `len` bytes become on their way out, into out (2 * len): its length.
 * Moves the cursor column. */
size_t ldisc_output_locked(struct tty *t, const char *s, size_t len, char *out);
void ldisc_flush_input_locked(struct tty *t);
void ldisc_mode_changed_locked(struct tty *t, bool was_canonical);
bool ldisc_readable_locked(const struct tty *t);
/* Asks for a signal to the foreground group. */
void tty_signal_locked(struct tty *t, int sig);
