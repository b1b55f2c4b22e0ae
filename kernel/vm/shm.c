// SPDX-License-Identifier: MIT
/* Shared anonymous memory: a page cache that belongs to its mappings alone. */
#include <vm/vm_priv.h>

#include <mm/slab.h>

static void shm_release(struct pagecache *pc)
{
	pagecache_fini(pc);
	kfree(pc);
}

static const struct pagecache_ops shm_ops = {
	.release = shm_release,
};

struct pagecache *shm_create(uint64_t size)
{
	struct pagecache *pc = kmalloc(sizeof(*pc), MM_WAIT);

	if (!pc)
		return NULL;
	pagecache_init(pc, &shm_ops, NULL);
	atomic_store_explicit(&pc->size_bytes, size, memory_order_relaxed);
	return pc;
}
