// SPDX-License-Identifier: MIT
/*
 * Spinning locks of user space that know their holder.
 *
 * The word holds the holder's vcore + 1, so that a waiter can see to it that
 * the holder runs (cpu_relax_vc()).  Notifications are disabled while it is
 * held.
 */
#pragma once

#include <parlib/common.h>

struct spin_pdr_lock {
	uint32_t holder; /* atomic; 0: free */
	uint32_t pad;
};
#define SPINPDR_INITIALIZER { 0, 0 }

void spin_pdr_init(struct spin_pdr_lock *l);
void spin_pdr_lock(struct spin_pdr_lock *l);
void spin_pdr_unlock(struct spin_pdr_lock *l);
static inline bool spin_pdr_locked(struct spin_pdr_lock *l)
{
	return __atomic_load_n(&l->holder, __ATOMIC_RELAXED) != 0;
}
