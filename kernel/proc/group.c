// SPDX-License-Identifier: MIT
/*
 * Process groups and sessions.
 *
 * A group is its list of members, found by its id in a hash table; it is there
 * while it has members.  A zombie is a member until it has been waited for, so
 * that a shell can still put others into its group.
 *
 * Locks: a bucket's lock guards its groups and their members' group_link, pgid
 * and sid.  A process changes its group under its own family_lock too.
 */
#include <proc/proc_priv.h>

#include <arch/cpu.h>
#include <lib/hash.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ros/errno.h>

#define NR_BUCKETS 64

struct pgroup {
	struct list link; /* in its bucket */
	struct list members;
	int id, sid;
};

static struct bucket {
	struct spinlock lock;
	struct list groups;
} buckets[NR_BUCKETS];

void group_init(void)
{
	for (int i = 0; i < NR_BUCKETS; i++) {
		spin_init(&buckets[i].lock);
		list_init(&buckets[i].groups);
	}
}

static struct bucket *bucket_of(int pgid)
{
	return &buckets[hash_u64(pgid) % NR_BUCKETS];
}

static struct pgroup *group_find_locked(struct bucket *b, int pgid)
{
	struct pgroup *g;

	list_for_each_entry(g, &b->groups, link)
		if (g->id == pgid)
			return g;
	return NULL;
}

static void member_add_locked(struct pgroup *g, struct proc *p)
{
	list_add_tail(&g->members, &p->group_link);
	p->pgid = g->id;
	p->sid = g->sid;
}

/* Joins a group that exists in session sid (0: whichever). */
static int group_join(struct proc *p, int pgid, int sid)
{
	struct bucket *b = bucket_of(pgid);
	struct pgroup *g;

	guard_spin(&b->lock);
	g = group_find_locked(b, pgid);
	if (!g || (sid && g->sid != sid))
		return -EPERM;
	member_add_locked(g, p);
	return 0;
}

static int group_new(struct pgroup **out)
{
	*out = kzalloc(sizeof(**out), MM_WAIT);
	return *out ? 0 : fail(ENOMEM, "no memory for a process group");
}

/* Joins the group p->pid of session sid; if that is not there it is *fresh,
 * which is then NULL. */
static void group_join_own(struct proc *p, int sid, struct pgroup **fresh)
{
	struct bucket *b = bucket_of(p->pid);
	struct pgroup *g;

	guard_spin(&b->lock);
	g = group_find_locked(b, p->pid);
	if (!g) {
		g = *fresh;
		*fresh = NULL;
		g->id = p->pid;
		g->sid = sid;
		list_init(&g->members);
		list_add_head(&b->groups, &g->link);
	}
	member_add_locked(g, p);
}

void group_leave(struct proc *p)
{
	struct bucket *b = bucket_of(p->pgid);
	struct pgroup *g;

	scoped_spin(&b->lock) {
		g = group_find_locked(b, p->pgid);
		list_del(&p->group_link);
		if (g && list_empty(&g->members))
			list_del(&g->link);
		else
			g = NULL;
	}
	kfree(g);
}

/* The parent's group at this moment, whatever it is. */
int group_join_new(struct proc *p, struct proc *parent)
{
	struct pgroup *fresh;
	int err;

	if (!parent) {
		err = group_new(&fresh);
		if (!err)
			group_join_own(p, p->pid, &fresh);
		return err;
	}
	while (group_join(p, user_word(parent->pgid), 0))
		cpu_relax();
	return 0;
}

unsigned int group_for_each(int pgid, void (*fn)(struct proc *p, void *arg),
			    void *arg)
{
	struct bucket *b = bucket_of(pgid);
	struct pgroup *g;
	struct proc *p;
	unsigned int n = 0;

	guard_spin(&b->lock);
	g = group_find_locked(b, pgid);
	if (!g)
		return 0;
	list_for_each_entry(p, &g->members, group_link) {
		fn(p, arg);
		n++;
	}
	return n;
}

bool proc_group_exists(int pgid, int sid)
{
	struct bucket *b = bucket_of(pgid);
	struct pgroup *g;

	guard_spin(&b->lock);
	g = group_find_locked(b, pgid);
	return g && (!sid || g->sid == sid);
}

