// SPDX-License-Identifier: MIT
/* What stands about a file.  struct ros_stat has Linux's layout. */
#include "linux.h"

LX(stat)
{
	return ros_call(SYS_stat, PATH(a), b, AT_FDCWD);
}

LX(lstat)
{
	return ros_call(SYS_lstat, PATH(a), b, AT_FDCWD);
}

LX(fstat)
{
	return ros_call(SYS_fstat, a, b);
}

LX(newfstatat)
{
	if ((d & ROS_AT_EMPTY_PATH) && b && !*(const char *)b) {
		if ((int)a == AT_FDCWD)
			return ros_call(SYS_stat, ".", 1, c, AT_FDCWD);
		return ros_call(SYS_fstat, a, c);
	}
	return ros_call(d & ROS_AT_SYMLINK_NOFOLLOW ? SYS_lstat : SYS_stat,
			PATH(b), c, a);
}

LX(access)
{
	return ros_call(SYS_access, AT_FDCWD, PATH(a), b, 0);
}

LX(faccessat)
{
	return ros_call(SYS_access, a, PATH(b), c, 0);
}

LX(faccessat2)
{
	return ros_call(SYS_access, a, PATH(b), c, d);
}

LX(chmod)
{
	return ros_call(SYS_chmod, AT_FDCWD, PATH(a), b, 0);
}

LX(fchmod)
{
	return ros_call(SYS_chmod, a, 0, 0, b, 0);
}

LX(fchmodat)
{
	return ros_call(SYS_chmod, a, PATH(b), c, 0);
}

LX(chown)
{
	return ros_call(SYS_chown, AT_FDCWD, PATH(a), b, c, 0);
}

LX(lchown)
{
	return ros_call(SYS_chown, AT_FDCWD, PATH(a), b, c,
			ROS_AT_SYMLINK_NOFOLLOW);
}

LX(fchown)
{
	return ros_call(SYS_chown, a, 0, 0, b, c, 0);
}

LX(fchownat)
{
	if ((e & ROS_AT_EMPTY_PATH) && b && !*(const char *)b)
		return ros_call(SYS_chown, a, 0, 0, c, d, 0);
	return ros_call(SYS_chown, a, PATH(b), c, d, e);
}

/* A NULL path is the descriptor itself; NULL times are now. */
LX(utimensat)
{
	return ros_call(SYS_utimens, a, PATH(b), c, d);
}

static long utimes_at(long dirfd, long path, const struct lx_timeval *tv)
{
	struct ros_timespec ts[2];

	if (!tv)
		return ros_call(SYS_utimens, dirfd, PATH(path), 0, 0);
	for (int i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return ros_call(SYS_utimens, dirfd, PATH(path), ts, 0);
}

LX(utimes)
{
	return utimes_at(AT_FDCWD, a, (const struct lx_timeval *)b);
}

LX(futimesat)
{
	return utimes_at(a, b, (const struct lx_timeval *)c);
}

LX(utime)
{
	const int64_t *t = (const int64_t *)b;
	struct ros_timespec ts[2];

	if (!t)
		return ros_call(SYS_utimens, AT_FDCWD, PATH(a), 0, 0);
	ts[0] = (struct ros_timespec){ t[0], 0 };
	ts[1] = (struct ros_timespec){ t[1], 0 };
	return ros_call(SYS_utimens, AT_FDCWD, PATH(a), ts, 0);
}

LX(statfs)
{
	return ros_call(SYS_statfs, AT_FDCWD, PATH(a), b);
}

LX(fstatfs)
{
	return ros_call(SYS_statfs, a, 0, 0, b);
}

LX(umask)
{
	return ros_call(SYS_umask, a);
}
