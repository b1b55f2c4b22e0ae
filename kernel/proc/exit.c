// SPDX-License-Identifier: MIT
/*
 * The end of a process.
 *
 * proc_kill() makes it DYING and aborts its kthreads.  Whoever drops the last
 * active count (P3) has it torn down by a routine message, that is in a
 * kthread: its parts in reverse, its memory, its children to init.  Then it is
 * a zombie, or gone at once if nobody will wait for it.
 */
#include <proc/proc_priv.h>

#include <arch/machine.h>
#include <core/trace.h>
#include <lib/log.h>
#include <ros/signal.h>
#include <vm/vm.h>

static struct proc *init_proc; /* set once, by the first teardown that asks */

/* True if p is now DYING; *running: a core has yet to let go of it. */
static bool kill_locked(struct proc *p, int status, bool *running)
{
	*running = false;
	switch (p->state) {
	case PROC_DYING:
	case PROC_ZOMBIE:
		return false;
	case PROC_RUNNABLE_S:
		sched_ops->dequeue(p);
		break;
	case PROC_RUNNING_S:
		*running = true;
		break;
	default:
		break;
	}
	p->exit_status = status;
	__atomic_store_n(&p->state, PROC_DYING, __ATOMIC_SEQ_CST);
	return true;
}

void proc_kill(struct proc *p, int status)
{
	bool first, running;

	scoped_spin(&p->lock)
		first = kill_locked(p, status, &running);
	if (!first)
		return;
	trace(TR_PROC, p->pid, PROC_DYING);
	/* One that joins the list later sees DYING: proc_call_blocked(). */
	calls_abort(p, KTH_ABORT_DYING, NULL, 0);
	if (running)
		core_kick(p->core);
	else
		proc_active_put(p);
}

static void __noreturn init_died(struct proc *p)
{
	int status = p->exit_status;

	if (status == 0) {
		log("init has ended: power off");
		machine_poweroff();
	}
	if (status & 0x7f)
		panic("init was killed by signal %d", status & 0x7f);
	panic("init has ended with code %d", status >> 8 & 0xff);
}

/* No kthread works for p, no core has it. */
static void release_memory(struct proc *p)
{
	struct aspace *as = p->as;
	struct ros_rusage usage;

	for (unsigned int i = nr_proc_parts; i--;)
		if (proc_parts[i].destroy)
			proc_parts[i].destroy(p);
	if (aspace_loaded() == as)
		aspace_load(NULL);
	proc_usage(p, &usage);
	p->usage = usage;
	aspace_kill(as);
	scoped_spin(&p->lock)
		p->as = NULL;
	aspace_put(as);
	shared_destroy(p);
	signal_drop_all(p);
}

static struct proc *init_get(void)
{
	struct proc *init = __atomic_load_n(&init_proc, __ATOMIC_ACQUIRE);

	if (!init) {
		init = proc_lookup(PID_INIT);
		/* The reference stays; a second one is harmless. */
		__atomic_store_n(&init_proc, init, __ATOMIC_RELEASE);
	}
	return init;
}

static void move_all_locked(struct list *to, struct list *from,
			    struct proc *parent)
{
	struct proc *c;

	list_for_each_entry(c, from, sibling) {
		atomic_store_explicit(&c->parent, parent, memory_order_release);
		if (proc_active_tryget(c)) {
			c->pi->ppid = parent->pid;
			proc_active_put(c);
		}
	}
	list_splice_tail(to, from);
}

/* Only in tests: nobody is left that could wait. */
static void drop_children(struct proc *p)
{
	struct list dead;
	struct proc *c, *next;

	list_init(&dead);
	scoped_spin(&p->family_lock) {
		list_for_each_entry_safe(c, next, &p->children, sibling) {
			list_del(&c->sibling);
			atomic_store_explicit(&c->parent, NULL,
					      memory_order_release);
		}
		list_splice_tail(&dead, &p->zombies);
	}
	list_for_each_entry_safe(c, next, &dead, sibling) {
		list_del(&c->sibling);
		child_release(c);
	}
}

static void reparent_children(struct proc *p)
{
	struct proc *init = init_get();

	if (!init) {
		drop_children(p);
		return;
	}
	guard_spin(&p->family_lock);
	if (list_empty(&p->children) && list_empty(&p->zombies))
		return;
	scoped_spin(&init->family_lock) {
		move_all_locked(&init->children, &p->children, init);
		move_all_locked(&init->zombies, &p->zombies, init);
	}
	family_event(init, 0, 0, 0, 0);
}

/* The parent, its family_lock held; NULL: none. */
static struct proc *parent_lock(struct proc *p)
{
	struct proc *parent;

	for (;;) {
		rcu_read_lock();
		parent = rcu_deref(p->parent);
		if (parent)
			spin_lock(&parent->family_lock);
		rcu_read_unlock();
		if (!parent || parent == rcu_deref(p->parent))
			return parent;
		spin_unlock(&parent->family_lock);
	}
}

/* The parent has said that it will not wait for its children. */
static bool parent_ignores(struct proc *parent)
{
	bool yes;

	if (!proc_active_tryget(parent))
		return false;
	yes = user_word(parent->pd->sig_nocldwait) ||
	      (user_word(parent->pd->sig_ignored) &
	       ROS_SIGBIT(ROS_SIGCHLD));
	proc_active_put(parent);
	return yes;
}

static void become_zombie(struct proc *p)
{
	struct proc *parent = parent_lock(p);
	int status = p->exit_status, sig = status & 0x7f;
	int code = p->discard ? 0 : sig ? CLD_KILLED : CLD_EXITED;
	int pid = p->pid;
	uint32_t uid = p->cred->uid;
	bool reap = !parent || p->discard || parent_ignores(parent);

	__atomic_store_n(&p->state, PROC_ZOMBIE, __ATOMIC_SEQ_CST);
	if (parent) {
		if (reap) {
			child_reap_locked(parent, p);
		} else {
			list_del(&p->sibling);
			list_add_tail(&parent->zombies, &p->sibling);
		}
		proc_get(parent);
		spin_unlock(&parent->family_lock);
		/* From here on p is the parent's, unless it is reaped. */
		family_event(parent, code, sig ? sig : status >> 8 & 0xff, pid,
			     uid);
		proc_put(parent);
	}
	if (reap)
		child_release(p);
}

static void teardown(uintptr_t arg, uintptr_t a1, uintptr_t a2)
{
	struct proc *p = (struct proc *)arg;

	if (p->pid == PID_INIT)
		init_died(p);
	release_memory(p);
	groups_orphan(p);
	reparent_children(p);
	trace(TR_PROC, p->pid, PROC_ZOMBIE);
	become_zombie(p);
}

void proc_active_put(struct proc *p)
{
	/* acq_rel: the teardown sees all that was done under the others */
	if (atomic_fetch_sub_explicit(&p->active, 1, memory_order_acq_rel) != 1)
		return;
	kmsg_init(&p->exit_msg, teardown, (uintptr_t)p, 0, 0);
	kmsg_send(core_id(), &p->exit_msg, KMSG_ROUTINE);
}
