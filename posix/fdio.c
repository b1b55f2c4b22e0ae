// SPDX-License-Identifier: MIT
/* Moving bytes. */
#include "linux.h"

LX(read)
{
	return ros_call_restart(SYS_read, a, b, c);
}

/* A signal that a broken pipe raises is the kernel's doing. */
LX(write)
{
	return ros_call_restart(SYS_write, a, b, c);
}

LX(pread64)
{
	return ros_call_restart(SYS_pread, a, b, c, d);
}

LX(pwrite64)
{
	return ros_call_restart(SYS_pwrite, a, b, c, d);
}

LX(readv)
{
	return ros_call_restart(SYS_readv, a, b, c, -1);
}

LX(writev)
{
	return ros_call_restart(SYS_writev, a, b, c, -1);
}

/* The offset is low and high word; on 64 bits the low one is all of it. */
LX(preadv)
{
	return d < 0 ? -EINVAL : ros_call_restart(SYS_readv, a, b, c, d);
}

LX(pwritev)
{
	return d < 0 ? -EINVAL : ros_call_restart(SYS_writev, a, b, c, d);
}

/* f: flags; none is known here.  Offset -1 is the file's own. */
LX(preadv2)
{
	return f ? -EOPNOTSUPP : ros_call_restart(SYS_readv, a, b, c, d);
}

LX(pwritev2)
{
	return f ? -EOPNOTSUPP : ros_call_restart(SYS_writev, a, b, c, d);
}

LX(lseek)
{
	return ros_call(SYS_llseek, a, b, c);
}

LX(ftruncate)
{
	return ros_call(SYS_ftruncate, a, b);
}

LX(truncate)
{
	return ros_call(SYS_truncate, AT_FDCWD, PATH(a), b);
}

LX(fsync)
{
	return ros_call(SYS_fsync, a, 0);
}

LX(fdatasync)
{
	return ros_call(SYS_fsync, a, 1);
}

LX(sync)
{
	return ros_call(SYS_sync);
}

/* Not for this kind of file: callers then read and write. */
LX(sendfile)
{
	return -EINVAL;
}

/* Space is not set aside here; posix_fallocate() falls back on this answer. */
LX(fallocate)
{
	return -EOPNOTSUPP;
}
