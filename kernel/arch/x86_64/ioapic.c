// SPDX-License-Identifier: MIT
/*
 * The I/O APICs.  82093AA data sheet; the MADT says where they are and which
 * ISA lines are wired unlike the rest.  Without a MADT: the one at the usual
 * address.
 */
#include <arch/ioapic.h>

#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/platform_priv.h>
#include <lib/log.h>
#include <mm/kmap.h>
#include <ros/errno.h>
#include <sync/spinlock.h>

#define USUAL_ADDRESS 0xfec00000
#define MAX_IOAPICS   16
#define NR_ISA	      16

#define REG_VERSION   1
#define REG_LINE(n)   (0x10 + 2 * (n))
#define LINE_MASKED   0x10000
#define LINE_IS_LEVEL 0x8000
#define LINE_IS_LOW   0x2000

#define MADT_ENTRIES  44
#define MADT_IOAPIC   1
#define MADT_OVERRIDE 2

struct madt_ioapic {
	struct acpi_sub sub;
	uint8_t id, reserved;
	uint32_t address, gsi_base;
} __attribute__((packed));

struct madt_override {
	struct acpi_sub sub;
	uint8_t bus, irq;
	uint32_t gsi;
	uint16_t flags; /* polarity, trigger: two bits each */
} __attribute__((packed));

/* [I] after ioapic_init(), but for the registers */
static struct ioapic {
	volatile uint32_t *mmio;
	unsigned int gsi_base, nr_lines;
} ioapics[MAX_IOAPICS];
static unsigned int nr_ioapics;

static struct {
	unsigned int gsi, flags;
} isa[NR_ISA];

/* The index and the data register are a pair. */
static struct spinlock_irq lock = SPINLOCK_IRQ_INIT("ioapic.lock");

static uint32_t reg_read(struct ioapic *io, unsigned int reg)
{
	io->mmio[0] = reg;
	return io->mmio[4];
}

static void reg_write(struct ioapic *io, unsigned int reg, uint32_t v)
{
	io->mmio[0] = reg;
	io->mmio[4] = v;
}

static void ioapic_add(uint32_t address, unsigned int gsi_base)
{
	struct ioapic *io = &ioapics[nr_ioapics];
	uint32_t version;

	if (nr_ioapics == MAX_IOAPICS)
		return;
	io->mmio = kmap_device(address, 32);
	if (!io->mmio)
		return;
	version = reg_read(io, REG_VERSION);
	if (version == 0 || version == UINT32_MAX)
		return; /* nothing there */
	io->gsi_base = gsi_base;
	io->nr_lines = (version >> 16 & 0xff) + 1;
	for (unsigned int i = 0; i < io->nr_lines; i++)
		reg_write(io, REG_LINE(i), LINE_MASKED);
	nr_ioapics++;
}

static void take_override(const struct madt_override *o)
{
	unsigned int flags = 0;

	if (o->irq >= NR_ISA)
		return;
	if ((o->flags & 3) == 3)
		flags |= LINE_LOW;
	if ((o->flags >> 2 & 3) == 3)
		flags |= LINE_LEVEL;
	isa[o->irq].gsi = o->gsi;
	isa[o->irq].flags = flags;
}

void ioapic_init(void)
{
	const struct acpi_header *madt = acpi_table("APIC", 0);
	const struct acpi_sub *s;
	size_t off = MADT_ENTRIES;

	for (unsigned int i = 0; i < NR_ISA; i++)
		isa[i].gsi = i;
	while (madt && (s = acpi_sub_next(madt, &off)) != NULL) {
		const struct madt_ioapic *io = (const void *)s;

		if (s->type == MADT_IOAPIC && s->length >= sizeof(*io))
			ioapic_add(io->address, io->gsi_base);
		if (s->type == MADT_OVERRIDE &&
		    s->length >= sizeof(struct madt_override))
			take_override((const void *)s);
	}
	if (!madt)
		ioapic_add(USUAL_ADDRESS, 0);
	if (!nr_ioapics)
		log("apic: no I/O APIC: devices are not heard");
}

static struct ioapic *ioapic_of(unsigned int gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++)
		if (gsi >= ioapics[i].gsi_base &&
		    gsi - ioapics[i].gsi_base < ioapics[i].nr_lines)
			return &ioapics[i];
	return NULL;
}

int ioapic_route(unsigned int gsi, unsigned int flags, unsigned int vector,
		 unsigned int core)
{
	struct ioapic *io = ioapic_of(gsi);
	uint32_t low = vector | LINE_MASKED;
	unsigned int line;

	if (!io || core >= nr_cores)
		return -ENODEV;
	line = gsi - io->gsi_base;
	if (flags & LINE_LEVEL)
		low |= LINE_IS_LEVEL;
	if (flags & LINE_LOW)
		low |= LINE_IS_LOW;
	scoped_spin_irq(&lock) {
		reg_write(io, REG_LINE(line), low);
		reg_write(io, REG_LINE(line) + 1,
			  core_topology[core].apic_id << 24);
	}
	return 0;
}

void ioapic_mask(unsigned int gsi, bool masked)
{
	struct ioapic *io = ioapic_of(gsi);
	uint32_t low;

	if (!io)
		return;
	guard_spin_irq(&lock);
	low = reg_read(io, REG_LINE(gsi - io->gsi_base)) & ~LINE_MASKED;
	if (masked)
		low |= LINE_MASKED;
	reg_write(io, REG_LINE(gsi - io->gsi_base), low);
}

int irq_route(unsigned int isa_irq, unsigned int vector, unsigned int core)
{
	if (isa_irq >= NR_ISA)
		return -ENODEV;
	return ioapic_route(isa[isa_irq].gsi, isa[isa_irq].flags, vector, core);
}

void irq_mask(unsigned int isa_irq, bool masked)
{
	if (isa_irq < NR_ISA)
		ioapic_mask(isa[isa_irq].gsi, masked);
}
