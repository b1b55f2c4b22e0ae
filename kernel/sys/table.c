// SPDX-License-Identifier: MIT
/*
 * The table of system calls.  A number that is not here answers -ENOSYS and is
 * named in the log the first time (dispatch.c).
 */
#include <sys/sys.h>

/* Prototypes: every handler that the table names. */
#define SYS_LIST(X, XF, XE)                                                    \
	XE(null, 0)                                                            \
	X(block, 1)                                                            \
	XE(cache_invalidate, 0)                                                \
	X(reboot, 1)                                                           \
	XE(getpcoreid, 0)                                                      \
	XE(getvcoreid, 0)                                                      \
	X(proc_create, 2)                                                      \
	X(proc_run, 1)                                                         \
	XE(proc_destroy, 2)                                                    \
	XE(proc_yield, 1)                                                      \
	X(fork, 0)                                                             \
	XE(exec, 6)                                                            \
	X(waitpid, 4)                                                          \
	X(mmap, 6)                                                             \
	X(munmap, 2)                                                           \
	X(mprotect, 3)                                                         \
	X(notify, 3)                                                           \
	XE(self_notify, 4)                                                     \
	XE(abort_sysc, 1)                                                      \
	X(populate_va, 2)                                                      \
	XE(abort_sysc_fd, 1)                                                   \
	XE(vc_entry, 0)                                                        \
	X(nanosleep, 2)                                                        \
	XE(pop_ctx, 1)                                                         \
	XE(send_event, 3)                                                      \
	XF(read, 3)                                                            \
	XF(write, 3)                                                           \
	X(openat, 5)                                                           \
	XF(close, 1)                                                           \
	XF(fstat, 2)                                                           \
	X(stat, 4)                                                             \
	X(lstat, 4)                                                            \
	XF(fcntl, 3)                                                           \
	X(access, 5)                                                           \
	X(umask, 1)                                                            \
	XF(llseek, 3)                                                          \
	X(link, 6)                                                             \
	X(unlink, 3)                                                           \
	X(symlink, 5)                                                          \
	X(readlink, 5)                                                         \
	X(chdir, 2)                                                            \
	X(getcwd, 2)                                                           \
	X(mkdir, 4)                                                            \
	X(rmdir, 3)                                                            \
	X(pipe, 2)                                                             \
	X(rename, 6)                                                           \
	XF(fchdir, 1)                                                          \
	X(dup_fds_to, 3)                                                       \
	X(tap_fds, 2)                                                          \
	X(setuid, 3)                                                           \
	X(setgid, 3)                                                           \
	X(nbind, 5)                                                            \
	X(nunmount, 4)                                                         \
	XF(fd2path, 3)                                                         \
	XF(pread, 4)                                                           \
	XF(pwrite, 4)                                                          \
	XF(readv, 4)                                                           \
	XF(writev, 4)                                                          \
	XF(getdents, 3)                                                        \
	XF(ftruncate, 2)                                                       \
	X(truncate, 4)                                                         \
	XF(fsync, 2)                                                           \
	X(utimens, 5)                                                          \
	XF(ioctl, 3)                                                           \
	X(chmod, 5)                                                            \
	X(chown, 6)                                                            \
	X(mknod, 5)                                                            \
	X(statfs, 4)                                                           \
	XF(dup, 3)                                                             \
	X(setpgid, 2)                                                          \
	X(setsid, 0)                                                           \
	XE(kill, 2)                                                            \
	XE(sigqueue, 3)                                                        \
	XE(sigaction_changed, 0)                                               \
	X(rlimit, 4)                                                           \
	X(rusage, 2)                                                           \
	X(msync, 3)                                                            \
	X(mremap, 5)                                                           \
	X(madvise, 3)                                                          \
	X(brk, 1)                                                              \
	X(futex, 4)                                                            \
	X(setgroups, 2)                                                        \
	X(getgroups, 2)                                                        \
	X(getrandom, 3)                                                        \
	X(set_time, 1)                                                         \
	X(sysinfo, 2)                                                          \
	X(foreign_entry, 1)                                                    \
	X(chroot, 2)                                                           \
	X(sync, 0)                                                             \
	X(poll_probe, 2)                                                       \
	X(hostname, 3)

#define PROTOTYPE(name, nr) SYS_FN(name);
SYS_LIST(PROTOTYPE, PROTOTYPE, PROTOTYPE)

#pragma GCC diagnostic ignored "-Woverride-init"

#define HANDLER(nm, nr) [SYS_##nm] = sysfn_##nm,

const sys_fn sys_table[SYS_MAX] = {
	[0 ... SYS_MAX - 1] = sys_refuse,
	SYS_LIST(HANDLER, HANDLER, HANDLER)
};

/* X: plain.  XF: the first argument is a descriptor.  XE: SYSF_EXEMPT. */
#define PLAIN(nm, nr)  [SYS_##nm] = { #nm, nr, 0, 0 },
#define OF_FD(nm, nr)  [SYS_##nm] = { #nm, nr, 1, 0 },
#define EXEMPT(nm, nr) [SYS_##nm] = { #nm, nr, 0, SYSF_EXEMPT },

const struct sys_info sys_info[SYS_MAX] = {
	SYS_LIST(PLAIN, OF_FD, EXEMPT)
};
