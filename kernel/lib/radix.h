// SPDX-License-Identifier: MIT
/*
 * Radix trees: 64-bit index to pointer, 64 slots a node, as deep as the largest
 * index needs.
 *
 * RX1  radix_get() and radix_next() need no lock: they may run beside one
 *      writer, if nodes are freed only when no reader can be left.
 * RX2  writers exclude each other by a lock of the caller's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

struct radix_node;

/* Where nodes come from.  free_later() gets a node that readers may still be
 * in; its first two words are free for the caller's use (an RCU head). */
struct radix_alloc {
	void *(*alloc)(size_t size);	   /* zeroed; NULL: no memory */
	void (*free_later)(void *node);
};

struct radix_tree {
	struct radix_node *root; /* atomic; NULL: empty */
	const struct radix_alloc *alloc;
};

void radix_init(struct radix_tree *t, const struct radix_alloc *alloc);
void *radix_get(const struct radix_tree *t, uint64_t index);
/* Replaces what was there; p != NULL.  0 or -ENOMEM. */
int __must_check radix_set(struct radix_tree *t, uint64_t index, void *p);
/* What was there, or NULL.  Empty nodes go. */
void *radix_remove(struct radix_tree *t, uint64_t index);
/* The first entry at or after *index, which it sets; NULL: none. */
void *radix_next(const struct radix_tree *t, uint64_t *index);
/* The tree must hold no entries; frees what nodes are left. */
void radix_fini(struct radix_tree *t);
