// SPDX-License-Identifier: MIT
/* The interrupt table and the C side of the entry stubs (entry.S). */
#include <arch/asm.h>
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/cpu_priv.h>
#include <arch/extable.h>
#include <arch/platform_priv.h>
#include <arch/trap.h>
#include <core/panic.h>
#include <lib/log.h>

struct gate {
	uint16_t offset0, selector;
	uint8_t ist, type;
	uint16_t offset1;
	uint32_t offset2, reserved;
};

#define GATE_INTERRUPT 0x8e
#define GATE_DPL3      0x60

extern char trap_stubs[];
static struct gate idt[256] __attribute__((aligned(4096)));

static const uint8_t ist_of[32] = {
	[VEC_NMI] = STACK_NMI,
	[VEC_DB] = STACK_DB,
	[VEC_MC] = STACK_MC,
	[VEC_DF] = STACK_DF,
};

void idt_init(void)
{
	for (int i = 0; i < 256; i++) {
		uint64_t at = (uint64_t)trap_stubs + i * 16;

		idt[i] = (struct gate){
			.offset0 = at,
			.offset1 = at >> 16,
			.offset2 = at >> 32,
			.selector = SEL_KCODE,
			.ist = i < 32 ? ist_of[i] : 0,
			.type = GATE_INTERRUPT,
		};
	}
	/* What user programs may raise themselves. */
	idt[VEC_BP].type |= GATE_DPL3;
	idt[VEC_OF].type |= GATE_DPL3;
}

void idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) ptr = { sizeof(idt) - 1, (uint64_t)idt };

	asm volatile("lidt %0" ::"m"(ptr));
}

/* Called by entry.S. */
void trap_from_user(struct user_context *frame);
void trap_from_kernel(struct user_context *frame);
void trap_irq_entry(struct user_context *frame, unsigned int vector);
void trap_ist(struct user_context *frame);

void trap_from_user(struct user_context *frame)
{
	/* Before interrupts: a handler's own fault would overwrite it. */
	uintptr_t va = frame->vector == VEC_PF ? read_cr2() : 0;

	irq_enable();
	trap_user_exception(frame, va);
}

void trap_irq_entry(struct user_context *frame, unsigned int vector)
{
	if (vector == VEC_SPURIOUS)
		return;
	if (vector == VEC_TIMER)
		timer_fired();
	trap_irq(frame, vector);
	apic_eoi();
}

/* True if the faulting instruction is to be tried again. */
static bool resolve_user_fault(struct user_context *frame, uintptr_t va)
{
	int ret;

	irq_restore(frame->rflags);
	ret = trap_kernel_user_fault(va, frame->error);
	irq_disable();
	return ret == 0;
}

void trap_from_kernel(struct user_context *frame)
{
	const struct extable_entry *ex = extable_find(frame->rip);

	if (frame->vector == VEC_PF) {
		uintptr_t va = read_cr2();

		if (ex && ex->kind == EX_USER && va < USER_END &&
		    resolve_user_fault(frame, va))
			return;
		if (ex && va >= USER_END && ex->kind != EX_ANY)
			ex = NULL; /* the kernel's own end of a copy */
	} else if (frame->vector != VEC_GP || (ex && ex->kind != EX_ANY)) {
		ex = NULL;
	}
	if (!ex)
		panic_trap(frame);
	frame->rip = extable_fixup(ex);
}

void trap_ist(struct user_context *frame)
{
	if (frame->vector == VEC_NMI) {
		panic_nmi(frame);
		return;
	}
	if (frame->vector == VEC_DF)
		log("double fault: the kernel stack at 0x%lx is used up, "
		    "or its guard page was hit at 0x%lx",
		    frame->rsp, read_cr2());
	panic_trap(frame);
}
