// SPDX-License-Identifier: MIT
/* What there is in #proc.  Rules: dev_proc.h */
#include "dev_proc.h"

#include <lib/compiler.h>
#include <ns/fd.h>

#define DIR(perm)  .mode = ROS_S_IFDIR | (perm)
#define REG(perm)  .mode = ROS_S_IFREG | (perm)
#define LINK	   .mode = ROS_S_IFLNK | 0777
#define OWNER_LINK .mode = ROS_S_IFLNK | 0777, .flags = PF_PRIVATE

static const struct proc_file root_files[] = {
	{ "self", LINK, .target = target_self },
	{ "thread-self", LINK, .target = target_thread_self },
	{ "cmdline", REG(0444), .show = show_cmdline_boot },
	{ "cpuinfo", REG(0444), .show = show_cpuinfo },
	{ "filesystems", REG(0444), .show = show_filesystems },
	{ "loadavg", REG(0444), .show = show_loadavg },
	{ "meminfo", REG(0444), .show = show_meminfo },
	{ "mounts", LINK, .target = target_mounts },
	{ "stat", REG(0444), .show = show_stat_machine },
	{ "swaps", REG(0444), .show = show_swaps },
	{ "sys", DIR(0555), .subdir = DIR_SYS },
	{ "uptime", REG(0444), .show = show_uptime },
	{ "version", REG(0444), .show = show_version },
};

static const struct proc_file sys_files[] = {
	{ "kernel", DIR(0555), .subdir = DIR_SYS_KERNEL },
};

static const struct proc_file sys_kernel_files[] = {
	{ "hostname", REG(0644), .show = show_hostname,
	  .write = write_hostname },
	{ "osrelease", REG(0444), .show = show_osrelease },
	{ "ostype", REG(0444), .show = show_ostype },
	{ "pid_max", REG(0444), .show = show_pid_max },
	{ "random", DIR(0555), .subdir = DIR_SYS_RANDOM },
};

static const struct proc_file sys_random_files[] = {
	{ "boot_id", REG(0444), .show = show_boot_id },
	{ "uuid", REG(0444), .show = show_uuid },
};

/* A thread's are its process's. */
#define PROCESS_FILES(fd_dir)                                                  \
	{ "cmdline", REG(0444), .show = show_cmdline },                        \
	{ "comm", REG(0444), .show = show_comm },                              \
	{ "ctl", REG(0200), .write = write_ctl },                              \
	{ "cwd", OWNER_LINK, .link = link_cwd },                               \
	{ "environ", REG(0400), PF_PRIVATE, .show = show_environ },            \
	{ "exe", OWNER_LINK, .link = link_exe },                               \
	{ "fd", DIR(0500), .subdir = fd_dir },                                 \
	{ "limits", REG(0444), .show = show_limits },                          \
	{ "maps", REG(0444), PF_PRIVATE, .show = show_maps },                  \
	{ "mounts", REG(0444), .show = show_mounts },                          \
	{ "ns", REG(0444), .show = show_ns },                                  \
	{ "root", OWNER_LINK, .link = link_root },                             \
	{ "stat", REG(0444), .show = show_stat },                              \
	{ "statm", REG(0444), .show = show_statm },                            \
	{ "status", REG(0444), .show = show_status },                          \
	{ "vcores", REG(0444), .show = show_vcores }

static const struct proc_file pid_files[] = {
	PROCESS_FILES(DIR_FD),
	{ "task", DIR(0555), .subdir = DIR_TASK },
};
static const struct proc_file tid_files[] = { PROCESS_FILES(DIR_TID_FD) };

/* What stands for a directory, and for what a number in one names. */
static const struct proc_file open_dir = { "/", DIR(0555) };
static const struct proc_file sys_dir = { "sys", DIR(0555) };
static const struct proc_file kernel_dir = { "kernel", DIR(0555) };
static const struct proc_file random_dir = { "random", DIR(0555) };
static const struct proc_file task_dir = { "task", DIR(0555) };
static const struct proc_file fd_dir = { "fd", DIR(0500), PF_PRIVATE };
static const struct proc_file pid_entry = { "pid", DIR(0555),
					    .subdir = DIR_PID };
static const struct proc_file tid_entry = { "tid", DIR(0555),
					    .subdir = DIR_TID };
static const struct proc_file fd_entry = { "fd", OWNER_LINK,
					   .link = link_fd };

static int next_pid(struct proc *unused, int n)
{
	struct proc *p = proc_next(n);
	int pid = -1;

	if (p) {
		pid = p->pid;
		proc_put(p);
	}
	return pid;
}

/* The kernel knows one thread of a process: its first. */
static int next_tid(struct proc *p, int n)
{
	return n <= p->pid ? p->pid : -1;
}

#define FILES(a) .files = (a), .nr = ARRAY_SIZE(a)

const struct proc_dir proc_dirs[NR_PROC_DIRS] = {
	[DIR_ROOT] = { FILES(root_files), DIR_ROOT, &pid_entry, next_pid,
		       &open_dir },
	[DIR_SYS] = { FILES(sys_files), DIR_ROOT, .self = &sys_dir },
	[DIR_SYS_KERNEL] = { FILES(sys_kernel_files), DIR_SYS,
			     .self = &kernel_dir },
	[DIR_SYS_RANDOM] = { FILES(sys_random_files), DIR_SYS_KERNEL,
			     .self = &random_dir },
	[DIR_PID] = { FILES(pid_files), DIR_ROOT, .self = &pid_entry },
	[DIR_FD] = { NULL, 0, DIR_PID, &fd_entry, fd_next, &fd_dir },
	[DIR_TASK] = { NULL, 0, DIR_PID, &tid_entry, next_tid, &task_dir },
	[DIR_TID] = { FILES(tid_files), DIR_TASK, .self = &tid_entry },
	[DIR_TID_FD] = { NULL, 0, DIR_TID, &fd_entry, fd_next, &fd_dir },
};
