// SPDX-License-Identifier: MIT
/* Memory mappings: Linux's numbers. */
#pragma once

#define ROS_PROT_NONE  0
#define ROS_PROT_READ  1
#define ROS_PROT_WRITE 2
#define ROS_PROT_EXEC  4

#define ROS_MAP_SHARED	  0x01
#define ROS_MAP_PRIVATE	  0x02
#define ROS_MAP_TYPE	  0x0f
#define ROS_MAP_FIXED	  0x10
#define ROS_MAP_ANONYMOUS 0x20
#define ROS_MAP_GROWSDOWN 0x0100
#define ROS_MAP_NORESERVE 0x4000
#define ROS_MAP_POPULATE  0x8000
#define ROS_MAP_STACK	  0x20000
#define ROS_MAP_FIXED_NOREPLACE 0x100000

#define ROS_MREMAP_MAYMOVE 1
#define ROS_MREMAP_FIXED   2

#define ROS_MADV_NORMAL	    0
#define ROS_MADV_RANDOM	    1
#define ROS_MADV_SEQUENTIAL 2
#define ROS_MADV_WILLNEED   3
#define ROS_MADV_DONTNEED   4
#define ROS_MADV_FREE	    8
/* Taken and ignored. */
#define ROS_MADV_HUGEPAGE   14
#define ROS_MADV_NOHUGEPAGE 15
#define ROS_MADV_DONTDUMP   16
#define ROS_MADV_DODUMP	    17

#define ROS_MS_ASYNC	  1
#define ROS_MS_INVALIDATE 2
#define ROS_MS_SYNC	  4
