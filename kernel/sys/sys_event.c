// SPDX-License-Identifier: MIT
/*
 * The vcore's own calls: events, notification, leaving and entering contexts,
 * and aborting other calls.
 */
#include <sys/sys_priv.h>

#include <arch/context.h>
#include <core/wait.h>

static int msg_from_user(uint64_t umsg, uint32_t type, struct event_msg *msg)
{
	if (!umsg)
		*msg = (struct event_msg){ .ev_type = type };
	else if (copy_from_user(msg, (const void *)umsg, sizeof(*msg)))
		return fail_addr(umsg);
	return 0;
}

/* To the queue that another process has named for the type. */
SYS_FN(notify)
{
	struct event_msg msg;
	struct proc *q;
	int64_t ret = msg_from_user(u->a[2], u->a[1], &msg);

	if (ret)
		return ret;
	msg.ev_type = u->a[1];
	if (msg.ev_type >= MAX_NR_EVENT)
		return fail(EINVAL, "event type %u", msg.ev_type);
	ret = proc_by_pid(p, u->a[0], &q);
	if (ret)
		return ret;
	if (may_control(p, q))
		evq_post_kernel(q, &msg);
	else
		ret = fail(EPERM, "process %d may not notify %d", p->pid,
			   q->pid);
	proc_put(q);
	return ret;
}

SYS_FN(self_notify)
{
	struct event_msg msg;
	int64_t ret = msg_from_user(u->a[2], u->a[1], &msg);

	if (ret)
		return ret;
	msg.ev_type = u->a[1];
	return vcore_post(p, &msg, u->a[0], u->a[3]);
}

SYS_FN(send_event)
{
	struct event_msg msg;
	int64_t ret = msg_from_user(u->a[1], EV_NONE, &msg);

	if (ret)
		return ret;
	evq_post(p, (struct event_queue *)u->a[0], &msg, u->a[2]);
	return 0;
}

SYS_FN(vc_entry)
{
	sys_complete_early(p, 0);
	if (!sys_has_blocked())
		vcore_enter(p);
	sys_leave();
}

/*
 * Runs another context in place of the caller's, out of vcore context; if a
 * message came meanwhile it goes on in vcore context.  The context is read
 * before the call is completed; should that have had to wait for memory, the
 * caller is elsewhere (SY1) and tries again.
 */
SYS_FN(pop_ctx)
{
	struct user_context ctx;
	struct preempt_data *v = p->vcpd0;

	if (copy_from_user(&ctx, (const void *)u->a[0], sizeof(ctx)))
		return fail_addr(u->a[0]);
	if (ctx.type != ROS_HW_CTX)
		return fail(EINVAL, "context of type %u", ctx.type);
	if (sys_has_blocked())
		return -EAGAIN;
	sys_complete_early(p, 0);
	if (sys_has_blocked())
		sys_leave();
	irq_disable();
	user_frame_load(&ctx);
	/* "disabled, then pending" against "pending, then disabled": the pair
	 * of vcore_notify(). */
	__atomic_store_n(&v->notif_disabled, 0, __ATOMIC_SEQ_CST);
	irq_enable();
	if (__atomic_load_n(&v->notif_pending, __ATOMIC_SEQ_CST))
		vcore_notify(p, 0);
	sys_leave();
}

SYS_FN(proc_yield)
{
	sys_complete_early(p, 0);
	if (!sys_has_blocked())
		proc_yield_s(p, u->a[0]);
	sys_leave();
}

SYS_FN(getpcoreid)
{
	return core_id();
}

/* A process with one core has vcore 0 alone. */
SYS_FN(getvcoreid)
{
	return 0;
}

SYS_FN(foreign_entry)
{
	if (u->a[0] >= USER_END)
		return fail_addr(u->a[0]);
	p->foreign_entry = u->a[0];
	return 0;
}

/* K3.  The struct is marked as well, for one that has not blocked yet. */
SYS_FN(abort_sysc)
{
	struct syscall *usysc = (struct syscall *)u->a[0];
	uint32_t old;

	if (!usysc)
		return fail(EINVAL, "no system call given");
	if (user_or_u32(&usysc->flags, SC_ABORT, &old))
		return fail_addr(u->a[0]);
	if (old & SC_DONE)
		return 0;
	return proc_abort_call(p, usysc);
}

SYS_FN(abort_sysc_fd)
{
	int fd = u->a[0];

	if (fd < 0)
		return fail(EBADF, "descriptor %d", fd);
	return proc_abort_fd(p, fd);
}
