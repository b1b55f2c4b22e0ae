// SPDX-License-Identifier: MIT
/*
 * The shared pages: what a process may read about itself (procinfo, read-only)
 * and what it tells the kernel (procdata, read-write).
 *
 * The header page is at ROS_SHARED_BASE.  Everything else is found by the
 * addresses and strides in it, so that sizes may grow with the machine.
 *
 * P1  vcoremap and pcoremap change under coremap_seq: odd while the kernel
 *     writes; a reader retries when it was odd or has changed.
 * P2  procdata is hostile to the kernel: each word is read once and checked.
 */
#pragma once

#include <ros/common.h>
#include <ros/memlayout.h>

#define RES_CORES    0
#define RES_MEMORY   1
#define MAX_NUM_RESOURCES 3

struct vcore_map {
	uint32_t pcoreid;
	uint32_t valid;
	uint32_t nr_preempts_sent;
	uint32_t nr_preempts_done;
	uint64_t preempt_pending; /* deadline in TSC ticks, 0: none */
	uint64_t resume_ticks;
	uint64_t total_ticks;
};
ROS_ASSERT_SIZE(struct vcore_map, 40);

struct pcore_map {
	uint32_t vcoreid;
	uint32_t valid;
};

struct procinfo {
	uint32_t version; /* ROS_ABI_VERSION */
	uint32_t size;	  /* sizeof(struct procinfo) */
	uint64_t procdata;
	uint64_t timepage;
	uint64_t vcpd_base;
	uint64_t vcoremap; /* struct vcore_map[max_vcores] */
	uint64_t pcoremap; /* struct pcore_map[num_pcores] */
	uint32_t vcpd_stride;
	uint32_t fpu_size;	/* bytes that XSAVE writes */
	uint64_t xsave_mask;	/* components the kernel saves; 0: FXSAVE */
	uint64_t tsc_freq;	/* Hz */
	uint32_t max_vcores;
	uint32_t num_pcores;
	int32_t pid, ppid;
	int32_t pgid, sid;
	uint32_t uid, euid, suid;
	uint32_t gid, egid, sgid;
	uint64_t program_end;	/* the break starts here */
	uint32_t is_mcp;
	uint32_t num_vcores;	/* online now */
	uint32_t res_grant[MAX_NUM_RESOURCES];
	uint32_t coremap_seq;
	uint32_t umask;
	uint32_t secure;	/* set-id exec: as AT_SECURE */
};
_Static_assert(sizeof(struct procinfo) <= 1024, "one page, with room");

struct resource_req {
	uint32_t amt_wanted; /* atomic */
	uint32_t amt_wanted_min;
	uint32_t flags;
	uint32_t pad;
};

struct event_queue;

#define ROS_NR_SIGNALS 65 /* 1..64 */

struct procdata {
	uint32_t version;
	uint32_t pad;
	struct resource_req res_req[MAX_NUM_RESOURCES];
	/* Where asynchronous kernel events go, by event type; NULL: dropped. */
	struct event_queue *kernel_evts[50];
	/* Signals: bit (sig - 1).  Read by the kernel at each delivery. */
	uint64_t sig_caught;	  /* atomic */
	uint64_t sig_ignored;	  /* atomic */
	uint64_t sig_blocked;	  /* atomic: of vcore 0's current thread */
	uint64_t sig_nocldwait;	  /* nonzero: children leave no zombies */
	uint64_t sig_nocldstop;
	uint64_t sig_restart;	  /* atomic: SA_RESTART, for SC_WAIT calls */
	/* Written by the kernel: those that it keeps while they are blocked. */
	uint64_t sig_held; /* atomic */
};
_Static_assert(sizeof(struct procdata) <= PGSIZE, "procdata is one page");
