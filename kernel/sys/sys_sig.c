// SPDX-License-Identifier: MIT
/* Signals and whom they may be sent to. */
#include <sys/sys_priv.h>

/* Linux's si_code of sigqueue(). */
#define SI_QUEUE -1

int proc_by_pid(struct proc *p, int pid, struct proc **out)
{
	struct proc *q;

	if (pid == 0 || pid == p->pid) {
		proc_get(p);
		*out = p;
		return 0;
	}
	q = pid > 0 ? proc_lookup(pid) : NULL;
	if (!q)
		return fail(ESRCH, "there is no process %d", pid);
	*out = q;
	return 0;
}

/* POSIX: the sender's real or effective id is the target's real or saved
 * one. */
bool may_signal(struct proc *p, struct proc *q)
{
	const struct cred *from = p->cred, *to;
	bool ok;

	if (p == q || cred_is_root(from))
		return true;
	scoped_spin(&q->lock) {
		to = q->cred;
		ok = from->uid == to->uid || from->uid == to->suid ||
		     from->euid == to->uid || from->euid == to->suid;
	}
	return ok;
}

/* More than signals: q has no rights that p has not.  A program with its
 * owner's rights takes messages for the kernel's, pointers in them too. */
bool may_control(struct proc *p, struct proc *q)
{
	const struct cred *from = p->cred, *to;
	bool ok;

	if (p == q || cred_is_root(from))
		return true;
	scoped_spin(&q->lock) {
		to = q->cred;
		ok = from->uid == to->uid && from->uid == to->euid &&
		     from->uid == to->suid && from->gid == to->gid &&
		     from->gid == to->egid && from->gid == to->sgid;
	}
	return ok;
}

SYS_FN(kill)
{
	uint64_t sig = u->a[1];

	if (sig >= ROS_NR_SIGNALS)
		return fail(EINVAL, "signal %lu", sig);
	return signal_kill(u->a[0], sig);
}

SYS_FN(sigqueue)
{
	uint64_t sig = u->a[1];
	struct proc *q;
	int64_t ret;

	if (sig >= ROS_NR_SIGNALS)
		return fail(EINVAL, "signal %lu", sig);
	ret = proc_by_pid(p, u->a[0], &q);
	if (ret)
		return ret;
	if (!may_signal(p, q))
		ret = fail(EPERM, "process %d may not signal %d", p->pid,
			   q->pid);
	else if (sig)
		ret = signal_send(q, sig, SI_QUEUE, u->a[2]);
	proc_put(q);
	return ret;
}

/* What stays pending, as a mask: a hint, as soon as it is told. */
SYS_FN(sigaction_changed)
{
	signal_recheck(p);
	return __atomic_load_n(&p->sig_pending, __ATOMIC_RELAXED);
}
