// SPDX-License-Identifier: MIT
/*
 * POSIX signals as the kernel sees them: numbers (Linux's), default actions.
 *
 * The kernel owns pending signals, SIGKILL, SIGSTOP, SIGCONT, SIGCHLD and the
 * default actions; the words sig_caught, sig_ignored and sig_blocked in
 * procdata tell it the rest.  A caught and unblocked signal becomes
 * EV_POSIX_SIGNAL to vcore 0 (arg1 = signal, arg2 = si_code, arg3 = value, and
 * arg4 = sender's pid | uid << 32); its handler runs in user space.
 * When the runtime unblocks a signal that is in sig_held it calls
 * SYS_sigaction_changed, and the kernel sends what was pending.
 */
#pragma once

#define ROS_SIGHUP    1
#define ROS_SIGINT    2
#define ROS_SIGQUIT   3
#define ROS_SIGILL    4
#define ROS_SIGTRAP   5
#define ROS_SIGABRT   6
#define ROS_SIGBUS    7
#define ROS_SIGFPE    8
#define ROS_SIGKILL   9
#define ROS_SIGUSR1   10
#define ROS_SIGSEGV   11
#define ROS_SIGUSR2   12
#define ROS_SIGPIPE   13
#define ROS_SIGALRM   14
#define ROS_SIGTERM   15
#define ROS_SIGSTKFLT 16
#define ROS_SIGCHLD   17
#define ROS_SIGCONT   18
#define ROS_SIGSTOP   19
#define ROS_SIGTSTP   20
#define ROS_SIGTTIN   21
#define ROS_SIGTTOU   22
#define ROS_SIGURG    23
#define ROS_SIGXCPU   24
#define ROS_SIGXFSZ   25
#define ROS_SIGVTALRM 26
#define ROS_SIGPROF   27
#define ROS_SIGWINCH  28
#define ROS_SIGIO     29
#define ROS_SIGPWR    30
#define ROS_SIGSYS    31

#define ROS_SIGBIT(sig) (1UL << ((sig)-1))
