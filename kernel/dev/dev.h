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
struct cred;

/*
 * A new pipe: out[0] open for reading, out[1] for writing, a reference each.
 * flags: ROS_O_NONBLOCK (close-on-exec is the FD table's).  0 or -ENOMEM.  May
 * sleep.
 */
int __attribute__((warn_unused_result)) pipe_create(int flags,
						    struct chan *out[2]);

/* Fills buf from the kernel's generator (ChaCha20, reseeded from RDRAND where
 * there is one, and the time of interrupts).  Any context. */
void random_bytes(void *buf, size_t len);
