// SPDX-License-Identifier: MIT
/* The runtime's small allocator: powers of two from 64 bytes to half a page. */
#include <parlib/alloc.h>

#include <parlib/spinlock.h>
#include <parlib/syscall.h>
#include <ros/mman.h>

#define MIN_SHIFT 6
#define MAX_SHIFT 11

struct free_obj {
	struct free_obj *next;
};

static struct spin_pdr_lock lock;
static struct free_obj *free_objs[MAX_SHIFT + 1];

void *rt_pages_alloc(size_t nr_pages)
{
	long ret = ros_call(SYS_mmap, 0, nr_pages * PGSIZE,
			    ROS_PROT_READ | ROS_PROT_WRITE,
			    ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS, -1, 0);

	return ret < 0 ? NULL : (void *)ret;
}

void rt_pages_free(void *p, size_t nr_pages)
{
	ros_call(SYS_munmap, p, nr_pages * PGSIZE);
}

static unsigned int class_of(size_t len)
{
	unsigned int shift = MIN_SHIFT;

	while ((1UL << shift) < len)
		shift++;
	return shift;
}

static void put_locked(void *p, unsigned int shift)
{
	struct free_obj *o = p;

	o->next = free_objs[shift];
	free_objs[shift] = o;
}

static void *take(unsigned int shift)
{
	struct free_obj *o;

	spin_pdr_lock(&lock);
	o = free_objs[shift];
	if (o)
		free_objs[shift] = o->next;
	spin_pdr_unlock(&lock);
	return o;
}

/* A page for this class: the first object is the caller's. */
static void *refill(unsigned int shift)
{
	char *page = rt_pages_alloc(1);
	size_t off;

	if (!page)
		return NULL;
	spin_pdr_lock(&lock);
	for (off = 1UL << shift; off < PGSIZE; off += 1UL << shift)
		put_locked(page + off, shift);
	spin_pdr_unlock(&lock);
	return page;
}

void *rt_alloc(size_t len)
{
	unsigned int shift;
	void *p;

	if (len > PGSIZE / 2)
		return rt_pages_alloc((len + PGSIZE - 1) >> PGSHIFT);
	shift = class_of(len);
	p = take(shift);
	if (!p)
		p = refill(shift);
	if (p)
		memset(p, 0, len);
	return p;
}

void rt_free(void *p, size_t len)
{
	if (!p)
		return;
	if (len > PGSIZE / 2) {
		rt_pages_free(p, (len + PGSIZE - 1) >> PGSHIFT);
		return;
	}
	spin_pdr_lock(&lock);
	put_locked(p, class_of(len));
	spin_pdr_unlock(&lock);
}
