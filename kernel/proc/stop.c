// SPDX-License-Identifier: MIT
/*
 * Stopping and continuing a process.
 *
 * One that runs leaves its core on its next way to user mode; one that waits is
 * STOPPED where it is, and what would have woken it is kept in stop_runnable.
 */
#include <proc/proc_priv.h>

#include <ros/signal.h>

/* True if this is news. */
static bool stop_locked(struct proc *p, int sig)
{
	switch (p->state) {
	case PROC_RUNNABLE_S:
		sched_ops->dequeue(p);
		p->stop_runnable = true;
		break;
	case PROC_WAITING:
		p->stop_runnable = false;
		break;
	case PROC_CREATED:
	case PROC_RUNNING_S:
		if (p->stop_wanted)
			return false;
		p->stop_wanted = true;
		if (p->state == PROC_RUNNING_S)
			core_kick(p->core);
		p->wait_status = ROS_W_STOPCODE(sig);
		return true;
	default:
		return false;
	}
	p->state = PROC_STOPPED;
	p->wait_status = ROS_W_STOPCODE(sig);
	return true;
}

void proc_stop(struct proc *p, int sig)
{
	bool news;

	scoped_spin(&p->lock)
		news = stop_locked(p, sig);
	if (news)
		parent_tell(p, CLD_STOPPED, sig);
}

/* Row 2: WAITING is stored, then notif_pending is looked at. */
static void resume_locked(struct proc *p)
{
	if (p->stop_runnable) {
		make_runnable_locked(p);
		return;
	}
	__atomic_store_n(&p->state, PROC_WAITING, __ATOMIC_SEQ_CST);
	if (!p->nr_holds && notif_due(p))
		make_runnable_locked(p);
}

static bool continue_locked(struct proc *p)
{
	p->stop_sig = 0;
	if (p->state == PROC_STOPPED)
		resume_locked(p);
	else if (p->stop_wanted)
		p->stop_wanted = false;
	else
		return false;
	p->wait_status = ROS_W_CONTINUED;
	return true;
}

void proc_continue(struct proc *p)
{
	bool news;

	scoped_spin(&p->lock)
		news = continue_locked(p);
	if (news)
		parent_tell(p, CLD_CONTINUED, ROS_SIGCONT);
}
