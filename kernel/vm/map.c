// SPDX-License-Identifier: MIT
/* Mapping and unmapping. */
#include <vm/vm_priv.h>

#include <mm/slab.h>

#define STACK_INITIAL (16 * PGSIZE)
/* Now and then empty page tables are looked for; in between they wait for new
 * mappings nearby. */
#define TABLES_EVERY 64

static const uint32_t all_prot =
	ROS_PROT_READ | ROS_PROT_WRITE | ROS_PROT_EXEC;

int vm_check_range(uintptr_t addr, size_t len, uintptr_t *end)
{
	if (addr & (PGSIZE - 1))
		return fail(EINVAL, "address 0x%lx is not page-aligned", addr);
	if (!len)
		return fail(EINVAL, "length is 0");
	if (len > ROS_USER_TOP || addr > ROS_USER_TOP ||
	    ROUND_UP(len, PGSIZE) > ROS_USER_TOP - addr)
		return fail(EINVAL, "0x%lx + 0x%lx is beyond user memory", addr,
			    len);
	*end = addr + ROUND_UP(len, PGSIZE);
	return 0;
}

int refuse_dead(struct aspace *as)
{
	if (atomic_load_explicit(&as->dead, memory_order_relaxed))
		return fail(EFAULT, "the address space is gone");
	return 0;
}

static int check_map_args(const struct vm_map_args *a)
{
	uint32_t type = a->flags & ROS_MAP_TYPE;

	if (!a->len)
		return fail(EINVAL, "mapping of length 0");
	if (a->len > ROS_USER_TOP)
		return fail(ENOMEM, "mapping of 0x%lx bytes", a->len);
	if (a->prot & ~all_prot)
		return fail(EINVAL, "unknown protection 0x%x", a->prot);
	if (type != ROS_MAP_SHARED && type != ROS_MAP_PRIVATE)
		return fail(EINVAL, "mapping is neither shared nor private");
	if (a->off & (PGSIZE - 1))
		return fail(EINVAL, "offset 0x%lx is not page-aligned", a->off);
	if (a->off + ROUND_UP(a->len, PGSIZE) < a->off)
		return fail(EOVERFLOW, "offset 0x%lx + 0x%lx wraps", a->off,
			    a->len);
	if (a->pc && type == ROS_MAP_SHARED && (a->prot & ROS_PROT_WRITE) &&
	    !a->may_write)
		return fail(EACCES, "the file is not open for writing");
	return 0;
}

static bool may_lie_at(const struct vm_map_args *a, uintptr_t start, size_t len)
{
	uintptr_t top = a->vmr_flags & VMR_KERNEL ? ROS_USER_TOP :
						    ROS_SHARED_BASE;

	return start >= ROS_USER_MIN && start < top && len <= top - start;
}

static bool is_fixed(const struct vm_map_args *a)
{
	return a->flags & (ROS_MAP_FIXED | ROS_MAP_FIXED_NOREPLACE);
}

/* Where a mapping goes that must go to a certain place; makes room there. */
static int place_fixed(struct aspace *as, const struct vm_map_args *a,
		       size_t len, struct vm_region **dead)
{
	if (a->addr & (PGSIZE - 1))
		return fail(EINVAL, "address 0x%lx is not page-aligned",
			    a->addr);
	if (!may_lie_at(a, a->addr, len))
		return fail(ENOMEM, "0x%lx + 0x%lx is not for user mappings",
			    a->addr, len);
	if (!(a->flags & ROS_MAP_FIXED_NOREPLACE))
		return unmap_locked(as, a->addr, a->addr + len, dead);
	if (!region_range_free(as, a->addr, a->addr + len))
		return fail(EEXIST, "something is mapped in 0x%lx + 0x%lx",
			    a->addr, len);
	return 0;
}

static int place(struct aspace *as, const struct vm_map_args *a, size_t len,
		 struct vm_region **dead, uintptr_t *out)
{
	uintptr_t hint = ROUND_DOWN(a->addr, PGSIZE);

	if (as->nr_regions >= REGIONS_MAX)
		return fail(ENOMEM, "%d mappings are the most", REGIONS_MAX);
	if (is_fixed(a)) {
		*out = a->addr;
		return place_fixed(as, a, len, dead);
	}
	*out = hint;
	if (hint && may_lie_at(a, hint, len) &&
	    region_range_free(as, hint, hint + len))
		return 0;
	*out = region_place(as, len);
	if (!*out)
		return fail(ENOMEM, "no room for 0x%lx bytes of addresses",
			    len);
	return 0;
}

static int region_from_args(const struct vm_map_args *a,
			    struct vm_region **out)
{
	struct vm_region *r = region_alloc();
	bool shared = (a->flags & ROS_MAP_TYPE) == ROS_MAP_SHARED;

