// SPDX-License-Identifier: MIT
/* System calls from entry to completion.  Rules: sys/sys.h, ros/syscall.h */
#include <sys/sys.h>

#include <arch/context.h>
#include <arch/syscall_user.h>
#include <arch/uaccess.h>
#include <core/trace.h>
#include <core/wait.h>
#include <lib/log.h>
#include <lib/string.h>
#include <proc/proc.h>
#include <ros/errno.h>

/* SY2: what the running call's trap has still to do; stored before each call,
 * since one that blocks gives no chance to do it later. */
struct batch {
	struct syscall *next;
	uint64_t left;
};
DEFINE_PERCPU_STATIC(struct batch, batch);

/* Never seen by users in flags: what makes a completion take the long way. */
#define SC_SLOW (SC_DONE | SC_PROGRESS | SC_UEVENT | SC_K_LOCK | SC_ABORT)

#define SYSCALL_FETCHED offsetof(struct syscall, errstr)

static __always_inline bool is_error(int64_t ret)
{
	return (uint64_t)ret > -4096UL;
}

/* S1: a failure's number and sentence, before DONE. */
static int store_failure(struct syscall *u, int64_t ret, const char *errstr)
{
	size_t len = strnlen(errstr, MAX_ERRSTR_LEN - 1) + 1;

	if (copy_to_user(u->errstr, errstr, len))
		return -EFAULT;
	if (put_user_u32(&u->err, -ret))
		return -EFAULT;
	return put_user_u64(&u->retval, -1UL);
}

/*
 * S2 in full, for a call that has blocked or whose flags hold more than is
 * usual.  If the struct has vanished the result is lost: to this process alone.
 */
static void complete(struct proc *p, struct syscall *u, int64_t ret)
{
	struct kthread *k = cur_kthread_get();
	uint32_t seen, was, done;
	uint64_t ev_q;

	k->usysc = NULL; /* nothing to abort from here on */
	if (is_error(ret) ? store_failure(u, ret, k->errstr) :
			    put_user_u64(&u->retval, ret))
		return;
	if (get_user_u32(&seen, &u->flags))
		return;
	do {
		was = seen;
		done = was | SC_DONE | (was & SC_UEVENT ? SC_K_LOCK : 0);
		if (user_cas_u32(&u->flags, was, done, &seen))
			return;
	} while (seen != was);
	trace(TR_SYSDONE, k->sc_num, ret);
	if (!(was & SC_UEVENT))
		return;
	if (get_user_u64(&ev_q, &u->ev_q) == 0) {
		struct event_msg msg = { .ev_type = EV_SYSCALL };

		msg.ev_arg3 = u;
		evq_post(p, (struct event_queue *)ev_q, &msg, 0);
	}
	if (user_and_u32(&u->flags, ~SC_K_LOCK, &seen))
		return;
}

/*
 * The end of a call that has not blocked.  Nobody can have registered for an
 * event since flags were read: a single-core process was here all the time.  So
 * a plain store of DONE does (a release: x86 keeps stores in order); a process
 * with more cores, or flags with more in them, gets the atomic steps.
 */
static __always_inline void finish_fast(struct proc *p, struct syscall *u,
					int64_t ret, uint32_t flags)
{
	if (likely(!(flags & SC_SLOW) && !p->is_mcp && !is_error(ret)) &&
	    likely(!syscall_store_nofault(u, ret, flags | SC_DONE))) {
		trace(TR_SYSDONE, cur_kthread_get()->sc_num, ret);
		return;
	}
	complete(p, u, ret);
}

/* The end of one that has: it is on its own, and goes. */
static void __noreturn finish_blocked(struct proc *p, struct syscall *u,
				      int64_t ret)
{
	complete(p, u, ret);
	sys_leave();
}

static __noinline int64_t refuse(uint32_t num)
{
	static _Atomic uint64_t named[SYS_MAX / 64];
	uint64_t bit = 1UL << num % 64;

	if (num >= SYS_MAX)
		return fail(ENOSYS, "there is no system call %u", num);
	if (!(atomic_fetch_or(&named[num / 64], bit) & bit))
		log("system call %u is not there yet (first asked for by pid "
		    "%d)", num, cur_proc()->pid);
	return fail(ENOSYS, "system call %u is not there yet", num);
}

static __noinline int64_t too_many(struct proc *p)
{
	return fail(EAGAIN, "%d calls of process %d are blocked already",
		    PROC_KTHREADS_MAX, p->pid);
}

struct call {
	struct sys_args args;
	uint32_t num, flags;
};

