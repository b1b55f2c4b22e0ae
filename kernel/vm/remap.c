// SPDX-License-Identifier: MIT
/* Growing, shrinking and moving a mapping. */
#include <vm/vm_priv.h>

#include <mm/slab.h>

struct remap {
	struct aspace *as;
	uintptr_t old, new; /* addresses */
	size_t old_len, new_len;
	uint32_t flags;
	struct vm_region *fresh; /* for a move */
	struct vm_region *dead;
};

static int check_args(const struct remap *m)
{
	uintptr_t end;
	int err;

	if (m->flags & ~(ROS_MREMAP_MAYMOVE | ROS_MREMAP_FIXED))
		return fail(EINVAL, "unknown mremap flags 0x%x", m->flags);
	if ((m->flags & ROS_MREMAP_FIXED) && !(m->flags & ROS_MREMAP_MAYMOVE))
		return fail(EINVAL, "a fixed mremap must be allowed to move");
	err = vm_check_range(m->old, m->old_len, &end);
	if (err)
		return err;
	if (!m->new_len || m->new_len > ROS_USER_TOP)
		return fail(EINVAL, "new length 0x%lx", m->new_len);
	if (!(m->flags & ROS_MREMAP_FIXED))
		return 0;
	err = vm_check_range(m->new, m->new_len, &end);
	if (err)
		return err;
	if (m->new < ROS_USER_MIN || end > ROS_SHARED_BASE)
		return fail(EINVAL, "0x%lx is not for user mappings", m->new);
	if (m->new < m->old + m->old_len && m->old < end)
		return fail(EINVAL, "old and new place overlap");
	return 0;
}

/* The region that holds all of the old range. */
static struct vm_region *old_region(const struct remap *m)
{
	struct vm_region *r = region_at(m->as, m->old);

	if (!r || m->old + m->old_len > r->end || (r->flags & VMR_KERNEL))
		return NULL;
	return r;
}

/*
 * PTEs go over as they are.  The old places are flushed before the lock is let
 * go; until then a core may still reach the pages by the old address, which is
 * as good as having done so before the call.
 */
static void move_ptes(struct vm_gather *g, const struct remap *m, size_t len)
{
	uintptr_t va = m->old, end = m->old + len;
	pte_t *from, *to;

	while ((from = pgt_next_table(m->as->root, &va, end))) {
		uintptr_t stop = table_end(va, end);

		for (; va < stop; va += PGSIZE, from++) {
			pte_t old;

			if (!*from)
				continue;
			old = __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
			gather_range(g, va, va + PGSIZE);
			to = pgt_walk(m->as->root, m->new + (va - m->old),
				      false);
			__atomic_store_n(to, old, __ATOMIC_SEQ_CST);
		}
	}
}

/* Makes the tables first: afterwards nothing can fail. */
static int make_tables(const struct remap *m, size_t len)
{
	uintptr_t va = m->old;

	while (pgt_next_table(m->as->root, &va, m->old + len)) {
		uintptr_t stop = table_end(va, m->old + len);
		uintptr_t to = m->new + (va - m->old);

		/* One old table lies across two new ones at most. */
		if (!pgt_walk(m->as->root, to, true) ||
		    !pgt_walk(m->as->root, to + (stop - va) - 1, true))
			return -ENOMEM;
		va = stop;
	}
	return 0;
}

static int choose_place(struct remap *m)
{
	if (m->flags & ROS_MREMAP_FIXED)
		return unmap_locked(m->as, m->new, m->new + m->new_len,
				    &m->dead);
	m->new = region_place(m->as, m->new_len);
	if (!m->new)
		return fail(ENOMEM, "no room for 0x%lx bytes of addresses",
			    m->new_len);
	return 0;
}

static int move(struct remap *m)
{
	struct vm_region *r, *n = m->fresh;
	size_t len = MIN(m->old_len, m->new_len);
	struct vm_gather g;
	int err;

	if (m->as->nr_regions >= REGIONS_MAX)
		return fail(ENOMEM, "%d mappings are the most", REGIONS_MAX);
	err = choose_place(m);
	if (err)
		return err;
	/* What choose_place() unmapped may have cut r, not the old range. */
	r = old_region(m);
	if (!r)
		return fail(EFAULT, "0x%lx is not one mapping", m->old);
	if (make_tables(m, len))
		return -ENOMEM;
	if (r->start < m->old && r->end > m->old + m->old_len &&
	    region_split(m->as, r, m->old + m->old_len))
		return -ENOMEM;
	n->start = m->new;
	n->end = m->new + m->new_len;
	n->prot = r->prot;
	n->flags = r->flags & ~VMR_GROWSDOWN;
	n->pc = r->pc;
	n->pc_off = r->pc ? r->pc_off + (m->old - r->start) : 0;
	n->file = r->file;
	region_attach(n, r);
	region_insert(m->as, n);
	gather_init(&g, m->as);
	move_ptes(&g, m, len);
	gather_finish(&g);
	m->fresh = NULL;
	return unmap_locked(m->as, m->old, m->old + m->old_len, &m->dead);
}

static bool grow_in_place(struct remap *m, struct vm_region *r)
{
	uintptr_t end = m->old + m->old_len;
	size_t more = m->new_len - m->old_len;

	if (r->end != end || end + more > ROS_SHARED_BASE ||
	    !region_range_free(m->as, end, end + more))
		return false;
	region_set_end(r, end + more);
	region_merge_next(m->as, r, &m->dead);
	m->new = m->old;
	return true;
}

static int remap_locked(struct remap *m)
{
	struct vm_region *r = old_region(m);

	if (!r)
		return fail(EFAULT, "0x%lx + 0x%lx is not one mapping", m->old,
			    m->old_len);
	if (m->flags & ROS_MREMAP_FIXED)
		return move(m);
	if (m->new_len <= m->old_len) {
		m->new = m->old;
		if (m->new_len == m->old_len)
			return 0;
		return unmap_locked(m->as, m->old + m->new_len,
				    m->old + m->old_len, &m->dead);
	}
	if (grow_in_place(m, r))
		return 0;
	if (!(m->flags & ROS_MREMAP_MAYMOVE))
		return fail(ENOMEM, "no room to grow at 0x%lx", m->old);
	return move(m);
}

int vm_remap(struct aspace *as, uintptr_t addr, size_t old_len, size_t new_len,
	     uint32_t flags, uintptr_t new_addr, uintptr_t *out)
{
	struct remap m = {
		.as = as,
		.old = addr,
		.new = new_addr,
		.old_len = old_len,
		.new_len = new_len,
		.flags = flags,
	};
	int err = check_args(&m);

	if (err)
		return err;
	m.old_len = ROUND_UP(old_len, PGSIZE);
	m.new_len = ROUND_UP(new_len, PGSIZE);
	m.fresh = region_alloc();
	if (!m.fresh)
		return -ENOMEM;
	write_lock(&as->lock);
	err = remap_locked(&m);
	write_unlock(&as->lock);
	if (m.fresh)
		kfree(m.fresh);
	regions_release(m.dead);
	if (!err)
		*out = m.new;
	return err;
}
