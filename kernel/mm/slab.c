// SPDX-License-Identifier: MIT
/*
 * Slabs: blocks of frames cut into objects.  Magazines: magazine.c; rules:
 * mm/slab.h
 */
#include <mm/slab_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>

#define MAX_SLAB_ORDER 3
#define SMALL_OBJECT   256 /* up to here the slab's head is in the slab */

static struct slab_cache head_cache, cache_cache;
struct slab_cache magazine_cache;

static struct {
	struct spinlock_irq lock;
	struct list caches GUARDED_BY(&lock);
	unsigned int nr GUARDED_BY(&lock);
} all = { .lock = SPINLOCK_IRQ_INIT("slab.all"),
	  .caches = LIST_INIT(all.caches) };

static bool head_inside(const struct slab_cache *c)
{
	return c->size <= SMALL_OBJECT;
}

static size_t slab_room(const struct slab_cache *c, unsigned int order)
{
	return (PGSIZE << order) -
	       (head_inside(c) ? ROUND_UP(sizeof(struct slab), c->align) : 0);
}

/* The smallest block that wastes less than an eighth and holds a few. */
static void choose_order(struct slab_cache *c)
{
	for (c->order = 0; c->order < MAX_SLAB_ORDER; c->order++) {
		size_t room = slab_room(c, c->order);
		size_t nr = room / c->size;

		if (nr >= 4 && room - nr * c->size <= room / 8)
			break;
	}
	c->per_slab = slab_room(c, c->order) / c->size;
}

static unsigned int choose_rounds(size_t size)
{
	return size <= 256 ? MAG_ROUNDS : size <= 1024 ? 14 : 6;
}

bool slab_cache_setup(struct slab_cache *c, const char *name, size_t size,
		      size_t align)
{
	if (!align)
		align = size >= 64 ? 64 : 8;
	c->name = name;
	c->align = align;
	c->size = ROUND_UP(MAX(size, 2 * sizeof(void *)), align);
	c->rounds = choose_rounds(c->size);
	choose_order(c);
	assert(c->per_slab > 0);
	list_init(&c->partial);
	spin_irq_init(&c->lock);

	guard_spin_irq(&all.lock);
	if (all.nr == SLAB_MAX_CACHES)
		return false;
	c->id = all.nr++;
	list_add_tail(&all.caches, &c->link);
	return true;
}

static struct slab *head_of(const void *obj)
{
	const struct frame *f = virt_to_frame(obj);

	if (unlikely(!(f->flags & FRAME_SLAB)))
		panic("%p is not a slab object", obj);
	return (struct slab *)f->owner;
}

struct slab_cache *slab_cache_of(const void *obj)
{
	return head_of(obj)->cache;
}

static void frames_mark(struct slab_cache *c, struct frame *f, struct slab *s)
{
	for (size_t i = 0; i < 1UL << c->order; i++) {
		frame_set_flags(&f[i], s ? FRAME_SLAB : 0);
		f[i].owner = (uintptr_t)s;
	}
}

static struct slab *slab_make(struct slab_cache *c, unsigned int flags)
{
	struct frame *f = frames_alloc(c->order, flags & ~MM_ZERO);
	struct slab *s;
	char *base;

	if (!f)
		return NULL;
	base = frame_to_virt(f);
	if (head_inside(c)) {
		s = (struct slab *)base;
		base += (PGSIZE << c->order) - slab_room(c, c->order);
	} else {
		s = slab_alloc(&head_cache, flags & ~MM_ZERO);
		if (!s) {
			frames_free(f, c->order);
			return NULL;
		}
	}
	s->cache = c;
	s->base = base;
	s->in_use = 0;
	s->fresh = 0;
	s->free = NULL;
	frames_mark(c, f, s);
	return s;
}

static void slab_destroy(struct slab *s)
{
	struct slab_cache *c = s->cache;
	struct frame *f = virt_to_frame(s->base);

	frames_mark(c, f, NULL);
	if (!head_inside(c))
		slab_free(&head_cache, s);
	frames_free(f, c->order);
}

static void slabs_destroy(struct list *dead)
{
	struct slab *s, *next;

	list_for_each_entry_safe(s, next, dead, link)
		slab_destroy(s);
}

/* Objects that were never out are cut off one by one: a new slab costs nothing
 * but its head. */
static void *take_locked(struct slab_cache *c)
{
	struct slab *s = list_first(&c->partial, struct slab, link);
	void *obj;

	if (!s)
		return NULL;
	if (s->free) {
		obj = s->free;
		s->free = *(void **)obj;
	} else {
		obj = s->base + s->fresh++ * c->size;
		slab_poison(c, obj);
	}
	if (!s->in_use++)
		c->nr_empty--;
	c->nr_out++;
	if (s->in_use == c->per_slab)
		list_del(&s->link);
	return obj;
}

