// SPDX-License-Identifier: MIT
/*
 * Alarms of the kernel's #alarm device, one at a time.
 *
 * An alarm has a ctl file, a timer file and a number; it exists until both
 * files are closed, and a fork's child has none of its parent's.  When its time
 * comes EV_ALARM is posted to its queue.  All functions return 0 or -errno.
 */
#pragma once

#include <parlib/common.h>
#include <ros/event.h>

/* A new alarm, without a queue and without a time.  What is not wanted may be
 * NULL; the file is then closed at once.  The FDs are closed on exec. */
int devalarm_get_fds(int *ctlfd_r, int *timerfd_r, int *alarmid_r);
/* Where it posts its events; NULL: nowhere.  Replaces an earlier one. */
int devalarm_set_evq(int timerfd, struct event_queue *ev_q, int alarmid);
/* An absolute time of the time stamp counter; once.  An event of the time
 * before this may be in the queue already. */
int devalarm_set_time(int timerfd, uint64_t tsc_time);
int devalarm_disable(int timerfd);
/* Which alarm an event is of; -1: no message. */
int devalarm_get_id(struct event_msg *ev_msg);
