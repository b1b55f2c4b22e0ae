// SPDX-License-Identifier: MIT
/* Sequence counters: writers exclude each other by a lock of their own. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>

struct seqcount {
	_Atomic uint32_t seq;
};

static inline uint32_t seq_read_begin(const struct seqcount *s)
{
	uint32_t v;

	/* Pairs with the release in seq_write_end(). */
	while ((v = atomic_load_explicit(&s->seq, memory_order_acquire)) & 1)
		cpu_relax();
	return v;
}

static inline bool seq_read_retry(const struct seqcount *s, uint32_t start)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&s->seq, memory_order_relaxed) != start;
}

static inline void seq_write_begin(struct seqcount *s)
{
	uint32_t v = atomic_load_explicit(&s->seq, memory_order_relaxed);

	atomic_store_explicit(&s->seq, v + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static inline void seq_write_end(struct seqcount *s)
{
	uint32_t v = atomic_load_explicit(&s->seq, memory_order_relaxed);

	atomic_store_explicit(&s->seq, v + 1, memory_order_release);
}
