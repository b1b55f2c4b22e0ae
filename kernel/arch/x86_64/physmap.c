// SPDX-License-Identifier: MIT
/* The kernel's own half: all RAM mapped, the image's alias, the W^X walk. */
#include <arch/boot.h>
#include <arch/cpu_priv.h>
#include <arch/pgtable.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <ros/common.h>

#define GIB	   (1UL << 30)
#define LARGE	   (1UL << 21)
#define LEAF	   (PTE_P | PTE_W | PTE_A | PTE_D | PTE_G | PTE_NX)
#define TABLE	   (PTE_P | PTE_W | PTE_A)
#define KVMAP_SLOT 384
#define PHYS_MAX   (64UL << 40) /* up to the kmap slots */

static pte_t *table_at(pte_t *e)
{
	if (!(*e & PTE_P)) {
		void *page = early_alloc_pages(1);

		if (!page)
			panic("no early memory for the page tables of RAM");
		*e = virt_to_phys(page) | TABLE;
	}
	return phys_to_virt(*e & PTE_ADDR);
}

static bool has_gib_pages(void)
{
	uint32_t a, b, c, d;

	cpuid(0x80000001, 0, &a, &b, &c, &d);
	return d & (1u << 26);
}

static void map_gib(uint64_t pa, bool gib_pages)
{
	uintptr_t va = KPHYSMAP_BASE + pa;
	pte_t *root = phys_to_virt(kernel_root);
	pte_t *pdpt = table_at(&root[(va >> 39) & 511]);
	pte_t *slot = &pdpt[(va >> 30) & 511];
	pte_t *pd;

	if (*slot & PTE_P)
		return;
	if (gib_pages) {
		*slot = pa | LEAF | PTE_PS;
		return;
	}
	pd = table_at(slot);
	for (int i = 0; i < 512; i++)
		pd[i] = (pa + i * LARGE) | LEAF | PTE_PS;
}

void physmap_extend(void)
{
	bool gib_pages = has_gib_pages();

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];
		uint64_t end = m->start + m->len;

		if (m->type != MEM_RAM && m->type != MEM_ACPI)
			continue;
		if (m->start >= PHYS_MAX)
			continue;
		if (end > PHYS_MAX)
			end = PHYS_MAX;
		for (uint64_t pa = m->start & ~(GIB - 1); pa < end; pa += GIB)
			map_gib(pa, gib_pages);
	}
}

/*
 * The large pages of the physmap in which the image lies become small ones, so
 * that no stray write reaches code or constants by the other address.
 */
#define IMAGE_MAX (16UL << 20)
static pte_t alias_pt[IMAGE_MAX / LARGE][512] __attribute__((aligned(4096)));

static bool image_read_only(uint64_t pa)
{
	const char *va = (const char *)(KIMAGE_BASE + pa);

	return (va >= kimage_start && va < rodata_end) ||
	       (va >= tail_start && va < kimage_end);
}

void image_alias_protect(void)
{
	pte_t *root = phys_to_virt(kernel_root);
	pte_t *pdpt = table_at(&root[(KPHYSMAP_BASE >> 39) & 511]);
	pte_t *pd = table_at(&pdpt[0]);
	uint64_t end = kimage_to_phys(kimage_end);

	for (uint64_t at = 0; at < end; at += LARGE) {
		pte_t *pt = alias_pt[at / LARGE];

		for (int i = 0; i < 512; i++) {
			uint64_t pa = at + i * PGSIZE;

			pt[i] = pa | LEAF;
			if (image_read_only(pa))
				pt[i] &= ~PTE_W;
		}
		pd[at / LARGE] = kimage_to_phys(pt) | TABLE;
		tlb_flush_page(KPHYSMAP_BASE + at);
	}
}

/* The W^X walk. */
struct wx_count {
	unsigned long small, large, writable, executable;
};

static void wx_walk(const pte_t *table, int level, uintptr_t base, bool w,
		    bool x, struct wx_count *n)
{
	for (uintptr_t i = 0; i < 512; i++) {
		uintptr_t va = base + (i << (12 + 9 * (level - 1)));
		pte_t e = table[i];
		bool ew = w && (e & PTE_W), ex = x && !(e & PTE_NX);

		if (!(e & PTE_P))
			continue;
		if (level == 4 && (i & 256))
			va |= 0xffff000000000000UL;
		if (level > 1 && !(e & PTE_PS)) {
			wx_walk(phys_to_virt(e & PTE_ADDR), level - 1, va, ew,
				ex, n);
			continue;
		}
		if (ew && ex)
			panic("page 0x%lx is writable and executable", va);
		*(level > 1 ? &n->large : &n->small) += 1;
		n->writable += ew;
		n->executable += ex;
	}
}

void pgt_check_wx(void)
{
	struct wx_count n = { 0 };

	wx_walk(phys_to_virt(kernel_root), 4, 0, true, true, &n);
	log("page tables: %lu small and %lu large pages, %lu writable, "
	    "%lu executable, none both",
	    n.small, n.large, n.writable, n.executable);
}
