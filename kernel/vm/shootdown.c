// SPDX-License-Identifier: MIT
/*
 * TLB shootdown: only the cores that have the address space loaded are told.
 *
 *   a core that loads             who changes PTEs
 *   -----------------             ----------------
 *   bit in as->loaded = 1         PTE = new
 *   CR3 = root (serialises)       (exchange: seq_cst)
 *   walks find PTE                reads as->loaded
 *
 * Either the bit is seen, and the core is told, or the core has walked after
 * the PTE was changed (V4).
 */
#include <vm/vm_priv.h>

#include <arch/percpu.h>
#include <core/kmsg.h>
#include <lib/bitmap.h>
#include <lib/string.h>

#define FLUSH_PAGES_MAX 32 /* beyond, everything goes */
#define MASK_LONGS	16 /* cores that a mask on the stack can name */

static void flush_this_core(uintptr_t start, uintptr_t end)
{
	if (end - start > FLUSH_PAGES_MAX * PGSIZE) {
		tlb_flush_user();
		return;
	}
	for (; start < end; start += PGSIZE)
		tlb_flush_page(start);
}

static void flush_message(uintptr_t as, uintptr_t start, uintptr_t end)
{
	if (aspace_loaded() == (struct aspace *)as)
		flush_this_core(start, end);
}

/* A copy of the set; whether it names others than this core. */
static bool others_loaded(struct aspace *as, unsigned long *mask)
{
	unsigned int me = core_id();
	unsigned long others = 0;

	for (size_t i = 0; i < BITMAP_LONGS(nr_cores); i++) {
		mask[i] = atomic_load_explicit(&as->loaded[i],
					       memory_order_seq_cst);
		others |= i == me / 64 ? mask[i] & ~(1UL << me % 64) : mask[i];
	}
	return others != 0;
}

static void call_loaded(struct aspace *as, kmsg_fn fn, uintptr_t a1,
			uintptr_t a2)
{
	unsigned long mask[MASK_LONGS];

	assert(nr_cores <= MASK_LONGS * 64);
	if (others_loaded(as, mask))
		kmsg_call_cores(mask, fn, (uintptr_t)as, a1, a2);
	else
		fn((uintptr_t)as, a1, a2);
}

void tlb_shoot(struct aspace *as, uintptr_t start, uintptr_t end)
{
	call_loaded(as, flush_message, start, end);
}

static void unload_message(uintptr_t as, uintptr_t a1, uintptr_t a2)
{
	if (aspace_loaded() == (struct aspace *)as)
		aspace_load(NULL);
}

void aspace_unload_everywhere(struct aspace *as)
{
	call_loaded(as, unload_message, 0, 0);
}