	if (!r)
		return -ENOMEM;
	r->prot = a->prot;
	r->flags = a->vmr_flags | (shared ? VMR_SHARED : 0);
	if (!shared || a->may_write || !a->pc)
		r->flags |= VMR_MAYWRITE;
	if (a->flags & ROS_MAP_NORESERVE)
		r->flags |= VMR_NORESERVE;
	r->pc = a->pc;
	r->pc_off = a->pc ? a->off : 0;
	r->file = a->file;
	if (a->pc || !shared) {
		if (a->pc)
			pagecache_get(a->pc);
		*out = r;
		return 0;
	}
	r->pc = shm_create(ROUND_UP(a->len, PGSIZE));
	if (!r->pc) {
		kfree(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

int vm_map(struct aspace *as, const struct vm_map_args *a, uintptr_t *out)
{
	struct vm_region *r, *dead = NULL;
	struct pagecache *pc;
	size_t len;
	int err;

	err = check_map_args(a);
	if (err)
		return err;
	len = ROUND_UP(a->len, PGSIZE);
	err = region_from_args(a, &r);
	if (err)
		return err;
	pc = r->pc; /* held until the region holds it too */
	write_lock(&as->lock);
	err = refuse_dead(as);
	if (!err)
		err = place(as, a, len, &dead, &r->start);
	if (!err) {
		r->end = r->start + len;
		*out = r->start;
		map_locked(as, r, &dead);
	}
	write_unlock(&as->lock);
	if (err)
		kfree(r);
	if (pc)
		pagecache_put(pc);
	regions_release(dead);
	if (!err && (a->flags & ROS_MAP_POPULATE))
		(void)vm_populate(as, *out, len); /* a promise of speed only */
	return err;
}

void map_locked(struct aspace *as, struct vm_region *r, struct vm_region **dead)
{
	struct vm_region *prev;

	region_attach(r, NULL);
	region_insert(as, r);
	region_merge_next(as, r, dead);
	prev = region_prev(r);
	if (prev)
		region_merge_next(as, prev, dead);
}

bool range_has_kernel(struct aspace *as, uintptr_t start, uintptr_t end)
{
	struct vm_region *r = region_find(as, start);

	for (; r && r->start < end; r = region_next(r)) {
		if (r->flags & VMR_KERNEL)
			return true;
		if (r->end >= end)
			break;
	}
	return false;
}

/* Empty tables under a stretch with nothing mapped. */
static void free_tables(struct aspace *as, uintptr_t start, uintptr_t end)
{
	struct frame *tables;

	as->unmaps++;
	if (as->unmaps % TABLES_EVERY == 0) {
		start = 0;
		end = ROS_USER_TOP;
	} else if (ROUND_DOWN(end, TABLE_SPAN) <= ROUND_UP(start, TABLE_SPAN)) {
		return;
	}
	tables = pgt_unlink_tables(as->root, start, end);
	if (!tables)
		return;
	/* The processor may remember tables as well as pages (V5). */
	tlb_shoot(as, 0, ROS_USER_TOP);
	pgt_free_unlinked(tables);
}

/* What of r lies outside [start, end) stays. */
static void cut_out(struct aspace *as, struct vm_region *r, uintptr_t start,
		    uintptr_t end, struct vm_region **dead)
{
	if (r->start < start) {
		region_set_end(r, start);
	} else if (r->end > end) {
		region_set_start(r, end);
	} else {
		region_detach(r);
		region_erase(as, r);
		region_bury(r, dead);
	}
}

int unmap_locked(struct aspace *as, uintptr_t start, uintptr_t end,
		 struct vm_region **dead)
{
	struct vm_region *r = region_find(as, start), *next;
	struct vm_gather g;
	bool any = false;

	if (range_has_kernel(as, start, end))
		return fail(EINVAL, "0x%lx + 0x%lx holds pages of the kernel's",
			    start, end - start);
	/* The only step that can fail: a hole in the middle. */
	if (r && r->start < start && r->end > end &&
	    region_split(as, r, end))
		return -ENOMEM;
	gather_init(&g, as);
	for (; r && r->start < end; r = next) {
		next = r->end < end ? region_next(r) : NULL;
		zap_range(&g, MAX(r->start, start), MIN(r->end, end));
		cut_out(as, r, start, end, dead);
		any = true;
	}
	gather_finish(&g);
	if (any)
		free_tables(as, start, end);
	return 0;
}

int vm_unmap(struct aspace *as, uintptr_t addr, size_t len)
{
	struct vm_region *dead = NULL;
	uintptr_t end;
	int err = vm_check_range(addr, len, &end);

	if (err)
		return err;
	write_lock(&as->lock);
	err = unmap_locked(as, addr, end, &dead);
	write_unlock(&as->lock);
	regions_release(dead);
	return err;
}

int vm_map_stack(struct aspace *as, uintptr_t top)
{
	struct vm_map_args a = {
		.addr = top - STACK_INITIAL,
		.len = STACK_INITIAL,
		.prot = ROS_PROT_READ | ROS_PROT_WRITE,
		.flags = ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS |
			 ROS_MAP_FIXED_NOREPLACE,
		.vmr_flags = VMR_GROWSDOWN,
	};
	uintptr_t at;

	as->stack_limit = top - ROS_STACK_SIZE;
	return vm_map(as, &a, &at);
}

int vm_map_kernel_page(struct aspace *as, uintptr_t va, struct frame *f,
		       uint32_t prot)
{
	struct vm_region *r = region_alloc(), *dead = NULL;
	pte_t *pte, new = frame_to_pa(f) | prot_to_pte(prot);
	int err = -ENOMEM;

	if (!r)
		return -ENOMEM;
	r->start = va;
	r->end = va + PGSIZE;
	r->prot = prot;
	r->flags = VMR_KERNEL | VMR_SHARED;
	if (prot & ROS_PROT_WRITE)
		new |= PTE_W | PTE_D;
	write_lock(&as->lock);
	pte = pgt_walk(as->root, va, true);
	if (pte && !region_range_free(as, va, va + PGSIZE))
		err = fail(EEXIST, "something is mapped at 0x%lx", va);
	else if (pte)
		err = refuse_dead(as);
	if (!err) {
		frame_get(f);
		aspace_add_rss(as, 1);
		map_locked(as, r, &dead);
		__atomic_store_n(pte, new, __ATOMIC_SEQ_CST);
	}
	write_unlock(&as->lock);
	if (err)
		kfree(r);
	regions_release(dead);
	return err;
}
