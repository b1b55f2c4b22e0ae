// SPDX-License-Identifier: MIT
/* Reference counts: get asserts > 0, get_not_zero may fail, put tells of 0. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <lib/assert.h>

struct kref {
	_Atomic uint32_t count;
};

static inline void kref_init(struct kref *k, uint32_t n)
{
	atomic_store_explicit(&k->count, n, memory_order_relaxed);
}

static inline void kref_get(struct kref *k)
{
	uint32_t old = atomic_fetch_add_explicit(&k->count, 1,
						 memory_order_relaxed);

	assert(old > 0 && old < UINT32_MAX - 1);
}

static inline bool kref_get_not_zero(struct kref *k)
{
	uint32_t v = atomic_load_explicit(&k->count, memory_order_relaxed);

	do {
		if (!v)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&k->count, &v, v + 1, memory_order_acquire,
		memory_order_relaxed));
	return true;
}

/* True for the last one: the caller then releases the object. */
static inline bool __attribute__((warn_unused_result)) kref_put(struct kref *k)
{
	/* acq_rel: the last put sees what the others did before theirs */
	uint32_t old = atomic_fetch_sub_explicit(&k->count, 1,
						 memory_order_acq_rel);

	assert(old > 0);
	return old == 1;
}

static inline uint32_t kref_refcnt(const struct kref *k)
{
	return atomic_load_explicit(&k->count, memory_order_relaxed);
}
