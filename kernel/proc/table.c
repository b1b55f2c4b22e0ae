// SPDX-License-Identifier: MIT
/* The table of processes by pid: a radix tree, read under RCU. */
#include <proc/proc_priv.h>

#include <lib/log.h>
#include <lib/radix.h>
#include <mm/frame.h>
#include <mm/slab.h>
#include <ros/errno.h>

#define PID_FIRST 2 /* after init */
#define FRAMES_A_PROC 40

static struct spinlock pid_lock = SPINLOCK_INIT("pid_lock");
static struct radix_tree table; /* [pid_lock] to change */
static int pid_next = PID_FIRST; /* [pid_lock] */
static unsigned int nr_procs;	 /* [pid_lock] */

static void *node_alloc(size_t size)
{
	return kzalloc(size, MM_ATOMIC);
}

static void node_free(struct rcu_head *h)
{
	kfree(h);
}

/* A node's first two words are ours once it is out of the tree. */
static void node_free_later(void *node)
{
	rcu_call(node, node_free);
}

static const struct radix_alloc node_ops = { node_alloc, node_free_later };

void pid_table_init(void)
{
	radix_init(&table, &node_ops);
}

/* Next fit: a pid comes back only after all others have been used. */
static int pid_search(void)
{
	for (int i = 0; i < PID_MAX - PID_FIRST; i++) {
		int pid = pid_next++;

		if (pid_next == PID_MAX)
			pid_next = PID_FIRST;
		if (!radix_get(&table, pid))
			return pid;
	}
	return -1;
}

/* The smallest takes some 20 frames: not more than half the memory. */
static unsigned int procs_max(void)
{
	return MAX(frames_total() / FRAMES_A_PROC, 64UL);
}

int pid_alloc(struct proc *p, bool init)
{
	unsigned int max = procs_max();
	int pid, err;

	scoped_spin(&pid_lock) {
		pid = init ? PID_INIT : nr_procs < max ? pid_search() : -1;
		err = pid < 0 ? -EAGAIN : radix_set(&table, pid, p);
		if (!err) {
			p->pid = pid;
			nr_procs++;
		}
	}
	if (err)
		return fail(-err, "no room for another process");
	return 0;
}

void pid_free(struct proc *p)
{
	scoped_spin(&pid_lock) {
		radix_remove(&table, p->pid);
		nr_procs--;
	}
}

struct proc *proc_lookup(int pid)
{
	struct proc *p;

	if (pid < PID_INIT || pid >= PID_MAX)
		return NULL;
	rcu_read_lock();
	p = radix_get(&table, pid);
	if (p && !kref_get_not_zero(&p->ref))
		p = NULL;
	rcu_read_unlock();
	return p;
}

struct proc *proc_next(int pid)
{
	uint64_t at = pid < PID_INIT ? PID_INIT : pid;
	struct proc *p;

	rcu_read_lock();
	while ((p = radix_next(&table, &at)) && !kref_get_not_zero(&p->ref))
		at++;
	rcu_read_unlock();
	return p;
}

unsigned int proc_count(void)
{
	return __atomic_load_n(&nr_procs, __ATOMIC_RELAXED);
}
