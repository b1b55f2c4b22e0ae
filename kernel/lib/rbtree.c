// SPDX-License-Identifier: MIT
/*
 * Red-black trees.  Rules: lib/rbtree.h
 *
 * Every red node's children are black, and every way down from a node to a
 * missing child passes the same number of black nodes; what is missing is
 * black.  Cormen et al., chapter 13; with NULL in place of the sentinel.
 */
#include <lib/rbtree.h>

#define RB_BLACK 1UL

struct rb_node *rb_parent(const struct rb_node *n)
{
	return (struct rb_node *)(n->parent_color & ~RB_BLACK);
}

static inline bool is_red(const struct rb_node *n)
{
	return n && !(n->parent_color & RB_BLACK);
}

static inline void set_red(struct rb_node *n)
{
	n->parent_color &= ~RB_BLACK;
}

static inline void set_black(struct rb_node *n)
{
	n->parent_color |= RB_BLACK;
}

static inline void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->parent_color = (uintptr_t)parent | (n->parent_color & RB_BLACK);
}

static inline struct rb_node **link_to(struct rb_root *root,
				       struct rb_node *parent,
				       const struct rb_node *n)
{
	if (!parent)
		return &root->node;
	return parent->left == n ? &parent->left : &parent->right;
}

static inline struct rb_node **child(struct rb_node *n, bool right)
{
	return right ? &n->right : &n->left;
}

/* Turns n down to the left or to the right; its other child takes its place. */
static void rotate(struct rb_root *root, struct rb_node *n, bool to_right,
		   rb_augment_fn augment)
{
	struct rb_node *parent = rb_parent(n);
	struct rb_node *up = *child(n, !to_right);
	struct rb_node *inner = *child(up, to_right);

	*link_to(root, parent, n) = up;
	set_parent(up, parent);
	*child(n, !to_right) = inner;
	if (inner)
		set_parent(inner, n);
	*child(up, to_right) = n;
	set_parent(n, up);
	if (augment) {
		augment(n);
		augment(up);
	}
}

void rb_augment_up(struct rb_node *n, rb_augment_fn augment)
{
	if (!augment)
		return;
	for (; n; n = rb_parent(n))
		augment(n);
}

/* n is red; so may be its parent, which is then mended here. */
static void insert_fix(struct rb_root *root, struct rb_node *n,
		       rb_augment_fn augment)
{
	struct rb_node *parent, *grand, *uncle;
	bool right;

	while (is_red(parent = rb_parent(n))) {
		grand = rb_parent(parent); /* a red node is not the root */
		right = parent == grand->right;
		uncle = *child(grand, !right);
		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(grand);
			n = grand;
			continue;
		}
		if (n == *child(parent, !right)) {
			rotate(root, parent, right, augment);
			parent = n;
		}
		set_black(parent);
		set_red(grand);
		rotate(root, grand, !right, augment);
		break;
	}
	set_black(root->node);
}

void rb_insert(struct rb_root *root, struct rb_node *n, struct rb_node *parent,
	       struct rb_node **link, rb_augment_fn augment)
{
	n->parent_color = (uintptr_t)parent; /* red */
	n->left = n->right = NULL;
	*link = n;
	rb_augment_up(n, augment);
	insert_fix(root, n, augment);
}

/* One step with a red sibling turned into one with a black sibling. */
static struct rb_node *black_sibling(struct rb_root *root,
				     struct rb_node *parent, bool right,
				     rb_augment_fn augment)
{
	struct rb_node *sib = *child(parent, !right);

	if (!is_red(sib))
		return sib;
	set_black(sib);
	set_red(parent);
	rotate(root, parent, right, augment);
	return *child(parent, !right);
}

/* The ways through n (which may be NULL), a child of parent, lack one black. */
static void erase_fix(struct rb_root *root, struct rb_node *n,
		      struct rb_node *parent, rb_augment_fn augment)
{
	while (parent && !is_red(n)) {
		bool right = parent->left != n;
		struct rb_node *sib, *outer;

		sib = black_sibling(root, parent, right, augment);
		if (!is_red(sib->left) && !is_red(sib->right)) {
			set_red(sib);
			n = parent;
			parent = rb_parent(n);
			continue;
		}
		outer = *child(sib, !right);
		if (!is_red(outer)) {
			set_black(*child(sib, right));
			set_red(sib);
			rotate(root, sib, !right, augment);
			outer = sib;
			sib = *child(parent, !right);
		}
		if (is_red(parent))
			set_red(sib);
		else
			set_black(sib);
		set_black(parent);
		set_black(outer);
		rotate(root, parent, right, augment);
		return;
	}
	if (n)
		set_black(n);
}

/* Puts `by` (which may be NULL) where n hangs. */
static void replace(struct rb_root *root, struct rb_node *n, struct rb_node *by)
{
	*link_to(root, rb_parent(n), n) = by;
	if (by)
		set_parent(by, rb_parent(n));
}

/* n has two children: its successor moves to its place and takes its colour. */
static struct rb_node *erase_inner(struct rb_root *root, struct rb_node *n,
				   struct rb_node **hole, bool *was_black)
{
	struct rb_node *s = n->right, *parent;

	while (s->left)
		s = s->left;
	*was_black = !is_red(s);
	*hole = s->right;
	parent = rb_parent(s);
	if (parent == n) {
		parent = s;
	} else {
		replace(root, s, s->right);
		s->right = n->right;
		set_parent(s->right, s);
	}
	replace(root, n, s);
	s->parent_color = n->parent_color;
	s->left = n->left;
	set_parent(s->left, s);
	return parent;
}

void rb_erase(struct rb_root *root, struct rb_node *n, rb_augment_fn augment)
{
	struct rb_node *parent = rb_parent(n), *hole;
	bool was_black = !is_red(n);

	if (n->left && n->right) {
		parent = erase_inner(root, n, &hole, &was_black);
	} else {
		hole = n->left ? n->left : n->right;
		replace(root, n, hole);
	}
	rb_augment_up(parent, augment);
	if (was_black)
		erase_fix(root, hole, parent, augment);
}

static struct rb_node *outermost(struct rb_node *n, bool right)
{
	if (n)
		while (*child(n, right))
			n = *child(n, right);
	return n;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->node, false);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->node, true);
}

static struct rb_node *neighbour(const struct rb_node *n, bool right)
{
	struct rb_node *at = (struct rb_node *)n, *parent;

	if (*child(at, right))
		return outermost(*child(at, right), !right);
	while ((parent = rb_parent(at)) && at == *child(parent, right))
		at = parent;
	return parent;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	return neighbour(n, true);
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	return neighbour(n, false);
}
