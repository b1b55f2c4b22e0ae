// SPDX-License-Identifier: MIT
/* Self tests of vm on one core: mapping, faults, copy on write, objects. */
#include <test/kt_vm.h>

#include <arch/cpu.h>
#include <lib/string.h>
#include <mm/slab.h>

bool uv_write(struct aspace *as, uintptr_t va, uint64_t v)
{
	while (copy_to_user_nofault((void *)va, &v, sizeof(v)))
		if (vm_fault(as, va, PF_USER | PF_WRITE))
			return false;
	return true;
}

bool uv_read(struct aspace *as, uintptr_t va, uint64_t *v)
{
	while (copy_from_user_nofault(v, (void *)va, sizeof(*v)))
		if (vm_fault(as, va, PF_USER))
			return false;
	return true;
}

struct aspace *uv_enter(void)
{
	struct aspace *as = NULL;

	if (aspace_create(&as))
		kt_fail(__FILE__, __LINE__, "no address space");
	uv_switch(as);
	return as;
}

void uv_leave(struct aspace *as)
{
	uv_switch(NULL);
	aspace_put(as);
}

uintptr_t uv_map(struct aspace *as, uintptr_t addr, size_t pages,
		 struct pagecache *pc, uint32_t flags)
{
	struct vm_map_args a = {
		.addr = addr,
		.len = pages * PGSIZE,
		.prot = ROS_PROT_READ | ROS_PROT_WRITE,
		.flags = flags | (addr ? ROS_MAP_FIXED : 0),
		.pc = pc,
		.may_write = true,
	};
	uintptr_t at = 0;

	if (vm_map(as, &a, &at))
		kt_fail(__FILE__, __LINE__, "vm_map failed");
	return at;
}

#define PRIVATE (ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS)
#define SHARED	(ROS_MAP_SHARED | ROS_MAP_ANONYMOUS)
#define RW	(ROS_PROT_READ | ROS_PROT_WRITE)
#define BASE	0x40000000UL

static void check_reads(struct aspace *as, uintptr_t va, uint64_t want,
			int line)
{
	uint64_t v = ~want;

	if (!uv_read(as, va, &v) || v != want)
		kt_fail(__FILE__, line, "0x%lx holds 0x%lx, not 0x%lx", va, v,
			want);
}
#define READS(as, va, want) check_reads(as, va, want, __LINE__)

KTEST(vm_map_touch_unmap)
{
	struct aspace *as = uv_enter();
	uintptr_t at = uv_map(as, 0, 64, NULL, PRIVATE);
	uint64_t v;

	for (uintptr_t i = 0; i < 64; i++) {
		READS(as, at + i * PGSIZE, 0);
		KT_CHECK(uv_write(as, at + i * PGSIZE, i + 1));
	}
	KT_CHECK_EQ(aspace_rss(as), 64);
	for (uintptr_t i = 0; i < 64; i++)
		READS(as, at + i * PGSIZE, i + 1);
	/* A hole in the middle, then the rest. */
	KT_CHECK_EQ(vm_unmap(as, at + 10 * PGSIZE, 20 * PGSIZE), 0);
	KT_CHECK_EQ(as->nr_regions, 2);
	KT_CHECK_EQ(aspace_rss(as), 44);
	KT_CHECK(!uv_read(as, at + 10 * PGSIZE, &v));
	KT_CHECK(!uv_write(as, at + 29 * PGSIZE, 1));
	READS(as, at + 30 * PGSIZE, 31);
	KT_CHECK_EQ(vm_unmap(as, at, 64 * PGSIZE), 0);
	KT_CHECK_EQ(aspace_rss(as), 0);
	KT_CHECK_EQ(as->nr_regions, 0);
	uv_leave(as);
}

KTEST(vm_neighbours_join)
{
	struct aspace *as = uv_enter();

	uv_map(as, BASE, 4, NULL, PRIVATE);
	uv_map(as, BASE + 8 * PGSIZE, 4, NULL, PRIVATE);
	KT_CHECK_EQ(as->nr_regions, 2);
	uv_map(as, BASE + 4 * PGSIZE, 4, NULL, PRIVATE);
	KT_CHECK_EQ(as->nr_regions, 1);
	KT_CHECK_EQ(vm_protect(as, BASE + PGSIZE, PGSIZE, ROS_PROT_READ), 0);
	KT_CHECK_EQ(as->nr_regions, 3);
	KT_CHECK_EQ(vm_protect(as, BASE + PGSIZE, PGSIZE, RW), 0);
	KT_CHECK_EQ(as->nr_regions, 1);
	uv_leave(as);
}

