// SPDX-License-Identifier: MIT
/* Terminals: reading, writing, waiting.  Rules: tty/tty.h */
#include <tty/tty.h>

#include <lib/bitmap.h>
#include <lib/log.h>
#include <lib/string.h>
#include <proc/proc.h>
#include <ros/errno.h>

#define SLOT(pos) ((pos) % TTY_IN_SIZE)
#define CHUNK	  512
#define TENTH_SEC_USEC 100000

static const struct ktermios cooked = {
	.c_iflag = T_ICRNL | T_IUTF8,
	.c_oflag = T_OPOST | T_ONLCR,
	.c_cflag = T_B38400 | T_CS8 | T_CREAD,
	.c_lflag = T_ISIG | T_ICANON | T_ECHO | T_ECHOE | T_ECHOK | T_ECHOCTL |
		   T_ECHOKE | T_IEXTEN,
	.c_cc = { [T_VINTR] = 3, [T_VQUIT] = 28, [T_VERASE] = 127,
		  [T_VKILL] = 21, [T_VEOF] = 4, [T_VMIN] = 1, [T_VSUSP] = 26,
		  [T_VREPRINT] = 18, [T_VWERASE] = 23, [T_VLNEXT] = 22 },
};

static void send_signals(uintptr_t tty, uintptr_t unused1, uintptr_t unused2);

void tty_init(struct tty *t, const char *name, const struct tty_driver *driver,
	      void *driver_data, bool raw)
{
	memset(t, 0, sizeof(*t));
	t->name = name;
	t->driver = driver;
	t->driver_data = driver_data;
	t->termios = cooked;
	if (raw)
		t->termios.c_iflag = t->termios.c_oflag = t->termios.c_lflag =
			0;
	spin_irq_init(&t->lock);
	mutex_init(&t->rd_mutex);
	mutex_init(&t->wr_mutex);
	waitq_init(&t->readers);
	waitq_init(&t->writers);
	tap_list_init(&t->taps);
}

/* ---- from the driver ---- */

void tty_input(struct tty *t, const char *s, size_t len)
{
	bool was, is;

	scoped_spin_irq(&t->lock) {
		was = ldisc_readable_locked(t);
		for (size_t i = 0; i < len; i++)
			ldisc_input_locked(t, s[i]);
		is = ldisc_readable_locked(t);
	}
	if (!is)
		return;
	waitq_wake(&t->readers, ~0u); /* not all may read */
	if (!was)
		tap_fire(&t->taps, FDTAP_FILT_READABLE);
}

size_t tty_input_room(struct tty *t)
{
	size_t room;

	scoped_spin_irq(&t->lock) {
		bool canonical = t->termios.c_lflag & T_ICANON;

		room = TTY_IN_SIZE - (t->head - t->tail);
		if (canonical && !t->nr_lines)
			room = TTY_IN_SIZE;
		else if (canonical && room)
			room--;
	}
	return room;
}

void tty_output_ready(struct tty *t)
{
	waitq_wake(&t->writers, ~0u);
	tap_fire(&t->taps, FDTAP_FILT_WRITABLE);
}

void tty_signal_locked(struct tty *t, int sig)
{
	t->signals |= ROS_SIGBIT(sig);
	if (t->signal_queued)
		return;
	t->signal_queued = true;
	kmsg_init(&t->signal_msg, send_signals, (uintptr_t)t, 0, 0);
	kmsg_send(core_id(), &t->signal_msg, KMSG_ROUTINE);
}

/* The keys are read in interrupt context, where no process can be touched. */
static void send_signals(uintptr_t tty, uintptr_t unused1, uintptr_t unused2)
{
	struct tty *t = (struct tty *)tty;
	uint32_t signals;
	int pgid;

	scoped_spin_irq(&t->lock) {
		signals = t->signals;
		t->signals = 0;
		t->signal_queued = false;
		pgid = t->pgid;
	}
	while (signals && pgid) {
		int sig = __builtin_ctz(signals) + 1;

		signals &= signals - 1;
		signal_kill_group(pgid, sig);
	}
}

/* ---- reading ---- */

struct read_wait {
	struct tty *t;
	struct proc *p;
	size_t want; /* bytes, in raw mode */
};

/* One of the terminal's session, but not in the foreground. */
static bool in_background(const struct tty *t, const struct proc *p)
{
	return p && t->sid == p->sid && t->pgid != p->pgid;
}

/* What is typed is the foreground's.  Who reads nevertheless is stopped, and
 * waits for his turn; or is refused, if the stop would have no effect. */
static int background_check(struct tty *t)
{
	struct proc *p = cur_proc();
	uint64_t deaf;

	if (!in_background(t, p))
		return 0;
	deaf = __atomic_load_n(&p->pd->sig_ignored, __ATOMIC_RELAXED) |
	       __atomic_load_n(&p->pd->sig_blocked, __ATOMIC_RELAXED);
	if ((deaf & ROS_SIGBIT(ROS_SIGTTIN)) || group_orphaned(p->pgid, NULL))
		return fail(EIO, "process %d reads its terminal from the "
			    "background", p->pid);
	return signal_kill_group(p->pgid, ROS_SIGTTIN);
}

static bool enough(void *arg)
{
	struct read_wait *w = arg;
	struct tty *t = w->t;
	bool ok;

	/* The queue's lock is held: tty->lock comes after it. */
	scoped_spin_irq(&t->lock) {
		if (in_background(t, w->p))
			ok = false;
		else if (t->termios.c_lflag & T_ICANON)
			ok = t->nr_lines > 0;
		else
			ok = t->ready - t->tail >= w->want;
	}
	return ok;
}

