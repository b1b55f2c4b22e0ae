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

/*
 * Bit i of a table's frame.owner: one of the entries 8i .. 8i + 7 may name a
 * table.  Most tables hold a few entries only; taking them down reads no more.
 */
static void note_entry(pte_t *e)
{
	uint64_t bit = 1UL << ((uintptr_t)e % PGSIZE / (8 * sizeof(pte_t)));

	__atomic_fetch_or(&virt_to_frame(e)->owner, bit, __ATOMIC_RELAXED);
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
	/* The kernel's own carry its stacks: they may use the reserve. */
	f = frame_alloc(MM_ZERO | (flags & PTE_U ? MM_USER : MM_ATOMIC));
	if (!f)
		return NULL;
	f->owner = 0;
	if (flags & PTE_U)
		note_entry(e);
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
	struct frame *f = frame_alloc(MM_WAIT);
	pte_t *root;

	if (!f)
		return -ENOMEM;
	f->owner = 0;
	root = frame_to_virt(f);
	page_copy(root, phys_to_virt(kernel_root));
	root[0] = 0; /* the kernel's own: where other cores come to life */
	*out = frame_to_pa(f);
	return 0;
}

static void free_table(pte_t *table, int level)
{
	struct frame *f = virt_to_frame(table);
	uint64_t groups = level > 1 ? f->owner : 0;

	for (; groups; groups &= groups - 1) {
		pte_t *e = table + 8 * __builtin_ctzl(groups);

		for (int i = 0; i < 8; i++)
			if (e[i] & PTE_P)
				free_table(table_of(e[i]), level - 1);
	}
	frame_put(f);
}

void pgt_destroy_user(pgroot_t root)
{
	/* Only entries of the user half were ever noted. */
	free_table(phys_to_virt(root), LEVELS);
}

/* The leaf slot if all tables are there, else NULL. */
static inline pte_t *walk_present(pgroot_t root, uintptr_t va)
{
	pte_t e = entry_load((pte_t *)phys_to_virt(root) + INDEX(va, 4));

	if (!(e & PTE_P))
		return NULL;
	e = entry_load(table_of(e) + INDEX(va, 3));
	if (!(e & PTE_P))
		return NULL;
	e = entry_load(table_of(e) + INDEX(va, 2));
	if (!(e & PTE_P))
		return NULL;
	return table_of(e) + INDEX(va, 1);
}

pte_t *pgt_walk(pgroot_t root, uintptr_t va, bool create)
{
	uint64_t flags = create ? TABLE_USER : 0;
	pte_t *table = walk_present(root, va);

	if (table || !create)
		return table;
	table = phys_to_virt(root);
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
		pte_t *table = walk_present(root, at);
		int level;

		if (table) {
			*va = at;
			return table;
		}
		table = phys_to_virt(root);
		for (level = LEVELS; table && level > 1; level--)
			table = table_get(&table[INDEX(at, level)], 0);
		if (table)
			continue; /* made this moment */
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
	for (int i = 0; i < 512; i += 4)
		if (table[i] | table[i + 1] | table[i + 2] | table[i + 3])
			return false;
	return true;
}

struct unlink {
	uintptr_t start, end;
	struct frame *chain;
};

static void unlink_covered(struct unlink *u, pte_t *table, int level,
			   uintptr_t base);

/* `lo` is the first address that the entry covers. */
static void unlink_entry(struct unlink *u, pte_t *e, int level, uintptr_t lo)
{
	uintptr_t hi = lo + SPAN(level);
	struct frame *f;
	pte_t *sub;

	if (!(*e & PTE_P) || hi <= u->start || lo >= u->end)
		return;
	sub = table_of(*e);
	if (level > 2)
		unlink_covered(u, sub, level - 1, lo);
	if (lo < u->start || hi > u->end || !table_empty(sub))
		return;
	__atomic_store_n(e, 0, __ATOMIC_SEQ_CST);
	f = virt_to_frame(sub);
	f->owner = (uintptr_t)u->chain;
	u->chain = f;
}

static void unlink_covered(struct unlink *u, pte_t *table, int level,
			   uintptr_t base)
{
	uint64_t groups = virt_to_frame(table)->owner;

	for (; groups; groups &= groups - 1) {
		int at = 8 * __builtin_ctzl(groups);

		for (int i = at; i < at + 8; i++)
			unlink_entry(u, &table[i], level,
				     base + i * SPAN(level));
	}
}

struct frame *pgt_unlink_tables(pgroot_t root, uintptr_t start, uintptr_t end)
{
	struct unlink u = { .start = start, .end = MIN(end, USER_END) };

	unlink_covered(&u, phys_to_virt(root), LEVELS, 0);
	return u.chain;
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
