// SPDX-License-Identifier: MIT
/*
 * CEQ, the consumer's side.  Rules: ros/mbox.h.
 *
 *	producer                        consumer
 *	coalesce |= bits                idx_posted = 0
 *	fence                           (exchange: a fence)
 *	idx_posted? stop : post it      take coalesce
 *
 * Either the consumer's exchange sees the bits or the producer sees idx_posted
 * clear and posts the id again.  So an id may stand on the ring twice, and the
 * later entry be stale: it is skipped.
 */
#include <parlib/ceq.h>

#include <parlib/alloc.h>
#include <parlib/spinlock.h>

static struct spin_pdr_lock *consumer_lock(struct ceq *ceq)
{
	return (struct spin_pdr_lock *)ceq->u_lock;
}

bool ceq_init(struct ceq *ceq, uint32_t op, size_t nr_events, size_t ring_sz)
{
	uint32_t size = 1;

	while (size < ring_sz)
		size *= 2;
	memset(ceq, 0, sizeof(*ceq));
	ceq->events = rt_alloc(nr_events * sizeof(struct ceq_event));
	ceq->ring = rt_alloc(size * sizeof(int32_t));
	ceq->nr_events = nr_events;
	ceq->ring_sz = size;
	ceq->operation = op;
	if (!ceq->events || !ceq->ring) {
		ceq_cleanup(ceq);
		return false;
	}
	for (uint32_t i = 0; i < size; i++)
		ceq->ring[i] = -1;
	return true;
}

void ceq_cleanup(struct ceq *ceq)
{
	if (ceq->events)
		rt_free(ceq->events, ceq->nr_events * sizeof(struct ceq_event));
	if (ceq->ring)
		rt_free(ceq->ring, ceq->ring_sz * sizeof(int32_t));
	memset(ceq, 0, sizeof(*ceq));
}

/* The next id of the ring, or -1. */
static int32_t ring_take(struct ceq *ceq)
{
	uint32_t mine = __atomic_load_n(&ceq->cons_pvt, __ATOMIC_RELAXED);
	int32_t *slot, id;

	do {
		if (mine == __atomic_load_n(&ceq->prod, __ATOMIC_ACQUIRE))
			return -1;
	} while (!__atomic_compare_exchange_n(&ceq->cons_pvt, &mine, mine + 1,
					      false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	slot = &ceq->ring[mine & (ceq->ring_sz - 1)];
	/* The producer has the slot and is about to fill it; pairs with its
	 * release. */
	while ((id = __atomic_load_n(slot, __ATOMIC_ACQUIRE)) == -1)
		cpu_relax();
	__atomic_store_n(slot, -1, __ATOMIC_RELAXED);
	/* Published in order; the release frees the slot for producers. */
	while (__atomic_load_n(&ceq->cons_pub, __ATOMIC_ACQUIRE) != mine)
		cpu_relax();
	__atomic_store_n(&ceq->cons_pub, mine + 1, __ATOMIC_RELEASE);
	return id;
}

/* False: nothing is posted for this id, the entry was stale. */
static bool extract(struct ceq *ceq, uint32_t id, struct event_msg *msg)
{
	struct ceq_event *e = &ceq->events[id];

	if (!__atomic_load_n(&e->idx_posted, __ATOMIC_RELAXED) ||
	    !__atomic_exchange_n(&e->idx_posted, 0, __ATOMIC_SEQ_CST))
		return false;
	msg->ev_type = id;
	msg->ev_arg1 = 0;
	msg->ev_reserved = 0;
	msg->ev_gen = 0;
	msg->ev_arg4 = __atomic_exchange_n(&e->coalesce, 0, __ATOMIC_SEQ_CST);
	msg->ev_arg2 = msg->ev_arg4;
	msg->ev_arg3 = (void *)__atomic_load_n(&e->blob_data, __ATOMIC_RELAXED);
	return true;
}

static bool scan_due(struct ceq *ceq)
{
	return __atomic_load_n(&ceq->ring_overflowed, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&ceq->overflow_recovery, __ATOMIC_RELAXED);
}

/*
 * The ring was full once: look at all ids, going on where the last call found
 * one.  The flag is cleared before the scan (the producer posts, then sets it),
 * so an overflow behind the cursor makes another round.
 */
static bool scan_locked(struct ceq *ceq, struct event_msg *msg)
{
	for (;;) {
		if (!ceq->overflow_recovery) {
			if (!__atomic_exchange_n(&ceq->ring_overflowed, 0,
						 __ATOMIC_SEQ_CST))
				return false;
			ceq->last_recovered = 0;
			__atomic_store_n(&ceq->overflow_recovery, 1,
					 __ATOMIC_RELAXED);
		}
		while (ceq->last_recovered <
		       MIN(__atomic_load_n(&ceq->max_event_ever,
					   __ATOMIC_ACQUIRE),
			   ceq->nr_events))
			if (extract(ceq, ceq->last_recovered++, msg))
				return true;
		__atomic_store_n(&ceq->overflow_recovery, 0, __ATOMIC_RELAXED);
	}
}

bool get_ceq_msg(struct ceq *ceq, struct event_msg *msg)
{
	bool found;
	int32_t id;

	while ((id = ring_take(ceq)) >= 0)
		if ((uint32_t)id < ceq->nr_events && extract(ceq, id, msg))
			return true;
	if (!scan_due(ceq))
		return false;
	spin_pdr_lock(consumer_lock(ceq));
	found = scan_locked(ceq, msg);
	spin_pdr_unlock(consumer_lock(ceq));
	return found;
}

bool ceq_is_empty(struct ceq *ceq)
{
	return __atomic_load_n(&ceq->cons_pvt, __ATOMIC_ACQUIRE) ==
		       __atomic_load_n(&ceq->prod, __ATOMIC_ACQUIRE) &&
	       !scan_due(ceq);
}
