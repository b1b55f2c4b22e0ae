// SPDX-License-Identifier: MIT
/*
 * Events: how the kernel tells a process something, through memory.
 *
 * An event message is posted to the mailbox of an event queue; the queue's
 * flags say who is told.  Every structure here lies in user memory: the kernel
 * reads each field once, checks it, and writes with fault-tolerant copies.  A
 * hostile or vanished queue loses its own messages and nothing else.
 *
 * E1  A message is in the mailbox before any notif_pending, alert_pending or
 *     INDIR message tells of it.
 * E2  alert_pending: the kernel sets it before it sends an INDIR; the consumer
 *     clears it before it drains (ordering pairs: docs/events.md).
 * E3  ev_gen is copied into every INDIR message; a consumer ignores one whose
 *     generation is not the queue's own, so that queues can be reused at once.
 */
#pragma once

#include <ros/common.h>
#include <ros/mbox.h>

/* Event types with a fixed meaning; 32 bits, so that an FD can be a type. */
#define EV_NONE		       0
#define EV_PREEMPT_PENDING     1
#define EV_GANG_PREEMPT_PENDING 2
#define EV_VCORE_PREEMPT       3
#define EV_GANG_RETURN	       4
#define EV_USER_IPI	       5
#define EV_PAGE_FAULT	       6
#define EV_ALARM	       7
#define EV_EVENT	       8 /* an INDIR: arg3 = queue, gen = its ev_gen */
#define EV_FREE_APPLE_PIE      9
#define EV_SYSCALL	       10 /* arg3 = the struct syscall */
#define EV_CHECK_MSGS	       11
#define EV_POSIX_SIGNAL	       12 /* arg1 = signal, arg3 = sender's value */
#define NR_BUILTIN_EVENT_TYPES 25
#define MAX_NR_DYN_EVENT       25
#define MAX_NR_EVENT	       (NR_BUILTIN_EVENT_TYPES + MAX_NR_DYN_EVENT)

/* Queue flags. */
#define EVENT_IPI	      0x001 /* interrupt the target vcore */
#define EVENT_SPAM_PUBLIC     0x002 /* the message itself to a public mailbox */
#define EVENT_INDIR	      0x004 /* send EV_EVENT to the target vcore */
#define EVENT_VCORE_PRIVATE   0x008 /* the private VCPD mailbox */
#define EVENT_SPAM_INDIR      0x010 /* spam the INDIR message */
#define EVENT_VCORE_MUST_RUN  0x020 /* a vcore that runs, or will */
#define EVENT_NOTHROTTLE      0x040 /* INDIR even if alert_pending is set */
#define EVENT_ROUNDROBIN      0x080 /* pick the vcore by turns */
#define EVENT_VCORE_APPRO     0x100 /* the sender's hint picks the vcore */
#define EVENT_WAKEUP	      0x200 /* make a waiting process runnable */

struct event_queue {
	struct event_mbox *ev_mbox; /* NULL: the target's VCPD mailbox */
	uint32_t ev_flags;
	uint32_t ev_vcore;
	uint32_t ev_alert_pending; /* atomic */
	uint32_t ev_gen;
	void (*ev_handler)(struct event_queue *ev_q); /* user's, not ours */
	void *ev_udata;				      /* user's, not ours */
};
ROS_ASSERT_SIZE(struct event_queue, 40);

struct event_queue_big {
	struct event_queue ev_q;
	struct event_mbox ev_imbox;
};
