// SPDX-License-Identifier: MIT
/*
 * Unbounded queues, the producer.
 *
 * A slot is taken by adding 1 to prod_idx.  Whoever gets one past the page's
 * end says so in prod_overflow, which keeps others from adding on and on, and
 * then one of them, under the lock, links the next page and starts prod_idx
 * there. The old page's link is written before prod_idx moves: a consumer that
 * has taken the page's last message waits for the link, not for prod_idx.
 */
#include <proc/mbox.h>

#include <proc/umem.h>
#include <ros/errno.h>

#define UCQ_TRIES 16

#define AT(ucq, field) ((ucq) + offsetof(struct ucq, field))

static bool slot_ok(uintptr_t idx)
{
	uintptr_t slot = idx & (PGSIZE - 1);

	return slot >= UCQ_FIRST_SLOT && slot <= NR_MSG_PER_PAGE;
}

static uintptr_t page_of(uintptr_t idx)
{
	return idx & ~(PGSIZE - 1);
}

/* The payload, then ready (release; pairs with the consumer's acquire). */
static int slot_fill(uintptr_t idx, const struct event_msg *msg)
{
	uintptr_t c = page_of(idx) + offsetof(struct ucq_page, msgs) +
		      ((idx & (PGSIZE - 1)) - UCQ_FIRST_SLOT) *
			      sizeof(struct msg_container);
	int err;

	err = umem_write(c + offsetof(struct msg_container, ev_msg), msg,
			 sizeof(*msg));
	if (err)
		return err;
	return umem_store_u32(c + offsetof(struct msg_container, ready), 1);
}

/* The consumer's spare page, made as new, or a fresh one; 0: none. */
static uintptr_t page_get(struct mbox_env *env, uintptr_t ucq)
{
	uint64_t spare;
	uint32_t old;
	uintptr_t pg;

	if (umem_xchg_u64(AT(ucq, spare_pg), 0, &spare))
		return 0;
	if (spare) {
		pg = page_of(spare);
		if (umem_store_u32(pg + offsetof(struct ucq_page_header,
						 nr_cons), 0) ||
		    umem_store_u64(pg + offsetof(struct ucq_page_header,
						 cons_next_pg), 0))
			return 0;
		return pg;
	}
	pg = env->page_new(env);
	if (pg && umem_add_u32(AT(ucq, nr_extra_pgs), 1, &old))
		return 0;
	return pg;
}

/*
 * idx lies past its page's end.  Without memory for another page prod_idx goes
 * back to the very end, where the queue is empty once all is taken: whoever was
 * in between loses a message, and the consumer waits for no link.
 */
static int page_link(struct mbox_env *env, uintptr_t ucq, uintptr_t idx)
{
	uintptr_t pg = page_get(env, ucq);
	uint64_t old;

	if (!pg) {
		if (umem_xchg_u64(AT(ucq, prod_idx),
				  page_of(idx) | (NR_MSG_PER_PAGE + 1),
				  &old))
			return -EFAULT;
		return -ENOMEM;
	}
	if (umem_xchg_u64(page_of(idx) + offsetof(struct ucq_page_header,
						  cons_next_pg),
			  pg, &old))
		return -EFAULT;
	return umem_xchg_u64(AT(ucq, prod_idx), pg | UCQ_FIRST_SLOT, &old);
}

static int page_change_locked(struct mbox_env *env, uintptr_t ucq)
{
	uint64_t idx;
	uint32_t old;
	int err;

	err = umem_load_u64(&idx, AT(ucq, prod_idx));
	if (err)
		return err;
	if (!slot_ok(idx))
		err = page_link(env, ucq, idx);
	if (umem_xchg_u32(AT(ucq, prod_overflow), 0, &old))
		return -EFAULT;
	return err;
}

static int page_change(struct mbox_env *env, uintptr_t ucq)
{
	int err;

	env->lock(env);
	err = page_change_locked(env, ucq);
	env->unlock(env);
	return err;
}

int ucq_post(struct mbox_env *env, uintptr_t ucq, const struct event_msg *msg)
{
	uint32_t overflow, old;
	uint64_t idx;
	int err;

	for (int i = 0; i < UCQ_TRIES; i++) {
		err = umem_load_u32(&overflow, AT(ucq, prod_overflow));
		if (err)
			return err;
		if (!overflow) {
			err = umem_add_u64(AT(ucq, prod_idx), 1, &idx);
			if (err)
				return err;
			if (slot_ok(idx))
				return slot_fill(idx, msg);
			err = umem_xchg_u32(AT(ucq, prod_overflow), 1, &old);
			if (err)
				return err;
		}
		err = page_change(env, ucq);
		if (err)
			return err;
	}
	return -EAGAIN;
}
