// SPDX-License-Identifier: MIT
/*
 * Files: open modes, stat, directory entries, seeks, fcntl.
 *
 * Open modes are bits, and 0 means no I/O permission (unlike POSIX systems that
 * number them).  The other O_ bits, struct ros_stat and struct ros_dirent have
 * Linux's x86-64 layout, so that a C library passes them through.
 */
#pragma once

#include <ros/common.h>
#include <ros/time.h>

#define O_READ	  01
#define O_WRITE	  02
#define O_EXEC	  04
#define O_ACCMODE 07
#ifndef O_RDONLY
#define O_RDONLY O_READ
#define O_WRONLY O_WRITE
#define O_RDWR	 (O_READ | O_WRITE)
#endif

#define ROS_O_CREAT	0100
#define ROS_O_EXCL	0200
#define ROS_O_NOCTTY	0400
#define ROS_O_TRUNC	01000
#define ROS_O_APPEND	02000
#define ROS_O_NONBLOCK	04000
#define ROS_O_DSYNC	010000
#define ROS_O_ASYNC	020000
#define ROS_O_DIRECT	040000
#define ROS_O_LARGEFILE 0100000
#define ROS_O_DIRECTORY 0200000
#define ROS_O_NOFOLLOW	0400000
#define ROS_O_NOATIME	01000000
#define ROS_O_CLOEXEC	02000000
#define ROS_O_PATH	010000000
#define ROS_O_TMPFILE	020000000
#define ROS_O_REMCLO	0100000000 /* remove on close (9P's ORCLOSE) */
#define ROS_O_INTERNAL	0200000000 /* the runtime's reserved FD range */

/* Access bits as in K5 to permission bits 4/2/1 (rwx): ros_omode_to_rwx(). */
static inline unsigned int ros_omode_to_rwx(int omode)
{
	return ((omode & O_READ) ? 4 : 0) | ((omode & O_WRITE) ? 2 : 0) |
	       ((omode & O_EXEC) ? 1 : 0);
}

#define ROS_AT_FDCWD		(-100)
#define ROS_AT_SYMLINK_NOFOLLOW 0x100
#define ROS_AT_EACCESS		0x200
#define ROS_AT_SYMLINK_FOLLOW	0x400
#define ROS_AT_EMPTY_PATH	0x1000

#define NR_FILE_DESC_MAX     (1 << 19)
#define NR_OPEN_FILES_DEFAULT 65536
/* FDs that the runtime keeps for itself: invisible to limits, /proc and
 * fork. */
#define ROS_INTERNAL_FD_BASE (NR_FILE_DESC_MAX - 1024)

struct ros_stat {
	uint64_t st_dev;
	uint64_t st_ino;
	uint64_t st_nlink;
	uint32_t st_mode;
	uint32_t st_uid;
	uint32_t st_gid;
	uint32_t pad0;
	uint64_t st_rdev;
	int64_t st_size;
	int64_t st_blksize;
	int64_t st_blocks;
	struct ros_timespec st_atim, st_mtim, st_ctim;
	int64_t unused[3];
};
ROS_ASSERT_SIZE(struct ros_stat, 144);

#define ROS_S_IFMT   0170000
#define ROS_S_IFIFO  0010000
#define ROS_S_IFCHR  0020000
#define ROS_S_IFDIR  0040000
#define ROS_S_IFBLK  0060000
#define ROS_S_IFREG  0100000
#define ROS_S_IFLNK  0120000
#define ROS_S_IFSOCK 0140000

struct ros_dirent {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen; /* 8-aligned */
	uint8_t d_type;	   /* mode >> 12 */
	char d_name[];	   /* with its zero */
};
ROS_ASSERT_OFFSET(struct ros_dirent, d_name, 19);

struct ros_statfs {
	uint64_t f_type, f_bsize, f_blocks, f_bfree, f_bavail;
	uint64_t f_files, f_ffree, f_fsid;
	uint64_t f_namelen, f_frsize, f_flags;
	uint64_t spare[4];
};
ROS_ASSERT_SIZE(struct ros_statfs, 120);

struct ros_iovec {
	uint64_t iov_base;
	uint64_t iov_len;
};
#define ROS_IOV_MAX 1024

#define ROS_SEEK_SET  0
#define ROS_SEEK_CUR  1
#define ROS_SEEK_END  2
#define ROS_SEEK_DATA 3
#define ROS_SEEK_HOLE 4

/* fcntl commands (Linux's numbers) */
#define ROS_F_DUPFD	    0
#define ROS_F_GETFD	    1
#define ROS_F_SETFD	    2
#define ROS_F_GETFL	    3
#define ROS_F_SETFL	    4
#define ROS_F_GETLK	    5
#define ROS_F_SETLK	    6
#define ROS_F_SETLKW	    7
#define ROS_F_DUPFD_CLOEXEC 1030
#define ROS_F_SETPIPE_SZ    1031
#define ROS_F_GETPIPE_SZ    1032
#define ROS_FD_CLOEXEC	    1

/* SYS_dup flags: at least `min`, or exactly it (closing what was there). */
#define ROS_DUP_MIN	0
#define ROS_DUP_EXACT	1
#define ROS_DUP_CLOEXEC 2

/* SYS_nbind and SYS_nmount flags */
#define MREPL	0x0
#define MBEFORE 0x1
#define MAFTER	0x2
#define MCREATE 0x4
#define MCACHE	0x10

#define ROS_PATH_MAX	 4096
#define ROS_NAME_MAX	 255
#define ROS_SYMLINKS_MAX 40
#define ROS_PIPE_BUF	 4096

/* SYS_poll_probe: what is ready now, in fdtap.h's filter bits, or BADFD for a
 * number that is not open; negative ones are skipped.  How many are not 0. */
#define ROS_POLL_BADFD 0x80000000U
struct ros_pollfd {
	int32_t fd;
	uint32_t events;
	uint32_t revents;
	uint32_t pad;
};
