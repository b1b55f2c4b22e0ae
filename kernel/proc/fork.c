// SPDX-License-Identifier: MIT
/*
 * fork: a copy of the calling process, copy on write.
 *
 * The child has one vcore, which goes on where the caller stands, in the trap
 * of the same system call; in the child's memory that call is done and has
 * returned 0.  Other calls in flight stay the parent's.
 */
#include <proc/proc_priv.h>

#include <arch/uaccess.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>
#include <vm/vm.h>

/* In the child's memory; a struct that is not writable is the caller's loss. */
static int finish_call_in_child(struct proc *child, struct syscall *usysc)
{
	struct aspace *old = aspace_borrow(child->as);
	uint32_t flags;
	int err;

	err = put_user_u64(&usysc->retval, 0);
	if (!err) /* S1: DONE comes last */
		err = user_or_u32(&usysc->flags, SC_DONE, &flags);
	aspace_return(old);
	return err;
}

static int copy_cmdline(struct proc *child, struct proc *p)
{
	char *copy = NULL;
	size_t len;

	/* Only p's own exec changes it, and p is in fork. */
	len = p->cmdline_len;
	if (!len)
		return 0;
	copy = kmalloc(len, MM_WAIT);
	if (!copy)
		return fail(ENOMEM, "no memory for a process");
	scoped_spin(&p->lock) {
		memcpy(copy, p->cmdline, len);
		child->cmdline = copy;
		child->cmdline_len = len;
	}
	return 0;
}

int proc_fork(struct proc *p, struct syscall *usysc)
{
	struct proc *child;
	int err, pid;

	/* What is copied must not run on meanwhile. */
	cur_kthread_get()->sc_flags |= KSC_HOLD;
	err = proc_new(p, PROC_NEW_FORK, &child);
	if (err)
		return err;
	/* A signal to the group that missed the child has hit the parent. */
	err = proc_is_dying(p) ? -EINTR : vm_fork(p->as, child->as);
	if (!err)
		err = proc_map_shared(child, child->as);
	if (!err)
		err = copy_cmdline(child, p);
	if (err)
		goto discard;
	shared_fork(child, p);
	context_copy_to(p, child);
	if (child->ctx.rax == ROS_SYSCALL_MAGIC)
		child->ctx.rax = 1;
	err = finish_call_in_child(child, usysc);
	if (err)
		goto discard;
	pid = child->pid;
	proc_run(child);
	proc_put(child);
	return pid;
discard:
	proc_discard(child);
	return err;
}
