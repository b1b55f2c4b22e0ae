// SPDX-License-Identifier: MIT
/*
 * Coalescing queues, the producer.
 *
 *     producer                          consumer
 *     coalesce |= bits                  idx_posted = 0
 *     idx_posted = 1, and was it set?   take coalesce (exchange with 0)
 *       it was: done, it will be seen
 *       it was not: put the index on
 *       the ring
 *
 * Row 7 of the ordering pairs: sequentially consistent on both sides, so either
 * the consumer's exchange takes the bits or the producer finds idx_posted
 * clear. Row 8: the posting is complete before ring_overflowed is set; the
 * consumer clears that before it scans.
 */
#include <proc/mbox.h>

#include <proc/umem.h>
#include <ros/errno.h>

#define RING_TRIES 10
#define MAX_TRIES  4096 /* others that raise max_event_ever meanwhile */

#define AT(ceq, field) ((ceq) + offsetof(struct ceq, field))
#define EV_AT(ev, field) ((ev) + offsetof(struct ceq_event, field))

/* Where the consumer's overflow scan ends: above every id ever posted. */
static int raise_max(uintptr_t ceq, uint32_t id)
{
	uint32_t seen, old;
	int err;

	err = umem_load_u32(&seen, AT(ceq, max_event_ever));
	for (int i = 0; !err && seen <= id; i++) {
		if (i == MAX_TRIES)
			return -EAGAIN;
		err = umem_cas_u32(AT(ceq, max_event_ever), seen, id + 1, &old);
		if (err || old == seen)
			break;
		seen = old;
	}
	return err;
}

/* 1: the id is on the ring; 0: no room; -errno. */
static int ring_put(uintptr_t ceq, uint32_t id)
{
	uint32_t prod, cons, sz, old;
	uint64_t ring;
	int err;

	err = umem_load_u32(&sz, AT(ceq, ring_sz));
	if (!err)
		err = umem_load_u64(&ring, AT(ceq, ring));
	if (err)
		return err;
	if (!sz || (sz & (sz - 1)) || ring > UINTPTR_MAX - 4UL * sz)
		return -EINVAL;
	for (int i = 0; i < RING_TRIES; i++) {
		if (umem_load_u32(&prod, AT(ceq, prod)) ||
		    umem_load_u32(&cons, AT(ceq, cons_pub)))
			return -EFAULT;
		if (prod - cons >= sz)
			return 0;
		err = umem_cas_u32(AT(ceq, prod), prod, prod + 1, &old);
		if (err)
			return err;
		if (old == prod) /* release: pairs with the consumer's wait */
			err = umem_store_u32(ring + 4UL * (prod & (sz - 1)),
					     id);
		if (old == prod)
			return err ? err : 1;
	}
	return 0;
}

static int coalesce(uintptr_t ceq, uintptr_t ev, const struct event_msg *msg)
{
	uint32_t op;
	uint64_t old;
	int err;

	err = umem_load_u32(&op, AT(ceq, operation));
	if (!err && msg->ev_arg3) /* the last one stays */
		err = umem_store_u64(EV_AT(ev, blob_data),
				     (uint64_t)msg->ev_arg3);
	if (err)
		return err;
	if (op == CEQ_OR)
		return umem_or_u64(EV_AT(ev, coalesce), msg->ev_arg2, &old);
	if (op == CEQ_ADD)
		return umem_add_u64(EV_AT(ev, coalesce), msg->ev_arg2, &old);
	return -EINVAL;
}

int ceq_post(uintptr_t ceq, const struct event_msg *msg)
{
	uint32_t nr, posted, id = msg->ev_type, old;
	uint64_t events;
	uintptr_t ev;
	int err;

	err = umem_load_u32(&nr, AT(ceq, nr_events));
	if (!err)
		err = umem_load_u64(&events, AT(ceq, events));
	if (err)
		return err;
	if (id >= nr || events > UINTPTR_MAX - sizeof(struct ceq_event) * nr)
		return -EINVAL;
	ev = events + sizeof(struct ceq_event) * id;
	err = coalesce(ceq, ev, msg);
	if (!err)
		err = umem_xchg_u32(EV_AT(ev, idx_posted), 1, &posted);
	if (err || posted)
		return err;
	err = raise_max(ceq, id);
	if (!err)
		err = ring_put(ceq, id);
	if (err)
		return err < 0 ? err : 0;
	return umem_xchg_u32(AT(ceq, ring_overflowed), 1, &old);
}
