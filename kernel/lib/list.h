// SPDX-License-Identifier: MIT
/* Circular doubly linked lists; the head is a node too. */
#pragma once

#include <stdbool.h>

#include <lib/compiler.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(l) { &(l), &(l) }

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return __atomic_load_n(&l->next, __ATOMIC_RELAXED) == l;
}

static inline void list_insert_between(struct list *n, struct list *prev,
				       struct list *next)
{
	n->prev = prev;
	n->next = next;
	next->prev = n;
	__atomic_store_n(&prev->next, n, __ATOMIC_RELAXED);
}

static inline void list_add_head(struct list *head, struct list *n)
{
	list_insert_between(n, head, head->next);
}

static inline void list_add_tail(struct list *head, struct list *n)
{
	list_insert_between(n, head->prev, head);
}

/* The node is left pointing at itself, so that removing it again is harmless
 * and list_empty(node) says that it is on no list. */
static inline void list_del(struct list *n)
{
	n->next->prev = n->prev;
	__atomic_store_n(&n->prev->next, n->next, __ATOMIC_RELAXED);
	list_init(n);
}

/* Moves all of `from` to the tail of `to`. */
static inline void list_splice_tail(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(n, type, member) container_of(n, type, member)
#define list_first(head, type, member)                                         \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_last(head, type, member)                                          \
	(list_empty(head) ? NULL : list_entry((head)->prev, type, member))
#define list_for_each(n, head)                                                 \
	for (struct list *n = (head)->next; n != (head); n = n->next)
#define list_for_each_entry(e, head, member)                                   \
	for (e = list_entry((head)->next, __typeof__(*e), member);             \
	     &e->member != (head);                                             \
	     e = list_entry(e->member.next, __typeof__(*e), member))
/* e may be removed (and freed) in the body. */
#define list_for_each_entry_safe(e, tmp, head, member)                         \
	for (e = list_entry((head)->next, __typeof__(*e), member),             \
	    tmp = list_entry(e->member.next, __typeof__(*e), member);          \
	     &e->member != (head); e = tmp,                                    \
	    tmp = list_entry(e->member.next, __typeof__(*e), member))
