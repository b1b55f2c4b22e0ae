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

/*
 * SY2: the calls that this core's trap runs or has still to run.  Where it
 * stands is told by the kthread's usysc alone, so that a call which does not
 * block moves nothing here; see rest_of_batch().
 */
struct batch {
	struct syscall *first;
	uint64_t count;	 /* 0: nothing is left, or a single call */
	uint64_t before; /* taken by earlier passes of the same trap */
};
DEFINE_PERCPU_STATIC(struct batch, batch);

/* In flags of a call that is about to begin: not what users do every day. */
#define SC_RARE (SC_DONE | SC_PROGRESS | SC_UEVENT | SC_K_LOCK | SC_ABORT)

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

	if (k->sc_flags & KSC_BLOCKED)
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

/* The end of one that has blocked: it is on its own, and goes. */
static void __noreturn finish_blocked(struct proc *p, struct syscall *u,
				      int64_t ret)
{
	complete(p, u, ret);
	sys_leave();
}

/*
 * Call u is the last that its trap runs for now: what follows is left in the
 * batch, and the caller's context says how many were taken.  A single call has
 * no batch, and its context has said so from the start.
 */
static void rest_of_batch(const struct syscall *u)
{
	struct batch *b = this_cpu_ptr(batch);
	uint64_t done = u + 1 - b->first;

	if (!b->count)
		return;
	b->first += done;
	b->count -= done;
	b->before += done;
	this_cpu(user_frame).rax = b->before;
}

/* The handler of numbers without one. */
int64_t sys_refuse(struct proc *p, const struct sys_args *args)
{
	static _Atomic uint64_t named[SYS_MAX / 64];
	uint32_t num = cur_kthread_get()->sc_num;
	uint64_t bit = 1UL << num % 64;

	if (num >= SYS_MAX)
		return fail(ENOSYS, "there is no system call %u", num);
	if (!(atomic_fetch_or(&named[num / 64], bit) & bit))
		log("system call %u is not there yet (first asked for by pid "
		    "%d)", num, p->pid);
	return fail(ENOSYS, "system call %u is not there yet", num);
}

static bool too_many_blocked(struct proc *p)
{
	return atomic_load_explicit(&p->nr_kthreads, memory_order_relaxed) >=
	       proc_kthreads_max;
}

static __always_inline struct sys_args *args_of(struct kthread *k)
{
	return (struct sys_args *)k->sc_args;
}

/* As syscall_fetch_nofault(), faulting in what is not there; may block, then
 * the call stands on its own before it has begun. */
static int fetch_slow(struct kthread *k, const struct syscall *u, uint32_t *num,
		      uint32_t *flags)
{
	union {
		struct syscall sc;
		char bytes[SYSCALL_FETCHED];
	} in;

	k->sc_num = 0;
	k->sc_flags = 0;
	if (copy_from_user(in.bytes, u, SYSCALL_FETCHED))
		return -EFAULT;
	*num = in.sc.num;
	*flags = in.sc.flags;
	memcpy(k->sc_args, &in.sc.arg0, sizeof(k->sc_args));
	return 0;
}

static int64_t run_careful(struct kthread *k, struct proc *p, uint32_t num,
			   uint32_t flags)
{
	k->sc_num = num;
	/* SC_WAIT counts when the call blocks: not if it has already. */
	if (!(k->sc_flags & KSC_BLOCKED))
		k->sc_flags = flags & SC_WAIT;
	if (flags & SC_ABORT)
		kthread_abort(k, KTH_ABORT_SYSC);
	trace(TR_SYSCALL, num, p->pid);
	if (num >= SYS_MAX)
		return sys_refuse(p, args_of(k));
	if (too_many_blocked(p) && !(sys_info[num].flags & SYSF_EXEMPT))
		return fail(EAGAIN, "process %d has %u blocked calls already",
			    p->pid, proc_kthreads_max);
	return sys_table[num](p, args_of(k));
}

/* A call that has been fetched, with all that may be about it. */
static __noinline bool run_and_complete(struct kthread *k, struct proc *p,
					struct syscall *u, uint32_t num,
					uint32_t flags)
{
	int64_t ret = run_careful(k, p, num, flags);

	complete(p, u, ret);
	if (k->sc_flags & KSC_BLOCKED)
		sys_leave();
	k->aborted = 0;
	return true;
}

/* The long way.  False if the struct cannot be read: the batch ends there. */
static __noinline bool step_careful(struct kthread *k, struct proc *p,
				    struct syscall *u)
{
	uint32_t num, flags;

	k->errstr[0] = 0;
	if (fetch_slow(k, u, &num, &flags) == 0)
		return run_and_complete(k, p, u, num, flags);
	if (k->sc_flags & KSC_BLOCKED)
		sys_leave(); /* nobody to tell */
	return false;
}

static __noinline bool finish_careful(struct kthread *k, struct proc *p,
				      struct syscall *u, int64_t ret,
				      uint32_t flags)
{
	if (is_error(ret) && !k->errstr[0] &&
	    !syscall_store_error_nofault(u, -ret, flags | SC_DONE))
		return true;
	complete(p, u, ret);
	if (k->sc_flags & KSC_BLOCKED)
		sys_leave();
	return true;
}

/*
 * The everyday call.  If it has not blocked then nobody can have registered for
 * an event since flags were read, for the one core of its process was here all
 * the time: so a plain store of DONE does (a release: x86 keeps stores in
 * order).  Processes with more cores go by step_careful().
 */
