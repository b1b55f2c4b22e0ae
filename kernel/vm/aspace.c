// SPDX-License-Identifier: MIT
/* Address spaces: creation, loading on a core, death. */
#include <vm/vm_priv.h>

#include <arch/percpu.h>
#include <core/kthread.h>
#include <lib/bitmap.h>
#include <mm/slab.h>

static struct slab_cache *aspace_cache;
DEFINE_PERCPU_STATIC(struct aspace *, loaded_as);

void vm_init(void)
{
	aspace_cache = slab_create("aspace",
				   sizeof(struct aspace) +
					   BITMAP_LONGS(nr_cores) *
						   sizeof(unsigned long),
				   64);
	region_init();
	zero_frame = frame_alloc(MM_ZERO);
	if (!zero_frame)
		panic("no memory for the page of zeros");
}

int aspace_create(struct aspace **out)
{
	struct aspace *as = slab_alloc(aspace_cache, MM_WAIT | MM_ZERO);

	if (!as)
		return -ENOMEM;
	if (pgt_create_user(&as->root)) {
		slab_free(aspace_cache, as);
		return -ENOMEM;
	}
	kref_init(&as->ref, 1);
	rwlock_init(&as->lock);
	as->mmap_top = ROS_MMAP_TOP;
	*out = as;
	return 0;
}

void aspace_kill(struct aspace *as)
{
	struct vm_region *r, *next, *dead = NULL;
	struct vm_gather g;

	write_lock(&as->lock);
	atomic_store_explicit(&as->dead, 1, memory_order_relaxed);
	gather_init(&g, as);
	/* The tree goes as a whole: burying r uses its left link alone, which
	 * is not needed to get from r or a later one to the next. */
	for (r = region_find(as, 0); r; r = next) {
		next = region_next(r);
		zap_range(&g, r->start, r->end);
		region_detach(r);
		region_bury(r, &dead);
	}
	as->regions.node = NULL;
	as->nr_regions = 0;
	gather_finish(&g);
	write_unlock(&as->lock);
	regions_release(dead);
}

void aspace_put(struct aspace *as)
{
	if (!kref_put(&as->ref))
		return;
	might_sleep();
	aspace_kill(as);
	aspace_unload_everywhere(as);
	pgt_destroy_user(as->root);
	slab_free(aspace_cache, as);
}

uint64_t aspace_size(struct aspace *as)
{
	struct vm_region *r;
	uint64_t n = 0;

	read_lock(&as->lock);
	for (r = region_find(as, 0); r; r = region_next(r))
		n += r->end - r->start;
	read_unlock(&as->lock);
	return n;
}

uint64_t aspace_tables(struct aspace *as)
{
	uintptr_t va = 0;
	uint64_t n = 0;

	if (!read_trylock(&as->lock))
		return 0;
	for (; pgt_next_table(as->root, &va, ROS_USER_TOP); n++)
		va = table_end(va, ROS_USER_TOP);
	read_unlock(&as->lock);
	return n;
}

struct aspace *aspace_loaded(void)
{
	return this_cpu(loaded_as);
}

/* V4: see the picture in shootdown.c. */
void aspace_load(struct aspace *as)
{
	struct aspace *old = this_cpu(loaded_as);
	unsigned int me;
	uint64_t fl;

	if (as == old)
		return;
	fl = irq_save();
	me = core_id();
	old = this_cpu(loaded_as); /* an interrupt may have unloaded it */
	if (as)
		bit_set_atomic((unsigned long *)as->loaded, me);
	write_cr3(as ? as->root : kernel_root);
	this_cpu(loaded_as) = as;
	if (old && old != as)
		bit_clear_atomic((unsigned long *)old->loaded, me);
	irq_restore(fl);
}

struct aspace *aspace_borrow(struct aspace *as)
{
	struct kthread *k = cur_kthread_get();
	struct aspace *old = k->as;

	k->as = as;
	aspace_load(as);
	return old;
}

void aspace_return(struct aspace *old)
{
	cur_kthread_get()->as = old;
	aspace_load(old);
}