/* Waits as VMIN and VTIME say (POSIX 11.1.7).  0; -ETIMEDOUT: it is over,
 * whatever is there; or another error. */
static int wait_input(struct tty *t, size_t resid, bool nonblock)
{
	struct read_wait w = { t, cur_proc(), 1 };
	struct read_wait first = w;
	uint64_t usec = WAIT_FOREVER;
	int err;

	scoped_spin_irq(&t->lock) {
		size_t min = t->termios.c_cc[T_VMIN];
		uint64_t time = t->termios.c_cc[T_VTIME] * TENTH_SEC_USEC;

		if (!(t->termios.c_lflag & T_ICANON)) {
			w.want = MIN(min, resid);
			if (time)
				usec = time;
		}
	}
	if (!w.want && usec == WAIT_FOREVER && !in_background(t, w.p))
		return -ETIMEDOUT;
	/* With VMIN the clock starts at the first byte. */
	if (w.want && usec != WAIT_FOREVER && !nonblock) {
		err = waitq_sleep(&t->readers, enough, &first, WAIT_FOREVER);
		if (err)
			return err;
	}
	w.want = MAX(w.want, 1UL);
	if (enough(&w))
		return 0;
	return nonblock ? -EAGAIN :
			  waitq_sleep(&t->readers, enough, &w, usec);
}

/*
 * What can be read now, at most CHUNK bytes, into buf.  *take: slots to consume
 * for that; *stop: the read ends here.
 */
static size_t peek_locked(struct tty *t, char *buf, size_t max, uint32_t *take,
			  bool *stop)
{
	bool canonical = t->termios.c_lflag & T_ICANON;
	size_t n = 0;

	*take = 0;
	*stop = false;
	while (!*stop && t->tail + *take != t->ready) {
		uint32_t slot = SLOT(t->tail + *take);
		bool delim = bit_test(t->delim, slot);
		bool eof = canonical && delim &&
			   (uint8_t)t->ring[slot] == t->termios.c_cc[T_VEOF];

		if (!eof && n == max)
			break;
		(*take)++;
		*stop = canonical && delim;
		if (!eof)
			buf[n++] = t->ring[slot];
	}
	return n;
}

static void consume_locked(struct tty *t, uint32_t nr)
{
	for (; nr; nr--, t->tail++) {
		if (!bit_test(t->delim, SLOT(t->tail)))
			continue;
		bit_clear(t->delim, SLOT(t->tail));
		t->nr_lines--;
	}
}

/* One chunk: bytes delivered, or -EFAULT.  *stop: nothing more in this read;
 * *any: something was there, if only an end-of-file. */
static long read_chunk(struct tty *t, struct uio *u, bool *stop, bool *any)
{
	char buf[CHUNK];
	uint32_t take, gen;
	size_t n;
	int err;

	scoped_spin_irq(&t->lock) {
		gen = t->flush_gen;
		n = peek_locked(t, buf, MIN(u->resid, sizeof(buf)), &take,
				stop);
	}
	err = uio_write_to(u, buf, n);
	if (err)
		return err;
	scoped_spin_irq(&t->lock) {
		if (gen == t->flush_gen)
			consume_locked(t, take);
	}
	if (take)
		*any = true;
	else
		*stop = true;
	return n;
}

static long read_now(struct tty *t, struct uio *u, bool *any)
{
	bool stop = false;
	long done = 0, n;

	*any = false;
	guard_mutex(&t->rd_mutex);
	while (!stop && u->resid) {
		n = read_chunk(t, u, &stop, any);
		if (n < 0)
			return done ? done : n;
		done += n;
	}
	return done;
}

/* Nothing is held while waiting: a reader may be stopped meanwhile, and the
 * foreground be another's.  So others may be first, and it waits again. */
long tty_read(struct tty *t, struct uio *u, bool nonblock)
{
	bool any;
	long n;
	int err;

	if (!u->resid)
		return 0;
	do {
		err = background_check(t);
		if (!err)
			err = wait_input(t, u->resid, nonblock);
		if (err && err != -ETIMEDOUT)
			return err;
		n = read_now(t, u, &any);
	} while (!n && !any && !err);
	return n;
}

/* ---- writing ---- */

struct write_wait {
	struct tty *t;
	const char *s;
	size_t len, done;
};

static bool send_some(void *arg)
{
	struct write_wait *w = arg;

	w->done += w->t->driver->write(w->t, w->s + w->done, w->len - w->done);
	return w->done == w->len;
}

long tty_write(struct tty *t, struct uio *u, bool nonblock)
{
	char in[CHUNK / 2], out[CHUNK];
	long done = 0;
	int err;

	guard_mutex(&t->wr_mutex);
	while (u->resid) {
		size_t n = MIN(u->resid, sizeof(in));
		struct write_wait w = { t, out, 0, 0 };

		if (nonblock && !(tty_ready(t) & FDTAP_FILT_WRITABLE))
			return done ? done : -EAGAIN;
		err = uio_read_from(u, in, n);
		if (err)
			return done ? done : err;
		scoped_spin_irq(&t->lock)
			w.len = ldisc_output_locked(t, in, n, out);
		err = send_some(&w) ? 0 :
				      waitq_sleep(&t->writers, send_some, &w,
						  WAIT_FOREVER);
		if (err)
			return done ? done : err;
		done += n;
	}
	return done;
}

uint32_t tty_ready(struct tty *t)
{
	uint32_t bits = 0;

	scoped_spin_irq(&t->lock) {
		if (ldisc_readable_locked(t))
			bits |= FDTAP_FILT_READABLE;
	}
	if (t->driver->room(t) >= CHUNK)
		bits |= FDTAP_FILT_WRITABLE;
	return bits;
}
