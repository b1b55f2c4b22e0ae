// SPDX-License-Identifier: MIT
/*
 * Posting an event to a user's queue: which vcore, which mailbox, who is told.
 *
 * All of it happens in the target's address space, borrowed by this kthread, by
 * faulting copies.  E1: the message lies in its mailbox before anything tells
 * of it.  The flags: ros/event.h.
 *
 * A process with one vcore has vcore 0 and no choice: every event that is to
 * reach some vcore that runs, or will, goes there.
 */
#include <proc/proc_priv.h>

#include <arch/uaccess.h>
#include <core/trace.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <proc/mbox.h>
#include <ros/errno.h>
#include <vm/vm.h>

/* A post in progress. */
struct post {
	struct proc *p;
	uintptr_t ev_q;		/* 0: straight to a vcore's mailbox */
	uintptr_t mbox;
	uint32_t flags, vcore, gen;
	struct mbox_env env;
};

static uintptr_t page_new(struct mbox_env *env)
{
	const struct vm_map_args a = {
		.len = PGSIZE,
		.prot = ROS_PROT_READ | ROS_PROT_WRITE,
		.flags = ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS,
	};
	uintptr_t va;

	return vm_map(cur_kthread_get()->as, &a, &va) ? 0 : va;
}

static void env_lock(struct mbox_env *env)
{
	struct proc *p = env->priv;

	mutex_lock(&p->mbox_lock);
}

static void env_unlock(struct mbox_env *env)
{
	struct proc *p = env->priv;

	mutex_unlock(&p->mbox_lock);
}

static uint32_t nr_vcores(struct proc *p)
{
	return p->is_mcp ? user_word(p->pi->num_vcores) : 1;
}

static uint32_t vcore_choose(struct proc *p, uint32_t flags, uint32_t wanted,
			     uint32_t hint)
{
	uint32_t n = nr_vcores(p);

	if (!p->is_mcp || !n)
		return 0;
	if (flags & EVENT_ROUNDROBIN)
		return atomic_fetch_add_explicit(&p->next_vcore, 1,
						 memory_order_relaxed) % n;
	if (flags & EVENT_VCORE_APPRO)
		wanted = hint;
	return proc_vcpd(p, wanted) ? wanted : 0;
}

static uintptr_t vcpd_mbox(uint32_t vcore, bool private)
{
	return proc_vcpd_user(vcore) +
	       (private ? offsetof(struct preempt_data, ev_mbox_private) :
			  offsetof(struct preempt_data, ev_mbox_public));
}

/* To a vcore's own mailbox, which it looks at when notif_pending is set. */
static void post_to_vcore(struct post *t, uint32_t vcore, bool private,
			  const struct event_msg *msg, bool ipi)
{
	struct preempt_data *v = proc_vcpd(t->p, vcore);

	if (!v || mbox_post(&t->env, vcpd_mbox(vcore, private), msg))
		return;
	if (ipi)
		vcore_notify(t->p, vcore);
	else
		__atomic_store_n(&v->notif_pending, 1, __ATOMIC_SEQ_CST);
}

/* To a public mailbox that somebody is sure to look at: vcore 0's, as long as a
 * process has but one. */
static void spam(struct post *t, const struct event_msg *msg)
{
	post_to_vcore(t, 0, false, msg, t->flags & EVENT_IPI);
}

/*
 * An EV_EVENT that names the queue.  Row 6: posted first, then alert_pending is
 * looked at (and set, in one step); the consumer clears it before it drains.
 */
static void post_indir(struct post *t)
{
	struct event_msg msg = {
		.ev_type = EV_EVENT,
		.ev_gen = t->gen,
		.ev_arg3 = (void *)t->ev_q,
	};
	uint32_t pending;

	if (user_xchg_u32((void *)(t->ev_q + offsetof(struct event_queue,
						      ev_alert_pending)),
			  1, &pending))
		return;
	if (pending && !(t->flags & EVENT_NOTHROTTLE))
		return;
	if (t->flags & EVENT_SPAM_INDIR)
		spam(t, &msg);
	else
		post_to_vcore(t, t->vcore, t->flags & EVENT_VCORE_PRIVATE, &msg,
			      t->flags & EVENT_IPI);
}

static void post_plain(struct post *t, const struct event_msg *msg)
{
	bool indir = t->flags & (EVENT_INDIR | EVENT_SPAM_INDIR);

	if (!t->mbox) {
		post_to_vcore(t, t->vcore, t->flags & EVENT_VCORE_PRIVATE, msg,
			      !indir && t->flags & EVENT_IPI);
	} else {
		if (mbox_post(&t->env, t->mbox, msg))
			return;
		if (!indir && t->flags & EVENT_IPI)
			vcore_notify(t->p, t->vcore);
	}
	if (indir)
		post_indir(t);
}

