// SPDX-License-Identifier: MIT
/* Self tests of arch: faults that are survived, per-core data, topology,
 * timers, the vector unit, W^X. */
#include <test/ktest.h>

#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/pgtable.h>
#include <arch/platform_priv.h>
#include <arch/uaccess.h>
#include <core/kthread.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/kmap.h>
#include <mm/slab.h>
#include <ros/errno.h>

/*
 * A root of its own with one user page; nothing may block while it is loaded.
 */
struct user_page {
	pgroot_t root, old;
	struct frame *frame;
	char *va; /* the page; the next one is not mapped */
};
#define USER_VA 0x10000000UL

static bool user_page_enter(struct user_page *u)
{
	pte_t *pte;

	u->frame = frame_alloc(MM_ZERO);
	if (!u->frame || pgt_create_user(&u->root))
		return false;
	pte = pgt_walk(u->root, USER_VA, true);
	if (!pte)
		return false;
	*pte = frame_to_pa(u->frame) | PTE_P | PTE_W | PTE_U | PTE_NX | PTE_A |
	       PTE_D;
	u->va = (char *)USER_VA;
	u->old = read_cr3();
	write_cr3(u->root);
	return true;
}

static void user_page_leave(struct user_page *u)
{
	write_cr3(u->old);
	*pgt_walk(u->root, USER_VA, false) = 0;
	pgt_destroy_user(u->root);
	frame_put(u->frame);
}

KTEST(arch_copy_across_the_end)
{
	char buf[256], back[256];
	struct user_page u;

	KT_CHECK(user_page_enter(&u));
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = i * 7;
	for (size_t len = 0; len <= sizeof(buf); len++) {
		char *end = u.va + PGSIZE;

		KT_CHECK_EQ(copy_to_user(end - len, buf, len), 0);
		memset(back, 0, sizeof(back));
		KT_CHECK_EQ(copy_from_user(back, end - len, len), 0);
		KT_CHECK(memcmp(back, buf, len) == 0);
		if (!len)
			continue;
		KT_CHECK_EQ(copy_to_user_nofault(end - len + 1, buf, len),
			    -EFAULT);
		KT_CHECK_EQ(copy_from_user_nofault(back, end - len + 1, len),
			    -EFAULT);
	}
	user_page_leave(&u);
}

KTEST(arch_copy_refuses_kernel)
{
	char buf[16];
	void *kernel = phys_to_virt(0);

	KT_CHECK_EQ(copy_from_user(buf, kernel, 1), -EFAULT);
	KT_CHECK_EQ(copy_to_user(kernel, buf, 1), -EFAULT);
	KT_CHECK_EQ(copy_from_user(buf, (void *)(USER_END - 8), 9), -EFAULT);
	KT_CHECK_EQ(copy_from_user(buf, (void *)8, ~0UL), -EFAULT);
	KT_CHECK_EQ(copy_from_user_nofault(buf, (void *)USER_END, 1), -EFAULT);
	KT_CHECK_EQ(zero_user(kernel, 1), -EFAULT);
	KT_CHECK_EQ(strnlen_user(kernel, 1), -EFAULT);
	KT_CHECK_EQ(copy_from_user_nofault(buf, NULL, 8), -EFAULT);
}

KTEST(arch_user_words)
{
	struct user_page u;
	uint64_t v64 = 0;
	uint32_t old = 0;

	KT_CHECK(user_page_enter(&u));
	KT_CHECK_EQ(put_user_u32(u.va, 5), 0);
	KT_CHECK_EQ(user_add_u32(u.va, 3, &old), 0);
	KT_CHECK_EQ(old, 5);
	KT_CHECK_EQ(user_cas_u32(u.va, 8, 0xf0, &old), 0);
	KT_CHECK_EQ(old, 8);
	KT_CHECK_EQ(user_cas_u32(u.va, 8, 1, &old), 0);
	KT_CHECK_EQ(old, 0xf0);
	KT_CHECK_EQ(user_or_u32(u.va, 0x0f, &old), 0);
	KT_CHECK_EQ(user_and_u32(u.va, 0x3c, &old), 0);
	KT_CHECK_EQ(old, 0xff);
	KT_CHECK_EQ(user_xchg_u32(u.va, 0, &old), 0);
	KT_CHECK_EQ(old, 0x3c);
	KT_CHECK_EQ(user_add_u32(u.va + 2, 1, &old), -EINVAL);
	KT_CHECK_EQ(put_user_u64(u.va + 8, 1UL << 40), 0);
	KT_CHECK_EQ(get_user_u64(&v64, u.va + 8), 0);
	KT_CHECK_EQ(v64, 1UL << 40);
	memcpy(frame_to_virt(u.frame) + PGSIZE - 4, "abc", 4);
	KT_CHECK_EQ(strnlen_user(u.va + PGSIZE - 4, 100), 3);
	KT_CHECK_EQ(strnlen_user(u.va + PGSIZE - 4, 2), 2);
	user_page_leave(&u);
}

KTEST(arch_kernel_reads_that_fault)
{
	char *hole = kmap_alloc(1);
	uint64_t v;

	KT_CHECK(hole);
	KT_CHECK_EQ(copy_from_kernel_nofault(&v, hole, 8), 0);
	/* The guard pages, and an address that is none. */
	KT_CHECK_EQ(copy_from_kernel_nofault(&v, hole - 8, 8), -EFAULT);
	KT_CHECK_EQ(copy_from_kernel_nofault(&v, hole + PGSIZE, 8), -EFAULT);
	KT_CHECK_EQ(copy_from_kernel_nofault(&v, (void *)(1UL << 47), 8),
		    -EFAULT);
	kmap_free(hole, 1);
}

