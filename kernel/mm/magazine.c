// SPDX-License-Identifier: MIT
/*
 * Magazines: each core keeps two stacks of free objects per cache, loaded and
 * previous; a miss on both goes to the depot, then to the slabs.
 *
 * Bonwick and Adams, "Magazines and Vmem", USENIX 2001.  The per-core part lies
 * in per-core data by the cache's number, so that it is there from the first
 * line of C on and for cores that are found later.
 */
#include <mm/slab_priv.h>

#include <lib/string.h>

struct core_magazines {
	struct magazine *loaded, *previous;
};
typedef struct core_magazines core_magazines_all[SLAB_MAX_CACHES];
DEFINE_PERCPU_STATIC(core_magazines_all, magazines);

static inline struct core_magazines *core_of(const struct slab_cache *c)
{
	return &(*this_cpu_ptr(magazines))[c->id];
}

static inline void swap_magazines(struct core_magazines *cm)
{
	struct magazine *m = cm->loaded;

	cm->loaded = cm->previous;
	cm->previous = m;
}

static struct magazine *magazine_alloc(unsigned int flags)
{
	struct magazine *m = NULL;

	if (slab_take(&magazine_cache, (void **)&m, 1, flags))
		m->nr = 0;
	return m;
}

static void magazine_free(struct magazine *m)
{
	slab_give(&magazine_cache, (void **)&m, 1);
}

/* Looked at without the lock first: most depots are empty. */
static inline void depot_set(struct slab_cache *c, struct magazine *m)
{
	__atomic_store_n(&c->depot, m, __ATOMIC_RELAXED);
}

static inline bool depot_empty(struct slab_cache *c)
{
	return !__atomic_load_n(&c->depot, __ATOMIC_RELAXED);
}

static struct magazine *depot_pop(struct slab_cache *c)
{
	struct magazine *m;

	guard_spin_irq(&c->lock);
	m = c->depot;
	if (m) {
		depot_set(c, m->next);
		c->nr_depot--;
	}
	return m;
}

/* A full magazine; false: the depot has enough. */
static bool depot_push(struct slab_cache *c, struct magazine *m)
{
	guard_spin_irq(&c->lock);

	if (c->nr_depot >= DEPOT_MAX)
		return false;
	m->next = c->depot;
	depot_set(c, m);
	c->nr_depot++;
	return true;
}

/* Interrupts are off; both magazines are empty or missing. */
static __noinline void *alloc_miss(struct slab_cache *c,
				   struct core_magazines *cm,
				   unsigned int flags)
{
	struct magazine *full;
	void *obj = NULL;

	if (!(flags & MM_ATOMIC))
		flags |= MM_NOWAIT; /* interrupts are off */
	full = depot_empty(c) ? NULL : depot_pop(c);
	if (full) {
		if (cm->loaded)
			magazine_free(cm->loaded);
		cm->loaded = full;
		return full->obj[--full->nr];
	}
	if (!cm->loaded && c->rounds)
		cm->loaded = magazine_alloc(flags);
	if (!cm->loaded)
		return slab_take(c, &obj, 1, flags) ? obj : NULL;
	cm->loaded->nr = slab_take(c, cm->loaded->obj, (c->rounds + 1) / 2,
				   flags);
	return cm->loaded->nr ? cm->loaded->obj[--cm->loaded->nr] : NULL;
}

static inline void *alloc_fast(struct slab_cache *c, unsigned int flags)
{
	struct core_magazines *cm = core_of(c);
	struct magazine *m = cm->loaded;

	if (likely(m && m->nr))
		return m->obj[--m->nr];
	if (cm->previous && cm->previous->nr) {
		swap_magazines(cm);
		m = cm->loaded;
		return m->obj[--m->nr];
	}
	return alloc_miss(c, cm, flags);
}

void *slab_alloc(struct slab_cache *c, unsigned int flags)
{
	uint64_t fl;
	void *obj;

	mm_check_context(flags);
	if (mm_injected())
		return NULL;
	fl = irq_save();
	obj = alloc_fast(c, flags);
	irq_restore(fl);
	if (!obj)
		return NULL;
	if (IS_ENABLED(CONFIG_LOCKDEP))
		slab_check_poison(c, obj);
	if (flags & MM_ZERO)
		memset(obj, 0, c->size);
	return obj;
}

/* Interrupts are off; both magazines are full or missing. */
static __noinline void free_miss(struct slab_cache *c,
				 struct core_magazines *cm, void *obj)
{
	struct magazine *m = cm->loaded;

	if (m && depot_push(c, m)) {
		cm->loaded = m = NULL;
	} else if (m) {
		slab_give(c, m->obj, m->nr);
		m->nr = 0;
	}
	if (!m && c->rounds)
		cm->loaded = m = magazine_alloc(MM_ATOMIC);
	if (m)
		m->obj[m->nr++] = obj;
	else
		slab_give(c, &obj, 1);
}

static inline void free_fast(struct slab_cache *c, void *obj)
{
	struct core_magazines *cm = core_of(c);
	struct magazine *m = cm->loaded;

	if (likely(m && m->nr < c->rounds)) {
		m->obj[m->nr++] = obj;
		return;
	}
	if (m && (!cm->previous || cm->previous->nr < c->rounds)) {
		swap_magazines(cm);
		m = cm->loaded;
		if (m) {
			m->obj[m->nr++] = obj;
			return;
		}
	}
	free_miss(c, cm, obj);
}

void slab_free(struct slab_cache *c, void *obj)
{
	uint64_t fl;

	if (IS_ENABLED(CONFIG_LOCKDEP)) {
		slab_check_not_free(c, obj);
		slab_poison(c, obj);
	}
	fl = irq_save();
	free_fast(c, obj);
	irq_restore(fl);
}

static void magazine_empty(struct slab_cache *c, struct magazine *m)
{
	if (!m)
		return;
	slab_give(c, m->obj, m->nr);
	magazine_free(m);
}

void magazines_flush(struct slab_cache *c)
{
	struct core_magazines mine;
	struct magazine *m;
	uint64_t fl;

	fl = irq_save();
	mine = *core_of(c);
	*core_of(c) = (struct core_magazines){ NULL, NULL };
	irq_restore(fl);
	magazine_empty(c, mine.loaded);
	magazine_empty(c, mine.previous);
	while ((m = depot_pop(c)))
		magazine_empty(c, m);
}

size_t magazines_held(struct slab_cache *c)
{
	size_t n = 0;

	for (unsigned int core = 0; core < nr_cores; core++) {
		struct core_magazines *cm = &per_cpu(magazines, core)[c->id];
		struct magazine *m;

		if ((m = cm->loaded))
			n += m->nr;
		if ((m = cm->previous))
			n += m->nr;
	}
	guard_spin_irq(&c->lock);
	for (struct magazine *m = c->depot; m; m = m->next)
		n += m->nr;
	return n;
}
