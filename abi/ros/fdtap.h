// SPDX-License-Identifier: MIT
/*
 * FD taps: an event for each change of a file's readiness.
 *
 * A tap is keyed by (fd, event queue, id): many per FD; adding the same key
 * again is EBUSY.  It fires on transitions only (edge-triggered); the event has
 * type = id, arg2 = the bits that fired, arg3 = data.  Closing the FD on any
 * path removes its taps.
 */
#pragma once

#include <ros/common.h>

#define FDTAP_CMD_ADD 1
#define FDTAP_CMD_REM 2
#define FDTAP_CMD_MOD 3

#define FDTAP_FILT_READABLE 0x001
#define FDTAP_FILT_WRITABLE 0x002
#define FDTAP_FILT_WRITTEN  0x004
#define FDTAP_FILT_DELETED  0x008
#define FDTAP_FILT_ERROR    0x010
#define FDTAP_FILT_RENAME   0x020
#define FDTAP_FILT_TRUNCATE 0x040
#define FDTAP_FILT_ATTRIB   0x080
#define FDTAP_FILT_PRIORITY 0x100
#define FDTAP_FILT_HANGUP   0x200
#define FDTAP_FILT_RDHUP    0x400
#define FDTAP_FILT_ALL	    0x7ff

struct event_queue;

struct fd_tap_req {
	int32_t fd;
	int32_t cmd;
	uint32_t filter;
	uint32_t ev_id;
	struct event_queue *ev_q;
	void *data;
};
ROS_ASSERT_SIZE(struct fd_tap_req, 32);