static _Atomic uint64_t seen_cores[4];

static void percpu_job(void *arg)
{
	unsigned int id = core_id();
	struct percpu_head *h = this_cpu_ptr(percpu_head);

	__atomic_fetch_or(&seen_cores[id / 64 & 3], 1UL << id % 64,
			  __ATOMIC_SEQ_CST);
	KT_CHECK_EQ(h->self, percpu_base[id]);
	KT_CHECK_EQ(&per_cpu(percpu_head, id), h);
	KT_CHECK_EQ(h->coreid, id);
	KT_CHECK_EQ(h->irq_depth, 0);
	KT_CHECK_EQ(cur_kthread_get()->stack_top, h->kstack_top);
	KT_CHECK(irq_enabled());
	KT_CHECK_EQ(core_topology[id].apic_id, cpu_apic_id());
}

KTEST(arch_percpu_on_each_core)
{
	unsigned int nr = 0;

	memset((void *)seen_cores, 0, sizeof(seen_cores));
	kt_on_each_core(percpu_job, NULL);
	for (int i = 0; i < 4; i++)
		nr += bitmap_weight((unsigned long *)&seen_cores[i], 64);
	KT_CHECK_EQ(nr, MIN(nr_cores, 256u));
}

KTEST(arch_topology)
{
	for (unsigned int i = 0; i < nr_cores; i++) {
		const struct core_topology *a = &core_topology[i];

		for (unsigned int j = 0; j < i; j++) {
			const struct core_topology *b = &core_topology[j];

			KT_CHECK(a->apic_id != b->apic_id);
			KT_CHECK(a->socket != b->socket || a->core != b->core ||
				 a->thread != b->thread);
		}
	}
	KT_CHECK_EQ(core_topology[0].socket, 0);
	KT_CHECK(nr_cores <= nr_cores_found);
}

KTEST(arch_tsc_conversions)
{
	uint64_t day = 86400UL * 1000000000UL;

	KT_CHECK(tsc_freq >= 100000000UL);
	/* Rounded down twice, each time by less than one. */
	KT_CHECK(day - tsc_to_ns(ns_to_tsc(day)) <= 12);
	KT_CHECK(tsc_freq - ns_to_tsc(1000000000UL) <= 1);
	KT_CHECK_EQ(tsc_to_ns(0), 0);
}

static void sleep_job(void *arg)
{
	uint64_t start = read_tsc(), took;

	KT_CHECK_EQ(kthread_usleep(2000), 0);
	took = tsc_to_ns(read_tsc() - start);
	KT_CHECK(took >= 2000000);
	KT_CHECK(took < 1000000000); /* a loaded host, many cores */
}

KTEST(arch_timer_on_each_core)
{
	kt_on_each_core(sleep_job, NULL);
}

/* What a user may have written: wrong in each field that XRSTOR checks. */
KTEST(arch_fpu_hostile_areas)
{
	size_t size = fpu_size();
	uint8_t *area = kmalloc(ROUND_UP(size, 64) + 64, MM_WAIT);
	uint8_t *a = (uint8_t *)ROUND_UP((uintptr_t)area, 64);
	uint64_t seed = 1;

	KT_CHECK(area);
	fpu_init_area(a);
	KT_CHECK_EQ(fpu_restore_user_copy(a), 0);
	*(uint32_t *)(a + 24) = 0xffffffff; /* MXCSR: reserved bits */
	KT_CHECK_EQ(fpu_restore_user_copy(a), -EINVAL);
	if (fpu_mask()) {
		fpu_init_area(a);
		*(uint64_t *)(a + 512) = ~fpu_mask();
		KT_CHECK_EQ(fpu_restore_user_copy(a), -EINVAL);
		fpu_init_area(a);
		*(uint64_t *)(a + 520) = 1UL << 63; /* compacted */
		KT_CHECK_EQ(fpu_restore_user_copy(a), -EINVAL);
		fpu_init_area(a);
		a[575] = 1;
		KT_CHECK_EQ(fpu_restore_user_copy(a), -EINVAL);
	}
	for (int i = 0; i < 200; i++) {
		for (size_t at = 0; at < size; at += 8)
			*(uint64_t *)(a + at) = kt_random(&seed);
		(void)fpu_restore_user_copy(a); /* must not fault */
	}
	fpu_init_state();
	kfree(area);
}

KTEST(arch_fpu_save_restore)
{
	size_t size = fpu_size();
	uint8_t *area = kmalloc(2 * ROUND_UP(size, 64) + 64, MM_WAIT);
	uint8_t *a = (uint8_t *)ROUND_UP((uintptr_t)area, 64);
	uint8_t *b = a + ROUND_UP(size, 64);

	KT_CHECK(area);
	fpu_init_area(a);
	for (int i = 0; i < 256; i++)
		a[160 + i] = i; /* the sixteen XMM registers */
	if (fpu_mask())
		*(uint64_t *)(a + 512) = 2; /* SSE is not initial */
	fpu_restore(a);
	memset(b, 0xcc, size);
	fpu_save(b);
	KT_CHECK(memcmp(a + 160, b + 160, 256) == 0);
	fpu_init_state();
	memset(b, 0xcc, size);
	fpu_save(b);
	KT_CHECK_EQ(*(uint32_t *)(b + 24), 0x1f80);
	kfree(area);
}

KTEST(arch_nothing_writable_and_executable)
{
	pgt_check_wx(); /* panics otherwise */
}
