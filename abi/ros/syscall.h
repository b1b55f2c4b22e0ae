// SPDX-License-Identifier: MIT
/*
 * System calls: asynchronous, by a structure that both sides share.
 *
 * Entry    RAX = ROS_SYSCALL_MAGIC, RDI = array of struct syscall, RSI = count.
 *          On return RAX is how many entries were taken (they are then the
 *          kernel's until DONE), or -EFAULT if the first could not be read, or
 *          -EINVAL for a count of 0.  RCX and R11 are clobbered, nothing else.
 *          Any other RAX is foreign: if the process registered a foreign entry
 *          the kernel returns there with RCX = return address and R11 = flags,
 *          else the process gets SIGSYS.
 * States   submitted -> (PROGRESS) -> DONE.  Each entry completes on its own;
 *          when entry i blocks, the rest is run on another kernel thread.
 * S1       The kernel writes retval, err and errstr before it sets DONE.
 * S2       The kernel sets K_LOCK|DONE in one step; if UEVENT was set it reads
 *          ev_q and sends EV_SYSCALL with arg3 = the struct; then it clears
 *          K_LOCK.  With no UEVENT it sets DONE alone.  Once DONE is set and
 *          K_LOCK clear, the kernel never touches the struct again.
 * S3       To register for an event: store ev_q, then CAS UEVENT into flags in
 *          a loop that fails when DONE or PROGRESS is seen and spins while
 *          K_LOCK is.  Either the CAS fails or the event comes; never both.
 * S4       SC_WAIT ("wait here"): a single-core process sleeps in the trap
 *          until this call is done.  A caught signal aborts it with EINTR (one
 *          with its bit in sig_restart does not).  The trap also returns early
 *          when a notification is delivered: the caller looks at DONE, and
 *          waits otherwise.  Ignored for many-core processes.
 * S5       The kernel reads num, flags and args once, at the start.
 *
 * retval is -1 with a positive err on failure, as in Akaros, and errstr then
 * holds a sentence (possibly empty).  On success err and errstr are untouched.
 */
#pragma once

#include <ros/common.h>

#define ROS_SYSCALL_MAGIC (0x4d49544f53000000UL | ROS_ABI_VERSION)

#define SC_DONE	    0x01
#define SC_PROGRESS 0x02
#define SC_UEVENT   0x04
#define SC_K_LOCK   0x08
#define SC_ABORT    0x10
#define SC_WAIT	    0x20

#define MAX_ERRSTR_LEN 128

struct event_queue;

struct syscall {
	uint32_t num;
	int32_t err;
	int64_t retval;
	uint32_t flags; /* atomic */
	uint32_t reserved;
	struct event_queue *ev_q;
	void *u_data; /* the user's; never read by the kernel */
	uint64_t arg0, arg1, arg2, arg3, arg4, arg5;
	char errstr[MAX_ERRSTR_LEN];
};
ROS_ASSERT_SIZE(struct syscall, 216);
ROS_ASSERT_OFFSET(struct syscall, flags, 16);
ROS_ASSERT_OFFSET(struct syscall, arg0, 40);

/*
 * Numbers.  Arguments are listed after the name; a path is (pointer, length)
 * without a terminating zero; dirfd may be ROS_AT_FDCWD.  Numbers that are
 * reserved for later return ENOSYS.
 */
#define SYS_null	  1
#define SYS_block	  2 /* usec: sleep, abortable */
#define SYS_cache_invalidate 3
#define SYS_reboot	  4 /* how: ROS_RB_* */
#define SYS_getpcoreid	  7
#define SYS_getvcoreid	  8
#define SYS_proc_create	  10 /* struct proc_create_args *, size: a new pid */
#define SYS_proc_run	  11 /* pid: start a created process */
#define SYS_proc_destroy  12 /* pid, status: exit (own pid) or kill */
#define SYS_proc_yield	  13 /* being_nice */
#define SYS_change_vcore  14 /* vcoreid, enable_my_notif */
#define SYS_fork	  15
#define SYS_exec	  16 /* dirfd, path, len, argenv, argenv_len, flags */
#define SYS_waitpid	  17 /* pid, int *status, options, ros_rusage * */
#define SYS_mmap	  18 /* addr, len, prot, flags, fd, offset */
#define SYS_munmap	  19 /* addr, len */
#define SYS_mprotect	  20 /* addr, len, prot */
#define SYS_provision	  24 /* pid, res_type, value */
#define SYS_notify	  25 /* pid, ev_type, struct event_msg * */
#define SYS_self_notify	  26 /* vcoreid, ev_type, struct event_msg *, private */
#define SYS_halt_core	  27 /* usec */
#define SYS_change_to_m	  29
#define SYS_poke_ksched	  30 /* pid, res_type */
#define SYS_abort_sysc	  31 /* struct syscall *: 1 if it was found */
#define SYS_populate_va	  32 /* addr, nr_pages */
#define SYS_abort_sysc_fd 33 /* fd: how many were aborted */
#define SYS_vmm_add_gpcs  34
#define SYS_vc_entry	  35
#define SYS_nanosleep	  36 /* timespec *req, *rem */
#define SYS_pop_ctx	  37 /* struct user_context * */
#define SYS_vmm_poke_guest 38
#define SYS_send_event	  39 /* event_queue *, event_msg *, vcoreid */
#define SYS_vmm_ctl	  40

