// SPDX-License-Identifier: MIT
/* select and pselect: bit sets to poll's array and back. */
#include "linux.h"

#include <parlib/timing.h>

#include "poll.h"
#include "signals.h"
#include "wait.h"

#define ON_STACK 32

#define FOR_READ  (FDTAP_FILT_READABLE | FDTAP_FILT_HANGUP | FDTAP_FILT_ERROR)
#define FOR_WRITE (FDTAP_FILT_WRITABLE | FDTAP_FILT_ERROR)
#define FOR_OTHER FDTAP_FILT_PRIORITY

struct sets {
	uint64_t *read, *write, *other; /* each may be NULL */
	unsigned int nfds;
};

static bool has(const uint64_t *set, unsigned int fd)
{
	return set && (set[fd / 64] & 1UL << fd % 64);
}

static uint32_t wanted(const struct sets *s, unsigned int fd)
{
	return (has(s->read, fd) ? FDTAP_FILT_READABLE : 0) |
	       (has(s->write, fd) ? FDTAP_FILT_WRITABLE : 0) |
	       (has(s->other, fd) ? FDTAP_FILT_PRIORITY : 0);
}

/* fds may be NULL: only the number. */
static unsigned int sets_to_array(const struct sets *s, struct ros_pollfd *fds)
{
	unsigned int nr = 0;

	for (unsigned int fd = 0; fd < s->nfds; fd++) {
		uint32_t want = wanted(s, fd);

		if (!want)
			continue;
		if (fds)
			fds[nr] = (struct ros_pollfd){ .fd = fd,
						       .events = want };
		nr++;
	}
	return nr;
}

static unsigned int keep(uint64_t *set, unsigned int fd, bool ready)
{
	if (!has(set, fd))
		return 0;
	if (!ready)
		set[fd / 64] &= ~(1UL << fd % 64);
	return ready;
}

static long array_to_sets(const struct sets *s, const struct ros_pollfd *fds,
			  unsigned int nr)
{
	long bits = 0;

	for (unsigned int i = 0; i < nr; i++)
		if (fds[i].revents & ROS_POLL_BADFD)
			return -EBADF;
	for (unsigned int i = 0; i < nr; i++) {
		bits += keep(s->read, fds[i].fd, fds[i].revents & FOR_READ);
		bits += keep(s->write, fds[i].fd, fds[i].revents & FOR_WRITE);
		bits += keep(s->other, fds[i].fd, fds[i].revents & FOR_OTHER);
	}
	return bits;
}

static long do_select(const struct sets *s, uint64_t deadline_ns,
		      const uint64_t *mask)
{
	struct ros_pollfd small[ON_STACK], *fds = small;
	unsigned int nr = sets_to_array(s, NULL);
	long ret;

	if (nr > ON_STACK)
		fds = poll_array_get(nr);
	if (!fds)
		return -ENOMEM;
	sets_to_array(s, fds);
	ret = poll_core(fds, nr, deadline_ns, mask);
	if (ret >= 0)
		ret = array_to_sets(s, fds, nr);
	if (fds != small)
		poll_array_put(fds, nr);
	return ret;
}

static int sets_from(struct sets *s, long nfds, long r, long w, long x)
{
	if (nfds < 0 || nfds > NR_FILE_DESC_MAX)
		return -EINVAL;
	*s = (struct sets){ (uint64_t *)r, (uint64_t *)w, (uint64_t *)x, nfds };
	return 0;
}

/* Linux leaves what remained of the time in the timeval. */
static void store_rest(struct lx_timeval *tv, uint64_t deadline_ns)
{
	uint64_t now = time_mono_ns();
	uint64_t rest = deadline_ns > now ? deadline_ns - now : 0;

	tv->tv_sec = rest / NSEC_PER_SEC;
	tv->tv_usec = rest % NSEC_PER_SEC / 1000;
}

LX(select)
{
	struct lx_timeval *tv = (struct lx_timeval *)e;
	uint64_t deadline = WAIT_FOREVER;
	struct ros_timespec ts;
	struct sets s;
	long ret;

	if (sets_from(&s, (int)a, b, c, d))
		return -EINVAL;
	if (tv) {
		if (tv->tv_sec < 0 || tv->tv_usec < 0)
			return -EINVAL;
		ts.tv_sec = tv->tv_sec + tv->tv_usec / 1000000;
		ts.tv_nsec = tv->tv_usec % 1000000 * 1000;
		if (poll_deadline(&ts, &deadline))
			return -EINVAL;
	}
	ret = do_select(&s, deadline, NULL);
	if (tv && deadline)
		store_rest(tv, deadline);
	return ret;
}

struct sigset_arg {
	const uint64_t *set;
	uint64_t size;
};

LX(pselect6)
{
	const struct sigset_arg *arg = (const struct sigset_arg *)f;
	uint64_t deadline, mask;
	struct sets s;

	if (sets_from(&s, (int)a, b, c, d) ||
	    poll_deadline((const struct ros_timespec *)e, &deadline))
		return -EINVAL;
	if (!arg || !arg->set)
		return do_select(&s, deadline, NULL);
	if (arg->size != sizeof(mask))
		return -EINVAL;
	mask = *arg->set & ~SIG_UNBLOCKABLE;
	return do_select(&s, deadline, &mask);
}