KTEST(vm_hostile_arguments)
{
	struct aspace *as = uv_enter();
	struct vm_map_args a = { .prot = RW, .flags = PRIVATE };
	static const uintptr_t bad[][2] = {
		{ 0, ~0UL },		 { 1, PGSIZE },
		{ ~0UL << PGSHIFT, PGSIZE }, { PGSIZE, ~0UL - PGSIZE },
		{ ROS_USER_TOP, PGSIZE }, { USER_END, ~0UL - USER_END },
		{ 0xffff800000000000UL, PGSIZE },
	};
	uintptr_t at;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		a.addr = bad[i][0];
		a.len = bad[i][1];
		a.flags = PRIVATE | ROS_MAP_FIXED;
		KT_CHECK(vm_map(as, &a, &at) < 0);
		KT_CHECK(vm_unmap(as, bad[i][0], bad[i][1]) < 0);
		KT_CHECK(vm_protect(as, bad[i][0], bad[i][1], RW) < 0);
		KT_CHECK(vm_advise(as, bad[i][0], bad[i][1],
				   ROS_MADV_DONTNEED) < 0);
		KT_CHECK(vm_remap(as, bad[i][0], bad[i][1], PGSIZE, 1, 0,
				  &at) < 0);
		KT_CHECK(vm_populate(as, bad[i][0], bad[i][1]) < 0);
	}
	KT_CHECK_EQ(vm_fault(as, 0, PF_USER), -EFAULT);
	KT_CHECK_EQ(vm_fault(as, ~0UL, PF_USER), -EFAULT);
	KT_CHECK_EQ(vm_fault(as, BASE, PF_USER | PF_WRITE), -EFAULT);
	KT_CHECK_EQ(as->nr_regions, 0);
	uv_leave(as);
}

KTEST(vm_fork_copies_on_write)
{
	struct aspace *as = uv_enter(), *child;
	uintptr_t at = uv_map(as, 0, 600, NULL, PRIVATE);

	for (uintptr_t i = 0; i < 600; i += 3)
		KT_CHECK(uv_write(as, at + i * PGSIZE, i));
	KT_CHECK_EQ(aspace_create(&child), 0);
	KT_CHECK_EQ(vm_fork(as, child), 0);
	KT_CHECK_EQ(aspace_rss(child), 200);
	for (uintptr_t i = 0; i < 600; i += 6)
		KT_CHECK(uv_write(as, at + i * PGSIZE, i + 1000));
	uv_switch(child);
	for (uintptr_t i = 0; i < 600; i += 3)
		READS(child, at + i * PGSIZE, i);
	for (uintptr_t i = 0; i < 600; i += 9)
		KT_CHECK(uv_write(child, at + i * PGSIZE, i + 2000));
	uv_switch(as);
	for (uintptr_t i = 0; i < 600; i += 3)
		READS(as, at + i * PGSIZE, i % 6 ? i : i + 1000);
	aspace_put(child);
	for (uintptr_t i = 0; i < 600; i += 3)
		KT_CHECK(uv_write(as, at + i * PGSIZE, 5));
	KT_CHECK_EQ(aspace_rss(as), 200);
	uv_leave(as);
}

KTEST(vm_shared_memory_over_fork)
{
	struct aspace *as = uv_enter(), *child;
	uintptr_t at = uv_map(as, 0, 8, NULL, SHARED);

	KT_CHECK(uv_write(as, at, 1));
	KT_CHECK_EQ(aspace_create(&child), 0);
	KT_CHECK_EQ(vm_fork(as, child), 0);
	uv_switch(child);
	READS(child, at, 1);
	KT_CHECK(uv_write(child, at + 7 * PGSIZE, 2));
	uv_switch(as);
	READS(as, at + 7 * PGSIZE, 2);
	KT_CHECK_EQ(vm_unmap(as, at, 8 * PGSIZE), 0);
	uv_switch(child);
	aspace_put(as);
	READS(child, at, 1);
	uv_leave(child);
}

KTEST(vm_protection)
{
	struct aspace *as = uv_enter();
	uintptr_t at = uv_map(as, 0, 4, NULL, PRIVATE);
	uint64_t v;

	KT_CHECK(uv_write(as, at, 7));
	KT_CHECK_EQ(vm_protect(as, at, 4 * PGSIZE, ROS_PROT_READ), 0);
	READS(as, at, 7);
	KT_CHECK(!uv_write(as, at, 8));
	KT_CHECK_EQ(vm_fault(as, at, PF_USER | PF_WRITE), -EACCES);
	KT_CHECK_EQ(vm_fault(as, at, PF_USER | PF_FETCH), -EACCES);
	KT_CHECK_EQ(vm_protect(as, at, 4 * PGSIZE, ROS_PROT_NONE), 0);
	KT_CHECK(!uv_read(as, at, &v));
	KT_CHECK_EQ(aspace_rss(as), 1);
	KT_CHECK_EQ(vm_protect(as, at, 4 * PGSIZE, RW), 0);
	READS(as, at, 7);
	KT_CHECK(uv_write(as, at, 8));
	READS(as, at, 8);
	KT_CHECK(vm_protect(as, at, 5 * PGSIZE, ROS_PROT_READ) == -ENOMEM);
	KT_CHECK(uv_write(as, at, 9));
	uv_leave(as);
}

