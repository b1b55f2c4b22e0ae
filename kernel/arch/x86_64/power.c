// SPDX-License-Identifier: MIT
/* Off, again, or out with a status.  ACPI 6.4, chapters 4.8 and 7.4. */
#include <arch/machine.h>

#include <arch/cpu.h>
#include <arch/platform_priv.h>

#define DEBUG_EXIT     0xf4
#define DEBUG_POWEROFF 0x10 /* the launcher takes status 33 as a clean end */

#define PM1_SCI_ENABLE	 1
#define PM1_SLEEP_TYPE(t) ((t) << 10)
#define PM1_SLEEP_MASK	 PM1_SLEEP_TYPE(7)
#define PM1_SLEEP_ENABLE (1 << 13)
#define SLEEP_TYPE(t)	 ((t) << 2) /* in the hardware-reduced register */
#define SLEEP_ENABLE	 (1 << 5)

#define RESET_CONTROL  0xcf9
#define KEYBOARD_CMD   0x64
#define KEYBOARD_RESET 0xfe

/* Memory beyond the physmap's first 4 GiB is not worth the risk now. */
static void register_write(const struct acpi_register *r, uint8_t v)
{
	if (!r->valid)
		return;
	if (r->space == 1)
		outb(r->address, v);
	else if (r->address < 1UL << 32)
		*(volatile uint8_t *)phys_to_virt(r->address) = v;
}

/* Firmware may still own the power controls. */
static void acpi_take_over(void)
{
	const struct acpi_fixed *f = &acpi_fixed;

	if (!f->smi_command || !f->acpi_enable ||
	    (inw(f->pm1a_control) & PM1_SCI_ENABLE))
		return;
	outb(f->smi_command, f->acpi_enable);
	for (int i = 0; i < 300; i++) {
		if (inw(f->pm1a_control) & PM1_SCI_ENABLE)
			return;
		delay_us(1000);
	}
}

static void sleep_s5(void)
{
	const struct acpi_fixed *f = &acpi_fixed;
	uint8_t typ_a, typ_b;
	uint16_t v;

	if (!acpi_sleep_types(&typ_a, &typ_b))
		return;
	register_write(&f->sleep_control,
		       SLEEP_TYPE(typ_a & 7) | SLEEP_ENABLE);
	if (!f->pm1a_control)
		return;
	acpi_take_over();
	v = inw(f->pm1a_control) & ~(PM1_SLEEP_MASK | PM1_SLEEP_ENABLE);
	outw(f->pm1a_control, v | PM1_SLEEP_TYPE(typ_a & 7) |
				      PM1_SLEEP_ENABLE);
	if (f->pm1b_control)
		outw(f->pm1b_control, v | PM1_SLEEP_TYPE(typ_b & 7) |
					      PM1_SLEEP_ENABLE);
}

void machine_poweroff(void)
{
	irq_disable();
	outl(DEBUG_EXIT, DEBUG_POWEROFF);
	sleep_s5();
	cpu_halt_forever();
}

void machine_debug_exit(unsigned int code)
{
	irq_disable();
	outl(DEBUG_EXIT, code);
	cpu_halt_forever();
}

void machine_reboot(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_idt = { 0, 0 };

	irq_disable();
	register_write(&acpi_fixed.reset, acpi_fixed.reset_value);
	delay_us(1000);
	outb(RESET_CONTROL, 2);
	outb(RESET_CONTROL, 6);
	delay_us(1000);
	outb(KEYBOARD_CMD, KEYBOARD_RESET);
	delay_us(1000);
	/* A fault without a table to handle it resets the processor. */
	asm volatile("lidt %0; ud2" ::"m"(no_idt));
	cpu_halt_forever();
}
