// SPDX-License-Identifier: MIT
/* Lists of taps, and firing them.  Rules: io/tap.h */
#include <io/tap.h>

#include <stdatomic.h>

void tap_list_init_class(struct tap_list *l, struct lock_class *cls)
{
	spin_init_class(&l->lock.raw, cls);
	list_init(&l->taps);
}

void tap_add(struct tap_list *l, struct tap *t)
{
	scoped_spin_irq(&l->lock)
		list_add_tail(&l->taps, &t->link);
	/* Pairs with tap_fire()'s: insert, then look at the object's state. */
	atomic_thread_fence(memory_order_seq_cst);
}

void tap_remove(struct tap_list *l, struct tap *t)
{
	scoped_spin_irq(&l->lock)
		list_del(&t->link);
}

void tap_set_filter(struct tap_list *l, struct tap *t, uint32_t filter)
{
	scoped_spin_irq(&l->lock)
		t->filter = filter;
	atomic_thread_fence(memory_order_seq_cst); /* as in tap_add() */
}

void tap_fire(struct tap_list *l, uint32_t bits)
{
	/* Pairs with tap_add()'s: change the state, then look for taps. */
	atomic_thread_fence(memory_order_seq_cst);
	if (list_empty(&l->taps))
		return;
	guard_spin_irq(&l->lock);
	list_for_each(n, &l->taps) {
		struct tap *t = list_entry(n, struct tap, link);

		if (t->filter & bits)
			t->fire(t, t->filter & bits);
	}
}
