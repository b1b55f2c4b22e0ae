// SPDX-License-Identifier: MIT
/* Self tests of page caches and their mappings. */
#include <test/kt_vm.h>

#include <lib/string.h>
#include <mm/slab.h>

#define PRIVATE ROS_MAP_PRIVATE
#define SHARED	ROS_MAP_SHARED

/* An object whose page i starts with i + 100; page 3 is lent. */
static struct frame *lent;

static int fill(struct pagecache *pc, uint64_t index, struct frame *page)
{
	uint64_t *w = frame_to_virt(page);

	if (index == 5)
		return -EIO;
	page_zero(w);
	w[0] = index + 100;
	return 0;
}

static struct frame *lend(struct pagecache *pc, uint64_t index)
{
	if (index != 3)
		return NULL;
	frame_get(lent);
	return lent;
}

static void release(struct pagecache *pc)
{
	pagecache_fini(pc);
	kfree(pc);
}

static const struct pagecache_ops filled_ops = {
	.fill = fill,
	.lend = lend,
	.release = release,
};
static const struct pagecache_ops plain_ops = {
	.release = release,
};

static struct pagecache *object(const struct pagecache_ops *ops, size_t pages)
{
	struct pagecache *pc = kmalloc(sizeof(*pc), MM_WAIT);

	pagecache_init(pc, ops, NULL);
	KT_CHECK_EQ(pagecache_truncate(pc, pages * PGSIZE), 0);
	return pc;
}

static struct pagecache *filled_object(size_t pages)
{
	lent = frame_alloc(MM_ZERO);
	*(uint64_t *)frame_to_virt(lent) = 103;
	return object(&filled_ops, pages);
}

static uint64_t word(struct pagecache *pc, uint64_t off)
{
	uint64_t v = ~0UL;

	KT_CHECK_EQ(pagecache_read(pc, &v, 8, off, false), 8);
	return v;
}

KTEST(vm_object_mapped_both_ways)
{
	struct pagecache *pc = filled_object(8);
	struct aspace *as = uv_enter();
	uintptr_t priv = uv_map(as, 0, 9, pc, PRIVATE);
	uintptr_t shared = uv_map(as, 0, 9, pc, SHARED);
	uint64_t v;

	for (uintptr_t i = 0; i < 5; i++) {
		KT_CHECK(uv_read(as, priv + i * PGSIZE, &v));
		KT_CHECK_EQ(v, i + 100);
	}
	KT_CHECK_EQ(frame_refs(lent), 3); /* ours, the tree's, a PTE's */
	KT_CHECK(uv_write(as, shared + PGSIZE, 1));
	KT_CHECK(uv_read(as, priv + PGSIZE, &v) && v == 1);
	KT_CHECK(uv_write(as, priv + PGSIZE, 2));
	KT_CHECK(uv_read(as, shared + PGSIZE, &v) && v == 1);
	KT_CHECK_EQ(word(pc, PGSIZE), 1);
	/* A shared mapping writes to a copy of what was lent. */
	KT_CHECK(uv_write(as, shared + 3 * PGSIZE, 4));
	KT_CHECK_EQ(*(uint64_t *)frame_to_virt(lent), 103);
	KT_CHECK_EQ(word(pc, 3 * PGSIZE), 4);
	KT_CHECK_EQ(vm_fault(as, priv + 5 * PGSIZE, PF_USER), -EIO);
	KT_CHECK_EQ(vm_fault(as, priv + 8 * PGSIZE, PF_USER), -ENXIO);
	KT_CHECK_EQ(vm_fault(as, shared + 8 * PGSIZE, PF_USER), -ENXIO);
	uv_leave(as);
	pagecache_put(pc);
	KT_CHECK_EQ(frame_refs(lent), 1);
	frame_put(lent);
}

