// SPDX-License-Identifier: MIT
/*
 * #cons: the terminals of this machine.
 *
 *   cons    the console: with the kernel argument console=tty a terminal on the
 *           second serial port; else output goes to the log and input is empty
 *   tty     the controlling terminal of the caller's session, if it is cons
 *   launch  without console=tty, the second port as a plain byte channel (see
 *           ros/launch.h)
 *
 * Input that the terminal has no room for stays in the port's ring, which in
 * the end stops the sender: nothing is lost.
 */
#include <arch/machine.h>
#include <dev/flat.h>
#include <drivers/serial/uart.h>
#include <core/console.h>
#include <dev/dev.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ns/ns.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <tty/tty.h>

#define COM2	 1
#define LOG_LINE 256

static struct tty com2_tty;
static bool com2_is_console;

enum { FILE_CONS, FILE_TTY, FILE_LAUNCH, NR_FILES };
static const struct flat_file cons_files[NR_FILES];

/* ---- the port ---- */

static size_t com2_write(struct tty *t, const char *s, size_t len)
{
	return uart_write(t->driver_data, s, len);
}

static size_t com2_room(struct tty *t)
{
	return uart_writable(t->driver_data);
}

static bool com2_drained(struct tty *t)
{
	return uart_writable(t->driver_data) >= UART_OUTPUT - 1;
}

static const struct tty_driver com2_driver = {
	.write = com2_write,
	.room = com2_room,
	.drained = com2_drained,
};

/* From the port's interrupt, and after a read has made room; one at a time, so
 * that no two pieces change places. */
static struct spinlock_irq pull_lock = SPINLOCK_IRQ_INIT("com2.pull");

static void com2_pull(void *arg)
{
	struct tty *t = arg;
	char buf[256];
	size_t n;

	guard_spin_irq(&pull_lock);
	do {
		n = MIN(tty_input_room(t), sizeof(buf));
		n = n ? uart_read(t->driver_data, buf, n) : 0;
		tty_input(t, buf, n);
	} while (n);
}

static void com2_space(void *arg)
{
	tty_output_ready(arg);
}

static const struct uart_ops com2_ops = {
	.input = com2_pull,
	.space = com2_space,
};

/* Called by ns_init() in effect: the first attach makes the terminal. */
static void com2_start(void)
{
	static bool started;
	struct uart *u = uart_get(COM2);
	char how[16];

	if (started || !u)
		return;
	started = true;
	com2_is_console = boot_option("console", how, sizeof(how)) &&
			  strcmp(how, "tty") == 0;
	tty_init(&com2_tty, com2_is_console ? "cons" : "launch", &com2_driver,
		 u, !com2_is_console);
	uart_set_ops(u, &com2_ops, &com2_tty);
}

/* ---- the files ---- */

/* The terminal behind a file, or NULL. */
static struct tty *tty_of(const struct chan *c)
{
	const struct flat_file *f = flat_file_of(c);

	if (!com2_tty.driver)
		return NULL;
	if (f == &cons_files[FILE_LAUNCH])
		return com2_is_console ? NULL : &com2_tty;
	return com2_is_console ? &com2_tty : NULL;
}

uint32_t cons_session_tty(int sid, int *fg_pgid)
{
	struct tty *t = com2_is_console ? &com2_tty : NULL;
	uint32_t rdev = 0;

	if (!t || !t->driver)
		return 0;
	scoped_spin_irq(&t->lock)
		if (t->sid == sid) {
			*fg_pgid = t->pgid;
			rdev = cons_files[FILE_CONS].rdev;
		}
	return rdev;
}

void cons_proc_destroy(struct proc *p)
{
	if (p->pid == p->sid && com2_is_console && com2_tty.driver)
		tty_hangup_session(&com2_tty, p->sid);
}

static bool is_nonblock(const struct chan *c)
{
	return atomic_load_explicit(&c->flags, memory_order_relaxed) &
	       CHAN_NONBLOCK;
}

static long cons_read(struct chan *c, struct uio *u, uint64_t off)
{
	struct tty *t = tty_of(c);
	long n;

	if (!t)
		return 0;
	n = tty_read(t, u, is_nonblock(c));
	if (uart_readable(t->driver_data))
		com2_pull(t);
	return n;
}

/* Without a terminal: lines of the kernel's log. */
static long log_write(struct uio *u)
{
	char text[LOG_LINE];
	long done = 0;

	while (u->resid) {
		size_t n = MIN(u->resid, sizeof(text) - 1);
		int err = uio_read_from(u, text, n);

		if (err)
			return done ? done : err;
		text[n] = 0;
		kprintf("%s", text);
		done += n;
	}
	return done;
}

static long cons_write(struct chan *c, struct uio *u, uint64_t off)
{
	struct tty *t = tty_of(c);

	return t ? tty_write(t, u, is_nonblock(c)) : log_write(u);
}

static const struct flat_file cons_files[NR_FILES] = {
	[FILE_CONS] = { "cons", ROS_S_IFCHR | 0620, cons_read, cons_write,
			5 << 8 | 1, CHAN_STREAM },
	[FILE_TTY] = { "tty", ROS_S_IFCHR | 0666, cons_read, cons_write,
		       5 << 8 | 0, CHAN_STREAM },
	[FILE_LAUNCH] = { "launch", ROS_S_IFCHR | 0600, cons_read, cons_write,
			  4 << 8 | 65, CHAN_STREAM },
};
static const struct flat_dir cons_dir = { "cons", cons_files, NR_FILES };

static int cons_attach(struct chan *c, const char *spec)
{
	com2_start();
	return flat_attach(c, &cons_dir, spec);
}

static int cons_open(struct chan *c, int omode, const struct cred *cred)
{
	const struct flat_file *f = flat_file_of(c);
	struct tty *t = tty_of(c);

	if (f == &cons_files[FILE_TTY] && (!t || t->sid != cur_proc()->sid))
		return fail(ENXIO, "this session has no terminal");
	if (f == &cons_files[FILE_LAUNCH] && !t)
		return fail(ENXIO, "the second serial port is the console");
	return flat_open(c, omode, cred);
}

static uint32_t cons_ready(struct chan *c)
{
	struct tty *t = tty_of(c);

	return t ? tty_ready(t) : FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE;
}

static struct tap_list *cons_taps(struct chan *c, uint32_t *filters)
{
	struct tty *t = tty_of(c);

	*filters = FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE |
		   FDTAP_FILT_HANGUP | FDTAP_FILT_ERROR | FDTAP_FILT_RDHUP |
		   FDTAP_FILT_PRIORITY;
	return t ? &t->taps : NULL;
}

static int cons_ioctl(struct chan *c, uint32_t req, uint64_t arg)
{
	struct tty *t = tty_of(c);

	return t ? tty_ioctl(t, req, arg) : -ENOTTY;
}

static struct dev cons_dev = {
	.name = "cons",
	.attach = cons_attach,
	.walk = flat_walk,
	.parent = flat_parent,
	.clone = flat_clone,
	.open = cons_open,
	.read = flat_read,
	.write = flat_write,
	.readdir = flat_readdir,
	.stat = flat_stat,
	.wstat = flat_wstat,
	.ready = cons_ready,
	.taps = cons_taps,
	.ioctl = cons_ioctl,
};
DEVICE(cons_dev);
DEV_NODE(cons, "cons", 0620, "#cons/cons");
DEV_NODE(console, "console", 0620, "#cons/cons");
DEV_NODE(tty, "tty", 0666, "#cons/tty");
DEV_NODE(launch, "launch", 0600, "#cons/launch");
