// SPDX-License-Identifier: MIT
/*
 * The machine as firmware and CPUID describe it, and its few global devices.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

#define BOOT_MAX_MEMMAP 64
#define BOOT_MAX_RESERVED 16
#define MEM_RAM	     1
#define MEM_RESERVED 2
#define MEM_ACPI     3

struct boot_mem {
	uint64_t start, len; /* bytes */
	uint32_t type;	     /* MEM_* */
};

/* Filled by the boot protocol's reader (PVH now) before mm_init(). */
struct boot_info {
	struct boot_mem mem[BOOT_MAX_MEMMAP];
	unsigned int nr_mem;
	const char *cmdline; /* kernel address, zero-terminated */
	const void *initrd;  /* kernel address, page-aligned by the loader */
	size_t initrd_len;
	uint64_t rsdp; /* physical; 0: search the BIOS area */
	/* RAM that is in use before the frame allocator starts;
	 * page-aligned. */
	struct boot_mem reserved[BOOT_MAX_RESERVED];
	unsigned int nr_reserved;
};
extern struct boot_info boot_info;

/* The value of `key=value` on the command line into buf (truncated), or false.
 * A word without '=' gives an empty value; the last of several wins. */
bool boot_option(const char *key, char *buf, size_t len);
unsigned long boot_option_num(const char *key, unsigned long dflt);

/* Topology: ids are dense; index is the coreid. */
struct core_topology {
	uint32_t apic_id;
	uint16_t thread, core, socket, numa;
};
extern struct core_topology *core_topology; /* [nr_cores_found] */
/* What the machine has; nr_cores is what we use of it. */
extern unsigned int nr_cores_found;
void print_cpu_topology(void);

/* In boot order (main/init_table.c calls these). */
void arch_early_init(void);   /* core 0: GDT, IDT, TSS, CPU features; refuses in
				 a sentence without FSGSBASE, NX, SSE2 */
void acpi_init(void);	      /* MADT, FADT; none: one core, still fine */
void apic_init(void);	      /* LAPIC, IOAPIC, PIC off */
void tsc_init(void);	      /* calibrates */
void smp_start_all(void (*entry)(void)); /* entry() on each other core's own
				 stack, interrupts off, per-core data loaded */

/* The TSC: Hz, and exact conversions (128-bit products). */
extern uint64_t tsc_freq;
uint64_t tsc_to_ns(uint64_t ticks);
uint64_t ns_to_tsc(uint64_t ns);

/*
 * This core's one-shot timer: VEC_TIMER comes no later than soon after the
 * deadline.  It may come early (an earlier deadline was armed and not disarmed;
 * the counter does not reach that far): the handler looks at the time and arms
 * again.  When VEC_TIMER has come nothing is armed.
 */
void timer_arm(uint64_t deadline_tsc);
void timer_disarm(void);

void ipi_send(unsigned int core, unsigned int vector);
void nmi_send_others(void); /* panic: stop them */

/* Legacy interrupt lines through the IOAPIC: vector allocated, masked. */
int __must_check irq_route(unsigned int isa_irq, unsigned int vector,
			   unsigned int core);
void irq_mask(unsigned int isa_irq, bool masked);

/* The wall clock at boot: seconds since 1970 (CMOS). */
uint64_t rtc_read(void);

void __noreturn machine_poweroff(void);		 /* ACPI S5, else debug exit */
void __noreturn machine_reboot(void);
/* QEMU's isa-debug-exit: the host sees (code << 1) | 1.  Falls back to halt. */
void __noreturn machine_debug_exit(unsigned int code);

/* Polled UART output for the earliest boot and for panic.  COM1. */
void early_putc(char c);
