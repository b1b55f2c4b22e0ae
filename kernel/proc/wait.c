// SPDX-License-Identifier: MIT
/* Waiting for children: the dead, the stopped, the continued. */
#include <proc/proc_priv.h>

#include <lib/log.h>
#include <ros/errno.h>
#include <ros/signal.h>

void family_event(struct proc *parent, int code, int status, int pid,
		  uint32_t uid)
{
	/* Changed first, then woken: W2.  Pairs with proc_wait()'s load. */
	atomic_fetch_add(&parent->child_events, 1);
	waitq_wake(&parent->child_waitq, ~0u);
	if (code)
		signal_send_from(parent, ROS_SIGCHLD, code, status, pid, uid);
}

void parent_tell(struct proc *p, int code, int status)
{
	struct proc *parent;

	rcu_read_lock();
	parent = rcu_deref(p->parent);
	if (parent && !proc_active_tryget(parent))
		parent = NULL;
	rcu_read_unlock();
	if (!parent)
		return;
	if (user_word(parent->pd->sig_nocldstop))
		code = 0;
	family_event(parent, code, status, p->pid, p->cred->uid);
	proc_active_put(parent);
}

void child_reap_locked(struct proc *parent, struct proc *child)
{
	list_del(&child->sibling);
	usage_add(&parent->child_usage, &child->usage);
	usage_add(&parent->child_usage, &child->child_usage);
}

void child_release(struct proc *child)
{
	atomic_store_explicit(&child->parent, NULL, memory_order_release);
	scoped_spin(&child->family_lock)
		group_leave(child);
	pid_free(child);
	proc_put(child);
}

static bool matches(struct proc *p, struct proc *c, int pid)
{
	if (pid == -1)
		return true;
	if (pid > 0)
		return c->pid == pid;
	return c->pgid == (pid ? -pid : p->pgid);
}

static struct proc *find_locked(struct proc *p, struct list *in, int pid)
{
	struct proc *c;

	list_for_each_entry(c, in, sibling)
		if (matches(p, c, pid))
			return c;
	return NULL;
}

/* A child that has stopped or continued and was not yet reported. */
static struct proc *find_changed_locked(struct proc *p, int pid, int options,
					int *status)
{
	struct proc *c, *found = NULL;
	int st;

	list_for_each_entry(c, &p->children, sibling) {
		if (!matches(p, c, pid))
			continue;
		scoped_spin(&c->lock) {
			st = c->wait_status;
			if (st && (options & (st == ROS_W_CONTINUED ?
						      ROS_WCONTINUED :
						      ROS_WUNTRACED))) {
				found = c;
				if (!(options & ROS_WNOWAIT))
					c->wait_status = 0;
			}
		}
		if (found) {
			*status = st;
			break;
		}
	}
	return found;
}

struct wait_result {
	int status;
	struct proc *reaped; /* to be released by the caller */
	struct ros_rusage ru;
};

/* The child's pid, 0: none yet, -ECHILD. */
static int wait_try_locked(struct proc *p, int pid, int options,
			   struct wait_result *r)
{
	struct proc *c = find_locked(p, &p->zombies, pid);

	if (c) {
		r->status = c->exit_status;
		r->ru = c->usage;
		usage_add(&r->ru, &c->child_usage);
		if (!(options & ROS_WNOWAIT)) {
			child_reap_locked(p, c);
			r->reaped = c;
		}
		return c->pid;
	}
	if (options & (ROS_WUNTRACED | ROS_WCONTINUED)) {
		c = find_changed_locked(p, pid, options, &r->status);
		if (c)
			return c->pid;
	}
	if (pid == -1 ? list_empty(&p->children) :
			!find_locked(p, &p->children, pid))
		return -ECHILD;
	return 0;
}

struct wait_since {
	struct proc *p;
	uint32_t seen;
};

static bool family_changed(void *arg)
{
	struct wait_since *w = arg;

	return atomic_load(&w->p->child_events) != w->seen;
}

int proc_wait(struct proc *p, int pid, int options, int *status,
	      struct ros_rusage *ru)
{
	struct wait_result r = { 0 };
	struct wait_since w = { p, 0 };
	int ret;

	if (options & ~(ROS_WNOHANG | ROS_WUNTRACED | ROS_WCONTINUED |
			ROS_WNOWAIT))
		return fail(EINVAL, "unknown options 0x%x", options);
	if (pid < -PID_MAX) /* of INT_MIN there is no opposite */
		return fail(ECHILD, "no process group %u", -(uint32_t)pid);
	for (;;) {
		w.seen = atomic_load(&p->child_events);
		scoped_spin(&p->family_lock)
			ret = wait_try_locked(p, pid, options, &r);
		if (ret || (options & ROS_WNOHANG))
			break;
		ret = waitq_sleep(&p->child_waitq, family_changed, &w,
				  WAIT_FOREVER);
		if (ret)
			return ret;
	}
	if (r.reaped)
		child_release(r.reaped);
	if (status)
		*status = r.status;
	if (ru)
		*ru = r.ru;
	return ret;
}
