// SPDX-License-Identifier: MIT
/* Processes: made, run for the first time, freed.  Rules: proc/proc.h */
#include <proc/proc_priv.h>

#include <core/trace.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <proc/time.h>
#include <ros/errno.h>
#include <vm/vm.h>

static struct slab_cache *proc_cache, *fpu_cache;

#define NOFILE_CUR 1024
#define NOFILE_MAX (1 << 19)

const char *proc_state_name(enum proc_state s)
{
	static const char *const names[] = {
		[PROC_CREATED] = "created",	[PROC_RUNNABLE_S] = "runnable",
		[PROC_RUNNING_S] = "running",	[PROC_WAITING] = "waiting",
		[PROC_STOPPED] = "stopped",
		[PROC_RUNNABLE_M] = "runnable-m",
		[PROC_RUNNING_M] = "running-m", [PROC_DYING] = "dying",
		[PROC_ZOMBIE] = "zombie",
	};

	return s < ARRAY_SIZE(names) ? names[s] : "?";
}

unsigned int proc_kthreads_max;

void proc_init(void)
{
	/* A quarter of all memory in stacks of one process is enough. */
	proc_kthreads_max = MIN(frames_total() / 4 / (KSTACK_PAGES + 1),
				(size_t)PROC_KTHREADS_MAX);
	proc_cache = slab_create("proc", sizeof(struct proc), 0);
	fpu_cache = slab_create("fpu", fpu_size(), 64);
	pid_table_init();
	group_init();
	time_init();
	shared_init();
}

static void proc_init_locks(struct proc *p)
{
	spin_init(&p->lock);
	spin_init(&p->family_lock);
	spin_init(&p->sig_lock);
	spin_irq_init(&p->kth_lock);
	mutex_init(&p->mbox_lock);
	waitq_init(&p->child_waitq);
	waitq_init(&p->drain_waitq);
	list_init(&p->run_link);
	list_init(&p->kthreads);
	list_init(&p->children);
	list_init(&p->zombies);
	list_init(&p->sibling);
	list_init(&p->group_link);
}

static void rlimits_init(struct proc *p)
{
	for (int i = 0; i < ROS_RLIM_NLIMITS; i++)
		p->rlimit[i] = (struct ros_rlimit){ ROS_RLIM_INFINITY,
						    ROS_RLIM_INFINITY };
	p->rlimit[ROS_RLIMIT_NOFILE] =
		(struct ros_rlimit){ NOFILE_CUR, NOFILE_MAX };
	p->rlimit[ROS_RLIMIT_STACK].cur = ROS_STACK_SIZE;
}

static void proc_inherit(struct proc *p, struct proc *parent)
{
	if (!parent) {
		p->cred = cred_get(&root_cred);
		p->umask = 022;
		rlimits_init(p);
		return;
	}
	p->cred = proc_cred_get(parent);
	p->umask = parent->umask;
	memcpy(p->rlimit, parent->rlimit, sizeof(p->rlimit));
	memcpy(p->name, parent->name, sizeof(p->name));
}

/* A blank one with one reference, or NULL. */
static struct proc *proc_alloc(void)
{
	struct proc *p = slab_alloc(proc_cache, MM_WAIT);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->fpu = slab_alloc(fpu_cache, MM_WAIT);
	if (!p->fpu) {
		slab_free(proc_cache, p);
		return NULL;
	}
	kref_init(&p->ref, 1);
	proc_init_locks(p);
	p->state = PROC_CREATED;
	p->core = core_id();
	p->fpu_core = NO_CORE;
	p->sig_tail = &p->sig_info;
	p->start_ns = time_mono_ns();
	p->making = true;
	atomic_init(&p->active, 2); /* its life's, and the maker's */
	return p;
}

static void proc_free_rcu(struct rcu_head *h)
{
	struct proc *p = container_of(h, struct proc, rcu);

	slab_free(fpu_cache, p->fpu);
	slab_free(proc_cache, p);
}

static void proc_free(struct proc *p)
{
	kfree(p->cmdline);
	if (p->cred)
		cred_put(p->cred);
	rcu_call(&p->rcu, proc_free_rcu);
}

void proc_put(struct proc *p)
{
	if (kref_put(&p->ref))
		proc_free(p);
}

/* The first nr of them. */
static void parts_destroy(struct proc *p, unsigned int nr)
{
	while (nr--)
		if (proc_parts[nr].destroy)
			proc_parts[nr].destroy(p);
}

static int parts_create(struct proc *p, struct proc *parent, int flags)
{
	int err;

	for (unsigned int i = 0; i < nr_proc_parts; i++) {
		err = proc_parts[i].create ?
			      proc_parts[i].create(p, parent, flags) :
			      0;
		if (!err)
			continue;
		parts_destroy(p, i);
		return err;
	}
	return 0;
}

