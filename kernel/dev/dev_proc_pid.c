// SPDX-License-Identifier: MIT
/* A process's files in #proc that are about itself; formats: proc(5). */
#include "dev_proc.h"

#include <dev/dev.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/fd.h>
#include <ros/errno.h>
#include <vm/vm.h>

/* Linux's unit of time for users. */
#define USER_HZ	   100
#define NS_PER_HZ  (1000000000UL / USER_HZ)
#define COMM_LEN   15 /* names are cut to this in stat, comm and status */

/* What several files tell, gathered once. */
struct view {
	char name[PROC_NAME_LEN];
	enum proc_state state;
	int ppid;
	unsigned int core;
	uint64_t pending, blocked, ignored, caught;
	struct ros_rusage self, children;
	struct mem_sizes mem;
	uint64_t rss, max_rss, stack_limit, brk_start;
	uint32_t nr_threads;
};

static void view_signals(struct view *v, struct proc *p)
{
	scoped_spin(&p->sig_lock)
		v->pending = p->sig_pending;
	if (!proc_active_tryget(p))
		return;
	v->blocked = __atomic_load_n(&p->pd->sig_blocked, __ATOMIC_RELAXED);
	v->ignored = __atomic_load_n(&p->pd->sig_ignored, __ATOMIC_RELAXED);
	v->caught = __atomic_load_n(&p->pd->sig_caught, __ATOMIC_RELAXED);
	proc_active_put(p);
}

static void view_memory(struct view *v, struct proc *p)
{
	struct aspace *as = proc_as_get(p);

	if (!as)
		return;
	mem_sizes_get(as, &v->mem);
	v->rss = aspace_rss(as);
	v->max_rss = MAX(as->max_rss_pages, v->rss);
	v->stack_limit = as->stack_limit;
	v->brk_start = as->brk_start;
	aspace_put(as);
}

static void view_get(struct view *v, struct proc *p)
{
	struct proc *parent;

	memset(v, 0, sizeof(*v));
	scoped_spin(&p->lock) {
		memcpy(v->name, p->name, sizeof(v->name));
		v->state = p->state;
		v->core = p->core;
	}
	v->name[COMM_LEN] = 0;
	rcu_read_lock();
	parent = rcu_deref(p->parent);
	v->ppid = parent ? parent->pid : 0;
	rcu_read_unlock();
	proc_usage(p, &v->self);
	proc_child_usage(p, &v->children);
	v->nr_threads = 1;
	view_signals(v, p);
	view_memory(v, p);
}

static char state_letter(enum proc_state s)
{
	switch (s) {
	case PROC_RUNNABLE_S:
	case PROC_RUNNING_S:
	case PROC_RUNNABLE_M:
	case PROC_RUNNING_M:
		return 'R';
	case PROC_STOPPED:
		return 'T';
	case PROC_DYING:
		return 'X';
	case PROC_ZOMBIE:
		return 'Z';
	default:
		return 'S';
	}
}

static const char *state_word(enum proc_state s)
{
	switch (state_letter(s)) {
	case 'R':
		return "R (running)";
	case 'T':
		return "T (stopped)";
	case 'X':
		return "X (dead)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "S (sleeping)";
	}
}

static uint64_t hz_of(const struct ros_timespec *ts)
{
	return ts->tv_sec * USER_HZ + ts->tv_nsec / NS_PER_HZ;
}

/* ---- stat ---- */

/* Fields 3 to 24: what tools read. */
static void stat_head(struct text *t, struct proc *p, const struct view *v)
{
	int fg = -1;
	uint32_t tty = cons_session_tty(p->sid, &fg);

	text_printf(t, "%d (%s) %c %d %d %d %u %d 0 ", p->pid, v->name,
		    state_letter(v->state), v->ppid, p->pgid, p->sid, tty, fg);
	text_printf(t, "%ld %ld %ld %ld ", v->self.minflt, v->children.minflt,
		    v->self.majflt, v->children.majflt);
	text_printf(t, "%lu %lu %lu %lu ", hz_of(&v->self.utime),
		    hz_of(&v->self.stime), hz_of(&v->children.utime),
		    hz_of(&v->children.stime));
	/* priority, nice, threads, itrealvalue, start */
	text_printf(t, "20 0 %u 0 %lu %lu %lu ", v->nr_threads,
		    p->start_ns / NS_PER_HZ, v->mem.total, v->rss);
}

