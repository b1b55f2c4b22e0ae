// SPDX-License-Identifier: MIT
/* Who a process is: credentials, process group, session, limits. */
#include <sys/sys_priv.h>

#include <mm/slab.h>
#include <vm/vm.h>

/*
 * Other calls of the process may be asleep with the old credentials in hand:
 * the reference on these is then kept until none is blocked.  Looked at by who
 * sets credentials next, and at the process's end.
 */
struct retired {
	struct list link;
	struct proc *p;
	struct cred *cred;
};
static struct spinlock retired_lock = SPINLOCK_INIT("retired credentials");
static struct list retired_list = LIST_INIT(retired_list);

static void retired_release(struct proc *p)
{
	struct list gone = LIST_INIT(gone);
	struct retired *r, *tmp;

	scoped_spin(&retired_lock) {
		list_for_each_entry_safe(r, tmp, &retired_list, link) {
			if (r->p != p)
				continue;
			list_del(&r->link);
			list_add_tail(&gone, &r->link);
		}
	}
	list_for_each_entry_safe(r, tmp, &gone, link) {
		cred_put(r->cred);
		kfree(r);
	}
}

void sys_proc_destroy(struct proc *p)
{
	if (!list_empty(&retired_list))
		retired_release(p);
}

int sys_set_cred(struct proc *p, struct cred *c)
{
	uint32_t own = sys_has_blocked() ? 1 : 0;
	struct retired *r = NULL;

	if (atomic_load(&p->nr_kthreads) > own) {
		r = kmalloc(sizeof(*r), MM_WAIT);
		if (!r) {
			cred_put(c);
			return fail(ENOMEM, "no memory for credentials");
		}
		r->p = p;
		r->cred = cred_get(p->cred);
		scoped_spin(&retired_lock)
			list_add_tail(&retired_list, &r->link);
	} else {
		sys_proc_destroy(p);
	}
	proc_set_cred(p, c);
	return 0;
}

/* -1 keeps an id; else it must be one of the three, or the caller root. */
static bool id_allowed(uint32_t want, uint32_t a, uint32_t b, uint32_t c,
		       bool root)
{
	return want == -1U || root || want == a || want == b || want == c;
}

static int64_t set_three(struct proc *p, const struct sys_args *args,
			 bool group)
{
	const struct cred *old = p->cred;
	bool root = cred_is_root(old);
	struct cred *c = cred_dup(old);
	uint32_t *id[3];

	if (!c)
		return fail(ENOMEM, "no memory for credentials");
	id[0] = group ? &c->gid : &c->uid;
	id[1] = group ? &c->egid : &c->euid;
	id[2] = group ? &c->sgid : &c->suid;
	for (int i = 0; i < 3; i++) {
		uint32_t want = args->a[i];

		if (!id_allowed(want, group ? old->gid : old->uid,
				group ? old->egid : old->euid,
				group ? old->sgid : old->suid, root)) {
			cred_put(c);
			return fail(EPERM, "process %d may not become %u",
				    p->pid, want);
		}
		if (want != -1U)
			*id[i] = want;
	}
	return sys_set_cred(p, c);
}

SYS_FN(setuid)
{
	return set_three(p, u, false);
}

SYS_FN(setgid)
{
	return set_three(p, u, true);
}

SYS_FN(setgroups)
{
	uint64_t nr = u->a[0];
	struct cred *c;

	if (!cred_is_root(p->cred))
		return fail(EPERM, "setgroups is for root");
	if (nr > NGROUPS_MAX)
		return fail(EINVAL, "%lu groups", nr);
	c = cred_dup(p->cred);
	if (!c)
		return fail(ENOMEM, "no memory for credentials");
	if (copy_from_user(c->groups, (const void *)u->a[1],
			   nr * sizeof(c->groups[0]))) {
		cred_put(c);
		return fail_addr(u->a[1]);
	}
	c->nr_groups = nr;
	return sys_set_cred(p, c);
}

SYS_FN(getgroups)
{
	const struct cred *c = p->cred;
	uint64_t room = u->a[0];

	if (!room)
		return c->nr_groups;
	if (room < c->nr_groups)
		return fail(EINVAL, "room for %lu of %u groups", room,
			    c->nr_groups);
	if (copy_to_user((void *)u->a[1], c->groups,
			 c->nr_groups * sizeof(c->groups[0])))
		return fail_addr(u->a[1]);
	return c->nr_groups;
}

SYS_FN(setpgid)
{
	return proc_setpgid(p, u->a[0], u->a[1]);
}

SYS_FN(setsid)
{
	return proc_setsid(p);
}

static int set_limit(struct proc *p, struct proc *q, unsigned int which,
		     const struct ros_rlimit *want)
{
	struct ros_rlimit *have = &q->rlimit[which];

	if (want->cur > want->max)
		return fail(EINVAL, "a soft limit above the hard one");
	if (want->max > have->max && !cred_is_root(p->cred))
		return fail(EPERM, "hard limits are raised by root");
	if (which == ROS_RLIMIT_NOFILE && want->max > NR_FILE_DESC_MAX)
		return fail(EPERM, "at most %d descriptors", NR_FILE_DESC_MAX);
	scoped_spin(&q->lock)
		*have = *want;
	return 0;
}

SYS_FN(rlimit)
{
	uint64_t which = u->a[1];
	struct ros_rlimit want, old;
	struct proc *q;
	int64_t ret;

	if (which >= ROS_RLIM_NLIMITS)
		return fail(EINVAL, "limit number %lu", which);
	if (u->a[2] &&
	    copy_from_user(&want, (const void *)u->a[2], sizeof(want)))
		return fail_addr(u->a[2]);
	ret = proc_by_pid(p, u->a[0], &q);
	if (ret)
		return ret;
	scoped_spin(&q->lock)
		old = q->rlimit[which];
	if (!may_control(p, q))
		ret = fail(EPERM, "process %d has another owner", q->pid);
	else if (u->a[2])
		ret = set_limit(p, q, which, &want);
	proc_put(q);
	if (!ret && u->a[3] &&
	    copy_to_user((void *)u->a[3], &old, sizeof(old)))
		ret = fail_addr(u->a[3]);
	return ret;
}
