// SPDX-License-Identifier: MIT
/* Private to arch/x86_64: what firmware told, and the time stamp counter's and
 * the local APIC's dealings with each other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/percpu.h>

/* From the FADT; 0 where there is none. */
struct acpi_fixed {
	uint16_t pm_timer_port;
	bool pm_timer_32bit;
	uint8_t century_index; /* in the CMOS */
	uint16_t pm1a_control, pm1b_control;
	uint16_t smi_command;
	uint8_t acpi_enable;
	/* A generic address: space 0 memory, 1 ports. */
	struct acpi_register {
		bool valid;
		uint8_t space;
		uint64_t address;
	} sleep_control, reset;
	uint8_t reset_value;
};
extern struct acpi_fixed acpi_fixed;
/* The values that mean "off" (S5) in the two registers. */
bool acpi_sleep_types(uint8_t *typ_a, uint8_t *typ_b);

void topology_init(void); /* after the tables are known */
/* A core that does not start is taken out; those behind it move up. */
void topology_remove(unsigned int core);
/* Says whether an x2APIC id or an xAPIC id; the calling core's. */
uint32_t cpu_apic_id(void);

void apic_init_this_core(void);
/* Command to one core: an ICR low word. */
void apic_command(uint32_t apic_id, uint32_t command);
#define ICR_FIXED     0x00000
#define ICR_NMI	      0x00400
#define ICR_INIT      0x00500
#define ICR_STARTUP   0x00600
#define ICR_ASSERT    0x04000
#define ICR_LEVEL     0x08000

/* The local APIC's timer, counting down from the greatest value, without
 * interrupts: for calibration, and a clock of known rate under hypervisors. */
void apic_timer_run_free(void);
uint32_t apic_timer_count(void);
/* How fast it counts; 0: it takes TSC deadlines instead. */
void apic_timer_set_rate(uint64_t hz);
bool apic_timer_has_deadline(void);

/* The armed deadline is over: before VEC_TIMER's handler. */
DECLARE_PERCPU(uint64_t, timer_armed);
static inline void timer_fired(void)
{
	this_cpu(timer_armed) = 0;
}

/* Busy, by the TSC, for the short waits that hardware wants. */
void delay_us(uint64_t us);
/* Where a hypervisor's CPUID leaves end, and its name; 0: none. */
uint32_t hypervisor_leaf(char name[13]);
