// SPDX-License-Identifier: MIT
/* Doubly linked lists, and the queue of many producers. */
#include <lib/list.h>

#include <host/test.h>
#include <lib/slist.h>

struct item {
	int v;
	struct list link;
};

static void check_list(struct list *head, const char *want)
{
	char got[20];
	struct item *it;
	int n = 0;

	list_for_each_entry(it, head, link)
		got[n++] = it->v;
	got[n] = 0;
	CHECK_STR(got, want);
	list_for_each(l, head)
		CHECK(l->next->prev == l && l->prev->next == l);
}

TEST(both_ends_and_the_middle)
{
	struct item a = { .v = 'a' }, b = { .v = 'b' }, c = { .v = 'c' };
	struct list head = LIST_INIT(head);

	CHECK(list_empty(&head));
	CHECK(!list_first(&head, struct item, link));
	CHECK(!list_last(&head, struct item, link));
	list_add_tail(&head, &b.link);
	list_add_tail(&head, &c.link);
	list_add_head(&head, &a.link);
	check_list(&head, "abc");
	CHECK(list_first(&head, struct item, link) == &a);
	CHECK(list_last(&head, struct item, link) == &c);
	list_del(&b.link);
	check_list(&head, "ac");
	list_del(&b.link); /* harmless */
	CHECK(list_empty(&b.link));
	check_list(&head, "ac");
}

TEST(splice_and_safe_walk)
{
	struct item it[6], *e, *tmp;
	struct list one = LIST_INIT(one), two = LIST_INIT(two);

	for (int i = 0; i < 6; i++) {
		it[i].v = 'a' + i;
		list_add_tail(i < 3 ? &one : &two, &it[i].link);
	}
	list_splice_tail(&one, &two);
	check_list(&one, "abcdef");
	CHECK(list_empty(&two));
	list_splice_tail(&one, &two);
	check_list(&one, "abcdef");
	list_for_each_entry_safe(e, tmp, &one, link)
		if (e->v % 2)
			list_del(&e->link);
	check_list(&one, "bdf");
	list_splice_tail(&two, &one);
	check_list(&two, "bdf");
}

TEST(mpsc_keeps_the_order_of_pushes)
{
	struct mpsc_queue q = { NULL };
	struct mpsc_node n[4], *p;

	CHECK(mpsc_empty(&q));
	CHECK(!mpsc_take_all(&q));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(mpsc_push(&q, &n[i]), i == 0);
	CHECK(!mpsc_empty(&q));
	p = mpsc_take_all(&q);
	for (int i = 0; i < 4; i++, p = p->next)
		CHECK(p == &n[i]);
	CHECK(!p);
	CHECK(mpsc_empty(&q));
}

/* Core 0 takes; the others push, each its own in order. */
#define PUSHES 5000

struct letter {
	struct mpsc_node node;
	unsigned int from, nr;
};
static struct letter letters[4][PUSHES];
static struct mpsc_queue post;
static _Atomic unsigned int told;

static void push_or_take(void *arg, unsigned int core)
{
	unsigned int next[4] = { 0 }, got = 0, found_empty = 0;
	struct mpsc_node *n;

	if (core) {
		for (unsigned int i = 0; i < PUSHES; i++) {
			struct letter *l = &letters[core][i];

			l->from = core;
			l->nr = i;
			if (mpsc_push(&post, &l->node))
				told++;
		}
		return;
	}
	while (got < 3 * PUSHES) {
		n = mpsc_take_all(&post);
		found_empty += n != NULL;
		for (; n; n = n->next, got++) {
			struct letter *l = (struct letter *)n;

			CHECK_EQ(l->nr, next[l->from]);
			next[l->from]++;
		}
	}
	/* Each batch was announced, once. */
	while (told < found_empty)
		;
	CHECK_EQ(told, found_empty);
}

TEST(mpsc_many_producers)
{
	host_run_cores(4, push_or_take, NULL);
	CHECK(mpsc_empty(&post));
}