KTEST(vm_remap_moves_pages)
{
	struct aspace *as = uv_enter();
	uintptr_t at = BASE, to = 0;

	uv_map(as, at, 8, NULL, PRIVATE);
	uv_map(as, at + 8 * PGSIZE, 1, NULL, SHARED); /* in the way */
	for (uintptr_t i = 0; i < 8; i++)
		KT_CHECK(uv_write(as, at + i * PGSIZE, i + 50));
	KT_CHECK_EQ(vm_remap(as, at, 8 * PGSIZE, 16 * PGSIZE, 0, 0, &to),
		    -ENOMEM);
	KT_CHECK_EQ(vm_remap(as, at, 8 * PGSIZE, 2000 * PGSIZE,
			     ROS_MREMAP_MAYMOVE, 0, &to), 0);
	KT_CHECK(to != at && to);
	for (uintptr_t i = 0; i < 8; i++)
		READS(as, to + i * PGSIZE, i + 50);
	READS(as, to + 1999 * PGSIZE, 0);
	KT_CHECK_EQ(vm_fault(as, at, PF_USER), -EFAULT);
	/* Out of the middle, over something else. */
	KT_CHECK_EQ(vm_remap(as, to + 2 * PGSIZE, 4 * PGSIZE, 2 * PGSIZE,
			     ROS_MREMAP_MAYMOVE | ROS_MREMAP_FIXED,
			     at + 8 * PGSIZE, &at), 0);
	KT_CHECK_EQ(at, BASE + 8 * PGSIZE);
	READS(as, at, 52);
	READS(as, at + PGSIZE, 53);
	KT_CHECK_EQ(vm_fault(as, to + 5 * PGSIZE, PF_USER), -EFAULT);
	READS(as, to + 6 * PGSIZE, 56);
	KT_CHECK_EQ(aspace_rss(as), 6);
	uv_leave(as);
}

KTEST(vm_break_and_stack)
{
	struct aspace *as = uv_enter();
	uintptr_t top = ROS_STACK_TOP;

	as->brk_start = as->brk = BASE + 100;
	KT_CHECK_EQ(vm_brk(as, 0), BASE + 100);
	KT_CHECK_EQ(vm_brk(as, BASE + 3 * PGSIZE), BASE + 3 * PGSIZE);
	KT_CHECK(uv_write(as, BASE + 2 * PGSIZE, 3));
	KT_CHECK(!uv_write(as, BASE + 3 * PGSIZE, 3));
	KT_CHECK_EQ(vm_brk(as, BASE + 200), BASE + 200);
	KT_CHECK_EQ(aspace_rss(as), 0);
	KT_CHECK_EQ(vm_brk(as, BASE + 9 * PGSIZE), BASE + 9 * PGSIZE);
	READS(as, BASE + 2 * PGSIZE, 0);

	KT_CHECK_EQ(vm_map_stack(as, top), 0);
	KT_CHECK(uv_write(as, top - 8, 1));
	KT_CHECK(uv_write(as, top - ROS_STACK_SIZE / 2, 2));
	KT_CHECK(uv_write(as, top - ROS_STACK_SIZE, 3));
	KT_CHECK(!uv_write(as, top - ROS_STACK_SIZE - 8, 4));
	uv_leave(as);
}

KTEST(vm_kernel_pages_stay)
{
	struct aspace *as = uv_enter();
	struct frame *f = frame_alloc(MM_ZERO);
	uintptr_t va = ROS_SHARED_BASE;

	KT_CHECK_EQ(vm_map_kernel_page(as, va, f, ROS_PROT_READ), 0);
	KT_CHECK_EQ(vm_map_kernel_page(as, va, f, ROS_PROT_READ), -EEXIST);
	KT_CHECK_EQ(frame_refs(f), 2);
	READS(as, va, 0);
	KT_CHECK_EQ(vm_unmap(as, va, PGSIZE), -EINVAL);
	KT_CHECK_EQ(vm_protect(as, va, PGSIZE, RW), -EINVAL);
	KT_CHECK_EQ(vm_advise(as, va, PGSIZE, ROS_MADV_DONTNEED), -EINVAL);
	KT_CHECK(!uv_write(as, va, 1));
	READS(as, va, 0);
	uv_leave(as);
	KT_CHECK_EQ(frame_refs(f), 1);
	frame_put(f);
}

KTEST(vm_empty_tables_go)
{
	struct aspace *as = uv_enter();
	size_t before = frames_free_count();

	for (uintptr_t i = 0; i < 300; i++) {
		uv_map(as, BASE + i * 0x400000, 1, NULL, PRIVATE);
		KT_CHECK(uv_write(as, BASE + i * 0x400000, 1));
		KT_CHECK_EQ(vm_unmap(as, BASE + i * 0x400000, PGSIZE), 0);
	}
	KT_CHECK(before - frames_free_count() < 100);
	uv_leave(as);
}
