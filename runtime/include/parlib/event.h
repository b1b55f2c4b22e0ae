// SPDX-License-Identifier: MIT
/*
 * Event queues from the consumer's side.  Names and meanings as in Akaros.
 *
 * A queue has a mailbox of its own (big), somebody else's (slim), or none: the
 * chosen vcore's VCPD mailboxes.  A message is taken out by handle_events() and
 * given to the handlers of its type; a queue with EVENT_INDIR announces itself
 * by EV_EVENT, and its ev_handler (or else handle_mbox()) is called.
 * Handlers run in vcore context and may not block.
 */
#pragma once

#include <parlib/syscall.h>
#include <parlib/uthread.h>
#include <ros/event.h>

/* Queues.  mbox_type: EV_MBOX_*. */
struct event_queue *get_eventq(int mbox_type);
struct event_queue *get_eventq_raw(void);
struct event_queue *get_eventq_slim(void);
struct event_queue *get_eventq_vcpd(uint32_t vcoreid, int ev_flags);
void put_eventq(struct event_queue *ev_q);
void put_eventq_raw(struct event_queue *ev_q);
void put_eventq_slim(struct event_queue *ev_q);
void put_eventq_vcpd(struct event_queue *ev_q);

void event_mbox_init(struct event_mbox *ev_mbox, int mbox_type);
void event_mbox_cleanup(struct event_mbox *ev_mbox);

/* Where the kernel's own events of a type go. */
void register_kevent_q(struct event_queue *ev_q, unsigned int ev_type);
struct event_queue *clear_kevent_q(unsigned int ev_type);
void enable_kevent(unsigned int ev_type, uint32_t vcoreid, int ev_flags);
struct event_queue *disable_kevent(unsigned int ev_type);

/* Handlers of a message type; several may be registered. */
typedef void (*handle_event_t)(struct event_msg *ev_msg, unsigned int ev_type,
			       void *data);
int register_ev_handler(unsigned int ev_type, handle_event_t handler,
			void *data);
int deregister_ev_handler(unsigned int ev_type, handle_event_t handler,
			  void *data);

/* Taking messages. */
bool extract_one_mbox_msg(struct event_mbox *ev_mbox,
			  struct event_msg *ev_msg);
bool handle_one_mbox_msg(struct event_mbox *ev_mbox);
int handle_mbox(struct event_mbox *ev_mbox);
bool mbox_is_empty(struct event_mbox *ev_mbox);
int handle_events(uint32_t vcoreid);
void handle_event_q(struct event_queue *ev_q);
void handle_vcpd_mbox(uint32_t rem_vcoreid);
void send_self_vc_msg(struct event_msg *ev_msg);
/* A handler that may not return says so: what is left is taken up again. */
void ev_might_not_return(void);

/* Completion of a call: true if the event will come, false if the call is done
 * or under way to it, and none will (S3 in ros/syscall.h). */
bool register_evq(struct syscall *sysc, struct event_queue *ev_q);
void deregister_evq(struct syscall *sysc);

/* Threads that wait on queues.  Such a queue is the threads' alone: it needs
 * INDIR, a way to be heard (IPI or SPAM_INDIR) and WAKEUP. */
void evq_attach_wakeup_ctlr(struct event_queue *ev_q);
void evq_remove_wakeup_ctlr(struct event_queue *ev_q);
void uth_blockon_evqs(struct event_msg *ev_msg, struct event_queue **which,
		      size_t num_evqs, ...);
void uth_blockon_evqs_arr(struct event_msg *ev_msg, struct event_queue **which,
			  struct event_queue *evqs[], size_t num_evqs);
bool uth_check_evqs(struct event_msg *ev_msg, struct event_queue **which,
		    size_t num_evqs, ...);
bool uth_check_evqs_arr(struct event_msg *ev_msg, struct event_queue **which,
			struct event_queue *evqs[], size_t num_evqs);
