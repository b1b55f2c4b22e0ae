// SPDX-License-Identifier: MIT
/* Opening, closing, duplicating; descriptor flags and locks. */
#include "linux.h"

#define O_SYNC_LINUX 04010000 /* two bits; the lower is O_DSYNC */
#define O_SYNC_ONLY  04000000

/* PX1: our headers never give access mode 0, but programs write open(f, 0). */
static long open_flags(long flags)
{
	if (flags & O_SYNC_ONLY)
		flags = (flags & ~O_SYNC_LINUX) | ROS_O_DSYNC;
	if (!(flags & (O_ACCMODE | ROS_O_PATH)))
		flags |= O_READ;
	/* The runtime's own range is not for programs. */
	return flags & ~(long)ROS_O_INTERNAL;
}

static long do_open(long dirfd, long path, long flags, long mode)
{
	flags = open_flags((unsigned int)flags);
	return ros_call_restart(SYS_openat, dirfd, PATH(path), flags, mode);
}

LX(open)
{
	return do_open(AT_FDCWD, a, b, c);
}

LX(openat)
{
	return do_open(a, b, c, d);
}

LX(creat)
{
	return do_open(AT_FDCWD, a, O_WRITE | ROS_O_CREAT | ROS_O_TRUNC, b);
}

LX(close)
{
	return ros_call(SYS_close, a);
}

LX(dup)
{
	return ros_call(SYS_dup, a, 0, ROS_DUP_MIN);
}

LX(dup2)
{
	return ros_call(SYS_dup, a, b, ROS_DUP_EXACT);
}

LX(dup3)
{
	if (a == b || (c & ~(long)ROS_O_CLOEXEC))
		return -EINVAL;
	return ros_call(SYS_dup, a, b,
			ROS_DUP_EXACT |
				(c & ROS_O_CLOEXEC ? ROS_DUP_CLOEXEC : 0));
}

LX(pipe)
{
	return ros_call(SYS_pipe, a, 0);
}

LX(pipe2)
{
	return ros_call(SYS_pipe, a, b);
}

LX(fcntl)
{
	switch (b) {
	case ROS_F_GETLK:
	case ROS_F_SETLK:
		return ros_call(SYS_fdlock, a, b, c);
	case ROS_F_SETLKW:
		return ros_call_restart(SYS_fdlock, a, b, c);
	}
	return ros_call(SYS_fcntl, a, b, c);
}

/* No whole-file locks in the kernel yet: the number is answered, not faked. */
LX(flock)
{
	return lx_missing(n);
}

LX(ioctl)
{
	return ros_call_restart(SYS_ioctl, a, b, c);
}
