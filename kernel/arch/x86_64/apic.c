// SPDX-License-Identifier: MIT
/*
 * The local APIC: set-up of each core, commands to others, the one-shot timer.
 *
 * By memory (xAPIC), or by MSRs where firmware has already switched it to
 * x2APIC, from which there is no way back.  Intel SDM volume 3, chapter 11.
 */
#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/ioapic.h>
#include <arch/platform_priv.h>
#include <arch/trap.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <mm/kmap.h>

#define MSR_APIC_BASE	 0x1b
#define BASE_ENABLE	 (1u << 11)
#define BASE_X2APIC	 (1u << 10)
#define MSR_X2APIC	 0x800
#define MSR_TSC_DEADLINE 0x6e0

enum {
	REG_ID = 0x20,
	REG_TPR = 0x80,
	REG_EOI = 0xb0,
	REG_SVR = 0xf0,
	REG_ESR = 0x280,
	REG_ICR = 0x300,
	REG_ICR_HIGH = 0x310,
	REG_LVT_TIMER = 0x320,
	REG_LVT_THERMAL = 0x330,
	REG_LVT_PERF = 0x340,
	REG_LVT_LINT0 = 0x350,
	REG_LVT_LINT1 = 0x360,
	REG_LVT_ERROR = 0x370,
	REG_TIMER_INIT = 0x380,
	REG_TIMER_NOW = 0x390,
	REG_TIMER_DIV = 0x3e0,
};
#define SVR_ENABLE   0x100
#define LVT_MASKED   0x10000
#define LVT_NMI	     0x400
#define LVT_DEADLINE 0x40000
#define DIVIDE_BY_1  0xb
#define ICR_BUSY     0x1000

#define FRACTION 32

DEFINE_PERCPU(uint64_t, timer_armed);

static volatile uint32_t *mmio;
static bool x2apic, tsc_deadline;
static uint64_t counts_per_tick; /* << FRACTION */

static uint32_t reg_read(unsigned int reg)
{
	if (x2apic)
		return rdmsr(MSR_X2APIC + reg / 16);
	return mmio[reg / 4];
}

static void reg_write(unsigned int reg, uint32_t v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + reg / 16, v);
	else
		mmio[reg / 4] = v;
}

void apic_eoi(void)
{
	reg_write(REG_EOI, 0);
}

void apic_init_this_core(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (x2apic)
		base |= BASE_X2APIC;
	wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
	reg_write(REG_TPR, 0);
	reg_write(REG_LVT_TIMER, LVT_MASKED);
	reg_write(REG_LVT_LINT0, LVT_MASKED); /* the 8259, which is off */
	reg_write(REG_LVT_LINT1, LVT_NMI);
	reg_write(REG_LVT_ERROR, LVT_MASKED);
	reg_write(REG_SVR, SVR_ENABLE | VEC_SPURIOUS);
	reg_write(REG_ESR, 0);
	reg_write(REG_TIMER_DIV, DIVIDE_BY_1);
	if (counts_per_tick || tsc_deadline)
		reg_write(REG_LVT_TIMER,
			  VEC_TIMER | (tsc_deadline ? LVT_DEADLINE : 0));
}

#define PIC1	 0x20
#define PIC2	 0xa0
#define PIC_BASE 0xf8 /* a stray IRQ 7 is then VEC_SPURIOUS */

/* The old interrupt controllers: out of the way, and masked. */
static void pic_off(void)
{
	outb(PIC1, 0x11);
	outb(PIC2, 0x11);
	outb(PIC1 + 1, PIC_BASE);
	outb(PIC2 + 1, PIC_BASE);
	outb(PIC1 + 1, 4); /* the second one is at line 2 */
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}

#define PIT_CHANNEL0 0x40
#define PIT_COMMAND  0x43
#define PIT_ONCE_0   0x30 /* channel 0, both bytes, mode 0: once */

/* The old timer goes on after the firmware; an emulator's host notices. */
static void pit_quiet(void)
{
	outb(PIT_COMMAND, PIT_ONCE_0);
	outb(PIT_CHANNEL0, 1);
	outb(PIT_CHANNEL0, 0);
}

void apic_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);
	uint32_t a, b, c, d;

	x2apic = (base & (BASE_ENABLE | BASE_X2APIC)) ==
		 (BASE_ENABLE | BASE_X2APIC);
	if (!x2apic)
		mmio = kmap_device(base & 0xffffffffff000UL, 4096);
	if (!x2apic && !mmio)
		panic("no room for the local APIC's registers");
	cpuid(1, 0, &a, &b, &c, &d);
	tsc_deadline = c >> 24 & 1;
	pic_off();
	pit_quiet();
	apic_init_this_core();
	ioapic_init();
}

void apic_command(uint32_t apic_id, uint32_t command)
{
	uint64_t fl;

	if (x2apic) {
		/* WRMSR to the ICR does not wait for earlier stores. */
		asm volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC + REG_ICR / 16,
		      (uint64_t)apic_id << 32 | command);
		return;
	}
	fl = irq_save();
	while (reg_read(REG_ICR) & ICR_BUSY)
		cpu_relax();
	reg_write(REG_ICR_HIGH, apic_id << 24);
	reg_write(REG_ICR, command);
	irq_restore(fl);
}

void ipi_send(unsigned int core, unsigned int vector)
{
	assert(core < nr_cores);
	apic_command(core_topology[core].apic_id,
		     ICR_FIXED | ICR_ASSERT | vector);
}

void apic_timer_run_free(void)
{
	reg_write(REG_LVT_TIMER, LVT_MASKED);
	reg_write(REG_TIMER_INIT, UINT32_MAX);
}

uint32_t apic_timer_count(void)
{
	return reg_read(REG_TIMER_NOW);
}

bool apic_timer_has_deadline(void)
{
	return tsc_deadline;
}

void apic_timer_set_rate(uint64_t hz)
{
	reg_write(REG_TIMER_INIT, 0);
	/* Both rates are far below 2^32 times each other. */
	counts_per_tick = (hz << 16) / (tsc_freq >> 16);
	if (!counts_per_tick)
		panic("the local APIC's timer does not count");
	apic_init_this_core();
}

/* As far as the counter reaches; a later deadline is then armed anew by who
 * finds that it is not over yet. */
static void arm_count(uint64_t deadline)
{
	uint64_t now = read_tsc(), count = 1;

	if (deadline > now)
		count += (unsigned __int128)(deadline - now) *
			 counts_per_tick >> FRACTION;
	reg_write(REG_TIMER_INIT, count < UINT32_MAX ? count : UINT32_MAX);
}

void timer_arm(uint64_t deadline_tsc)
{
	uint64_t fl = irq_save(), armed = this_cpu(timer_armed);

	if (!deadline_tsc)
		deadline_tsc = 1;
	if (!armed || deadline_tsc < armed) {
		this_cpu(timer_armed) = deadline_tsc;
		if (tsc_deadline)
			wrmsr(MSR_TSC_DEADLINE, deadline_tsc);
		else
			arm_count(deadline_tsc);
	}
	irq_restore(fl);
}

void timer_disarm(void)
{
	uint64_t fl = irq_save();

	if (this_cpu(timer_armed)) {
		this_cpu(timer_armed) = 0;
		if (tsc_deadline)
			wrmsr(MSR_TSC_DEADLINE, 0);
		else
			reg_write(REG_TIMER_INIT, 0);
	}
	irq_restore(fl);
}
