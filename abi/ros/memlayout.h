// SPDX-License-Identifier: MIT
/*
 * The user half of the address space, top down:
 *
 *   ROS_USER_TOP      first address that is not the user's
 *   ROS_SHARED_BASE   pages shared with the kernel: see ros/procinfo.h
 *   ROS_STACK_TOP     initial thread's stack grows down from here (8 MiB at
 *                     most, on demand, guard below)
 *   ROS_MMAP_TOP      mmap() without an address allocates downwards from here
 *   ...
 *   ROS_BRK_MAX       the break may not pass this
 *   ROS_USER_MIN      nothing is ever mapped below
 *
 * A program learns the addresses of the shared pages from the header page, not
 * from these numbers; only the header page's own place is fixed.
 */
#pragma once

#include <ros/common.h>

#define ROS_USER_TOP	0x00007ffffffff000UL
#define ROS_SHARED_BASE 0x00007fffe0000000UL
#define ROS_STACK_TOP	0x00007fffdfff0000UL
#define ROS_STACK_SIZE	(8UL << 20)
#define ROS_MMAP_TOP	(ROS_STACK_TOP - ROS_STACK_SIZE - (1UL << 20))
#define ROS_BRK_MAX	0x0000400000000000UL
#define ROS_USER_MIN	0x0000000000010000UL

/* Offsets from ROS_SHARED_BASE. */
#define ROS_PROCINFO_OFF 0x00000UL  /* read-only, one page: struct procinfo */
#define ROS_TIME_OFF	 0x01000UL  /* read-only page: struct ros_timepage */
#define ROS_PROCDATA_OFF 0x02000UL  /* read-write, one page: struct procdata */
#define ROS_COREMAP_OFF	 0x10000UL  /* read-only: vcore and pcore maps */
#define ROS_VCPD_OFF	 0x100000UL /* read-write: VCPD v at + v * stride */