/* A reference for the family: parent's lists, and the pid table. */
static void family_join(struct proc *p, struct proc *parent)
{
	proc_get(p);
	if (!parent)
		return;
	scoped_spin(&parent->family_lock) {
		atomic_store_explicit(&p->parent, parent, memory_order_release);
		list_add_tail(&parent->children, &p->sibling);
	}
}

/* RLIMIT_NPROC, which root need not mind: most have no limit. */
static bool user_has_too_many(struct proc *parent)
{
	uint64_t limit = parent ? parent->rlimit[ROS_RLIMIT_NPROC].cur :
				  ROS_RLIM_INFINITY;
	uint64_t n = 0;
	struct proc *q;
	uint32_t uid;

	if (likely(limit == ROS_RLIM_INFINITY) || cred_is_root(parent->cred))
		return false;
	uid = parent->cred->uid;
	for (int pid = 1; (q = proc_next(pid)); pid++) {
		struct cred *c = proc_cred_get(q);

		pid = q->pid;
		n += c->uid == uid;
		cred_put(c);
		proc_put(q);
	}
	return n >= limit;
}

int proc_new(struct proc *parent, int flags, struct proc **out)
{
	struct proc *p;
	int err;

	if (unlikely(user_has_too_many(parent)))
		return fail(EAGAIN, "the user has as many processes as he may");
	p = proc_alloc();
	if (!p)
		return fail(ENOMEM, "no memory for a process");
	fpu_init_area(p->fpu);
	proc_inherit(p, parent);
	if (!parent)
		spin_init(&p->family_lock); /* init's: below any other's */
	err = aspace_create(&p->as);
	if (err)
		goto free_proc;
	err = shared_create(p);
	if (err)
		goto put_as;
	/* fork copies the address space first: vm_fork() wants an empty one */
	if (!(flags & PROC_NEW_FORK))
		err = proc_map_shared(p, p->as);
	if (err)
		goto free_shared;
	err = parts_create(p, parent, flags);
	if (err)
		goto free_shared;
	/* Others find it from here on: nothing fails but for want of a pid, or
	 * of a group where there is no parent, that is nobody to find it. */
	err = pid_alloc(p, !parent && !(flags & PROC_NEW_ORPHAN));
	if (err)
		goto free_parts;
	err = group_join_new(p, parent);
	if (err)
		goto free_pid;
	family_join(p, parent);
	proc_publish_ids(p);
	trace(TR_PROC, p->pid, PROC_CREATED);
	*out = p;
	return 0;
free_pid:
	pid_free(p);
free_parts:
	parts_destroy(p, nr_proc_parts);
free_shared:
	aspace_kill(p->as);
	shared_destroy(p);
put_as:
	aspace_put(p->as);
free_proc:
	proc_put(p);
	return err;
}

void proc_made(struct proc *p)
{
	bool was;

	scoped_spin(&p->lock) {
		was = p->making;
		p->making = false;
	}
	if (was)
		proc_active_put(p);
}

/* If it was killed in the making there is nothing to run. */
static void start_locked(struct proc *p)
{
	if (p->state != PROC_CREATED)
		return;
	if (!p->stop_wanted) {
		make_runnable_locked(p);
		return;
	}
	p->stop_wanted = false;
	p->stop_runnable = true;
	p->state = PROC_STOPPED;
}

void proc_run(struct proc *p)
{
	scoped_spin(&p->lock)
		start_locked(p);
	signal_recheck_other(p); /* what came in the meantime */
	proc_made(p);
}

void proc_discard(struct proc *p)
{
	scoped_spin(&p->lock)
		p->discard = true;
	proc_kill(p, 0);
	proc_made(p);
	proc_put(p);
}

void proc_set_name(struct proc *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[PROC_NAME_LEN] = { 0 };

	strlcpy(name, slash && slash[1] ? slash + 1 : path, sizeof(name));
	scoped_spin(&p->lock)
		memcpy(p->name, name, sizeof(name));
}

int proc_set_cmdline(struct proc *p, const char *args, size_t len)
{
	char *copy = kmalloc(len ? len : 1, MM_WAIT), *old;

	if (!copy)
		return fail(ENOMEM, "no memory for the arguments' names");
	memcpy(copy, args, len);
	scoped_spin(&p->lock) {
		old = p->cmdline;
		p->cmdline = copy;
		p->cmdline_len = len;
	}
	kfree(old);
	return 0;
}

bool proc_is_dying(const struct proc *p)
{
	enum proc_state s = __atomic_load_n(&p->state, __ATOMIC_RELAXED);

	return s == PROC_DYING || s == PROC_ZOMBIE;
}