/* The queue's words, each read once. */
static int post_read_queue(struct post *t, uint32_t hint)
{
	struct event_queue q;

	if (copy_from_user(&q, (void *)t->ev_q,
			   offsetof(struct event_queue, ev_handler)))
		return -EFAULT;
	t->mbox = (uintptr_t)q.ev_mbox;
	t->flags = q.ev_flags;
	t->gen = q.ev_gen;
	t->vcore = vcore_choose(t->p, q.ev_flags, q.ev_vcore, hint);
	return 0;
}

static void post_queue(struct post *t, const struct event_msg *msg,
		       uint32_t hint)
{
	if (post_read_queue(t, hint))
		return;
	trace(TR_EVENT, t->p->pid, msg->ev_type);
	if (t->flags & EVENT_SPAM_PUBLIC)
		spam(t, msg);
	else
		post_plain(t, msg);
	if (t->flags & EVENT_WAKEUP)
		proc_wakeup(t->p);
}

/*
 * The target's address space, loaded, until target_leave(); false: the process
 * is on its way out.  A kthread of its own has it already.
 */
struct target {
	struct aspace *as, *old; /* as: NULL if nothing was borrowed */
	uint32_t gen;		 /* p->exec_gen that belongs to it */
};

static bool target_enter(struct proc *p, struct target *t)
{
	t->as = NULL;
	if (!proc_active_tryget(p))
		return false;
	t->gen = p->exec_gen;
	if (cur_kthread_get()->as == p->as)
		return true; /* exec waits for our call */
	scoped_spin(&p->lock) {
		t->as = p->as; /* exec may replace it */
		t->gen = p->exec_gen;
		aspace_get(t->as);
	}
	t->old = aspace_borrow(t->as);
	return true;
}

static void target_leave(struct proc *p, struct target *t)
{
	if (t->as) {
		aspace_return(t->old);
		aspace_put(t->as);
	}
	proc_active_put(p);
}

static void post_init(struct post *t, struct proc *p, uintptr_t ev_q)
{
	*t = (struct post){ .p = p,
			    .ev_q = ev_q,
			    .env = { page_new, env_lock, env_unlock, p } };
}

void evq_post(struct proc *p, struct event_queue *ev_q,
	      const struct event_msg *msg, uint32_t hint_vcore)
{
	struct target target;
	struct post t;

	if (!ev_q || !target_enter(p, &target))
		return;
	post_init(&t, p, (uintptr_t)ev_q);
	post_queue(&t, msg, hint_vcore);
	target_leave(p, &target);
}

void evq_post_gen(struct proc *p, struct event_queue *ev_q,
		  const struct event_msg *msg, uint32_t hint_vcore,
		  uint32_t gen)
{
	struct target target;
	struct post t;

	if (!ev_q || !target_enter(p, &target))
		return;
	post_init(&t, p, (uintptr_t)ev_q);
	if (target.gen == gen)
		post_queue(&t, msg, hint_vcore);
	target_leave(p, &target);
}

void evq_post_kernel(struct proc *p, const struct event_msg *msg)
{
	struct target target;
	struct post t;

	if (msg->ev_type >= ARRAY_SIZE(p->pd->kernel_evts) ||
	    !target_enter(p, &target)) /* which keeps p->pd, too */
		return;
	post_init(&t, p,
		  (uintptr_t)user_word(p->pd->kernel_evts[msg->ev_type]));
	if (t.ev_q)
		post_queue(&t, msg, 0);
	target_leave(p, &target);
}

int vcore_post(struct proc *p, const struct event_msg *msg, uint32_t vcoreid,
	       bool to_private)
{
	struct target target;
	struct post t;

	if (!target_enter(p, &target))
		return 0;
	if (!proc_vcpd(p, vcoreid)) {
		target_leave(p, &target);
		return -EINVAL;
	}
	post_init(&t, p, 0);
	post_to_vcore(&t, vcoreid, to_private, msg, true);
	target_leave(p, &target);
	return 0;
}

struct deferred {
	struct kmsg kmsg;
	struct proc *p; /* a reference */
	struct event_queue *ev_q;
	uint32_t hint, gen;
	struct event_msg msg;
};

static void post_deferred(uintptr_t arg, uintptr_t a1, uintptr_t a2)
{
	struct deferred *d = (struct deferred *)arg;

	evq_post_gen(d->p, d->ev_q, &d->msg, d->hint, d->gen);
	proc_put(d->p);
	kfree(d);
}

int evq_post_deferred(struct proc *p, struct event_queue *ev_q,
		      const struct event_msg *msg, uint32_t hint_vcore)
{
	struct deferred *d = kmalloc(sizeof(*d), MM_ATOMIC);

	if (!d)
		return -ENOMEM;
	proc_get(p);
	d->p = p;
	d->ev_q = ev_q;
	d->hint = hint_vcore;
	d->gen = user_word(p->exec_gen);
	d->msg = *msg;
	kmsg_init(&d->kmsg, post_deferred, (uintptr_t)d, 0, 0);
	kmsg_send(core_id(), &d->kmsg, KMSG_ROUTINE);
	return 0;
}
