// SPDX-License-Identifier: MIT
/* Address space.  Numbers and flags are Linux's. */
#include "linux.h"

#include <ros/mman.h>

LX(mmap)
{
	return ros_call(SYS_mmap, a, b, c, d, e, f);
}

LX(munmap)
{
	return ros_call(SYS_munmap, a, b);
}

LX(mprotect)
{
	return ros_call(SYS_mprotect, a, b, c);
}

LX(mremap)
{
	return ros_call(SYS_mremap, a, b, c, d, e);
}

LX(msync)
{
	return ros_call(SYS_msync, a, b, c);
}

/* 0 or a break that cannot be had: the present one. */
LX(brk)
{
	long ret = ros_call(SYS_brk, a);

	return ret < 0 ? ros_call(SYS_brk, 0) : ret;
}

/* malloc() gives such advice at every free(): most is answered here. */
LX(madvise)
{
	switch (c) {
	case ROS_MADV_NORMAL:
	case ROS_MADV_RANDOM:
	case ROS_MADV_SEQUENTIAL:
	case ROS_MADV_FREE:
		return (unsigned long)a % PGSIZE ? -EINVAL : 0;
	}
	return ros_call(SYS_madvise, a, b, c);
}
