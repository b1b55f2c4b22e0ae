// SPDX-License-Identifier: MIT
/*
 * Threads that block on event queues (E15).
 *
 * A queue's controller lists the threads that wait on it; its handler wakes the
 * first of them.  A thread that leaves looks whether a queue that it was listed
 * on still has messages and others waiting, and wakes the next: one message
 * wakes one thread, and none is forgotten.
 */
#include <parlib/event.h>

#include <stdarg.h>

#include <parlib/alloc.h>
#include <parlib/spinlock.h>

#define MAX_EVQS 16

struct wait_link {
	struct wait_link *next;
	struct uthread *uth;
};

struct wakeup_ctlr {
	struct spin_pdr_lock lock;
	struct wait_link *first; /* [lock] in the order they came */
};

static void wake_first_locked(struct wakeup_ctlr *c)
{
	if (c->first)
		uthread_wake(c->first->uth);
}

static void evq_wakeup_handler(struct event_queue *ev_q)
{
	struct wakeup_ctlr *c = ev_q->ev_udata;

	spin_pdr_lock(&c->lock);
	wake_first_locked(c);
	spin_pdr_unlock(&c->lock);
}

void evq_attach_wakeup_ctlr(struct event_queue *ev_q)
{
	struct wakeup_ctlr *c = rt_alloc(sizeof(*c));

	runtime_assert(c);
	ev_q->ev_udata = c;
	ev_q->ev_handler = evq_wakeup_handler;
}

void evq_remove_wakeup_ctlr(struct event_queue *ev_q)
{
	ev_q->ev_handler = NULL;
	rt_free(ev_q->ev_udata, sizeof(struct wakeup_ctlr));
	ev_q->ev_udata = NULL;
}

static void link_to(struct event_queue *ev_q, struct wait_link *l)
{
	struct wakeup_ctlr *c = ev_q->ev_udata;
	struct wait_link **at;

	l->next = NULL;
	l->uth = current_uthread();
	spin_pdr_lock(&c->lock);
	for (at = &c->first; *at; at = &(*at)->next)
		;
	*at = l;
	spin_pdr_unlock(&c->lock);
}

static void unlink_from(struct event_queue *ev_q, struct wait_link *l)
{
	struct wakeup_ctlr *c = ev_q->ev_udata;
	struct wait_link **at;

	spin_pdr_lock(&c->lock);
	for (at = &c->first; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	if (!mbox_is_empty(ev_q->ev_mbox))
		wake_first_locked(c);
	spin_pdr_unlock(&c->lock);
}

/* In argument order.  Notifications are off: consumers wait for each other. */
bool uth_check_evqs_arr(struct event_msg *ev_msg, struct event_queue **which,
			struct event_queue *evqs[], size_t num_evqs)
{
	bool found = false;

	uth_disable_notifs();
	for (size_t i = 0; i < num_evqs && !found; i++)
		if (extract_one_mbox_msg(evqs[i]->ev_mbox, ev_msg)) {
			*which = evqs[i];
			found = true;
		}
	uth_enable_notifs();
	return found;
}

void uth_blockon_evqs_arr(struct event_msg *ev_msg, struct event_queue **which,
			  struct event_queue *evqs[], size_t num_evqs)
{
	struct wait_link links[MAX_EVQS];
	uint32_t seq;

	runtime_assert(num_evqs <= MAX_EVQS && current_uthread() &&
		       !in_vcore_context());
	if (uth_check_evqs_arr(ev_msg, which, evqs, num_evqs))
		return;
	for (size_t i = 0; i < num_evqs; i++)
		link_to(evqs[i], &links[i]);
	for (;;) {
		seq = uthread_wake_seq(current_uthread());
		if (uth_check_evqs_arr(ev_msg, which, evqs, num_evqs))
			break;
		uthread_block_unless_woken(seq);
	}
	for (size_t i = 0; i < num_evqs; i++)
		unlink_from(evqs[i], &links[i]);
}

static void collect(struct event_queue *evqs[], size_t num_evqs, va_list ap)
{
	runtime_assert(num_evqs <= MAX_EVQS);
	for (size_t i = 0; i < num_evqs; i++)
		evqs[i] = va_arg(ap, struct event_queue *);
}

void uth_blockon_evqs(struct event_msg *ev_msg, struct event_queue **which,
		      size_t num_evqs, ...)
{
	struct event_queue *evqs[MAX_EVQS];
	va_list ap;

	va_start(ap, num_evqs);
	collect(evqs, num_evqs, ap);
	va_end(ap);
	uth_blockon_evqs_arr(ev_msg, which, evqs, num_evqs);
}

bool uth_check_evqs(struct event_msg *ev_msg, struct event_queue **which,
		    size_t num_evqs, ...)
{
	struct event_queue *evqs[MAX_EVQS];
	va_list ap;

	va_start(ap, num_evqs);
	collect(evqs, num_evqs, ap);
	va_end(ap);
	return uth_check_evqs_arr(ev_msg, which, evqs, num_evqs);
}
