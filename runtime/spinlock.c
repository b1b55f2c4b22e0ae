// SPDX-License-Identifier: MIT
/* Locks that know their holder: parlib/spinlock.h */
#include <parlib/spinlock.h>

#include <parlib/uthread.h>

void spin_pdr_init(struct spin_pdr_lock *l)
{
	__atomic_store_n(&l->holder, 0, __ATOMIC_RELAXED);
}

void spin_pdr_lock(struct spin_pdr_lock *l)
{
	uint32_t seen, me;

	uth_disable_notifs();
	me = vcore_id() + 1;
	for (;;) {
		seen = 0;
		if (__atomic_compare_exchange_n(&l->holder, &seen, me, false,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
		cpu_relax_vc(seen - 1);
	}
}

void spin_pdr_unlock(struct spin_pdr_lock *l)
{
	/* Pairs with the acquire of the next holder. */
	__atomic_store_n(&l->holder, 0, __ATOMIC_RELEASE);
	uth_enable_notifs();
}
