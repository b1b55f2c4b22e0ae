// SPDX-License-Identifier: MIT
/*
 * Radix trees.  Rules: lib/radix.h
 *
 * A node of shift s spreads bits s .. s + 5 of the index over its slots; at
 * shift 0 these hold the entries.  Beside a reader the writer changes one slot
 * or the root at a time, each by one store: what a reader walks is always a
 * tree, if perhaps one of a moment ago.
 */
#include <lib/radix.h>

#include <stdbool.h>

#include <ros/errno.h>

#define RADIX_BITS  6
#define RADIX_SLOTS (1 << RADIX_BITS)
#define RADIX_DEPTH ((64 + RADIX_BITS - 1) / RADIX_BITS)

struct radix_node {
	uintptr_t allocator[2]; /* for whoever waits for readers to leave */
	uint64_t present;	/* bit i: slots[i] is not NULL */
	unsigned int shift;
	void *slots[RADIX_SLOTS];
};

static inline unsigned int slot_of(uint64_t index, unsigned int shift)
{
	return index >> shift & (RADIX_SLOTS - 1);
}

static inline void *load(void *const *slot)
{
	/* Pairs with the release in store(): the node's contents are there. */
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static inline struct radix_node *load_root(const struct radix_tree *t)
{
	return __atomic_load_n(&t->root, __ATOMIC_ACQUIRE); /* as above */
}

static inline void store_root(struct radix_tree *t, struct radix_node *n)
{
	__atomic_store_n(&t->root, n, __ATOMIC_RELEASE);
}

static void store(struct radix_node *n, unsigned int i, void *p)
{
	uint64_t bit = 1UL << i;
	uint64_t present = p ? n->present | bit : n->present & ~bit;

	__atomic_store_n(&n->slots[i], p, __ATOMIC_RELEASE);
	__atomic_store_n(&n->present, present, __ATOMIC_RELEASE);
}

static inline bool covers(const struct radix_node *n, uint64_t index)
{
	return index >> n->shift < RADIX_SLOTS;
}

void radix_init(struct radix_tree *t, const struct radix_alloc *alloc)
{
	t->root = NULL;
	t->alloc = alloc;
}

void *radix_get(const struct radix_tree *t, uint64_t index)
{
	const struct radix_node *n = load_root(t);
	unsigned int shift;

	if (!n || !covers(n, index))
		return NULL;
	for (shift = n->shift; shift; shift -= RADIX_BITS) {
		n = load(&n->slots[slot_of(index, shift)]);
		if (!n)
			return NULL;
	}
	return load(&n->slots[slot_of(index, 0)]);
}

static struct radix_node *node_create(struct radix_tree *t, unsigned int shift)
{
	struct radix_node *n = t->alloc->alloc(sizeof(*n));

	if (n)
		n->shift = shift;
	return n;
}

/* Puts roots on top until the tree is deep enough for the index. */
static int grow(struct radix_tree *t, uint64_t index)
{
	struct radix_node *root = t->root, *n;

	while (!root || !covers(root, index)) {
		n = node_create(t, root ? root->shift + RADIX_BITS : 0);
		if (!n)
			return -1;
		if (root)
			store(n, 0, root);
		store_root(t, n);
		root = n;
	}
	return 0;
}

int radix_set(struct radix_tree *t, uint64_t index, void *p)
{
	struct radix_node *n, *next;
	unsigned int i;

	if (grow(t, index))
		return -ENOMEM;
	for (n = t->root; n->shift; n = next) {
		i = slot_of(index, n->shift);
		next = n->slots[i];
		if (next)
			continue;
		next = node_create(t, n->shift - RADIX_BITS);
		if (!next)
			return -ENOMEM;
		store(n, i, next);
	}
	store(n, slot_of(index, 0), p);
	return 0;
}

/* A root whose only child is the first is not needed. */
static void shrink(struct radix_tree *t)
{
	struct radix_node *root;

	while ((root = t->root) && root->shift && root->present == 1) {
		store_root(t, root->slots[0]);
		t->alloc->free_later(root);
	}
}

void *radix_remove(struct radix_tree *t, uint64_t index)
{
	struct radix_node *path[RADIX_DEPTH], *n = t->root;
	unsigned int depth = 0;
	void *old;

	if (!n || !covers(n, index))
		return NULL;
	for (; n->shift; n = path[depth++]->slots[slot_of(index, n->shift)]) {
		path[depth] = n;
		if (!n->slots[slot_of(index, n->shift)])
			return NULL;
	}
	old = n->slots[slot_of(index, 0)];
	if (!old)
		return NULL;
	store(n, slot_of(index, 0), NULL);
	while (!n->present && depth) {
		struct radix_node *parent = path[--depth];

		store(parent, slot_of(index, parent->shift), NULL);
		t->alloc->free_later(n);
		n = parent;
	}
	if (!n->present) {
		store_root(t, NULL);
		t->alloc->free_later(n);
	}
	shrink(t);
	return old;
}

/*
 * Goes down from n to the first entry at or after *index, as far as slots are
 * set.  NULL: nothing there; *index is then the first that was not looked at,
 * 0 at the very end.
 */
static void *descend(const struct radix_node *n, uint64_t *index)
{
	unsigned int shift = n->shift;

	for (;;) {
		unsigned int i = slot_of(*index, shift);
		uint64_t left = __atomic_load_n(&n->present, __ATOMIC_ACQUIRE) &
				~0UL << i;
		unsigned int first = left ? __builtin_ctzl(left) : RADIX_SLOTS;
		void *p;

		if (first != i) /* on to the start of that slot */
			*index = ((*index >> shift) + (first - i)) << shift;
		if (!left)
			return NULL;
		p = load(&n->slots[first]);
		if (!p) { /* just removed */
			*index = ((*index >> shift) + 1) << shift;
			return NULL;
		}
		if (!shift)
			return p;
		n = p;
		shift -= RADIX_BITS;
	}
}

void *radix_next(const struct radix_tree *t, uint64_t *index)
{
	const struct radix_node *root;
	uint64_t at = *index;
	void *p;

	do {
		root = load_root(t);
		if (!root || !covers(root, at))
			return NULL;
		p = descend(root, &at);
		if (p) {
			*index = at;
			return p;
		}
	} while (at);
	return NULL;
}

/* Nodes are left over only where an allocation failed on the way down. */
static void free_below(struct radix_tree *t, struct radix_node *n)
{
	for (unsigned int i = 0; n->shift && i < RADIX_SLOTS; i++)
		if (n->slots[i])
			free_below(t, n->slots[i]);
	t->alloc->free_later(n);
}

void radix_fini(struct radix_tree *t)
{
	if (t->root)
		free_below(t, t->root);
	t->root = NULL;
}
