// SPDX-License-Identifier: MIT
/* Freed objects are filled with a pattern, which must still be there when they
 * are handed out again (SL2; test builds). */
#include <mm/slab_priv.h>

#include <lib/assert.h>

#define POISON 0x6b6b6b6b6b6b6b6bUL
#define FRESH  0x5a5a5a5a5a5a5a5aUL

/* The first word links free objects. */
static uint64_t *words_of(const struct slab_cache *c, const void *obj,
			  size_t *nr)
{
	*nr = c->size / 8 - 1;
	return (uint64_t *)obj + 1;
}

void slab_poison(const struct slab_cache *c, void *obj)
{
	size_t nr;
	uint64_t *w = words_of(c, obj, &nr);

	if (!IS_ENABLED(CONFIG_LOCKDEP))
		return;
	for (size_t i = 0; i < nr; i++)
		w[i] = POISON;
}

/* Also makes it differ from a free one. */
void slab_check_poison(const struct slab_cache *c, void *obj)
{
	size_t nr;
	uint64_t *w = words_of(c, obj, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (unlikely(w[i] != POISON))
			panic("%s object %p written after it was freed: "
			      "0x%lx at offset %lu",
			      c->name, obj, w[i], (i + 1) * 8);
		w[i] = FRESH;
	}
}

void slab_check_not_free(const struct slab_cache *c, const void *obj)
{
	size_t nr;
	uint64_t *w = words_of(c, obj, &nr);

	if (slab_cache_of(obj) != c)
		panic("%p freed to %s, but it is a %s", obj, c->name,
		      slab_cache_of(obj)->name);
	for (size_t i = 0; i < nr; i++)
		if (w[i] != POISON)
			return;
	panic("%s object %p freed twice", c->name, obj);
}
