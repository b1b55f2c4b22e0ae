// SPDX-License-Identifier: MIT
/* kmalloc() and slabs on the host: each object is a malloc() of its own, so
 * that the sanitizers see all that is done to it. */
#include <mm/slab.h>

#include <malloc.h>
#include <stdlib.h>

#include <host/host.h>
#include <lib/assert.h>
#include <lib/string.h>

struct slab_cache {
	size_t size, align;
	struct slab_cache *next;
};

static struct slab_cache *caches; /* they stay */
static size_t nr_objects;

size_t host_mm_in_use(void)
{
	return __atomic_load_n(&nr_objects, __ATOMIC_RELAXED);
}

size_t slab_objects_in_use(void)
{
	return host_mm_in_use();
}

void slab_reclaim(void)
{
}

static void *take(size_t size, size_t align, unsigned int flags)
{
	void *p;

	if (mm_should_fail() || posix_memalign(&p, align, size))
		return NULL;
	memset(p, flags & MM_ZERO ? 0 : 0xa5, size);
	__atomic_fetch_add(&nr_objects, 1, __ATOMIC_RELAXED);
	return p;
}

void *kmalloc(size_t size, unsigned int flags)
{
	return take(size, size < 64 ? 8 : 64, flags);
}

void *kzalloc(size_t size, unsigned int flags)
{
	return kmalloc(size, flags | MM_ZERO);
}

void kfree(void *p)
{
	if (!p)
		return;
	__atomic_fetch_sub(&nr_objects, 1, __ATOMIC_RELAXED);
	free(p);
}

char *kstrndup(const char *s, size_t len, unsigned int flags)
{
	size_t n = strnlen(s, len);
	char *copy = kmalloc(n + 1, flags);

	if (copy) {
		memcpy(copy, s, n);
		copy[n] = 0;
	}
	return copy;
}

struct slab_cache *slab_create(const char *name, size_t size, size_t align)
{
	struct slab_cache *c = malloc(sizeof(*c));

	assert(c);
	c->size = size;
	c->align = align ? align : size < 64 ? 8 : 64;
	c->next = __atomic_exchange_n(&caches, c, __ATOMIC_ACQ_REL);
	return c;
}

void *slab_alloc(struct slab_cache *c, unsigned int flags)
{
	return take(c->size, MAX(c->align, 8), flags);
}

void slab_free(struct slab_cache *c, void *obj)
{
	kfree(obj);
}
