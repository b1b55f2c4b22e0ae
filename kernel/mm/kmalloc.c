// SPDX-License-Identifier: MIT
/* kmalloc(): size classes, each a slab cache; above 2 KiB whole frames, for
 * which the frame cache is as good. */
#include <mm/slab_priv.h>

#include <lib/assert.h>
#include <lib/bitmap.h>
#include <lib/string.h>

#define GRAIN	  16
#define SLAB_MAX  2048

static const struct {
	uint16_t size, align;
	const char *name;
} classes[] = {
	{ 16, 16, "kmalloc-16" },     { 32, 32, "kmalloc-32" },
	{ 48, 16, "kmalloc-48" },     { 64, 64, "kmalloc-64" },
	{ 96, 32, "kmalloc-96" },     { 128, 64, "kmalloc-128" },
	{ 192, 64, "kmalloc-192" },   { 256, 64, "kmalloc-256" },
	{ 384, 64, "kmalloc-384" },   { 512, 64, "kmalloc-512" },
	{ 576, 64, "kmalloc-576" }, /* radix nodes */
	{ 768, 64, "kmalloc-768" },   { 1024, 64, "kmalloc-1024" },
	{ 1344, 64, "kmalloc-1344" }, { 2048, 64, "kmalloc-2048" },
};
static struct slab_cache caches[ARRAY_SIZE(classes)];
static uint8_t class_of[SLAB_MAX / GRAIN + 1];

void kmalloc_init(void)
{
	size_t grains = 0;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		slab_cache_setup(&caches[i], classes[i].name, classes[i].size,
				 classes[i].align);
		while (grains <= classes[i].size / GRAIN)
			class_of[grains++] = i;
	}
}

static void *large_alloc(size_t size, unsigned int flags)
{
	unsigned int order = 0;
	struct frame *f;

	if (size > PGSIZE)
		order = fls_long((size - 1) >> PGSHIFT);
	f = frames_alloc(order, flags);
	if (!f)
		return NULL;
	f->flags |= FRAME_LARGE;
	f->order = order;
	return frame_to_virt(f);
}

void *kmalloc(size_t size, unsigned int flags)
{
	if (unlikely(size > SLAB_MAX))
		return large_alloc(size, flags);
	return slab_alloc(&caches[class_of[(size + GRAIN - 1) / GRAIN]], flags);
}

void *kzalloc(size_t size, unsigned int flags)
{
	return kmalloc(size, flags | MM_ZERO);
}

void kfree(void *p)
{
	struct frame *f;

	if (!p)
		return;
	f = virt_to_frame(p);
	if (likely(f->flags & FRAME_SLAB)) {
		slab_free(slab_cache_of(p), p);
		return;
	}
	if (unlikely(!(f->flags & FRAME_LARGE)))
		panic("kfree() of %p, which kmalloc() did not give", p);
	f->flags &= ~FRAME_LARGE;
	frames_free(f, f->order);
}

char *kstrndup(const char *s, size_t len, unsigned int flags)
{
	char *p;

	len = strnlen(s, len);
	p = kmalloc(len + 1, flags);
	if (!p)
		return NULL;
	memcpy(p, s, len);
	p[len] = 0;
	return p;
}
