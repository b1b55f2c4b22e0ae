// SPDX-License-Identifier: MIT
/* What regions keep alive: page caches and files. */
#include <vm/vm_priv.h>

#include <mm/slab.h>

/*
 * A region that takes over PTEs of another stands beside it in the list and
 * counts as visited if the other does: vm_unmap_object() goes by the order.
 */
void region_attach(struct vm_region *r, struct vm_region *like)
{
	struct pagecache *pc = r->pc;

	if (r->file)
		r->file->get(r->file);
	if (!pc)
		return;
	pagecache_get(pc);
	mutex_lock(&pc->regions_lock);
	if (like) {
		r->unmap_gen = like->unmap_gen;
		list_add_head(&like->pc_link, &r->pc_link);
	} else {
		r->unmap_gen = pc->unmap_gen;
		list_add_tail(&pc->regions, &r->pc_link);
	}
	mutex_unlock(&pc->regions_lock);
}

void region_detach(struct vm_region *r)
{
	if (!r->pc)
		return;
	mutex_lock(&r->pc->regions_lock);
	list_del(&r->pc_link);
	mutex_unlock(&r->pc->regions_lock);
}

void regions_release(struct vm_region *dead)
{
	while (dead) {
		struct vm_region *r = dead;

		dead = r->node.left ?
			rb_entry(r->node.left, struct vm_region, node) : NULL;
		if (r->pc)
			pagecache_put(r->pc);
		if (r->file)
			r->file->put(r->file);
		kfree(r);
	}
}