static __always_inline bool step(struct kthread *k, struct proc *p,
				 struct syscall *u)
{
	uint32_t num, flags;
	int64_t ret;

	k->usysc = u;
	if (unlikely(syscall_fetch_nofault(u, &num, &flags, k->sc_args)))
		return step_careful(k, p, u);
	k->errstr[0] = 0;
	if (unlikely((flags & SC_RARE) || num >= SYS_MAX)) {
		k->sc_flags = 0;
		return run_and_complete(k, p, u, num, flags);
	}
	k->sc_num = num;
	k->sc_flags = flags & SC_WAIT;
	ret = sys_table[num](p, args_of(k));
	if (unlikely(k->sc_flags & KSC_BLOCKED))
		finish_blocked(p, u, ret);
	if (likely(!is_error(ret)) &&
	    likely(!syscall_store_nofault(u, ret, flags | SC_DONE)))
		return true;
	return finish_careful(k, p, u, ret, flags);
}

static __always_inline bool is_everyday(struct proc *p)
{
	return likely(!trace_on && !p->is_mcp && !too_many_blocked(p));
}

static __always_inline struct kthread *work_begin(struct proc *p)
{
	struct kthread *k = cur_kthread_get();

	k->proc = p;
	k->as = p->as;
	return k;
}

static __always_inline void work_end(struct kthread *k)
{
	k->usysc = NULL;
	k->proc = NULL;
	k->as = NULL;
}

/* Runs calls from u on until one blocks (the rest is then another kthread's) or
 * all are done; `before` have been taken already.  All lie below USER_END. */
static __noinline void run_batch(struct proc *p, struct syscall *u,
				 uint64_t count, uint64_t before)
{
	struct kthread *k = work_begin(p);
	bool everyday = is_everyday(p);
	struct syscall *end = u + count;

	this_cpu(batch).first = u;
	this_cpu(batch).count = count;
	this_cpu(batch).before = before;
	do {
		k->usysc = u;
		if (everyday ? !step(k, p, u) : !step_careful(k, p, u))
			break;
		/* Others shall run, or p shall end: the rest is not taken. */
	} while (++u != end && likely(!this_cpu(need_resched)));
	before += u - this_cpu(batch).first;
	this_cpu(user_frame).rax = likely(before) ? before : -EFAULT;
	this_cpu(batch).count = 0;
	work_end(k);
}

static void enter_batch(struct proc *p, struct syscall *usysc, uint64_t count)
{
	uint64_t room = (USER_END - (uintptr_t)usysc) / sizeof(*usysc);

	if ((uintptr_t)usysc % 8 || !count)
		this_cpu(user_frame).rax = -EINVAL;
	else if ((uintptr_t)usysc >= USER_END || !room)
		this_cpu(user_frame).rax = -EFAULT;
	else
		run_batch(p, usysc, MIN(count, room), 0);
}

void sys_enter(struct proc *p, struct syscall *usysc, uint64_t count)
{
	struct kthread *k;

	if (unlikely(count != 1 || (uintptr_t)usysc % 8 ||
		     (uintptr_t)usysc > USER_END - sizeof(*usysc) ||
		     !is_everyday(p))) {
		enter_batch(p, usysc, count);
		return;
	}
	this_cpu(user_frame).rax = 1;
	k = work_begin(p);
	if (unlikely(!step(k, p, usysc)))
		this_cpu(user_frame).rax = -EFAULT;
	work_end(k);
}

void sys_blocked(struct kthread *k)
{
	uint32_t fd_arg;

	if (k->sc_flags & KSC_BLOCKED)
		return;
	k->sc_flags |= KSC_BLOCKED;
	k->sc_fd = -1;
	if (k->usysc) {
		rest_of_batch(k->usysc);
		fd_arg = k->sc_num < SYS_MAX ? sys_info[k->sc_num].fd_arg : 0;
		if (fd_arg)
			k->sc_fd = k->sc_args[fd_arg - 1];
	}
	proc_call_blocked(k);
}

void sys_core_user(void)
{
	uint64_t left = this_cpu(batch).count;
	struct proc *p = owner_proc();

	if (unlikely(left)) {
		this_cpu(batch).count = 0;
		irq_enable();
		if (p && !proc_is_dying(p))
			run_batch(p, this_cpu(batch).first, left,
				  this_cpu(batch).before);
		irq_disable();
		if (kmsg_pending())
			return; /* we shall be called again */
	}
	proc_core_user();
}

void sys_set_taken(void)
{
	struct batch *b = this_cpu_ptr(batch);

	if (b->count)
		this_cpu(user_frame).rax =
			b->before +
			(cur_kthread_get()->usysc + 1 - b->first);
}

void sys_complete_early(struct proc *p, int64_t ret)
{
	struct kthread *k = cur_kthread_get();

	complete(p, k->usysc, ret);
	if (!(k->sc_flags & KSC_BLOCKED))
		sys_set_taken();
}

void sys_leave(void)
{
	struct kthread *k = cur_kthread_get();

	k->usysc = NULL;
	if (k->sc_flags & KSC_BLOCKED) {
		proc_call_done(k);
	} else {
		/* What came after in the batch was not taken. */
		this_cpu(batch).count = 0;
		k->proc = NULL;
		k->as = NULL;
	}
	k->aborted = 0;
	core_loop();
}
