// SPDX-License-Identifier: MIT
/*
 * Event queues come and go.
 *
 * A queue's memory is never used for anything else, and its generation is
 * counted up when it is put: an INDIR message still under way then names a
 * generation that the queue no longer has (E3 in ros/event.h).
 */
#include <parlib/event.h>

#include <parlib/alloc.h>
#include <parlib/spinlock.h>

union evq_slot {
	struct event_queue_big big;
	struct {
		struct event_queue ev_q; /* ev_gen stays */
		union evq_slot *next;
	} free;
};

static struct spin_pdr_lock lock;
static union evq_slot *free_evqs;

struct event_queue *get_eventq_slim(void)
{
	union evq_slot *s;
	uint32_t gen;

	spin_pdr_lock(&lock);
	s = free_evqs;
	if (s)
		free_evqs = s->free.next;
	spin_pdr_unlock(&lock);
	if (!s)
		s = rt_alloc(sizeof(*s));
	if (!s)
		return NULL;
	gen = s->big.ev_q.ev_gen;
	memset(s, 0, sizeof(*s));
	s->big.ev_q.ev_gen = gen;
	return &s->big.ev_q;
}

void put_eventq_slim(struct event_queue *ev_q)
{
	union evq_slot *s = (union evq_slot *)ev_q;

	/* Pairs with the acquire in handle_ev_event(). */
	__atomic_fetch_add(&ev_q->ev_gen, 1, __ATOMIC_RELEASE);
	ev_q->ev_mbox = NULL;
	ev_q->ev_handler = NULL;
	spin_pdr_lock(&lock);
	s->free.next = free_evqs;
	free_evqs = s;
	spin_pdr_unlock(&lock);
}

struct event_queue *get_eventq_raw(void)
{
	struct event_queue *ev_q = get_eventq_slim();

	if (ev_q)
		ev_q->ev_mbox = &((struct event_queue_big *)ev_q)->ev_imbox;
	return ev_q;
}

void put_eventq_raw(struct event_queue *ev_q)
{
	put_eventq_slim(ev_q);
}

struct event_queue *get_eventq(int mbox_type)
{
	struct event_queue *ev_q = get_eventq_raw();

	if (ev_q)
		event_mbox_init(ev_q->ev_mbox, mbox_type);
	return ev_q;
}

void put_eventq(struct event_queue *ev_q)
{
	struct event_mbox *mbox = ev_q->ev_mbox;

	__atomic_fetch_add(&ev_q->ev_gen, 1, __ATOMIC_RELEASE);
	event_mbox_cleanup(mbox);
	put_eventq_slim(ev_q);
}

struct event_queue *get_eventq_vcpd(uint32_t vcoreid, int ev_flags)
{
	struct event_queue *ev_q = get_eventq_slim();

	if (!ev_q)
		return NULL;
	ev_q->ev_flags = ev_flags;
	ev_q->ev_vcore = vcoreid;
	ev_q->ev_mbox = (ev_flags & EVENT_VCORE_PRIVATE) ?
				&vcpd_of(vcoreid)->ev_mbox_private :
				&vcpd_of(vcoreid)->ev_mbox_public;
	return ev_q;
}

void put_eventq_vcpd(struct event_queue *ev_q)
{
	put_eventq_slim(ev_q);
}

void register_kevent_q(struct event_queue *ev_q, unsigned int ev_type)
{
	struct procdata *pd = procdata();

	runtime_assert(ev_type < ARRAY_SIZE(pd->kernel_evts));
	__atomic_store_n(&pd->kernel_evts[ev_type], ev_q, __ATOMIC_RELEASE);
}

struct event_queue *clear_kevent_q(unsigned int ev_type)
{
	struct procdata *pd = procdata();

	runtime_assert(ev_type < ARRAY_SIZE(pd->kernel_evts));
	return __atomic_exchange_n(&pd->kernel_evts[ev_type], NULL,
				   __ATOMIC_ACQ_REL);
}

void enable_kevent(unsigned int ev_type, uint32_t vcoreid, int ev_flags)
{
	struct event_queue *ev_q = get_eventq_vcpd(vcoreid, ev_flags);

	runtime_assert(ev_q);
	ev_q->ev_mbox = NULL; /* the chosen vcore's */
	register_kevent_q(ev_q, ev_type);
}

struct event_queue *disable_kevent(unsigned int ev_type)
{
	return clear_kevent_q(ev_type);
}
