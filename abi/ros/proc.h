// SPDX-License-Identifier: MIT
/*
 * Processes: creation, arguments, waiting, usage.
 *
 * argenv is one packed block: struct argenv_hdr, then argc + envc offsets (u32,
 * from the start of the block), then the zero-terminated strings.
 */
#pragma once

#include <ros/common.h>
#include <ros/time.h>

struct argenv_hdr {
	uint32_t argc;
	uint32_t envc;
	uint32_t off[];
};
#define ROS_ARGENV_MAX (512UL << 10) /* bytes, strings and offsets */

/* SYS_proc_create: file actions are done in order in the child's FD table. */
#define ROS_FA_CLOSE  1 /* fd */
#define ROS_FA_DUP2   2 /* srcfd, fd */
#define ROS_FA_OPEN   3 /* fd, path, path_len, oflags, mode */
#define ROS_FA_CHDIR  4 /* path, path_len */
#define ROS_FA_FCHDIR 5 /* fd */

struct file_action {
	uint32_t op;
	int32_t fd;
	int32_t srcfd;
	uint32_t oflags;
	uint32_t mode;
	uint32_t path_len;
	const char *path;
};
ROS_ASSERT_SIZE(struct file_action, 32);

#define PROC_DUP_FGRP	 0x01 /* copy the FD table (without close-on-exec) */
#define PROC_SETPGROUP	 0x02
#define PROC_SETSID	 0x04
#define PROC_SETSIGMASK	 0x08
#define PROC_SETSIGDEF	 0x10
#define PROC_RUN	 0x20 /* start it at once */
#define PROC_RESETIDS	 0x40

struct proc_create_args {
	const char *path;
	uint64_t path_len;
	const void *argenv;
	uint64_t argenv_len;
	const struct file_action *actions;
	uint32_t nr_actions;
	uint32_t flags; /* PROC_* */
	int32_t dirfd;
	int32_t pgid;
	uint64_t sigmask;
	uint64_t sigdefault;
};
ROS_ASSERT_SIZE(struct proc_create_args, 72);

struct childfdmap {
	uint32_t parentfd;
	uint32_t childfd;
	int32_t ok;
};

/* SYS_waitpid options and status encoding: Linux's. */
#define ROS_WNOHANG    1
#define ROS_WUNTRACED  2
#define ROS_WCONTINUED 8
#define ROS_WNOWAIT    0x01000000

#define ROS_W_EXITCODE(code)  (((code)&0xff) << 8)
#define ROS_W_SIGNAL(sig)     ((sig)&0x7f)
#define ROS_W_STOPCODE(sig)   (((sig) << 8) | 0x7f)
#define ROS_W_CONTINUED	      0xffff

struct ros_rusage {
	struct ros_timespec utime, stime; /* seconds, nanoseconds */
	int64_t maxrss_kib;
	int64_t minflt, majflt;
	int64_t nvcsw, nivcsw;
	int64_t unused[7];
};

struct ros_rlimit {
	uint64_t cur, max;
};
#define ROS_RLIM_NLIMITS  16
#define ROS_RLIM_INFINITY (~0UL)
#define ROS_RLIMIT_FSIZE  1
#define ROS_RLIMIT_STACK  3
#define ROS_RLIMIT_NOFILE 7
#define ROS_RLIMIT_NPROC  6
#define ROS_RLIMIT_AS	  9

struct ros_sysinfo {
	uint64_t uptime_ns;
	uint64_t mem_total, mem_free, mem_kernel; /* bytes */
	uint32_t nr_procs, nr_cores;
	uint64_t load_permille;
};
