// SPDX-License-Identifier: MIT
/*
 * Many producers, one consumer: push by compare-exchange, take everything at
 * once, in the order of the pushes.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mpsc_node {
	struct mpsc_node *next;
};

struct mpsc_queue {
	struct mpsc_node *_Atomic head; /* newest */
};

/* True if the queue was empty: the caller then tells the consumer. */
static inline bool mpsc_push(struct mpsc_queue *q, struct mpsc_node *n)
{
	struct mpsc_node *old =
		atomic_load_explicit(&q->head, memory_order_relaxed);

	do {
		n->next = old;
		/* Releases the node; pairs with mpsc_take_all()'s acquire. */
	} while (!atomic_compare_exchange_weak_explicit(
		&q->head, &old, n, memory_order_seq_cst, memory_order_relaxed));
	return !old;
}

static inline bool mpsc_empty(const struct mpsc_queue *q)
{
	return !atomic_load_explicit(&q->head, memory_order_relaxed);
}

/* All nodes, oldest first, linked by ->next; NULL if there are none. */
static inline struct mpsc_node *mpsc_take_all(struct mpsc_queue *q)
{
	struct mpsc_node *n, *next, *out = NULL;

	if (mpsc_empty(q))
		return NULL;
	n = atomic_exchange_explicit(&q->head, NULL, memory_order_seq_cst);
	for (; n; n = next) {
		next = n->next;
		n->next = out;
		out = n;
	}
	return out;
}
