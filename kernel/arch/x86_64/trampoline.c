// SPDX-License-Identifier: MIT
/* The page and the parameters through which other cores start. */
#include <arch/boot.h>

#include <arch/pgtable.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <ros/common.h>

/* Known to trampoline.S. */
struct {
	uintptr_t stack_top, percpu_base;
	void (*entry)(void);
	uint32_t taken;
} ap_start;

extern char trampoline_start[], trampoline_end[];
extern char trampoline_gdt_base[], trampoline_jump[];
extern pte_t tramp_pml4[512], tramp_pdpt[512], tramp_pd[512];
static pte_t tramp_pt[512] __attribute__((aligned(4096)));

static uint64_t find_low_page(void);

void trampoline_install(uint64_t *phys_page_out)
{
	uint64_t page = find_low_page();
	char *va = phys_to_virt(page);
	const pte_t *kroot = phys_to_virt(kernel_root);

	memcpy(va, trampoline_start, trampoline_end - trampoline_start);
	*(uint32_t *)(va + (trampoline_gdt_base - trampoline_start)) += page;
	*(uint32_t *)(va + (trampoline_jump - trampoline_start)) += page;

	memset(tramp_pd, 0, PGSIZE);
	tramp_pt[page >> PGSHIFT] = page | PTE_P;
	tramp_pd[0] = kimage_to_phys(tramp_pt) | PTE_P | PTE_W;
	tramp_pdpt[0] = kimage_to_phys(tramp_pd) | PTE_P | PTE_W;
	tramp_pml4[0] = kimage_to_phys(tramp_pdpt) | PTE_P | PTE_W;
	for (int i = 256; i < 512; i++)
		tramp_pml4[i] = kroot[i];
	*phys_page_out = page;
}

/* A whole page of RAM between 4 KiB and 640 KiB; all of it is reserved. */
static uint64_t find_low_page(void)
{
	for (uint64_t page = 0x9f000; page >= 0x1000; page -= PGSIZE)
		for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
			const struct boot_mem *m = &boot_info.mem[i];

			if (m->type == MEM_RAM && page >= m->start &&
			    page + PGSIZE <= m->start + m->len)
				return page;
		}
	panic("no RAM below 640 KiB for starting the other cores");
}

void ap_start_prepare(uintptr_t stack_top, uintptr_t percpu_base,
		      void (*entry)(void))
{
	ap_start.stack_top = stack_top;
	ap_start.percpu_base = percpu_base;
	ap_start.entry = entry;
	__atomic_store_n(&ap_start.taken, 0, __ATOMIC_RELEASE);
}

bool ap_start_taken(void)
{
	return __atomic_load_n(&ap_start.taken, __ATOMIC_ACQUIRE);
}
