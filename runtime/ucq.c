// SPDX-License-Identifier: MIT
/*
 * UCQ, the consumer's side.
 *
 * Producers fetch-add prod_idx; consumers CAS cons_idx along behind.  At the
 * page's end one consumer, under u_lock, follows the link that the producer of
 * that page's end has set; it then waits until all messages of the old page
 * have been copied out (nr_cons), and the page becomes the spare.
 */
#include <parlib/ucq.h>

#include <parlib/spinlock.h>

#define FIRST_SLOT UCQ_FIRST_SLOT

static inline uintptr_t page_of(uintptr_t idx)
{
	return idx & ~(PGSIZE - 1);
}

static inline bool slot_is_good(uintptr_t idx)
{
	uintptr_t slot = idx & (PGSIZE - 1);

	return slot >= FIRST_SLOT && slot <= NR_MSG_PER_PAGE;
}

static inline struct msg_container *slot_msg(uintptr_t idx)
{
	struct ucq_page *page = (struct ucq_page *)page_of(idx);

	return &page->msgs[(idx & (PGSIZE - 1)) - FIRST_SLOT];
}

static struct spin_pdr_lock *consumer_lock(struct ucq *ucq)
{
	return (struct spin_pdr_lock *)ucq->u_lock;
}

void ucq_init_raw(struct ucq *ucq, uintptr_t pg1, uintptr_t pg2)
{
	ucq->prod_idx = pg1 + FIRST_SLOT;
	ucq->cons_idx = pg1 + FIRST_SLOT;
	ucq->spare_pg = pg2;
	ucq->nr_extra_pgs = 0;
	ucq->prod_overflow = 0;
	ucq->ucq_lock = 0;
	spin_pdr_init(consumer_lock(ucq));
	__atomic_store_n(&ucq->ucq_ready, 1, __ATOMIC_RELEASE);
}

void ucq_init(struct ucq *ucq)
{
	uintptr_t pg1 = ucq_page_alloc(), pg2 = ucq_page_alloc();

	if (!pg1)
		runtime_panic("no memory for an event queue");
	ucq_init_raw(ucq, pg1, pg2);
}

void ucq_free_pgs(struct ucq *ucq)
{
	uintptr_t page = page_of(ucq->cons_idx), next;

	if (!ucq->ucq_ready)
		return;
	ucq->ucq_ready = 0;
	while (page) {
		next = ((struct ucq_page *)page)->header.cons_next_pg;
		ucq_page_free(page);
		page = next;
	}
	if (ucq->spare_pg)
		ucq_page_free(ucq->spare_pg);
	ucq->spare_pg = 0;
}

bool ucq_is_empty(struct ucq *ucq)
{
	return __atomic_load_n(&ucq->cons_idx, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&ucq->prod_idx, __ATOMIC_ACQUIRE);
}

/* Waits until every message of the page has been copied out. */
static void page_retire(struct ucq *ucq, uintptr_t page)
{
	struct ucq_page_header *h = &((struct ucq_page *)page)->header;
	uintptr_t displaced;

	/* Acquire pairs with the consumers' release in copy_out(). */
	while (__atomic_load_n(&h->nr_cons, __ATOMIC_ACQUIRE) <
	       NR_MSG_PER_PAGE)
		cpu_relax();
	__atomic_store_n(&h->nr_cons, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&h->cons_next_pg, 0, __ATOMIC_RELAXED);
	displaced = __atomic_exchange_n(&ucq->spare_pg, page, __ATOMIC_ACQ_REL);
	if (displaced) {
		__atomic_fetch_sub(&ucq->nr_extra_pgs, 1, __ATOMIC_RELAXED);
		ucq_page_free(displaced);
	}
}

/*
 * cons_idx was seen as `idx`, past its page's end, and prod_idx beyond.  False:
 * no page has been linked yet.  Whoever links it tells of its message only
 * after that (E1), so we need not wait; and if it finds no memory we must not.
 */
static bool page_turn(struct ucq *ucq, uintptr_t idx)
{
	struct ucq_page *page = (struct ucq_page *)page_of(idx);
	uintptr_t next;

	spin_pdr_lock(consumer_lock(ucq));
	if (__atomic_load_n(&ucq->cons_idx, __ATOMIC_ACQUIRE) != idx) {
		spin_pdr_unlock(consumer_lock(ucq));
		return true; /* somebody else did */
	}
	/* Acquire pairs with the producer's release of the link. */
	next = __atomic_load_n(&page->header.cons_next_pg, __ATOMIC_ACQUIRE);
	if (!next) {
		spin_pdr_unlock(consumer_lock(ucq));
		return false;
	}
	__atomic_store_n(&ucq->cons_idx, next + FIRST_SLOT, __ATOMIC_RELEASE);
	spin_pdr_unlock(consumer_lock(ucq));
	page_retire(ucq, (uintptr_t)page);
	return true;
}

static void copy_out(uintptr_t idx, struct event_msg *msg)
{
	struct ucq_page *page = (struct ucq_page *)page_of(idx);
	struct msg_container *c = slot_msg(idx);

	/* Pairs with the producer's release of ready after the payload. */
	while (!__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE))
		cpu_relax();
	*msg = c->ev_msg;
	__atomic_store_n(&c->ready, 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&page->header.nr_cons, 1, __ATOMIC_RELEASE);
}

bool get_ucq_msg(struct ucq *ucq, struct event_msg *msg)
{
	uintptr_t idx;

	for (;;) {
		idx = __atomic_load_n(&ucq->cons_idx, __ATOMIC_ACQUIRE);
		if (idx == __atomic_load_n(&ucq->prod_idx, __ATOMIC_ACQUIRE))
			return false;
		if (!slot_is_good(idx)) {
			if (!page_turn(ucq, idx))
				return false;
			continue;
		}
		if (__atomic_compare_exchange_n(&ucq->cons_idx, &idx, idx + 1,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			break;
		cpu_relax();
	}
	copy_out(idx, msg);
	return true;
}
