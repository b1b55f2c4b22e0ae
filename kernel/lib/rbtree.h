// SPDX-License-Identifier: MIT
/*
 * Red-black trees, intrusive, with optional augmentation.
 *
 * The caller searches by itself and says where a new node goes (parent and the
 * link in it).  An augment function recomputes a node's derived value from the
 * node and its two children; it is called bottom-up wherever a subtree changed.
 *
 * Cormen et al., "Introduction to Algorithms", chapter 13.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>

struct rb_node {
	uintptr_t parent_color; /* bit 0: black */
	struct rb_node *left, *right;
};

struct rb_root {
	struct rb_node *node;
};

typedef void (*rb_augment_fn)(struct rb_node *n);

#define rb_entry(n, type, member) container_of(n, type, member)

/* *link must be NULL: parent->left or ->right, or root->node.  augment may be
 * NULL, here and below. */
void rb_insert(struct rb_root *root, struct rb_node *n, struct rb_node *parent,
	       struct rb_node **link, rb_augment_fn augment);
void rb_erase(struct rb_root *root, struct rb_node *n, rb_augment_fn augment);
/* After n's own value has changed: recomputes n and all above it. */
void rb_augment_up(struct rb_node *n, rb_augment_fn augment);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);
struct rb_node *rb_parent(const struct rb_node *n);
