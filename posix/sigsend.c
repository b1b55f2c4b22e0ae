// SPDX-License-Identifier: MIT
/* Sending signals.  One to oneself that is caught never leaves user space. */
#include "linux.h"

#include "signals.h"

static long send_to_self(int sig, int code, uint64_t value)
{
	const struct pending_sig s = { .sig = sig,
				       .code = code,
				       .value = value,
				       .pid = procinfo()->pid,
				       .uid = procinfo()->uid };
	bool kept;

	if (!(procdata()->sig_caught & ROS_SIGBIT(sig)))
		return ros_call(SYS_kill, self_pid(), sig);
	uth_disable_notifs();
	kept = pending_put(&s);
	uth_enable_notifs();
	if (!kept)
		return -EAGAIN;
	if (sig_deliverable())
		uthread_poll_events();
	return 0;
}

static bool is_signal(long sig)
{
	return sig >= 1 && sig <= NR_SIGS;
}

LX(kill)
{
	if ((int)a == self_pid() && is_signal(b))
		return send_to_self(b, SI_USER, 0);
	return ros_call(SYS_kill, (int)a, b);
}

/* Threads of other processes are their processes. */
LX(tkill)
{
	if ((int)a <= 0)
		return -EINVAL;
	if ((int)a == self_pid() && is_signal(b))
		return send_to_self(b, SI_TKILL, 0);
	return ros_call(SYS_kill, (int)a, b);
}

LX(tgkill)
{
	if ((int)a <= 0)
		return -EINVAL;
	return lx_tkill(n, b, c, 0, 0, 0, 0);
}

LX(rt_sigqueueinfo)
{
	const struct lx_siginfo *si = (const struct lx_siginfo *)c;

	if (!si)
		return -EFAULT;
	if ((int)a == self_pid() && is_signal(b))
		return send_to_self(b, SI_QUEUE, si->value);
	return ros_call(SYS_sigqueue, (int)a, b, si->value);
}