static void add_slab_locked(struct slab_cache *c, struct slab *s)
{
	list_add_head(&c->partial, &s->link);
	c->nr_empty++;
	c->nr_slabs++;
}

/* What is empty goes to `dead`, but for one. */
static void give_locked(struct slab_cache *c, void *obj, struct list *dead)
{
	struct slab *s = head_of(obj);

	assert(s->cache == c);
	*(void **)obj = s->free;
	s->free = obj;
	c->nr_out--;
	if (s->in_use-- == c->per_slab)
		list_add_head(&c->partial, &s->link);
	if (s->in_use)
		return;
	list_del(&s->link);
	if (c->nr_empty) {
		c->nr_slabs--;
		list_add_tail(dead, &s->link);
		return;
	}
	c->nr_empty++;
	list_add_tail(&c->partial, &s->link);
}

unsigned int slab_take(struct slab_cache *c, void **out, unsigned int nr,
		       unsigned int flags)
{
	unsigned int got = 0;
	struct slab *s;

	for (;;) {
		scoped_spin_irq(&c->lock)
			while (got < nr && (out[got] = take_locked(c)))
				got++;
		if (got)
			return got;
		s = slab_make(c, flags);
		if (!s)
			return 0;
		scoped_spin_irq(&c->lock)
			add_slab_locked(c, s);
	}
}

void slab_give(struct slab_cache *c, void **objs, unsigned int nr)
{
	struct list dead;

	list_init(&dead);
	scoped_spin_irq(&c->lock)
		for (unsigned int i = 0; i < nr; i++)
			give_locked(c, objs[i], &dead);
	slabs_destroy(&dead);
}

struct slab_cache *slab_create(const char *name, size_t size, size_t align)
{
	struct slab_cache *c = slab_alloc(&cache_cache, MM_WAIT | MM_ZERO);

	if (!c || !slab_cache_setup(c, name, size, align))
		panic("no room for the slab cache %s", name);
	return c;
}

void slab_init(void)
{
	slab_cache_setup(&head_cache, "slab", sizeof(struct slab), 0);
	slab_cache_setup(&magazine_cache, "magazine", sizeof(struct magazine),
			 0);
	slab_cache_setup(&cache_cache, "slab_cache", sizeof(struct slab_cache),
			 0);
	magazine_cache.rounds = 0;
	kmalloc_init();
}

/* The next cache after c (NULL: the first); they never go. */
struct slab_cache *slab_cache_next(struct slab_cache *c)
{
	struct list *n;

	guard_spin_irq(&all.lock);
	n = c ? c->link.next : all.caches.next;
	return n == &all.caches ? NULL : list_entry(n, struct slab_cache, link);
}

static void empty_to_frames(struct slab_cache *c)
{
	struct slab *s, *next;
	struct list dead;

	list_init(&dead);
	scoped_spin_irq(&c->lock) {
		list_for_each_entry_safe(s, next, &c->partial, link) {
			if (s->in_use)
				continue;
			list_del(&s->link);
			list_add_tail(&dead, &s->link);
			c->nr_empty--;
			c->nr_slabs--;
		}
	}
	slabs_destroy(&dead);
}

void slab_reclaim(void)
{
	struct slab_cache *c;

	for (c = NULL; (c = slab_cache_next(c));)
		magazines_flush(c);
	/* Magazines and heads of slabs are objects too, of the first caches:
	 * these come last. */
	for (c = NULL; (c = slab_cache_next(c));)
		if (c != &head_cache && c != &magazine_cache)
			empty_to_frames(c);
	magazines_flush(&head_cache);
	empty_to_frames(&head_cache);
	empty_to_frames(&magazine_cache);
}

static size_t objects_in_use(struct slab_cache *c)
{
	size_t held = magazines_held(c);

	guard_spin_irq(&c->lock);
	return c->nr_out > held ? c->nr_out - held : 0;
}

size_t slab_objects_in_use(void)
{
	size_t n = 0;

	for (struct slab_cache *c = NULL; (c = slab_cache_next(c));)
		if (c != &head_cache && c != &magazine_cache)
			n += objects_in_use(c);
	return n;
}

void slab_print(void)
{
	log("%-20s %6s %8s %8s %8s", "cache", "size", "in use", "slabs",
	    "KiB");
	for (struct slab_cache *c = NULL; (c = slab_cache_next(c));)
		log("%-20s %6u %8lu %8u %8lu", c->name, c->size,
		    objects_in_use(c), c->nr_slabs,
		    (size_t)c->nr_slabs << (c->order + PGSHIFT - 10));
}
