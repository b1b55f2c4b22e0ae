// SPDX-License-Identifier: MIT
/* What each processor must have, and the registers that are set the same way on
 * every core. */
#include <arch/asm.h>
#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/cpu_priv.h>
#include <arch/extable.h>
#include <arch/pgtable.h>
#include <lib/string.h>
#include <ros/common.h>

#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_MCE	       (1u << 6)
#define CR4_UMIP       (1u << 11)
#define CR4_FSGSBASE   (1u << 16)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

#define EFER_SCE 1
/* TF, IF, DF, IOPL, NT, AC */
#define FMASK 0x47700

extern char boot_pml4[], tramp_pd[], core0_stacks[];
extern char syscall_entry[];

enum { LEAF_1_D, LEAF_7_B, LEAF_7_C, LEAF_EXT_D, NR_LEAVES };

static void read_leaves(uint32_t *v)
{
	uint32_t a, b, c, d, max;

	memset(v, 0, NR_LEAVES * sizeof(*v));
	cpuid(0, 0, &max, &b, &c, &d);
	cpuid(1, 0, &a, &b, &c, &v[LEAF_1_D]);
	if (max >= 7)
		cpuid(7, 0, &a, &v[LEAF_7_B], &v[LEAF_7_C], &d);
	cpuid(0x80000001, 0, &a, &b, &c, &v[LEAF_EXT_D]);
}

static const struct {
	const char *name;
	uint8_t leaf, bit;
} needed[] = {
	{ "FSGSBASE (user-level GS base)", LEAF_7_B, 0 },
	{ "SSE2", LEAF_1_D, 26 },
	{ "FXSAVE", LEAF_1_D, 24 },
	{ "a local APIC", LEAF_1_D, 9 },
	{ "global pages (PGE)", LEAF_1_D, 13 },
	{ "a time stamp counter", LEAF_1_D, 4 },
	{ "SYSCALL", LEAF_EXT_D, 11 },
	{ "no-execute pages (NX)", LEAF_EXT_D, 20 },
};

static void say(const char *s)
{
	while (*s)
		early_putc(*s++);
}

/* Before there are traps, logs or anything else. */
static void refuse_if_missing(const uint32_t *leaves)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (leaves[needed[i].leaf] >> needed[i].bit & 1)
			continue;
		say("Mitos needs a processor with ");
		say(needed[i].name);
		say(".\r\n");
		cpu_halt_forever();
	}
}

static uint64_t read_cr4(void)
{
	uint64_t v;

	asm volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static void set_cr4(const uint32_t *leaves)
{
	uint64_t v = read_cr4();

	v |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE;
	if (leaves[LEAF_1_D] >> 7 & 1)
		v |= CR4_MCE;
	if (leaves[LEAF_7_C] >> 2 & 1)
		v |= CR4_UMIP;
	if (leaves[LEAF_7_B] >> 7 & 1)
		v |= CR4_SMEP;
	if (leaves[LEAF_7_B] >> 20 & 1)
		v |= CR4_SMAP;
	asm volatile("mov %0, %%cr4" ::"r"(v) : "memory");
}

void cpu_init_this_core(void)
{
	uint32_t leaves[NR_LEAVES];

	read_leaves(leaves);
	refuse_if_missing(leaves);
	set_cr4(leaves);
	this_cpu(user_frame.cs) = SEL_UCODE;
	this_cpu(user_frame.ss) = SEL_UDATA;
	gdt_load();
	idt_load();
	wrmsr(MSR_STAR, (uint64_t)STAR_USER << 48 | (uint64_t)SEL_KCODE << 32);
	wrmsr(MSR_LSTAR, (uintptr_t)syscall_entry);
	wrmsr(MSR_FMASK, FMASK);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	wrmsr(MSR_FS_BASE, 0);
	fpu_init_this_core();
}

static void guard_page(uintptr_t va)
{
	pgt_unmap_kernel(va);
	tlb_flush_page(va);
}

void arch_early_init(void)
{
	uint32_t leaves[NR_LEAVES];

	kernel_root = kimage_to_phys(boot_pml4);
	read_leaves(leaves);
	refuse_if_missing(leaves);
	if (!(leaves[LEAF_7_B] >> 20 & 1))
		smap_patch_out();
	extable_init();
	percpu_init_core0();
	idt_init();
	cpu_init_this_core();

	image_alias_protect();
	memset(tramp_pd, 0, PGSIZE); /* was an executable identity mapping */
	guard_page((uintptr_t)boot_stack - PGSIZE);
	for (int i = 0; i < NR_CORE_STACKS; i++)
		guard_page((uintptr_t)core0_stacks +
			   i * (PGSIZE + KSTACK_BYTES));
}
