// SPDX-License-Identifier: MIT
/*
 * dev: the in-kernel file servers, a file each; what other rooms call of them.
 *
 *   #cons #launch  the terminals (tty/tty.h) of this machine
 *   #mem           null zero full random kmsg
 *   #pipe          pipes; only SYS_pipe makes them
 *   #tmpfs         files in memory
 *   #proc          processes and the machine, in Linux's formats
 *   #alarm         timers that post events
 *   #version       what this kernel is
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct chan;
struct proc;
struct cred;

/*
 * A new pipe: out[0] open for reading, out[1] for writing, a reference each.
 * flags: ROS_O_NONBLOCK (close-on-exec is the FD table's).  0 or -ENOMEM.  May
 * sleep.
 */
int __attribute__((warn_unused_result)) pipe_create(int flags,
						    struct chan *out[2]);
/* How much lies in the pipe that c is an end of; 0 if it is of none. */
size_t pipe_bytes(struct chan *c);

/* What uname and /proc call this kernel. */
#define KERNEL_RELEASE "0.1"

/* The host's name (hostname.c).  -ENAMETOOLONG. */
#define HOSTNAME_MAX 64
void hostname_get(char name[HOSTNAME_MAX + 1]);
int __attribute__((warn_unused_result)) hostname_set(const char *name,
						     size_t len);

/* The terminal of a session as stat and ps number it, 0 if it has none, and the
 * terminal's foreground group (dev_cons.c). */
uint32_t cons_session_tty(int sid, int *fg_pgid);
/* A session's leader gives its terminal back (main/proc_parts.c). */
void cons_proc_destroy(struct proc *p);

/* The load average of the last minute (dev_proc_cpu.c). */
uint64_t load_permille(void);

/* Fills buf from the kernel's generator (ChaCha20, reseeded from RDRAND where
 * there is one, and the time of interrupts).  Any context. */
void random_bytes(void *buf, size_t len);
