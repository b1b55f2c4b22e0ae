// SPDX-License-Identifier: MIT
/* Red-black trees against a sorted array: order, colours, augmented sums. */
#include <lib/rbtree.h>

#include <host/test.h>

#define NR 400

struct item {
	struct rb_node node;
	int key;
	long sum; /* of the keys in this subtree */
	bool in;
};

static struct item items[NR];
static struct rb_root root;

static struct item *item_of(struct rb_node *n)
{
	return rb_entry(n, struct item, node);
}

static long sum_of(struct rb_node *n)
{
	return n ? item_of(n)->sum : 0;
}

static void add_up(struct rb_node *n)
{
	item_of(n)->sum = item_of(n)->key + sum_of(n->left) + sum_of(n->right);
}

static void insert(struct item *it, rb_augment_fn augment)
{
	struct rb_node **link = &root.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = it->key < item_of(parent)->key ? &parent->left :
							&parent->right;
	}
	rb_insert(&root, &it->node, parent, link, augment);
	it->in = true;
}

static bool red(const struct rb_node *n)
{
	return n && !(n->parent_color & 1);
}

/* The black height, after checking everything below n. */
static int check_below(struct rb_node *n, struct rb_node *parent, bool sums)
{
	int left, right;

	if (!n)
		return 1;
	CHECK(rb_parent(n) == parent);
	CHECK(!(red(n) && (red(n->left) || red(n->right))));
	left = check_below(n->left, n, sums);
	right = check_below(n->right, n, sums);
	CHECK_EQ(left, right);
	if (sums)
		CHECK_EQ(item_of(n)->sum, item_of(n)->key + sum_of(n->left) +
						  sum_of(n->right));
	return left + !red(n);
}

static void check_order(void)
{
	struct rb_node *n = rb_first(&root), *last = NULL;

	for (int i = 0; i < NR; i++) {
		if (!items[i].in)
			continue;
		CHECK(n == &items[i].node);
		CHECK(rb_prev(n) == last);
		last = n;
		n = rb_next(n);
	}
	CHECK(!n);
	CHECK(rb_last(&root) == last);
}

static void check_tree(bool sums)
{
	CHECK(!red(root.node));
	check_below(root.node, NULL, sums);
	check_order();
}

static void reset(void)
{
	root.node = NULL;
	for (int i = 0; i < NR; i++)
		items[i] = (struct item){ .key = i };
}

static void random_ops(rb_augment_fn augment, int range, int rounds)
{
	uint64_t seed = range;

	reset();
	for (int i = 0; i < rounds; i++) {
		struct item *it = &items[test_random(&seed) % range];

		if (it->in) {
			rb_erase(&root, &it->node, augment);
			it->in = false;
		} else {
			insert(it, augment);
		}
		check_tree(augment != NULL);
	}
}

TEST(an_empty_tree_has_no_ends)
{
	reset();
	CHECK(!rb_first(&root));
	CHECK(!rb_last(&root));
}

TEST(rising_falling_and_emptied)
{
	reset();
	for (int i = 0; i < NR; i += 2)
		insert(&items[i], NULL);
	for (int i = NR - 1; i > 0; i -= 2)
		insert(&items[i], NULL);
	check_tree(false);
	for (int i = 0; i < NR; i++) {
		rb_erase(&root, &items[i].node, NULL);
		items[i].in = false;
		check_tree(false);
	}
	CHECK(!root.node);
}

TEST(random_changes_small)
{
	random_ops(NULL, 7, 3000);
	random_ops(add_up, 7, 3000);
}

TEST(random_changes_large)
{
	random_ops(NULL, NR, 3000);
	random_ops(add_up, NR, 3000);
}

TEST(a_changed_value_reaches_the_root)
{
	struct item *it = &items[17];

	reset();
	for (int i = 0; i < 50; i++)
		insert(&items[i], add_up);
	CHECK_EQ(sum_of(root.node), 49 * 50 / 2);
	it->key += 1000; /* its place in the order does not matter here */
	rb_augment_up(&it->node, add_up);
	CHECK_EQ(sum_of(root.node), 49 * 50 / 2 + 1000);
	check_below(root.node, NULL, true);
}
