// SPDX-License-Identifier: MIT
/*
 * futex.  With one thread nobody in this process can wake us from a private
 * one: a wait lasts until its time is over or a signal comes.  A shared one is
 * the kernel's, keyed by the frame.
 */
#include "linux.h"

#include "signals.h"
#include "wait.h"

#define FUTEX_WAIT	0
#define FUTEX_WAKE	1
#define FUTEX_REQUEUE	3
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE	128
#define FUTEX_REALTIME	256

static long wait_private(const uint32_t *word, uint32_t val,
			 const struct ros_timespec *timeout)
{
	uint64_t deadline;
	int ret;

	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != val)
		return -EAGAIN;
	if (deadline_from(timeout, &deadline))
		return -EINVAL;
	sig_wait_begin(NULL);
	ret = wait_until(NULL, NULL, deadline);
	sig_wait_end();
	return ret ? ret : -ETIMEDOUT;
}

static long wait_shared(long word, uint32_t val,
			const struct ros_timespec *timeout)
{
	uint64_t ns, usec = -1UL;

	if (timeout) {
		if (timespec_ns(timeout, &ns))
			return -EINVAL;
		usec = ns / 1000;
	}
	return ros_call(SYS_futex, word, FUTEX_WAIT, val, usec);
}

/* futex(word, op, value, timeout, word2, value3) */
LX(futex)
{
	const struct ros_timespec *timeout = (const struct ros_timespec *)d;
	bool private = b & FUTEX_PRIVATE;

	switch (b & ~(FUTEX_PRIVATE | FUTEX_REALTIME)) {
	case FUTEX_WAIT:
		if (private)
			return wait_private((const uint32_t *)a, c, timeout);
		return wait_shared(a, c, timeout);
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		return private ? 0 : ros_call(SYS_futex, a, FUTEX_WAKE, c, 0);
	case FUTEX_REQUEUE:
		return private ? 0 : -ENOSYS;
	}
	return -ENOSYS;
}