/* The rest.  Addresses only for who may look. */
static void stat_tail(struct text *t, struct proc *p, const struct view *v)
{
	bool look = proc_may_look(p);

	text_printf(t, "%lu %lu %lu %lu 0 0 ", ROS_RLIM_INFINITY,
		    look ? v->mem.code_start : 1, look ? v->mem.code_end : 1,
		    look ? ROS_STACK_TOP : 0);
	text_printf(t, "%lu %lu %lu %lu ", v->pending & 0x7fffffff,
		    v->blocked & 0x7fffffff, v->ignored & 0x7fffffff,
		    v->caught & 0x7fffffff);
	/* wchan, nswap, cnswap, exit_signal, processor, rt_priority, policy,
	 * delays, guest times, start of data, end of it, of the break, the
	 * arguments and the environment, exit code */
	text_printf(t, "0 0 0 17 %u 0 0 0 0 0 0 0 %lu 0 0 0 0 %d\n", v->core,
		    look ? v->brk_start : 0,
		    v->state == PROC_ZOMBIE && look ? p->exit_status : 0);
}

int show_stat(struct text *t, struct proc *p)
{
	struct view *v = kmalloc(sizeof(*v), MM_WAIT);

	if (!v)
		return -ENOMEM;
	view_get(v, p);
	stat_head(t, p, v);
	stat_tail(t, p, v);
	kfree(v);
	return 0;
}

/* ---- status ---- */

static void status_ids(struct text *t, struct proc *p)
{
	struct cred *c = proc_cred_get(p);

	/* The file system's ids are the effective ones. */
	text_printf(t, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
		    c->euid);
	text_printf(t, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid,
		    c->egid);
	text_printf(t, "FDSize:\t%lu\nGroups:\t",
		    MIN(p->rlimit[ROS_RLIMIT_NOFILE].cur,
			(uint64_t)NR_FILE_DESC_MAX));
	for (uint32_t i = 0; i < c->nr_groups; i++)
		text_printf(t, "%u ", c->groups[i]);
	text_bytes(t, "\n", 1);
	cred_put(c);
}

static void status_kib(struct text *t, const char *name, uint64_t bytes)
{
	text_printf(t, "%s:\t%8lu kB\n", name, bytes / 1024);
}

/* A process without memory has no such lines. */
static void status_memory(struct text *t, const struct view *v)
{
	if (!v->mem.total)
		return;
	status_kib(t, "VmPeak", v->mem.total);
	status_kib(t, "VmSize", v->mem.total);
	status_kib(t, "VmLck", 0);
	status_kib(t, "VmPin", 0);
	status_kib(t, "VmHWM", v->max_rss * PGSIZE);
	status_kib(t, "VmRSS", v->rss * PGSIZE);
	status_kib(t, "VmData", v->mem.data);
	status_kib(t, "VmStk", v->mem.stack);
	status_kib(t, "VmExe", v->mem.code);
	status_kib(t, "VmLib", 0);
	status_kib(t, "VmSwap", 0);
}

static void status_text(struct text *t, struct proc *p, const struct view *v)
{
	text_printf(t, "Name:\t%s\nUmask:\t%04o\nState:\t%s\n", v->name,
		    p->umask, state_word(v->state));
	text_printf(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n", p->pid,
		    p->pid, v->ppid);
	text_printf(t, "TracerPid:\t0\n");
	status_ids(t, p);
	text_printf(t, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n",
		    p->pid, p->pid, p->pgid, p->sid);
	status_memory(t, v);
	text_printf(t, "Threads:\t%u\n", v->nr_threads);
	text_printf(t, "SigPnd:\t%016x\nShdPnd:\t%016lx\n", 0, v->pending);
	text_printf(t, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		    v->blocked, v->ignored, v->caught);
	text_printf(t, "Cpus_allowed_list:\t0-%u\n", nr_cores - 1);
	text_printf(t, "voluntary_ctxt_switches:\t%ld\n", v->self.nvcsw);
	text_printf(t, "nonvoluntary_ctxt_switches:\t%ld\n", v->self.nivcsw);
}

int show_status(struct text *t, struct proc *p)
{
	struct view *v = kmalloc(sizeof(*v), MM_WAIT);

	if (!v)
		return -ENOMEM;
	view_get(v, p);
	status_text(t, p, v);
	kfree(v);
	return 0;
}

