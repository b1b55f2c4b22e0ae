// SPDX-License-Identifier: MIT
/* Per-core data: core 0's from the image, the others' from memory. */
#include <arch/percpu.h>

#include <arch/asm.h>
#include <arch/boot.h>
#include <arch/cpu_priv.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/kmap.h>
#include <mm/slab.h>

typedef struct percpu_head percpu_type_percpu_head;
__seg_gs struct percpu_head percpu_head
	__attribute__((section(".percpu.head"), used));
DEFINE_PERCPU(struct core_stacks, core_stacks);

_Static_assert(offsetof(struct percpu_head, kstack_top) == PERCPU_KSTACK &&
	       offsetof(struct percpu_head, scratch) == PERCPU_SCRATCH &&
	       offsetof(struct percpu_head, coreid) == 24 &&
	       offsetof(struct percpu_head, irq_depth) == PERCPU_IRQDEPTH &&
	       offsetof(struct percpu_head, irqstack_top) == PERCPU_IRQSTACK &&
	       offsetof(struct percpu_head, canary) == PERCPU_CANARY,
	       "percpu_head as assembly knows it");

static uintptr_t base0[1] = { (uintptr_t)percpu_core0 };
uintptr_t *percpu_base = base0;
unsigned int nr_cores = 1;

/* The word above an IST stack is where its entry finds the per-core data. */
static void stack_install(uintptr_t base, int which, uintptr_t top)
{
	struct core_stacks *s =
		(void *)(base + (uintptr_t)&core_stacks);

	if (which != STACK_IRQ) {
		top -= IST_HEAD;
		*(uintptr_t *)top = base;
	}
	s->top[which] = top;
}

extern char core0_stacks[];

void percpu_init_core0(void)
{
	uintptr_t base = percpu_base_self();
	uintptr_t at = (uintptr_t)core0_stacks;

	for (int i = 0; i < NR_CORE_STACKS; i++) {
		at += PGSIZE + KSTACK_BYTES;
		stack_install(base, i, at);
	}
	this_cpu(percpu_head.irqstack_top) = this_cpu(core_stacks.top[0]);
}

static uintptr_t percpu_create(unsigned int core)
{
	unsigned int order = 0;
	struct core_stacks *stacks;
	struct percpu_head *head;
	struct frame *f;
	uintptr_t base;

	while ((PGSIZE << order) < PERCPU_SIZE)
		order++;
	f = frames_alloc(order, MM_ZERO);
	if (!f)
		panic("no memory for the per-core data of core %u", core);
	base = (uintptr_t)frame_to_virt(f);
	memcpy((void *)base, percpu_load, PERCPU_SIZE);
	for (int i = 0; i < NR_CORE_STACKS; i++) {
		char *stack = kmap_alloc(KSTACK_BYTES / PGSIZE);

		if (!stack)
			panic("no memory for the stacks of core %u", core);
		stack_install(base, i, (uintptr_t)stack + KSTACK_BYTES);
	}
	head = (struct percpu_head *)base;
	head->self = base;
	head->coreid = core;
	head->canary = this_cpu(percpu_head.canary);
	stacks = (struct core_stacks *)(base + (uintptr_t)&core_stacks);
	head->irqstack_top = stacks->top[0];
	return base;
}

void percpu_init(unsigned int cores)
{
	uintptr_t *bases = kzalloc(cores * sizeof(*bases), MM_WAIT);

	if (!bases)
		panic("no memory for %u cores", cores);
	bases[0] = percpu_base[0];
	for (unsigned int i = 1; i < cores; i++)
		bases[i] = percpu_create(i);
	percpu_base = bases;
	nr_cores = cores;
}
