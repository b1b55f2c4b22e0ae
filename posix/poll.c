// SPDX-License-Identifier: MIT
/*
 * poll and ppoll; the core that select uses too.
 *
 * First the kernel is asked what is ready now.  If nothing is and we may wait,
 * the descriptors are tapped: each change is then an event to one queue.  Asked
 * again after that, nothing can be missed: what became ready before the taps is
 * seen by the second look, what becomes ready later is told by an event.
 */
#include "linux.h"

#include <parlib/alloc.h>
#include <parlib/event.h>

#include "poll.h"
#include "signals.h"
#include "wait.h"

#define ON_STACK	32
#define NR_TAP_IDS	64 /* a bitmap's */
#define RECHECK_NS	20000000UL /* for what cannot be tapped */

static struct event_queue *poll_evq;
static bool poll_event; /* vcore context sets it */

static void poll_evq_handler(struct event_queue *ev_q)
{
	struct event_msg msg;

	while (extract_one_mbox_msg(ev_q->ev_mbox, &msg))
		;
	__atomic_store_n(&poll_event, true, __ATOMIC_SEQ_CST);
	uthread_wake(&thread0_uth);
}

static bool poll_evq_ready(void)
{
	if (poll_evq)
		return true;
	poll_evq = get_eventq(EV_MBOX_BITMAP);
	if (!poll_evq)
		return false;
	poll_evq->ev_flags = EVENT_IPI | EVENT_INDIR | EVENT_SPAM_INDIR |
			     EVENT_WAKEUP;
	poll_evq->ev_handler = poll_evq_handler;
	return true;
}

static bool event_came(void *arg)
{
	return __atomic_exchange_n(&poll_event, false, __ATOMIC_SEQ_CST);
}

static bool tap_one(const struct ros_pollfd *p, unsigned int i, int cmd,
		    uint32_t filter)
{
	struct fd_tap_req req = {
		.fd = p->fd,
		.cmd = cmd,
		.filter = filter,
		.ev_id = i % NR_TAP_IDS,
		.ev_q = poll_evq,
	};

	return ros_call(SYS_tap_fds, &req, 1) == 1;
}

/* False if something cannot be tapped: then time has to bring it. */
static bool taps_add(const struct ros_pollfd *fds, unsigned int nr)
{
	bool all = true;

	if (!poll_evq_ready())
		return false;
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t want = fds[i].events;

		if (fds[i].fd < 0)
			continue;
		/* The same descriptor twice, or one left from a wait that was
		 * not ended: the tap is there, and gets this filter too. */
		if (!tap_one(&fds[i], i, FDTAP_CMD_ADD,
			     want | FDTAP_FILT_HANGUP) &&
		    !tap_one(&fds[i], i, FDTAP_CMD_ADD, want) &&
		    !tap_one(&fds[i], i, FDTAP_CMD_MOD, FDTAP_FILT_READABLE |
			     FDTAP_FILT_WRITABLE | FDTAP_FILT_HANGUP))
			all = false;
	}
	return all;
}

static void taps_remove(const struct ros_pollfd *fds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (fds[i].fd >= 0)
			tap_one(&fds[i], i, FDTAP_CMD_REM, 0);
}

static long probe(struct ros_pollfd *fds, unsigned int nr)
{
	return nr ? ros_call(SYS_poll_probe, fds, nr) : 0;
}

static long wait_for_events(struct ros_pollfd *fds, unsigned int nr,
			    uint64_t deadline_ns)
{
	bool all = taps_add(fds, nr);
	uint64_t until;
	long ret, woken;

	for (;;) {
		ret = probe(fds, nr);
		if (ret)
			break;
		until = all ? deadline_ns :
			      MIN(deadline_ns, deadline_in(RECHECK_NS));
		woken = wait_until(event_came, NULL, until);
		if (woken < 0) {
			ret = woken;
			break;
		}
		if (woken == 0 && until == deadline_ns) {
			ret = probe(fds, nr);
			break;
		}
	}
	taps_remove(fds, nr);
	return ret;
}

long poll_core(struct ros_pollfd *fds, unsigned int nr, uint64_t deadline_ns,
	       const uint64_t *mask)
{
	uint32_t before = sig_nr_handled;
	long ret;

	if (!mask) {
		ret = probe(fds, nr);
		if (ret || deadline_ns == 0)
			return ret;
	}
	for (;;) {
		sig_wait_begin(mask);
		ret = probe(fds, nr);
		if (!ret && deadline_ns)
			ret = wait_for_events(fds, nr, deadline_ns);
		/* What is ready is told even if a handler has run; but time
		 * that is over must not hide one. */
		if (sig_wait_end() && ret == 0 && deadline_ns)
			return -EINTR;
		if (ret != -EINTR || sig_nr_handled != before)
			return ret;
	}
}

