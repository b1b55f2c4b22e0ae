// SPDX-License-Identifier: MIT
/*
 * lockdep, the other half: which class was waited for under which.
 *
 * A bit per ordered pair of classes answers the usual question (seen before?)
 * without a lock.  Only a pair that is new takes graph_lock and looks for a way
 * back from the inner class to the outer one, which would be a cycle.
 */
#include <sync/lockdep_priv.h>

#include <lib/log.h>
#include <lib/string.h>
#include <sync/spinlock.h>

struct edge {
	uint16_t outer, inner;
	uintptr_t outer_pc, inner_pc; /* where both were taken */
};

static struct spinlock graph_lock; /* its raw forms only */
static struct lock_class *classes[LOCKDEP_MAX_CLASSES];
static unsigned int nr_classes = 1;
lockdep_row lockdep_after[LOCKDEP_MAX_CLASSES];
static struct edge edges[LOCKDEP_MAX_EDGES];
static unsigned int nr_edges; /* those below it do not change any more */

/* The search's; under graph_lock. */
static unsigned long visited[BITMAP_LONGS(LOCKDEP_MAX_CLASSES)];
static uint16_t came_from[LOCKDEP_MAX_CLASSES];
static uint16_t todo[LOCKDEP_MAX_CLASSES];

static bool same_place(const struct lock_class *a, const struct lock_class *b)
{
	return a->line == b->line && a->kind == b->kind &&
	       !strcmp(a->file, b->file) && !strcmp(a->name, b->name);
}

/* An initialiser in an inline function has a class in each file that uses it:
 * these share a number. */
static unsigned int class_add(struct lock_class *cls)
{
	unsigned int id;

	for (id = 1; id < nr_classes; id++)
		if (same_place(classes[id], cls))
			return id;
	if (id == LOCKDEP_MAX_CLASSES) {
		lockdep_say("more lock classes than lockdep has room for");
		lockdep_fail();
	}
	classes[id] = cls;
	nr_classes++;
	return id;
}

unsigned int lockdep_class_register(struct lock_class *cls)
{
	unsigned int id;

	spin_raw_lock(&graph_lock);
	id = cls->id;
	if (!id) {
		id = class_add(cls);
		__atomic_store_n(&cls->id, id, __ATOMIC_RELAXED);
	}
	spin_raw_unlock(&graph_lock);
	return id;
}

/* True if a way leads from one class to the other; came_from[] tells it,
 * backwards. */
static bool search(unsigned int from, unsigned int to)
{
	unsigned int depth = 0, id;

	memset(visited, 0, sizeof(visited));
	bit_set(visited, from);
	todo[depth++] = from;
	while (depth) {
		unsigned int at = todo[--depth];
		const unsigned long *row = lockdep_after[at];

		id = 0;
		while ((id = bitmap_next_set(row, nr_classes, id + 1)) <
		       nr_classes) {
			if (bit_test(visited, id))
				continue;
			came_from[id] = at;
			if (id == to)
				return true;
			bit_set(visited, id);
			todo[depth++] = id;
		}
	}
	return false;
}

static void say_edge(unsigned int outer, unsigned int inner)
{
	const struct edge *e;

	lockdep_say("\n  seen before: %s (%s:%d) -> %s (%s:%d)",
		    classes[outer]->name, classes[outer]->file,
		    classes[outer]->line, classes[inner]->name,
		    classes[inner]->file, classes[inner]->line);
	for (e = edges; e < &edges[nr_edges]; e++) {
		if (e->outer != outer || e->inner != inner)
			continue;
		lockdep_say(", in ");
		lockdep_say_pc(e->outer_pc);
		lockdep_say(" and ");
		lockdep_say_pc(e->inner_pc);
	}
}

static void __noreturn fail_cycle(const struct lockdep_held *outer,
				  const struct lockdep_held *inner)
{
	unsigned int start = inner->cls->id, at = outer->cls->id;

	lockdep_say("L1: lock order with a cycle");
	lockdep_say_held("taking", inner);
	lockdep_say_held("holding", outer);
	for (; at != start; at = came_from[at])
		say_edge(came_from[at], at);
	lockdep_fail();
}

static void learn_locked(const struct lockdep_held *outer,
			 const struct lockdep_held *inner)
{
	unsigned int out = outer->cls->id, in = inner->cls->id;

	if (bit_test(lockdep_after[out], in))
		return; /* another core was faster */
	if (search(in, out))
		fail_cycle(outer, inner);
	if (nr_edges < LOCKDEP_MAX_EDGES) {
		edges[nr_edges] = (struct edge){ out, in, outer->pc,
						 inner->pc };
		/* Pairs with the acquire in lockdep_dump(). */
		__atomic_store_n(&nr_edges, nr_edges + 1, __ATOMIC_RELEASE);
	}
	bit_set_atomic(lockdep_after[out], in);
}

void lockdep_learn(const struct lockdep_held *outer,
		   const struct lockdep_held *inner)
{
	spin_raw_lock(&graph_lock);
	learn_locked(outer, inner);
	spin_raw_unlock(&graph_lock);
}

void lockdep_dump(void)
{
	unsigned int n = __atomic_load_n(&nr_edges, __ATOMIC_ACQUIRE);

	for (unsigned int i = 0; i < n; i++) {
		const struct lock_class *o = classes[edges[i].outer];
		const struct lock_class *in = classes[edges[i].inner];

		log("LOCK-ORDER %s@%s -> %s@%s %s:%d", o->name, o->file,
		    in->name, in->file, in->file, in->line);
	}
}
