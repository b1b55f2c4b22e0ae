// SPDX-License-Identifier: MIT
/*
 * What the loader says (PVH start info) into boot_info, and memory before there
 * is an allocator.
 *
 * PVH: "x86/HVM direct boot ABI", Xen documentation, misc/pvh.
 */
#include <arch/boot.h>

#include <arch/pgtable.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <ros/common.h>

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp;
	uint64_t memmap; /* version 1 and later */
	uint32_t memmap_entries, reserved;
};

struct pvh_module {
	uint64_t start, size, cmdline, reserved;
};

struct pvh_memmap {
	uint64_t start, size;
	uint32_t type, reserved; /* as E820 */
};

#define E820_RAM  1
#define E820_ACPI 3

#define LOW_LIMIT   (4UL << 30) /* mapped from the start */
#define FIRST_MIB   (1UL << 20)
#define CMDLINE_MAX 4096

struct boot_info boot_info;
uint64_t boot_tsc; /* written by boot.S */

static char cmdline_copy[CMDLINE_MAX];
static bool early_over;

static void reserve(uint64_t start, uint64_t end);
static void take_memmap(const struct pvh_start_info *si);

void __noreturn boot_pvh(uint32_t start_info);
void __noreturn boot_pvh(uint32_t start_info)
{
	const struct pvh_start_info *si = phys_to_virt(start_info);

	boot_info.cmdline = cmdline_copy;
	reserve(0, FIRST_MIB);
	reserve(kimage_to_phys(kimage_start), kimage_to_phys(kimage_end));
	if (si->magic != PVH_MAGIC || si->version < 1)
		panic("the loader's start info at 0x%x is not PVH 1",
		      start_info);
	if (si->cmdline)
		strlcpy(cmdline_copy, phys_to_virt(si->cmdline), CMDLINE_MAX);
	boot_info.rsdp = si->rsdp;
	take_memmap(si);
	if (si->nr_modules) {
		const struct pvh_module *mod = phys_to_virt(si->modlist);

		boot_info.initrd = phys_to_virt(mod->start);
		boot_info.initrd_len = mod->size;
		reserve(mod->start, mod->start + mod->size);
	}
	kernel_main();
}

static void take_memmap(const struct pvh_start_info *si)
{
	const struct pvh_memmap *e = phys_to_virt(si->memmap);

	for (uint32_t i = 0; i < si->memmap_entries; i++, e++) {
		struct boot_mem *m = &boot_info.mem[boot_info.nr_mem];

		if (!e->size || boot_info.nr_mem == BOOT_MAX_MEMMAP)
			continue;
		m->start = e->start;
		m->len = e->size;
		m->type = e->type == E820_RAM  ? MEM_RAM :
			  e->type == E820_ACPI ? MEM_ACPI :
						 MEM_RESERVED;
		boot_info.nr_mem++;
	}
}

/* Joins a neighbour when it can. */
static void reserve(uint64_t start, uint64_t end)
{
	struct boot_mem *r = boot_info.reserved;
	unsigned int i;

	start &= ~(PGSIZE - 1);
	end = (end + PGSIZE - 1) & ~(PGSIZE - 1);
	for (i = 0; i < boot_info.nr_reserved; i++, r++) {
		if (end == r->start) {
			r->start = start;
			r->len += end - start;
			return;
		}
		if (start == r->start + r->len) {
			r->len += end - start;
			return;
		}
	}
	assert(i < BOOT_MAX_RESERVED);
	r->start = start;
	r->len = end - start;
	r->type = MEM_RESERVED;
	boot_info.nr_reserved++;
}

/* The highest place for len bytes in [lo, hi) that is not reserved, or 0. */
static uint64_t room_below(uint64_t lo, uint64_t hi, uint64_t len)
{
	uint64_t at;
	bool moved;

	if (hi < len)
		return 0;
	at = (hi - len) & ~(PGSIZE - 1);
	do {
		moved = false;
		for (unsigned int i = 0; i < boot_info.nr_reserved; i++) {
			const struct boot_mem *r = &boot_info.reserved[i];

			if (at >= r->start + r->len || at + len <= r->start)
				continue;
			if (r->start < len)
				return 0;
			at = r->start - len;
			moved = true;
		}
	} while (moved);
	return at >= lo ? at : 0;
}

void *early_alloc_pages(size_t pages)
{
	uint64_t len = pages << PGSHIFT, best = 0;
	void *va;

	if (early_over)
		panic("early_alloc_pages() after frames_init()");
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];
		uint64_t lo = (m->start + PGSIZE - 1) & ~(PGSIZE - 1);
		uint64_t hi = (m->start + m->len) & ~(PGSIZE - 1);
		uint64_t at;

		if (m->type != MEM_RAM || lo >= LOW_LIMIT)
			continue;
		at = room_below(lo, hi < LOW_LIMIT ? hi : LOW_LIMIT, len);
		if (at > best)
			best = at;
	}
	if (!best)
		return NULL;
	reserve(best, best + len);
	va = phys_to_virt(best);
	memset(va, 0, len);
	return va;
}

void early_alloc_finish(void)
{
	early_over = true;
}
