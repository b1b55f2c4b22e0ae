// SPDX-License-Identifier: MIT
/* Page tables: walks, creation, removal.  Rules: arch/pgtable.h */
#include <arch/pgtable.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <ros/errno.h>

#define LEVELS	    4
#define INDEX(va, level) (((va) >> (12 + 9 * ((level) - 1))) & 511)
#define SPAN(level) (1UL << (12 + 9 * ((level) - 1))) /* of one entry */
#define USER_SLOTS  256
#define TABLE_USER  (PTE_P | PTE_W | PTE_U | PTE_A)
#define TABLE_KERNEL (PTE_P | PTE_W | PTE_A)

extern pte_t boot_pml4[512];
pgroot_t kernel_root;

static pte_t *table_of(pte_t e)
{
	return phys_to_virt(e & PTE_ADDR);
}

static pte_t entry_load(pte_t *e)
{
	return __atomic_load_n(e, __ATOMIC_ACQUIRE);
}

/* The table that *e points to; made if missing and `flags` is not 0. */
static pte_t *table_get(pte_t *e, uint64_t flags)
{
	pte_t old = entry_load(e), want;
	struct frame *f;

	if (old & PTE_P)
		return table_of(old);
	if (!flags)
		return NULL;
	f = frame_alloc(MM_ZERO);
	if (!f)
		return NULL;
	old = 0;
	want = frame_to_pa(f) | flags;
	/* Releases the zeros; pairs with entry_load(). */
	if (__atomic_compare_exchange_n(e, &old, want, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return table_of(want);
	frame_put(f); /* another core was first */
	return table_of(old);
}

int pgt_create_user(pgroot_t *out)
{
	struct frame *f = frame_alloc(MM_ZERO);
	pte_t *root;

	if (!f)
		return -ENOMEM;
	root = frame_to_virt(f);
	memcpy(root + USER_SLOTS,
	       (pte_t *)phys_to_virt(kernel_root) + USER_SLOTS,
	       (512 - USER_SLOTS) * sizeof(pte_t));
	*out = frame_to_pa(f);
	return 0;
}

static void free_subtables(pte_t *table, int level)
{
	if (level > 1)
		for (int i = 0; i < 512; i++)
			if (table[i] & PTE_P)
				free_subtables(table_of(table[i]), level - 1);
	frame_put(virt_to_frame(table));
}

void pgt_destroy_user(pgroot_t root)
{
	pte_t *top = phys_to_virt(root);

	for (int i = 0; i < USER_SLOTS; i++)
		if (top[i] & PTE_P)
			free_subtables(table_of(top[i]), LEVELS - 1);
	frame_put(pa_to_frame(root));
}

pte_t *pgt_walk(pgroot_t root, uintptr_t va, bool create)
{
	uint64_t flags = create ? TABLE_USER : 0;
	pte_t *table = phys_to_virt(root);

	for (int level = LEVELS; level > 1; level--) {
		table = table_get(&table[INDEX(va, level)], flags);
		if (!table)
			return NULL;
	}
	return &table[INDEX(va, 1)];
}

pte_t *pgt_next_table(pgroot_t root, uintptr_t *va, uintptr_t end)
{
	uintptr_t at = *va & ~(PGSIZE - 1);

	while (at < end) {
		pte_t *table = phys_to_virt(root);
		int level;

		for (level = LEVELS; table && level > 1; level--)
			table = table_get(&table[INDEX(at, level)], 0);
		if (table) {
			*va = at;
			return &table[INDEX(at, 1)];
		}
		/* level is the missing table's; skip what it covers. */
		at = (at & ~(SPAN(level + 1) - 1)) + SPAN(level + 1);
	}
	return NULL;
}

int pgt_for_each(pgroot_t root, uintptr_t start, uintptr_t end,
		 int (*fn)(pte_t *pte, uintptr_t va, void *arg), void *arg)
{
	uintptr_t va = start;
	pte_t *pte;

	while ((pte = pgt_next_table(root, &va, end))) {
		uintptr_t table_end = (va & ~(SPAN(2) - 1)) + SPAN(2);

		for (; va < end && va < table_end; va += PGSIZE) {
			int ret = fn(pte++, va, arg);

			if (ret)
				return ret;
		}
	}
	return 0;
}

static bool table_empty(const pte_t *table)
{
	for (int i = 0; i < 512; i++)
		if (table[i])
			return false;
	return true;
}

/* `base` is the first address that the table covers. */
static void unlink_covered(pte_t *table, int level, uintptr_t base,
			   uintptr_t start, uintptr_t end,
			   struct frame **chain)
{
	int last = level == LEVELS ? USER_SLOTS : 512;

	for (int i = 0; i < last; i++) {
		uintptr_t lo = base + i * SPAN(level), hi = lo + SPAN(level);
		struct frame *f;
		pte_t *sub;

		if (!(table[i] & PTE_P) || hi <= start || lo >= end)
			continue;
		sub = table_of(table[i]);
		if (level > 2)
			unlink_covered(sub, level - 1, lo, start, end, chain);
		if (lo < start || hi > end || !table_empty(sub))
			continue;
		__atomic_store_n(&table[i], 0, __ATOMIC_SEQ_CST);
		f = virt_to_frame(sub);
		f->owner = (uintptr_t)*chain;
		*chain = f;
	}
}

struct frame *pgt_unlink_tables(pgroot_t root, uintptr_t start, uintptr_t end)
{
	struct frame *chain = NULL;

	if (end > USER_END)
		end = USER_END;
	unlink_covered(phys_to_virt(root), LEVELS, 0, start, end, &chain);
	return chain;
}

void pgt_free_unlinked(struct frame *chain)
{
	while (chain) {
		struct frame *f = chain;

		chain = (struct frame *)f->owner;
		frame_put(f);
	}
}

int pgt_map_kernel(uintptr_t va, uint64_t pa, uint64_t flags)
{
	pte_t *table = phys_to_virt(kernel_root);

	for (int level = LEVELS; level > 1; level--) {
		table = table_get(&table[INDEX(va, level)], TABLE_KERNEL);
		if (!table)
			return -ENOMEM;
	}
	__atomic_store_n(&table[INDEX(va, 1)], pa | flags | PTE_P | PTE_G,
			 __ATOMIC_RELEASE);
	return 0;
}

pte_t pgt_unmap_kernel(uintptr_t va)
{
	pte_t *pte = pgt_walk(kernel_root, va, false);

	return pte ? __atomic_exchange_n(pte, 0, __ATOMIC_ACQ_REL) : 0;
}