struct ros_pollfd *poll_array_get(unsigned int nr)
{
	return rt_alloc(nr * sizeof(struct ros_pollfd));
}

void poll_array_put(struct ros_pollfd *fds, unsigned int nr)
{
	rt_free(fds, nr * sizeof(*fds));
}

/* --------------------------------------------------------- Linux's side */

#define POLLIN	   0x001
#define POLLPRI	   0x002
#define POLLOUT	   0x004
#define POLLERR	   0x008
#define POLLHUP	   0x010
#define POLLNVAL   0x020
#define POLLRDNORM 0x040
#define POLLWRNORM 0x100
#define POLLRDHUP  0x2000

struct lx_pollfd {
	int32_t fd;
	int16_t events, revents;
};

static uint32_t to_filter(int16_t events)
{
	return (events & (POLLIN | POLLRDNORM) ? FDTAP_FILT_READABLE : 0) |
	       (events & (POLLOUT | POLLWRNORM) ? FDTAP_FILT_WRITABLE : 0) |
	       (events & POLLPRI ? FDTAP_FILT_PRIORITY : 0) |
	       (events & POLLRDHUP ? FDTAP_FILT_RDHUP : 0);
}

static int16_t to_revents(uint32_t ready, int16_t events)
{
	int16_t r = 0;

	if (ready & ROS_POLL_BADFD)
		return POLLNVAL;
	if (ready & FDTAP_FILT_READABLE)
		r |= events & (POLLIN | POLLRDNORM);
	if (ready & FDTAP_FILT_WRITABLE)
		r |= events & (POLLOUT | POLLWRNORM);
	if (ready & FDTAP_FILT_PRIORITY)
		r |= events & POLLPRI;
	if (ready & FDTAP_FILT_RDHUP)
		r |= events & POLLRDHUP;
	if (ready & FDTAP_FILT_HANGUP)
		r |= POLLHUP;
	if (ready & FDTAP_FILT_ERROR)
		r |= POLLERR;
	return r;
}

static long poll_with(struct lx_pollfd *ufds, unsigned int nr,
		      struct ros_pollfd *fds, uint64_t deadline_ns,
		      const uint64_t *mask)
{
	long ret, ready = 0;

	for (unsigned int i = 0; i < nr; i++)
		fds[i] = (struct ros_pollfd){ .fd = ufds[i].fd,
					      .events = to_filter(
						      ufds[i].events) };
	ret = poll_core(fds, nr, deadline_ns, mask);
	if (ret < 0)
		return ret;
	for (unsigned int i = 0; i < nr; i++) {
		ufds[i].revents = to_revents(fds[i].revents, ufds[i].events);
		ready += ufds[i].revents != 0;
	}
	return ready;
}

static long do_poll(struct lx_pollfd *ufds, unsigned long nr,
		    uint64_t deadline_ns, const uint64_t *mask)
{
	struct ros_pollfd small[ON_STACK], *fds = small;
	long ret;

	if (nr > NR_FILE_DESC_MAX)
		return -EINVAL;
	if (nr > ON_STACK)
		fds = poll_array_get(nr);
	if (!fds)
		return -ENOMEM;
	ret = poll_with(ufds, nr, fds, deadline_ns, mask);
	if (fds != small)
		poll_array_put(fds, nr);
	return ret;
}

LX(poll)
{
	int ms = c;
	uint64_t deadline = 0;

	if (ms < 0)
		deadline = WAIT_FOREVER;
	else if (ms > 0)
		deadline = deadline_in(ms * 1000000UL);
	return do_poll((struct lx_pollfd *)a, (unsigned int)b, deadline, NULL);
}

LX(ppoll)
{
	const uint64_t *set = (const uint64_t *)d;
	uint64_t deadline, mask;

	if (poll_deadline((const struct ros_timespec *)c, &deadline))
		return -EINVAL;
	if (set) {
		if (e != sizeof(mask))
			return -EINVAL;
		mask = *set & ~SIG_UNBLOCKABLE;
	}
	return do_poll((struct lx_pollfd *)a, (unsigned int)b, deadline,
		       set ? &mask : NULL);
}

int poll_deadline(const struct ros_timespec *ts, uint64_t *deadline_ns)
{
	if (ts && ts->tv_sec == 0 && ts->tv_nsec == 0) {
		*deadline_ns = 0;
		return 0;
	}
	return deadline_from(ts, deadline_ns);
}
