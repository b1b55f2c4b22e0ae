// SPDX-License-Identifier: MIT
/* might_sleep(): declared here for every room, implemented by sync (lockdep's
 * L3) in builds that check, empty in others. */
#pragma once

#include <stdint.h>

#if CONFIG_LOCKDEP && (!defined(HOST) || defined(LOCKDEP_TEST))
/* Reports whoever may not sleep: under a spinning lock or RCU, in an
 * interrupt. */
void lockdep_might_sleep(uintptr_t pc);
#else
static inline void lockdep_might_sleep(uintptr_t pc)
{
}
#endif

/* Where a function may sleep, whether or not it does. */
#define might_sleep()                                                          \
	lockdep_might_sleep((uintptr_t)__builtin_return_address(0))
