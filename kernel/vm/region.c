// SPDX-License-Identifier: MIT
/* The tree of regions: search, gaps, cutting and joining. */
#include <vm/vm_priv.h>

#include <mm/slab.h>

static struct slab_cache *region_cache;

void region_init(void)
{
	region_cache = slab_create("vm_region", sizeof(struct vm_region), 8);
}

struct vm_region *region_alloc(void)
{
	return slab_alloc(region_cache, MM_WAIT | MM_ZERO);
}

static inline struct vm_region *entry(struct rb_node *n)
{
	return n ? rb_entry(n, struct vm_region, node) : NULL;
}

static void augment(struct rb_node *n)
{
	struct vm_region *r = entry(n);
	struct vm_region *left = entry(n->left), *right = entry(n->right);
	uintptr_t gap = 0;

	r->sub_start = r->start;
	r->sub_end = r->end;
	if (left) {
		gap = MAX(left->max_gap, r->start - left->sub_end);
		r->sub_start = left->sub_start;
	}
	if (right) {
		gap = MAX(gap, right->max_gap);
		gap = MAX(gap, right->sub_start - r->end);
		r->sub_end = right->sub_end;
	}
	r->max_gap = gap;
}

struct vm_region *region_find(struct aspace *as, uintptr_t va)
{
	struct rb_node *n = as->regions.node;
	struct vm_region *best = NULL;

	while (n) {
		struct vm_region *r = entry(n);

		if (r->end > va) {
			best = r;
			if (r->start <= va)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

struct vm_region *region_at(struct aspace *as, uintptr_t va)
{
	struct vm_region *r = region_find(as, va);

	return r && r->start <= va ? r : NULL;
}

struct vm_region *region_next(struct vm_region *r)
{
	return entry(rb_next(&r->node));
}

struct vm_region *region_prev(struct vm_region *r)
{
	return entry(rb_prev(&r->node));
}

bool region_range_free(struct aspace *as, uintptr_t start, uintptr_t end)
{
	struct vm_region *r = region_find(as, start);

	return !r || r->start >= end;
}

/*
 * The highest gap of len bytes in a subtree whose neighbours end at lo and
 * start at hi.  Only gaps below `top` count; a subtree whose gaps are all too
 * small is left at once.
 */
static uintptr_t place_in(struct vm_region *r, uintptr_t lo, uintptr_t hi,
			  uintptr_t top, size_t len)
{
	uintptr_t at;

	if (lo >= top)
		return 0;
	if (!r) {
		hi = MIN(hi, top);
		return hi > lo && hi - lo >= len ? hi - len : 0;
	}
	if (r->max_gap < len && hi - r->sub_end < len &&
	    r->sub_start - lo < len)
		return 0;
	at = place_in(entry(r->node.right), r->end, hi, top, len);
	if (!at)
		at = place_in(entry(r->node.left), lo, r->start, top, len);
	return at;
}

uintptr_t region_place(struct aspace *as, size_t len)
{
	return place_in(entry(as->regions.node), ROS_USER_MIN, ROS_USER_TOP,
			as->mmap_top, len);
}

void region_insert(struct aspace *as, struct vm_region *r)
{
	struct rb_node **link = &as->regions.node, *parent = NULL;

	while (*link) {
		struct vm_region *at = entry(*link);

		parent = *link;
		assert(r->end <= at->start || r->start >= at->end); /* V1 */
		link = r->start < at->start ? &parent->left : &parent->right;
	}
	r->as = as;
	rb_insert(&as->regions, &r->node, parent, link, augment);
	as->nr_regions++;
}

void region_erase(struct aspace *as, struct vm_region *r)
{
	rb_erase(&as->regions, &r->node, augment);
	as->nr_regions--;
}

void region_set_start(struct vm_region *r, uintptr_t start)
{
	if (r->pc)
		r->pc_off += start - r->start;
	r->start = start;
	rb_augment_up(&r->node, augment);
}

void region_set_end(struct vm_region *r, uintptr_t end)
{
	r->end = end;
	rb_augment_up(&r->node, augment);
}

int region_split(struct aspace *as, struct vm_region *r, uintptr_t at)
{
	struct vm_region *upper;

	if (as->nr_regions >= REGIONS_MAX)
		return fail(ENOMEM, "%d mappings are the most", REGIONS_MAX);
	upper = region_alloc();
	if (!upper)
		return -ENOMEM;
	assert(at > r->start && at < r->end);
	*upper = *r;
	upper->start = at;
	if (r->pc)
		upper->pc_off += at - r->start;
	region_attach(upper, r);
	region_set_end(r, at);
	region_insert(as, upper);
	return 0;
}

bool region_alike(const struct vm_region *a, const struct vm_region *b)
{
	if (a->end != b->start || a->prot != b->prot || a->flags != b->flags ||
	    a->pc != b->pc || a->file != b->file)
		return false;
	return !a->pc || (a->pc_off + (a->end - a->start) == b->pc_off &&
			  a->unmap_gen == b->unmap_gen);
}

bool region_merge_next(struct aspace *as, struct vm_region *r,
		       struct vm_region **dead)
{
	struct vm_region *next = region_next(r);

	if (!next || !region_alike(r, next))
		return false;
	region_detach(next);
	region_erase(as, next);
	region_set_end(r, next->end);
	region_bury(next, dead);
	return true;
}

/* Joins what is alike at and between the two borders. */
void region_merge_around(struct aspace *as, uintptr_t start, uintptr_t end,
			 struct vm_region **dead)
{
	struct vm_region *r = region_find(as, start - 1);

	while (r && r->start <= end)
		if (!region_merge_next(as, r, dead))
			r = region_next(r);
}
