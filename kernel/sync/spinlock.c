// SPDX-License-Identifier: MIT
/* Spinning locks: the wait, and the checked forms.  Rules: sync/spinlock.h */
#include <sync/spinlock.h>

void spin_wait(struct spinlock *l)
{
	do {
		/* Reading alone leaves the line with the holder. */
		while (spin_is_locked(l))
			cpu_relax();
	} while (!spin_raw_trylock(l));
}

#if CONFIG_LOCKDEP
#define CALLER ((uintptr_t)__builtin_return_address(0))

/* A lock counts as held from before the wait until it is really free. */
void spin_lock(struct spinlock *l)
{
	lockdep_acquire(l->cls, l, false, CALLER);
	spin_raw_lock(l);
}

bool spin_trylock(struct spinlock *l)
{
	if (!spin_raw_trylock(l))
		return false;
	lockdep_acquire(l->cls, l, true, CALLER);
	return true;
}

void spin_unlock(struct spinlock *l)
{
	lockdep_release(l, CALLER);
	spin_raw_unlock(l);
}

uint64_t spin_lock_irq(struct spinlock_irq *l)
{
	uint64_t flags = irq_save();

	lockdep_acquire(l->raw.cls, l, false, CALLER);
	spin_raw_lock(&l->raw);
	return flags;
}

void spin_unlock_irq(struct spinlock_irq *l, uint64_t flags)
{
	lockdep_release(l, CALLER);
	spin_raw_unlock(&l->raw);
	irq_restore(flags);
}
#endif
