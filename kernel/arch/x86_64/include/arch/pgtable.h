// SPDX-License-Identifier: MIT
/*
 * Page tables: format and walks; no policy, no locks of their own.
 *
 * A table is named by the physical address of its root.  The kernel half of
 * every root is the same 256 entries, all present from boot on, so that a
 * kernel mapping made later is seen by all.
 *
 * Leaf PTEs change by atomic exchange or compare-exchange, so that two faults
 * on one address space may race with only a reader's hold on the address space;
 * intermediate tables are installed by compare-exchange and leave only by
 * pgt_unlink_tables() or pgt_destroy_user(), when nobody else walks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>
#include <ros/common.h>

struct frame;
typedef uint64_t pte_t;
typedef uint64_t pgroot_t; /* physical address */

#define PTE_P	 (1UL << 0)
#define PTE_W	 (1UL << 1)
#define PTE_U	 (1UL << 2)
#define PTE_PWT	 (1UL << 3)
#define PTE_PCD	 (1UL << 4)
#define PTE_A	 (1UL << 5)
#define PTE_D	 (1UL << 6)
#define PTE_PS	 (1UL << 7)
#define PTE_G	 (1UL << 8)
#define PTE_COW	 (1UL << 9)  /* software: an object's page, privately mapped */
#define PTE_NOREF (1UL << 10) /* software: frame is not counted by this PTE */
#define PTE_NX	 (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL

extern pgroot_t kernel_root;

/* 0 or -ENOMEM; tables come from frame_alloc(). */
int __must_check pgt_create_user(pgroot_t *out);
/* Frees all user-half tables (leaves must be gone already). */
void pgt_destroy_user(pgroot_t root);
/* The leaf slot for va; with `create` makes tables (may return NULL: no
 * memory).  4 KiB leaves only in the user half. */
pte_t *pgt_walk(pgroot_t root, uintptr_t va, bool create);
/*
 * Calls fn for each leaf slot that has a table, in order, in [start, end), with
 * whole missing tables skipped.  fn returns nonzero to stop.
 */
int pgt_for_each(pgroot_t root, uintptr_t start, uintptr_t end,
		 int (*fn)(pte_t *pte, uintptr_t va, void *arg), void *arg);
/* The leaf slot of the first address at or after *va, below end, whose table is
 * there; sets *va.  NULL: none.  The slots up to the table's end follow. */
pte_t *pgt_next_table(pgroot_t root, uintptr_t *va, uintptr_t end);
/*
 * Takes out the page tables that cover [start, end) entirely and hold nothing;
 * they are chained by frame.owner.  The caller holds the address space
 * exclusively, then flushes (processors remember tables too), then frees.
 */
struct frame *pgt_unlink_tables(pgroot_t root, uintptr_t start, uintptr_t end);
void pgt_free_unlinked(struct frame *chain);

/* Kernel mappings (4 KiB), for mm/kmap. */
int __must_check pgt_map_kernel(uintptr_t va, uint64_t pa, uint64_t flags);
/* Returns the old PTE; the caller flushes (all cores). */
pte_t pgt_unmap_kernel(uintptr_t va);

/* Walks kernel_root; panics on any page that is writable and executable; logs
 * the counts. */
void pgt_check_wx(void);