KTEST(vm_object_truncated_under_mappings)
{
	struct pagecache *pc = object(&plain_ops, 8);
	struct aspace *as = uv_enter(), *child;
	uintptr_t at = uv_map(as, 0, 8, pc, SHARED);
	uintptr_t priv = uv_map(as, 0, 8, pc, PRIVATE);
	uint64_t v;

	for (uintptr_t i = 0; i < 8; i++) {
		KT_CHECK(uv_write(as, at + i * PGSIZE, i));
		KT_CHECK(uv_write(as, at + i * PGSIZE + 2048, i));
		KT_CHECK(uv_read(as, priv + i * PGSIZE, &v));
	}
	KT_CHECK_EQ(aspace_create(&child), 0);
	KT_CHECK_EQ(vm_fork(as, child), 0);
	KT_CHECK_EQ(aspace_rss(as), 16);
	KT_CHECK_EQ(pagecache_truncate(pc, 2 * PGSIZE + 1024), 0);
	KT_CHECK_EQ(aspace_rss(as), 6);
	KT_CHECK_EQ(aspace_rss(child), 3);
	KT_CHECK(!uv_write(as, at + 3 * PGSIZE, 1));
	KT_CHECK(!uv_read(as, priv + 7 * PGSIZE, &v));
	KT_CHECK(uv_read(as, at + 2 * PGSIZE + 2048, &v) && v == 0);
	/* What comes back is zero. */
	KT_CHECK_EQ(pagecache_truncate(pc, 8 * PGSIZE), 0);
	KT_CHECK(uv_read(as, at + 3 * PGSIZE, &v) && v == 0);
	KT_CHECK(uv_read(as, at + PGSIZE, &v) && v == 1);
	aspace_put(child);
	uv_leave(as);
	pagecache_put(pc);
}

KTEST(vm_object_read_and_write)
{
	struct pagecache *pc = object(&plain_ops, 0);
	char *buf = kzalloc(3 * PGSIZE, MM_WAIT);
	uint64_t v = 77;

	KT_CHECK_EQ(pagecache_write(pc, &v, 8, 5 * PGSIZE + 4092, false), 8);
	KT_CHECK_EQ(pc->size_bytes, 6 * PGSIZE + 4);
	KT_CHECK_EQ(pc->nr_pages, 2);
	KT_CHECK_EQ(pagecache_read(pc, buf, 3 * PGSIZE, 4 * PGSIZE, false),
		    2 * PGSIZE + 4);
	KT_CHECK(!memcmp(buf + PGSIZE + 4092, &v, 8));
	KT_CHECK_EQ(pc->nr_pages, 2); /* holes stay */
	KT_CHECK_EQ(pagecache_read(pc, buf, 1, 6 * PGSIZE + 4, false), 0);
	KT_CHECK_EQ(pagecache_seek(pc, 0, false), 5 * PGSIZE);
	KT_CHECK_EQ(pagecache_seek(pc, 3, true), 3);
	KT_CHECK_EQ(pagecache_seek(pc, 5 * PGSIZE, true), 6 * PGSIZE + 4);
	KT_CHECK_EQ(pagecache_seek(pc, 6 * PGSIZE + 4, false), -ENXIO);
	KT_CHECK(pagecache_write(pc, &v, 8, ~0UL - 4, false) == -EFBIG);
	KT_CHECK_EQ(pagecache_truncate(pc, 1), 0);
	KT_CHECK_EQ(pc->nr_pages, 0);
	kfree(buf);
	pagecache_put(pc);
}

KTEST(vm_object_mapped_around)
{
	struct pagecache *pc = object(&plain_ops, 64);
	struct aspace *as = uv_enter();
	uintptr_t at = uv_map(as, 0, 64, pc, PRIVATE);
	uint64_t v;

	for (uint64_t i = 0; i < 64; i++)
		KT_CHECK_EQ(pagecache_write(pc, &i, 8, i * PGSIZE, false), 8);
	for (uintptr_t i = 0; i < 64; i++)
		KT_CHECK(uv_read(as, at + i * PGSIZE, &v) && v == i);
	KT_CHECK(as->minflt <= 8);
	KT_CHECK_EQ(aspace_rss(as), 64);
	uv_leave(as);
	pagecache_put(pc);
}
