// SPDX-License-Identifier: MIT
/* Segments and the task state segment of each core. */
#include <arch/asm.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/cpu_priv.h>

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "TSS");

struct core_segments {
	uint64_t gdt[8];
	struct tss tss;
} __attribute__((aligned(16)));

DEFINE_PERCPU_STATIC(struct core_segments, core_segments);

#define GDT_KCODE 0x00af9b000000ffff
#define GDT_KDATA 0x00cf93000000ffff
#define GDT_UDATA 0x00cff3000000ffff
#define GDT_UCODE 0x00affb000000ffff
#define TSS_TYPE  0x0000890000000000

static void set_tss(struct core_segments *s)
{
	uint64_t base = (uint64_t)&s->tss, limit = sizeof(s->tss) - 1;

	/* C1: a trap from user mode pushes straight into the user frame. */
	s->tss.rsp[0] = (uintptr_t)this_cpu_ptr(user_frame) + CTX_HWEND;
	for (int i = STACK_NMI; i < NR_CORE_STACKS; i++)
		s->tss.ist[i - 1] = this_cpu(core_stacks.top[i]);
	s->tss.iomap = sizeof(s->tss);

	s->gdt[SEL_TSS / 8] = TSS_TYPE | limit | (base & 0xffffff) << 16 |
			      (base >> 24 & 0xff) << 56;
	s->gdt[SEL_TSS / 8 + 1] = base >> 32;
}

void gdt_load(void)
{
	struct core_segments *s = this_cpu_ptr(core_segments);
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) ptr = { sizeof(s->gdt) - 1,
					  (uint64_t)s->gdt };

	s->gdt[SEL_KCODE / 8] = GDT_KCODE;
	s->gdt[SEL_KDATA / 8] = GDT_KDATA;
	s->gdt[SEL_UDATA / 8] = GDT_UDATA;
	s->gdt[SEL_UCODE / 8] = GDT_UCODE;
	set_tss(s);
	asm volatile("lgdt %0\n"
		     "pushq %1\n"
		     "lea 1f(%%rip), %%rax\n"
		     "push %%rax\n"
		     "lretq\n"
		     "1: mov %2, %%ss\n"
		     "ltr %w3"
		     :
		     : "m"(ptr), "i"(SEL_KCODE), "r"(0), "r"(SEL_TSS)
		     : "rax", "memory");
}
