// SPDX-License-Identifier: MIT
/* What poll and select share. */
#pragma once

#include <ros/fdtap.h>
#include <ros/fs.h>

/* Fills revents; how many are not 0, 0 at the deadline (0: do not wait), or
 * -EINTR.  mask holds meanwhile if it is not NULL. */
long poll_core(struct ros_pollfd *fds, unsigned int nr, uint64_t deadline_ns,
	       const uint64_t *mask);

/* A timeout: zero is deadline 0, NULL is for ever. */
int poll_deadline(const struct ros_timespec *ts, uint64_t *deadline_ns);

struct ros_pollfd *poll_array_get(unsigned int nr);
void poll_array_put(struct ros_pollfd *fds, unsigned int nr);