/* ---- names and arguments ---- */

int show_comm(struct text *t, struct proc *p)
{
	char name[PROC_NAME_LEN];

	scoped_spin(&p->lock)
		memcpy(name, p->name, sizeof(name));
	name[COMM_LEN] = 0;
	text_printf(t, "%s\n", name);
	return 0;
}

/* Copied under the lock into memory that was got without it. */
int show_cmdline(struct text *t, struct proc *p)
{
	size_t len = __atomic_load_n(&p->cmdline_len, __ATOMIC_RELAXED), now;
	char *buf;

	if (__atomic_load_n(&p->state, __ATOMIC_RELAXED) == PROC_ZOMBIE)
		return 0;
	do {
		buf = kmalloc(len + 1, MM_WAIT);
		if (!buf)
			return -ENOMEM;
		scoped_spin(&p->lock) {
			now = p->cmdline ? p->cmdline_len : 0;
			if (now <= len && now)
				memcpy(buf, p->cmdline, now);
		}
		if (now <= len)
			text_bytes(t, buf, now);
		kfree(buf);
	} while (now > len && (len = now));
	return 0;
}

/* The environment is the program's own memory, which it may have moved: what
 * the kernel knows of it is nothing. */
int show_environ(struct text *t, struct proc *p)
{
	return 0;
}

/* ---- limits ---- */

static const struct {
	const char *name, *unit;
} limits[ROS_RLIM_NLIMITS] = {
	{ "Max cpu time", "seconds" },
	{ "Max file size", "bytes" },
	{ "Max data size", "bytes" },
	{ "Max stack size", "bytes" },
	{ "Max core file size", "bytes" },
	{ "Max resident set", "bytes" },
	{ "Max processes", "processes" },
	{ "Max open files", "files" },
	{ "Max locked memory", "bytes" },
	{ "Max address space", "bytes" },
	{ "Max file locks", "locks" },
	{ "Max pending signals", "signals" },
	{ "Max msgqueue size", "bytes" },
	{ "Max nice priority", "" },
	{ "Max realtime priority", "" },
	{ "Max realtime timeout", "us" },
};

static void limit_value(struct text *t, uint64_t v)
{
	char num[24] = "unlimited";

	if (v != ROS_RLIM_INFINITY)
		snprintf(num, sizeof(num), "%lu", v);
	text_printf(t, "%-20s ", num);
}

int show_limits(struct text *t, struct proc *p)
{
	text_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
		    "Hard Limit", "Units");
	for (int i = 0; i < ROS_RLIM_NLIMITS; i++) {
		text_printf(t, "%-25s ", limits[i].name);
		limit_value(t, p->rlimit[i].cur);
		limit_value(t, p->rlimit[i].max);
		text_printf(t, "%-10s\n", limits[i].unit);
	}
	return 0;
}

/* ---- ours ---- */

/* A line per vcore that there is: its number, the core it is or was last on,
 * its flags, whether notifications are disabled, pending. */
int show_vcores(struct text *t, struct proc *p)
{
	struct preempt_data *v;

	if (!proc_active_tryget(p))
		return 0;
	for (uint32_t i = 0; (v = proc_vcpd(p, i)); i++)
		text_printf(t, "%u %u %s %#x %u %u\n", i, p->core,
			    proc_state_name(p->state),
			    __atomic_load_n(&v->flags, __ATOMIC_RELAXED),
			    __atomic_load_n(&v->notif_disabled,
					    __ATOMIC_RELAXED),
			    __atomic_load_n(&v->notif_pending,
					    __ATOMIC_RELAXED));
	proc_active_put(p);
	return 0;
}

static const struct {
	const char *word;
	int sig;
} ctl_words[] = {
	{ "kill", ROS_SIGKILL },
	{ "stop", ROS_SIGSTOP },
	{ "start", ROS_SIGCONT },
};

/* Who may is signal_kill()'s to say. */
long write_ctl(struct proc *p, char *words)
{
	for (size_t i = 0; i < ARRAY_SIZE(ctl_words); i++)
		if (!strcmp(words, ctl_words[i].word))
			return signal_kill(p->pid, ctl_words[i].sig);
	return fail(EINVAL, "ctl knows kill, stop and start, not '%.32s'",
		    words);
}