static __always_inline int64_t run(struct kthread *k, struct proc *p,
				   const struct call *c)
{
	const struct sys_entry *e = &sys_table[c->num];

	if (unlikely(c->num >= SYS_MAX || !e->fn))
		return refuse(c->num);
	if (unlikely(atomic_load_explicit(&p->nr_kthreads,
					  memory_order_relaxed) >=
		     PROC_KTHREADS_MAX) &&
	    !(e->flags & SYSF_EXEMPT))
		return too_many(p);
	if (e->fd_arg)
		k->sc_fd = c->args.a[e->fd_arg - 1];
	return e->fn(p, &c->args);
}

/* As syscall_fetch_nofault(), faulting in what is not there; may block, then
 * the call stands on its own before it has begun. */
static __noinline int fetch_slow(const struct syscall *u, struct call *c)
{
	union {
		struct syscall sc;
		char bytes[SYSCALL_FETCHED];
	} in;

	if (copy_from_user(in.bytes, u, SYSCALL_FETCHED))
		return -EFAULT;
	c->num = in.sc.num;
	c->flags = in.sc.flags;
	memcpy(c->args.a, &in.sc.arg0, sizeof(c->args.a));
	return 0;
}

static __always_inline int fetch(struct kthread *k, struct syscall *u,
				 struct call *c)
{
	k->usysc = u;
	k->sc_num = 0;
	k->sc_flags = 0;
	k->errstr[0] = 0;
	if (unlikely((uintptr_t)u > USER_END - sizeof(*u)))
		return -EFAULT;
	if (unlikely(syscall_fetch_nofault(u, &c->num, &c->flags, c->args.a)) &&
	    fetch_slow(u, c))
		return -EFAULT;
	k->sc_num = c->num;
	/* SC_WAIT counts when the call blocks: not if it has already. */
	if (likely(!(k->sc_flags & KSC_BLOCKED)))
		k->sc_flags = c->flags & SC_WAIT;
	if (unlikely(c->flags & SC_ABORT))
		kthread_abort(k, KTH_ABORT_SYSC);
	return 0;
}

/* Runs calls from u on until one blocks (the rest is then another kthread's) or
 * all are done; `taken` have been before. */
static void run_batch(struct proc *p, struct syscall *u, uint64_t left,
		      uint64_t taken)
{
	struct kthread *k = cur_kthread_get();
	struct call c;
	int64_t ret;

	k->proc = p;
	k->as = p->as;
	do {
		this_cpu(batch).next = u + 1;
		this_cpu(batch).left = --left;
		this_cpu(user_frame).rax = ++taken;
		ret = fetch(k, u, &c);
		if (unlikely(ret)) {
			if (k->sc_flags & KSC_BLOCKED)
				sys_leave();
			this_cpu(user_frame).rax = --taken ? taken : ret;
			break;
		}
		trace(TR_SYSCALL, c.num, p->pid);
		ret = run(k, p, &c);
		if (unlikely(k->sc_flags & KSC_BLOCKED))
			finish_blocked(p, u, ret);
		finish_fast(p, u, ret, c.flags);
		if (unlikely(k->sc_flags & KSC_BLOCKED))
			sys_leave(); /* in the completion */
		if (unlikely(c.flags & SC_ABORT))
			k->aborted = 0;
		u++;
	} while (left);
	this_cpu(batch).left = 0;
	k->usysc = NULL;
	k->proc = NULL;
	k->as = NULL;
}

void sys_enter(struct proc *p, struct syscall *usysc, uint64_t count)
{
	if (unlikely(!count || (uintptr_t)usysc % 8)) {
		this_cpu(user_frame).rax = -EINVAL;
		return;
	}
	run_batch(p, usysc, count, 0);
}

void sys_blocked(struct kthread *k)
{
	if (!k->proc || (k->sc_flags & KSC_BLOCKED))
		return;
	k->sc_flags |= KSC_BLOCKED;
	if (k->sc_num >= SYS_MAX || !sys_table[k->sc_num].fd_arg)
		k->sc_fd = -1;
	proc_call_blocked(k);
}

void sys_core_user(void)
{
	uint64_t left = this_cpu(batch).left;
	struct proc *p = owner_proc();

	if (unlikely(left)) {
		this_cpu(batch).left = 0;
		irq_enable();
		if (p && !proc_is_dying(p))
			run_batch(p, this_cpu(batch).next, left,
				  this_cpu(user_frame).rax);
		irq_disable();
		if (kmsg_pending())
			return; /* we shall be called again */
	}
	proc_core_user();
}

void sys_complete_early(struct proc *p, int64_t ret)
{
	complete(p, cur_kthread_get()->usysc, ret);
}

void sys_leave(void)
{
	struct kthread *k = cur_kthread_get();

	k->usysc = NULL;
	if (k->sc_flags & KSC_BLOCKED) {
		proc_call_done(k);
	} else {
		/* What came after in the batch was not taken. */
		this_cpu(batch).left = 0;
		k->proc = NULL;
		k->as = NULL;
	}
	k->aborted = 0;
	core_loop();
}
