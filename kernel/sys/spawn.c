// SPDX-License-Identifier: MIT
/* proc_create: a new process with a program in it, without fork. */
#include <sys/sys_priv.h>

#include <arch/context.h>
#include <image/image.h>
#include <mm/slab.h>
#include <vm/vm.h>

/* The ids of the real user, before the program is looked at. */
static int reset_ids(struct proc *child)
{
	struct cred *c = cred_dup(child->cred);

	if (!c)
		return fail(ENOMEM, "no memory for credentials");
	c->euid = c->uid;
	c->egid = c->gid;
	proc_set_cred(child, c);
	return 0;
}

static int set_attributes(struct proc *p, struct proc *child,
			  const struct proc_create_args *c)
{
	uint64_t caught = __atomic_load_n(&p->pd->sig_caught, __ATOMIC_RELAXED);
	uint64_t ignored =
		__atomic_load_n(&p->pd->sig_ignored, __ATOMIC_RELAXED);
	uint64_t blocked =
		__atomic_load_n(&p->pd->sig_blocked, __ATOMIC_RELAXED);
	int err = 0;

	/* As after fork and exec: what was caught is at its default. */
	if (c->flags & PROC_SETSIGDEF)
		ignored &= ~c->sigdefault;
	child->pd->sig_ignored = ignored & ~caught;
	child->pd->sig_blocked =
		c->flags & PROC_SETSIGMASK ? c->sigmask : blocked;
	if (c->flags & PROC_SETSID)
		err = proc_setsid(child);
	else if (c->flags & PROC_SETPGROUP)
		err = proc_setpgid(p, child->pid, c->pgid);
	if (err > 0)
		err = 0; /* the session's number */
	if (!err && (c->flags & PROC_RESETIDS))
		err = reset_ids(child);
	return err;
}

/* Descriptors, then the program, as the child sees them. */
static int fill_child(struct proc *p, struct proc *child, struct chan *dir,
		      const char *path, struct args *a,
		      const struct proc_create_args *c)
{
	struct image img;
	int err = set_attributes(p, child, c);

	/* proc_new() does it only for a child that is not fork's. */
	if (!err && (c->flags & PROC_DUP_FGRP))
		err = proc_map_shared(child, child->as);
	if (!err)
		err = spawn_actions(child, (uint64_t)c->actions,
				    c->nr_actions);
	if (err)
		return err;
	fds_proc_exec(child);
	err = image_load(child, child->as, dir, path, a, &img);
	if (err)
		return err;
	user_context_init(&child->ctx, img.pc, img.sp);
	image_commit(child, &img, path);
	return 0;
}

static int create(struct proc *p, struct chan *dir, const char *path,
		  struct args *a, const struct proc_create_args *c)
{
	struct proc *child;
	int pid, err;

	err = proc_new(p, c->flags & PROC_DUP_FGRP ? PROC_NEW_FORK : 0, &child);
	if (err)
		return err;
	err = fill_child(p, child, dir, path, a, c);
	if (err) {
		proc_discard(child);
		return err;
	}
	pid = child->pid;
	if (c->flags & PROC_RUN)
		proc_run(child);
	else
		proc_made(child);
	proc_put(child);
	return pid;
}

#define ALL_FLAGS                                                              \
	(PROC_DUP_FGRP | PROC_SETPGROUP | PROC_SETSID | PROC_SETSIGMASK |      \
	 PROC_SETSIGDEF | PROC_RUN | PROC_RESETIDS)

int64_t spawn(struct proc *p, const struct proc_create_args *c)
{
	struct args args;
	struct at a;
	int64_t ret;

	if (c->flags & ~ALL_FLAGS)
		return fail(EINVAL, "proc_create flags 0x%x", c->flags);
	ret = at_get(p, c->dirfd, (uint64_t)c->path, c->path_len, &a);
	if (ret)
		return ret;
	ret = args_from_user(&args, (uint64_t)c->argenv, c->argenv_len, a.path);
	if (!ret) {
		ret = create(p, a.dir, a.path, &args, c);
		args_free(&args);
	}
	at_put(&a);
	return ret;
}
