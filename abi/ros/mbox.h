// SPDX-License-Identifier: MIT
/*
 * Mailboxes: where event messages lie until the consumer takes them.
 *
 * UCQ     unbounded concurrent queue.  prod_idx holds a page's address plus a
 *         slot number; slot 0 is never used.  Producers fetch-add it; past the
 *         page's end they take ucq_lock, link the spare page or a fresh one and
 *         reset prod_idx.  Payload first, then the slot's ready flag (release;
 *         pairs with the consumer's acquire).  Consumers CAS cons_idx.
 * evbm    a bit per event type: set the bit, then check_bits (both seq_cst).
 *         Coalesces; loses the payload.
 * CEQ     coalescing queue: an array indexed by event type, and a ring that
 *         names the entries that were touched.
 *         Producer: OR/ADD into coalesce; fence; if idx_posted stop; set it;
 *         put the index on the ring, else set ring_overflowed.
 *         Consumer: clear idx_posted, then exchange coalesce with 0.  An entry
 *         found with idx_posted clear is stale: skip it, and go on; report
 *         empty only when the ring is empty and no overflow scan is due.
 *
 * The memory orders and the interleavings: docs/events.md.
 */
#pragma once

#include <ros/common.h>

/* The 32 bytes that travel. */
struct event_msg {
	uint32_t ev_type;
	uint16_t ev_arg1;
	uint16_t ev_reserved;
	uint32_t ev_arg2;
	uint32_t ev_gen;
	void *ev_arg3;
	uint64_t ev_arg4;
};
ROS_ASSERT_SIZE(struct event_msg, 32);

/* Slots of a UCQ page are 1 .. NR_MSG_PER_PAGE; slot i is msgs[i - 1].  A new
 * queue has prod_idx = cons_idx = page | 1, and is empty while they are equal;
 * a page that is linked has cons_next_pg, nr_cons and all ready flags 0. */
#define UCQ_FIRST_SLOT 1

#define MAX_NR_EVENT_BITS 64 /* types an evbitmap can hold */

#define EV_MBOX_UCQ    1
#define EV_MBOX_BITMAP 2
#define EV_MBOX_CEQ    3

/* ------------------------------------------------------------------- UCQ */
struct msg_container {
	struct event_msg ev_msg;
	uint32_t ready; /* atomic */
	uint32_t pad;
};
ROS_ASSERT_SIZE(struct msg_container, 40);

struct ucq_page_header {
	uintptr_t cons_next_pg; /* atomic: next page, 0 until linked */
	uint32_t nr_cons;	/* atomic: messages consumed so far */
	uint32_t pad;
};

#define NR_MSG_PER_PAGE                                                        \
	((PGSIZE - sizeof(struct ucq_page_header)) /                           \
	 sizeof(struct msg_container))

struct ucq_page {
	struct ucq_page_header header;
	struct msg_container msgs[NR_MSG_PER_PAGE];
};
_Static_assert(sizeof(struct ucq_page) <= PGSIZE, "a UCQ page is a page");

struct ucq {
	uintptr_t prod_idx;	/* atomic: page | slot */
	uintptr_t spare_pg;	/* atomic: a page to link next, or 0 */
	uintptr_t cons_idx;	/* atomic: page | slot */
	uint32_t nr_extra_pgs;	/* atomic */
	uint32_t prod_overflow; /* atomic: a page change is under way */
	uint32_t ucq_lock;	/* atomic: kernel producers' page change */
	uint32_t ucq_ready;	/* initialised */
	uint64_t u_lock[2];	/* the consumers' lock */
};
ROS_ASSERT_SIZE(struct ucq, 56);

/* ---------------------------------------------------------------- bitmap */
struct evbitmap {
	uint32_t check_bits; /* atomic */
	uint32_t pad;
	uint64_t bits[(MAX_NR_EVENT_BITS + 63) / 64]; /* atomic */
};

/* ------------------------------------------------------------------- CEQ */
#define CEQ_OR	1
#define CEQ_ADD 2
#define CEQ_DEFAULT_SZ 128

struct ceq_event {
	uint64_t coalesce;   /* atomic: OR or ADD of arg2 */
	uint64_t blob_data;  /* atomic: last arg3 */
	uint32_t idx_posted; /* atomic */
	uint32_t pad;
	void *user_data; /* the consumer's */
};
ROS_ASSERT_SIZE(struct ceq_event, 32);

struct ceq {
	struct ceq_event *events;
	int32_t *ring; /* -1: empty slot */
	uint32_t nr_events;
	uint32_t ring_sz; /* a power of two */
	uint32_t operation;
	uint32_t prod;		  /* atomic */
	uint32_t cons_pub;	  /* atomic */
	uint32_t cons_pvt;	  /* atomic */
	uint32_t ring_overflowed; /* atomic */
	uint32_t overflow_recovery;
	uint32_t last_recovered;
	uint32_t max_event_ever; /* atomic: scan bound, exclusive */
	uint64_t u_lock[2];
};
ROS_ASSERT_SIZE(struct ceq, 72);

struct event_mbox {
	uint32_t type; /* EV_MBOX_* */
	uint32_t pad;
	union {
		struct ucq ucq;
		struct evbitmap evbm;
		struct ceq ceq;
	};
};
ROS_ASSERT_SIZE(struct event_mbox, 80);
