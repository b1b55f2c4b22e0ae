// SPDX-License-Identifier: MIT
/*
 * Interval timers: ITIMER_REAL, alarm().
 *
 * One alarm of the kernel's alarm device (#alarm) is ours: opened when first
 * wanted, in the runtime's range of descriptors, so a fork's child has none.
 * It posts EV_ALARM to a queue; the handler, in vcore context, sends SIGALRM to
 * the process and sets the next time.  #alarm is spoken to by three functions
 * only: alarm_open(), alarm_set() and alarm_cancel().
 */
#include "linux.h"

#include <parlib/event.h>
#include <parlib/timing.h>

#include "signals.h"
#include "wait.h"

#define ITIMER_REAL 0

#define HEX_DIGITS 16

struct lx_itimerval {
	struct lx_timeval interval, value;
};

static long ctl_fd = -1, timer_fd = -1;
static struct event_queue *alarm_evq;
static uint64_t next_ns;     /* monotonic; 0: not set */
static uint64_t interval_ns; /* 0: once */

static char *put_hex(char *to, uint64_t v)
{
	for (int i = HEX_DIGITS - 1; i >= 0; i--)
		*to++ = "0123456789abcdef"[v >> 4 * i & 15];
	return to;
}

/* ---------------------------------------------------------------- #alarm */

#define ALARM_CLONE "#alarm/clone"
#define OPEN_FLAGS  (O_RDWR | ROS_O_CLOEXEC | ROS_O_INTERNAL)

/* "evq <address>" on the new alarm's ctl file. */
static long alarm_bind(void)
{
	char cmd[4 + 2 + HEX_DIGITS] = "evq 0x";

	put_hex(cmd + 6, (uint64_t)alarm_evq);
	return ros_call(SYS_write, ctl_fd, cmd, sizeof(cmd));
}

/* The clone file is the new alarm's ctl; reading it gives the alarm's number,
 * #alarm/a<number>/timer takes absolute times. */
static long alarm_open(void)
{
	char path[48] = "#alarm/a";
	const size_t head = 8;
	long len;

	ctl_fd = ros_call(SYS_openat, AT_FDCWD, ALARM_CLONE,
			  sizeof(ALARM_CLONE) - 1, OPEN_FLAGS, 0);
	if (ctl_fd < 0)
		return ctl_fd;
	len = ros_call(SYS_pread, ctl_fd, path + head, 20, 0);
	while (len > 0 && (path[head + len - 1] < '0' ||
			   path[head + len - 1] > '9'))
		len--;
	if (len <= 0)
		return len ? len : -EIO;
	memcpy(path + head + len, "/timer", 6);
	timer_fd = ros_call(SYS_openat, AT_FDCWD, path, head + len + 6,
			    OPEN_FLAGS, 0);
	return timer_fd < 0 ? timer_fd : alarm_bind();
}

/* An absolute time in ticks of the time stamp counter, in hexadecimal. */
static long alarm_set(uint64_t in_ns)
{
	char text[2 + HEX_DIGITS] = "0x";

	put_hex(text + 2, read_tsc() + nsec2tsc(in_ns));
	return ros_call(SYS_write, timer_fd, text, sizeof(text));
}

static void alarm_cancel(void)
{
	ros_call(SYS_write, ctl_fd, "cancel", 6);
}

/* ------------------------------------------------------------------------ */

static void send_sigalrm(void)
{
	const struct pending_sig s = { .sig = ROS_SIGALRM };

	if (procdata()->sig_caught & ROS_SIGBIT(ROS_SIGALRM)) {
		pending_put(&s);
		uthread_wake(&thread0_uth);
	} else {
		ros_call(SYS_kill, self_pid(), ROS_SIGALRM);
	}
}

/* A message of a time that has been changed since is not for us. */
static void alarm_evq_handler(struct event_queue *ev_q)
{
	struct event_msg msg;
	uint64_t now = time_mono_ns();

	while (extract_one_mbox_msg(ev_q->ev_mbox, &msg))
		;
	if (!next_ns)
		return;
	if (now + 1000 < next_ns)
		return;
	send_sigalrm();
	if (!interval_ns) {
		next_ns = 0;
		return;
	}
	next_ns += interval_ns;
	if (next_ns <= now) /* some were missed: they count as one */
		next_ns = now + interval_ns;
	alarm_set(next_ns - now);
}

static long alarm_ready(void)
{
	long err;

	signals_init();
	if (!alarm_evq) {
		alarm_evq = get_eventq(EV_MBOX_BITMAP);
		if (!alarm_evq)
			return -ENOMEM;
		alarm_evq->ev_flags = EVENT_IPI | EVENT_INDIR |
				      EVENT_SPAM_INDIR | EVENT_WAKEUP;
		alarm_evq->ev_handler = alarm_evq_handler;
	}
	if (timer_fd >= 0)
		return 0;
	err = alarm_open();
	if (err < 0) {
		ros_call(SYS_close, ctl_fd);
		ros_call(SYS_close, timer_fd);
		ctl_fd = timer_fd = -1;
	}
	return err < 0 ? err : 0;
}

/* The descriptors stayed behind in the parent. */
void itimer_fork_child(void)
{
	ctl_fd = timer_fd = -1;
	next_ns = interval_ns = 0;
}

static uint64_t remaining(void)
{
	uint64_t now = time_mono_ns();

	if (!next_ns)
		return 0;
	return next_ns > now ? next_ns - now : 1;
}

static long set_timer(uint64_t value_ns, uint64_t every_ns)
{
	long err;

	if (!value_ns) {
		next_ns = interval_ns = 0;
		if (timer_fd >= 0)
			alarm_cancel();
		return 0;
	}
	err = alarm_ready();
	if (err)
		return err;
	uth_disable_notifs();
	interval_ns = every_ns;
	next_ns = deadline_in(value_ns);
	uth_enable_notifs();
	err = alarm_set(value_ns);
	return err < 0 ? err : 0;
}

static int timeval_ns(const struct lx_timeval *tv, uint64_t *ns)
{
	const struct ros_timespec ts = { tv->tv_sec, tv->tv_usec * 1000 };

	if (tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -EINVAL;
	return timespec_ns(&ts, ns);
}

static struct lx_timeval ns_to_timeval(uint64_t ns)
{
	return (struct lx_timeval){ ns / NSEC_PER_SEC,
				    ns % NSEC_PER_SEC / 1000 };
}

static void get_timer(struct lx_itimerval *to)
{
	to->interval = ns_to_timeval(interval_ns);
	to->value = ns_to_timeval((remaining() + 999) / 1000 * 1000);
}

LX(getitimer)
{
	if (a != ITIMER_REAL)
		return -EINVAL;
	get_timer((struct lx_itimerval *)b);
	return 0;
}

LX(setitimer)
{
	const struct lx_itimerval *want = (const struct lx_itimerval *)b;
	struct lx_itimerval old;
	uint64_t value, every;
	long err;

	if (a != ITIMER_REAL)
		return -EINVAL;
	if (!want)
		return -EFAULT;
	if (timeval_ns(&want->value, &value) ||
	    timeval_ns(&want->interval, &every))
		return -EINVAL;
	get_timer(&old);
	err = set_timer(value, every);
	if (!err && c)
		*(struct lx_itimerval *)c = old;
	return err;
}

LX(alarm)
{
	uint64_t left = (remaining() + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
	long err = set_timer((unsigned int)a * (uint64_t)NSEC_PER_SEC, 0);

	return err ? err : (long)left;
}
