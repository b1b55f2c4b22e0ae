// SPDX-License-Identifier: MIT
/* Names: directories, links, the current directory, mounts. */
#include "linux.h"

#define AT_REMOVEDIR 0x200

LX(getdents64)
{
	return ros_call(SYS_getdents, a, b, c);
}

LX(getcwd)
{
	return ros_call(SYS_getcwd, a, b);
}

LX(chdir)
{
	return ros_call(SYS_chdir, PATH(a));
}

LX(fchdir)
{
	return ros_call(SYS_fchdir, a);
}

LX(chroot)
{
	return ros_call(SYS_chroot, PATH(a));
}

LX(mkdir)
{
	return ros_call(SYS_mkdir, AT_FDCWD, PATH(a), b);
}

LX(mkdirat)
{
	return ros_call(SYS_mkdir, a, PATH(b), c);
}

LX(rmdir)
{
	return ros_call(SYS_rmdir, AT_FDCWD, PATH(a));
}

LX(unlink)
{
	return ros_call(SYS_unlink, AT_FDCWD, PATH(a));
}

LX(unlinkat)
{
	if (c & ~AT_REMOVEDIR)
		return -EINVAL;
	return ros_call(c ? SYS_rmdir : SYS_unlink, a, PATH(b));
}

LX(rename)
{
	return ros_call(SYS_rename, AT_FDCWD, PATH(a), AT_FDCWD, PATH(b));
}

LX(renameat)
{
	return ros_call(SYS_rename, a, PATH(b), c, PATH(d));
}

LX(renameat2)
{
	return e ? -EINVAL : ros_call(SYS_rename, a, PATH(b), c, PATH(d));
}

/* link() does not follow a symbolic link at the end of the old name. */
LX(link)
{
	return ros_call(SYS_link, AT_FDCWD, PATH(a), AT_FDCWD, PATH(b));
}

LX(linkat)
{
	return e ? -EINVAL : ros_call(SYS_link, a, PATH(b), c, PATH(d));
}

LX(symlink)
{
	return ros_call(SYS_symlink, PATH(a), AT_FDCWD, PATH(b));
}

LX(symlinkat)
{
	return ros_call(SYS_symlink, PATH(a), b, PATH(c));
}

static long do_readlink(long dirfd, long path, long buf, long len)
{
	if (len <= 0)
		return -EINVAL;
	return ros_call(SYS_readlink, dirfd, PATH(path), buf, len);
}

LX(readlink)
{
	return do_readlink(AT_FDCWD, a, b, (int)c);
}

LX(readlinkat)
{
	return do_readlink(a, b, c, (int)d);
}

LX(mknod)
{
	return ros_call(SYS_mknod, AT_FDCWD, PATH(a), b, c);
}

LX(mknodat)
{
	return ros_call(SYS_mknod, a, PATH(b), c, d);
}

/*
 * mount(source, target, type, flags): a bind is Plan 9's, in front of what is
 * there; other kinds of file systems have their own programs.
 */
#define MS_BIND 4096

LX(mount)
{
	if (!(d & MS_BIND) || !a || !b)
		return -ENODEV;
	return ros_call(SYS_nbind, PATH(a), PATH(b), MREPL);
}

LX(umount2)
{
	return ros_call(SYS_nunmount, 0, 0, PATH(a));
}
