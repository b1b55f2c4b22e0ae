// SPDX-License-Identifier: MIT
/* Waiting for signals: pause, sigsuspend, sigtimedwait. */
#include "linux.h"

#include "signals.h"
#include "wait.h"

/* Until a handler has run; whatever else wakes us does not count. */
static long suspend(const uint64_t *mask)
{
	do {
		sig_wait_begin(mask);
		wait_until(NULL, NULL, WAIT_FOREVER);
	} while (!sig_wait_end());
	return -EINTR;
}

LX(pause)
{
	return suspend(NULL);
}

LX(rt_sigsuspend)
{
	uint64_t mask;

	if (b != sizeof(mask))
		return -EINVAL;
	mask = *(const uint64_t *)a & ~SIG_UNBLOCKABLE;
	return suspend(&mask);
}

struct sig_awaited {
	uint64_t set;
	struct pending_sig got;
};

static bool has_come(void *arg)
{
	struct sig_awaited *w = arg;
	bool found;

	uth_disable_notifs();
	found = pending_take(w->set, &w->got);
	uth_enable_notifs();
	return found;
}

/*
 * The kernel is told that the signals of the set are caught and unblocked, so
 * that it hands over what it holds and what comes; no handler runs meanwhile.
 */
LX(rt_sigtimedwait)
{
	struct sig_awaited w;
	struct procdata *pd = procdata();
	uint64_t deadline, mask, borrowed;
	int ret;

	if (d != sizeof(uint64_t) ||
	    deadline_from((const struct ros_timespec *)c, &deadline))
		return -EINVAL;
	w.set = *(const uint64_t *)a & ~SIG_UNBLOCKABLE;
	sig_wait_begin(NULL);
	mask = sig_mask();
	borrowed = w.set & ~__atomic_fetch_or(&pd->sig_caught, w.set,
					      __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&pd->sig_blocked, ~w.set, __ATOMIC_SEQ_CST);
	ros_call(SYS_sigaction_changed);
	ret = wait_until(has_come, &w, deadline);
	__atomic_fetch_or(&pd->sig_blocked, mask, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&pd->sig_caught, ~borrowed, __ATOMIC_SEQ_CST);
	sig_wait_end();
	if (ret == 1 && b)
		siginfo_fill((struct lx_siginfo *)b, &w.got);
	return ret == 1 ? w.got.sig : ret ? ret : -EAGAIN;
}