#define SYS_read	  100 /* fd, buf, len */
#define SYS_write	  101
#define SYS_openat	  102 /* dirfd, path, len, flags, mode */
#define SYS_close	  103 /* fd */
#define SYS_fstat	  104 /* fd, struct ros_stat * */
#define SYS_stat	  105 /* path, len, struct ros_stat *, dirfd */
#define SYS_lstat	  106
#define SYS_fcntl	  107 /* fd, cmd, arg */
#define SYS_access	  108 /* dirfd, path, len, mode, flags */
#define SYS_umask	  109 /* mask: the old one */
#define SYS_llseek	  111 /* fd, offset, whence */
#define SYS_link	  112 /* olddirfd, old, len, newdirfd, new, len */
#define SYS_unlink	  113 /* dirfd, path, len */
#define SYS_symlink	  114 /* target, len, dirfd, path, len */
#define SYS_readlink	  115 /* dirfd, path, len, buf, buflen */
#define SYS_chdir	  116 /* path, len */
#define SYS_getcwd	  117 /* buf, len: length with the zero */
#define SYS_mkdir	  118 /* dirfd, path, len, mode */
#define SYS_rmdir	  119 /* dirfd, path, len */
#define SYS_pipe	  120 /* int fds[2], flags */
#define SYS_wstat	  121
#define SYS_fwstat	  122
#define SYS_rename	  123 /* olddirfd, old, len, newdirfd, new, len */
#define SYS_fchdir	  124 /* fd */
#define SYS_dup_fds_to	  125 /* pid, struct childfdmap *, nr: how many */
#define SYS_tap_fds	  126 /* struct fd_tap_req *, nr: how many */
#define SYS_tcgetattr	  141
#define SYS_tcsetattr	  142
#define SYS_setuid	  143 /* ruid, euid, suid; -1 leaves one as it is */
#define SYS_setgid	  144 /* rgid, egid, sgid */
#define SYS_nbind	  145 /* src, len, onto, len, flags */
#define SYS_nmount	  146 /* fd, onto, len, flags */
#define SYS_nunmount	  147 /* src, len, onto, len */
#define SYS_fd2path	  149 /* fd, buf, len */

/* Not in Akaros. */
#define SYS_pread	  160 /* fd, buf, len, offset */
#define SYS_pwrite	  161
#define SYS_readv	  162 /* fd, struct ros_iovec *, nr, offset or -1 */
#define SYS_writev	  163
#define SYS_getdents	  164 /* fd, buf, len: struct ros_dirent */
#define SYS_ftruncate	  165 /* fd, length */
#define SYS_truncate	  166 /* dirfd, path, len, length */
#define SYS_fsync	  167 /* fd, data_only */
#define SYS_utimens	  168 /* dirfd, path or 0, len, timespec[2], flags */
#define SYS_ioctl	  169 /* fd, request, arg */
#define SYS_chmod	  170 /* dirfd, path or 0, len, mode, flags */
#define SYS_chown	  171 /* dirfd, path or 0, len, uid, gid, flags */
#define SYS_mknod	  172 /* dirfd, path, len, mode, dev */
#define SYS_statfs	  173 /* dirfd, path or 0, len, struct ros_statfs * */
#define SYS_fdlock	  174 /* fd, cmd, struct ros_flock * */
#define SYS_dup		  175 /* fd, min or exact, ROS_DUP_* flags */
#define SYS_setpgid	  176 /* pid, pgid */
#define SYS_setsid	  177
#define SYS_kill	  178 /* pid (as kill(2)), signal */
#define SYS_sigqueue	  179 /* pid, signal, value */
#define SYS_sigaction_changed 180 /* the words changed: mask still pending */
#define SYS_rlimit	  181 /* pid, which, const new *, old * */
#define SYS_rusage	  182 /* who, struct ros_rusage * */
#define SYS_msync	  183 /* addr, len, flags */
#define SYS_mremap	  184 /* addr, old_len, new_len, flags, new_addr */
#define SYS_madvise	  185 /* addr, len, advice */
#define SYS_brk		  186 /* new break or 0: the break */
#define SYS_futex	  187 /* addr, op, value, usec or -1, addr2, value2 */
#define SYS_fdpass	  188
#define SYS_setgroups	  189 /* nr, const uint32_t * */
#define SYS_getgroups	  190
#define SYS_getrandom	  191 /* buf, len, flags */
#define SYS_set_time	  192 /* const timespec * */
#define SYS_sysinfo	  193 /* struct ros_sysinfo *, size */
#define SYS_foreign_entry 194 /* pc, or 0 for none */
#define SYS_chroot	  195 /* path, len */
#define SYS_sync	  196
#define SYS_eventfd	  197
#define SYS_timerfd	  198
#define SYS_signalfd	  199
#define SYS_inotify	  200
#define SYS_memfd	  201
#define SYS_affinity	  202
#define SYS_poll_probe	  203 /* struct ros_pollfd *, nr: fills revents now */
#define SYS_ring	  204
#define SYS_hostname	  205 /* set, buf, len */
#define SYS_prctl	  206
#define SYS_MAX		  256

#define ROS_RB_HALT	0
#define ROS_RB_POWEROFF 1
#define ROS_RB_RESTART	2
