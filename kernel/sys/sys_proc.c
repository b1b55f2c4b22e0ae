// SPDX-License-Identifier: MIT
/* The life of processes: create, run, fork, exec, wait, end. */
#include <sys/sys_priv.h>

#include <image/image.h>
#include <mm/slab.h>

SYS_FN(proc_create)
{
	struct proc_create_args c;

	if (u->a[1] != sizeof(c))
		return fail(EINVAL, "proc_create's argument has %lu bytes, not "
			    "%lu", u->a[1], sizeof(c));
	if (copy_from_user(&c, (const void *)u->a[0], sizeof(c)))
		return fail_addr(u->a[0]);
	return spawn(p, &c);
}

SYS_FN(proc_run)
{
	struct proc *child;
	int64_t ret = proc_by_pid(p, u->a[0], &child);

	if (ret)
		return ret;
	if (atomic_load(&child->parent) != p)
		ret = fail(EPERM, "process %d is no child of %d", child->pid,
			   p->pid);
	else if (child->state != PROC_CREATED)
		ret = fail(EINVAL, "process %d has been started", child->pid);
	else
		proc_run(child);
	proc_put(child);
	return ret;
}

/* One's own end, with an exit code; or another's, as by SIGKILL. */
SYS_FN(proc_destroy)
{
	int pid = u->a[0];

	if (pid && pid != p->pid)
		return signal_kill(pid, ROS_SIGKILL);
	proc_kill(p, ROS_W_EXITCODE(u->a[1]));
	sys_leave();
}

/* The caller's context must stand still until it is copied: the call waits
 * here whether or not it was asked to. */
SYS_FN(fork)
{
	struct kthread *k = cur_kthread_get();

	if (sys_has_blocked())
		return -EAGAIN;
	k->sc_flags |= SC_WAIT | KSC_HOLD;
	sys_set_taken(); /* in the child too */
	return proc_fork(p, k->usysc);
}

SYS_FN(exec)
{
	struct args args;
	struct at a;
	int64_t ret;

	if (u->a[5])
		return fail(EINVAL, "exec flags 0x%lx", u->a[5]);
	if (!sys_has_blocked())
		sys_set_taken(); /* should exec let it go in vain */
	ret = at_get(p, u->a[0], u->a[1], u->a[2], &a);
	if (ret)
		return ret;
	ret = args_from_user(&args, u->a[3], u->a[4], a.path);
	if (!ret) {
		ret = image_exec(p, a.dir, a.path, &args);
		args_free(&args);
	}
	at_put(&a);
	if (!ret)
		sys_leave(); /* the struct went with the old program */
	return ret;
}

SYS_FN(waitpid)
{
	struct ros_rusage ru;
	int status = 0;
	int64_t pid = proc_wait(p, u->a[0], u->a[2], &status, &ru);

	if (pid <= 0)
		return pid;
	if (u->a[1] && put_user_u32((void *)u->a[1], status))
		return fail_addr(u->a[1]);
	if (u->a[3] && copy_to_user((void *)u->a[3], &ru, sizeof(ru)))
		return fail_addr(u->a[3]);
	return pid;
}