/* From one group to another; the old one again if the new one is not there. */
static int group_move(struct proc *p, int pgid, int sid, struct pgroup **fresh)
{
	struct bucket *b = bucket_of(pgid);
	struct pgroup *g;
	bool there;

	if (p->pgid == pgid)
		return 0;
	scoped_spin(&b->lock) {
		g = group_find_locked(b, pgid);
		there = g && g->sid == sid;
	}
	if (!there && pgid != p->pid)
		return fail(EPERM, "no process group %d in this session", pgid);
	group_leave(p);
	if (pgid == p->pid || group_join(p, pgid, sid))
		group_join_own(p, sid, fresh);
	return 0;
}

static int setpgid_check(struct proc *caller, struct proc *t)
{
	if (t != caller &&
	    atomic_load_explicit(&t->parent, memory_order_relaxed) != caller)
		return fail(ESRCH, "process %d is not a child of ours", t->pid);
	if (t->sid != caller->sid)
		return fail(EPERM, "process %d is in another session", t->pid);
	if (t->sid == t->pid)
		return fail(EPERM, "process %d leads its session", t->pid);
	return 0;
}

int proc_setpgid(struct proc *caller, int pid, int pgid)
{
	struct proc *t = proc_lookup(pid ? pid : caller->pid);
	struct pgroup *fresh = NULL;
	int err;

	if (pgid < 0)
		err = fail(EINVAL, "negative process group");
	else if (!t)
		err = fail(ESRCH, "no process %d", pid);
	else
		err = setpgid_check(caller, t);
	if (!err)
		err = group_new(&fresh);
	if (!err)
		scoped_spin(&t->family_lock)
			err = group_move(t, pgid ? pgid : t->pid, t->sid,
					 &fresh);
	kfree(fresh);
	if (!err && proc_active_tryget(t)) {
		proc_publish_ids(t);
		proc_active_put(t);
	}
	if (t)
		proc_put(t);
	return err;
}

int proc_setsid(struct proc *p)
{
	struct pgroup *fresh;
	int err = group_new(&fresh);

	if (err)
		return err;
	scoped_spin(&p->family_lock) {
		if (p->pgid == p->pid || proc_group_exists(p->pid, 0)) {
			err = fail(EPERM, "a group's leader stays in its "
				   "session");
		} else {
			group_leave(p);
			group_join_own(p, p->pid, &fresh);
		}
	}
	kfree(fresh);
	if (!err)
		proc_publish_ids(p);
	return err ? err : p->pid;
}

/*
 * Orphaned groups (POSIX 3.264): no member has a parent in another group of the
 * session, which could continue it.  init is nobody's shell.
 */
static bool has_keeper(const struct proc *p, const struct proc *leaving)
{
	const struct proc *parent = rcu_deref(p->parent);

	return parent && parent != leaving && parent->pid != PID_INIT &&
	       parent->sid == p->sid && parent->pgid != p->pgid;
}

static bool orphaned_locked(struct pgroup *g, const struct proc *leaving,
			    bool *stopped)
{
	struct proc *p;
	bool kept = false;

	*stopped = false;
	rcu_read_lock();
	list_for_each_entry(p, &g->members, group_link) {
		if (p == leaving)
			continue;
		kept |= has_keeper(p, leaving);
		*stopped |= p->state == PROC_STOPPED;
	}
	rcu_read_unlock();
	return !kept;
}

static bool orphaned(int pgid, const struct proc *leaving, bool *stopped)
{
	struct bucket *b = bucket_of(pgid);
	struct pgroup *g;

	*stopped = false;
	guard_spin(&b->lock);
	g = group_find_locked(b, pgid);
	return g && orphaned_locked(g, leaving, stopped);
}

bool group_orphaned(int pgid, const struct proc *leaving)
{
	bool stopped;

	return orphaned(pgid, leaving, &stopped);
}

static void group_release(int pgid, const struct proc *leaving)
{
	bool stopped;

	if (!orphaned(pgid, leaving, &stopped) || !stopped)
		return;
	signal_kill_group(pgid, ROS_SIGHUP);
	signal_kill_group(pgid, ROS_SIGCONT);
}

void groups_orphan(struct proc *p)
{
	struct proc *c;
	bool kept;
	int last = 0;

	rcu_read_lock();
	kept = has_keeper(p, NULL);
	rcu_read_unlock();
	if (kept)
		group_release(p->pgid, p);
	guard_spin(&p->family_lock);
	list_for_each_entry(c, &p->children, sibling) {
		if (c->pgid == last || c->pgid == p->pgid || c->sid != p->sid)
			continue;
		last = c->pgid;
		group_release(last, p);
	}
}
