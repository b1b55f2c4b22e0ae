// SPDX-License-Identifier: MIT
/*
 * Frames on the host: a free list per order over the arena; a free frame is
 * poisoned, so that the address sanitizer sees whoever still uses it.
 */
#include <mm/frame.h>

#include <pthread.h>
#include <string.h>

#include <host/host.h>
#include <lib/assert.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)
#define ASAN_UNPOISON_MEMORY_REGION(p, n)
#endif

#define NR_FRAMES (HOST_ARENA_SIZE / PGSIZE)

static struct frame all[NR_FRAMES];
struct frame *frames = all;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t free_list[FRAME_MAX_ORDER + 1]; /* by number; 0: none */
static size_t first_unused = 1UL << FRAME_MAX_ORDER; /* never frame 0 */
static size_t in_use;
static long fail_after;

void mm_fail_nth(long n)
{
	__atomic_store_n(&fail_after, n, __ATOMIC_RELAXED);
}

bool mm_should_fail(void)
{
	return __atomic_load_n(&fail_after, __ATOMIC_RELAXED) > 0 &&
	       __atomic_fetch_sub(&fail_after, 1, __ATOMIC_RELAXED) == 1;
}

static struct frame *take(unsigned int order)
{
	size_t nr = 1UL << order, n = free_list[order];

	if (n) {
		free_list[order] = all[n].next;
	} else {
		n = ROUND_UP(first_unused, nr);
		if (n + nr > NR_FRAMES)
			return NULL;
		first_unused = n + nr;
	}
	in_use += nr;
	return &all[n];
}

struct frame *frames_alloc(unsigned int order, unsigned int flags)
{
	size_t nr = 1UL << order;
	struct frame *f;

	assert(order <= FRAME_MAX_ORDER);
	if (mm_should_fail())
		return NULL;
	pthread_mutex_lock(&lock);
	f = take(order);
	pthread_mutex_unlock(&lock);
	if (!f)
		return NULL;
	for (size_t i = 0; i < nr; i++) {
		f[i].order = f[i].flags = 0;
		f[i].owner = 0;
	}
	ASAN_UNPOISON_MEMORY_REGION(frame_to_virt(f), nr * PGSIZE);
	memset(frame_to_virt(f), flags & MM_ZERO ? 0 : 0xa5, nr * PGSIZE);
	for (size_t i = 0; i < nr; i++)
		atomic_store_explicit(&f[i].refs, 1, memory_order_release);
	return f;
}

void frames_free(struct frame *f, unsigned int order)
{
	size_t nr = 1UL << order;

	ASAN_POISON_MEMORY_REGION(frame_to_virt(f), nr * PGSIZE);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nr; i++)
		atomic_store_explicit(&f[i].refs, 0, memory_order_relaxed);
	f->next = free_list[order];
	free_list[order] = f - all;
	in_use -= nr;
	pthread_mutex_unlock(&lock);
}

struct frame *frame_alloc(unsigned int flags)
{
	return frames_alloc(0, flags);
}

size_t frame_alloc_bulk(struct frame **out, size_t nr, unsigned int flags)
{
	size_t got = 0;

	while (got < nr && (out[got] = frame_alloc(flags)))
		got++;
	return got;
}

void frame_release(struct frame *f)
{
	frames_free(f, 0);
}

void frame_put_bulk(struct frame **f, size_t nr)
{
	while (nr--)
		frame_put(f[nr]);
}

size_t host_frames_in_use(void)
{
	return __atomic_load_n(&in_use, __ATOMIC_RELAXED);
}

bool frames_scarce(void)
{
	return false;
}

size_t frames_total(void)
{
	return NR_FRAMES;
}

size_t frames_free_count(void)
{
	return NR_FRAMES - host_frames_in_use();
}

void frames_drain_caches(void)
{
}
