// SPDX-License-Identifier: MIT
/* Links of #proc: what a process has open, runs and stands in. */
#include "dev_proc.h"

#include <lib/log.h>
#include <lib/string.h>
#include <ns/fd.h>
#include <ns/ns.h>
#include <ros/errno.h>
#include <vm/vm.h>

void target_self(char *buf, size_t len)
{
	struct proc *p = cur_proc();

	*buf = 0;
	if (p)
		snprintf(buf, len, "%d", p->pid);
}

void target_thread_self(char *buf, size_t len)
{
	struct proc *p = cur_proc();

	*buf = 0;
	if (p)
		snprintf(buf, len, "%d/task/%d", p->pid, p->pid);
}

void target_mounts(char *buf, size_t len)
{
	strlcpy(buf, "self/mounts", len);
}

int link_fd(struct proc *p, int fd, struct chan **out)
{
	return fd_get(p, fd, out) ? -ENOENT : 0;
}

/* Once the process has died its name space is gone, an RCU period later. */
static int ns_chan(struct proc *p, bool root, struct chan **out)
{
	struct chan *c = NULL;
	struct ns *ns;

	rcu_read_lock();
	ns = __atomic_load_n(&p->ns, __ATOMIC_ACQUIRE);
	if (ns)
		c = root ? rcu_deref(ns->root) : rcu_deref(ns->dot);
	if (c && !kref_get_not_zero(&c->ref))
		c = NULL;
	rcu_read_unlock();
	*out = c;
	return c ? 0 : -ENOENT;
}

int link_cwd(struct proc *p, int fd, struct chan **out)
{
	return ns_chan(p, false, out);
}

int link_root(struct proc *p, int fd, struct chan **out)
{
	return ns_chan(p, true, out);
}

/* The program is the first file that is mapped to be executed: what loads
 * shared objects for it lies above. */
static void find_exe(const struct vm_region *r, void *arg)
{
	struct vm_file **f = arg;

	if (*f || !r->file || !(r->prot & ROS_PROT_EXEC))
		return;
	*f = r->file;
	r->file->get(r->file);
}

int link_exe(struct proc *p, int fd, struct chan **out)
{
	struct aspace *as = proc_as_get(p);
	struct vm_file *f = NULL;

	if (!as)
		return -ENOENT;
	vm_for_each_region(as, find_exe, &f);
	aspace_put(as);
	if (!f)
		return -ENOENT;
	*out = container_of(f, struct chan, vmf);
	return 0;
}

/* A device that has no tree of names: "pipe:[12]". */
static long numbered_text(struct chan *c, char *buf, size_t len)
{
	struct ros_stat st;

	if (chan_stat(c, &st))
		st.st_ino = c->qid.path;
	return scnprintf(buf, len, "%s:[%lu]", c->dev->name, st.st_ino);
}

long link_text(struct chan *c, char *buf, size_t len)
{
	struct proc *p = cur_proc();
	long n = -ENOENT;

	if (!c->path && !c->dev->parent)
		return numbered_text(c, buf, len);
	if (p && p->ns)
		n = ns_path(p, c, buf, len);
	return n == -ENOENT ? scnprintf(buf, len, "(deleted)") : n;
}
