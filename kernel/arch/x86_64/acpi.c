// SPDX-License-Identifier: MIT
/* Finding the ACPI tables, and what the fixed table (FADT) says. */
#include <arch/acpi.h>

#include <arch/boot.h>
#include <arch/platform_priv.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/kmap.h>

#define LOW_4G	     (1UL << 32)
#define TABLE_MAX    (16u << 20)
#define ROOT_ENTRIES 256

#define EBDA_SEGMENT 0x40e /* a word: segment of the extended BIOS data area */
#define BIOS_AREA    0xe0000
#define BIOS_END     0x100000

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	/* from revision 2 on */
	uint32_t length;
	uint64_t xsdt;
	uint8_t checksum2, reserved[3];
} __attribute__((packed));
#define RSDP_SIZE1 20

struct acpi_fixed acpi_fixed;

static const struct acpi_header *tables[ROOT_ENTRIES];
static unsigned int nr_tables;
static uint64_t dsdt_at;

/* All below 4 GiB is in the physmap; what lies above may not be RAM. */
static const void *map(uint64_t pa, size_t len)
{
	if (!pa || pa + len < pa)
		return NULL;
	if (pa + len <= LOW_4G)
		return phys_to_virt(pa);
	return kmap_device(pa, len);
}

static const struct acpi_header *map_table(uint64_t pa)
{
	const struct acpi_header *t = map(pa, sizeof(*t));
	uint32_t len;

	if (!t)
		return NULL;
	len = t->length;
	if (len < sizeof(*t) || len > TABLE_MAX) {
		log("acpi: a table at 0x%lx claims %u bytes: ignored", pa, len);
		return NULL;
	}
	t = map(pa, len);
	if (!t || t->length != len || !acpi_sum_ok(t, len)) {
		log("acpi: the table at 0x%lx is damaged: ignored", pa);
		return NULL;
	}
	return t;
}

static const struct rsdp *rsdp_check(uint64_t pa)
{
	const struct rsdp *r = map(pa, sizeof(*r));

	if (!r || memcmp(r->signature, "RSD PTR ", 8) != 0 ||
	    !acpi_sum_ok(r, RSDP_SIZE1))
		return NULL;
	return r;
}

static const struct rsdp *rsdp_scan(uint64_t start, uint64_t end)
{
	for (uint64_t pa = start; pa + sizeof(struct rsdp) <= end; pa += 16) {
		const struct rsdp *r = rsdp_check(pa);

		if (r)
			return r;
	}
	return NULL;
}

static const struct rsdp *rsdp_find(void)
{
	const struct rsdp *r = NULL;
	uint64_t ebda;

	if (boot_info.rsdp)
		r = rsdp_check(boot_info.rsdp);
	if (r)
		return r;
	ebda = (uint64_t)*(const uint16_t *)phys_to_virt(EBDA_SEGMENT) << 4;
	if (ebda >= 0x80000 && ebda < 0xa0000)
		r = rsdp_scan(ebda, ebda + 1024);
	return r ? r : rsdp_scan(BIOS_AREA, BIOS_END);
}

static bool add_tables(const struct acpi_header *root, size_t width)
{
	if (!root)
		return false;
	for (size_t off = sizeof(*root); off + width <= root->length;
	     off += width) {
		const struct acpi_header *t;
		uint64_t pa = 0;

		if (nr_tables == ROOT_ENTRIES)
			break;
		memcpy(&pa, (const char *)root + off, width);
		t = pa ? map_table(pa) : NULL;
		if (t)
			tables[nr_tables++] = t;
	}
	return nr_tables > 0;
}

static void find_tables(void)
{
	const struct rsdp *r = rsdp_find();
	bool done = false;

	if (!r) {
		log("acpi: no tables: one core, no power control");
		return;
	}
	if (r->revision >= 2 && r->length >= sizeof(*r) && r->length < 4096 &&
	    acpi_sum_ok(r, r->length))
		done = add_tables(map_table(r->xsdt), 8);
	if (!done)
		add_tables(map_table(r->rsdt), 4);
}

const struct acpi_header *acpi_table(const char *signature, unsigned int nth)
{
	for (unsigned int i = 0; i < nr_tables; i++)
		if (memcmp(tables[i]->signature, signature, 4) == 0 && !nth--)
			return tables[i];
	return NULL;
}

/* Offsets in the FADT. */
enum {
	FADT_DSDT = 40,
	FADT_SMI_CMD = 48,
	FADT_ACPI_ENABLE = 52,
	FADT_PM1A_CNT = 64,
	FADT_PM1B_CNT = 68,
	FADT_PM_TMR = 76,
	FADT_PM_TMR_LEN = 91,
	FADT_CENTURY = 108,
	FADT_FLAGS = 112,
	FADT_RESET_REG = 116,
	FADT_RESET_VALUE = 128,
	FADT_X_DSDT = 140,
	FADT_X_PM1A_CNT = 172,
	FADT_X_PM1B_CNT = 184,
	FADT_X_PM_TMR = 208,
	FADT_SLEEP_CONTROL = 244,
};
#define FADT_TMR_32BIT (1u << 8)
#define FADT_RESET     (1u << 10)
#define FADT_REDUCED   (1u << 20) /* no fixed hardware at all */

#define SPACE_MEMORY 0
#define SPACE_PORT   1

struct gas {
	uint8_t space, width, offset, access;
	uint64_t address;
} __attribute__((packed));

static void get_register(const struct acpi_header *fadt, size_t off,
			 struct acpi_register *out)
{
	struct gas g;

	acpi_field(fadt, off, &g, sizeof(g));
	out->space = g.space;
	out->address = g.address;
	out->valid = g.address && (g.space == SPACE_MEMORY ||
				   (g.space == SPACE_PORT &&
				    g.address < 0x10000));
}

/* A port, told by the old field or by the newer generic address. */
static uint16_t get_port(const struct acpi_header *fadt, size_t off,
			 size_t x_off)
{
	struct acpi_register x;
	uint32_t port;

	acpi_field(fadt, off, &port, sizeof(port));
	if (port && port < 0x10000)
		return port;
	get_register(fadt, x_off, &x);
	return x.valid && x.space == SPACE_PORT ? x.address : 0;
}

/* Only when it is needed: the code is long. */
bool acpi_sleep_types(uint8_t *typ_a, uint8_t *typ_b)
{
	const struct acpi_header *t = dsdt_at ? map_table(dsdt_at) : NULL;

	for (unsigned int i = 0;; i++) {
		if (t && acpi_find_s5((const uint8_t *)t + sizeof(*t),
				      t->length - sizeof(*t), typ_a, typ_b))
			return true;
		t = acpi_table("SSDT", i);
		if (!t)
			return false;
	}
}

static void read_fadt(void)
{
	const struct acpi_header *fadt = acpi_table("FACP", 0);
	struct acpi_fixed *f = &acpi_fixed;
	uint32_t flags, dsdt32;
	uint8_t len;

	if (!fadt)
		return;
	acpi_field(fadt, FADT_FLAGS, &flags, 4);
	acpi_field(fadt, FADT_CENTURY, &f->century_index, 1);
	if (!(flags & FADT_REDUCED)) {
		acpi_field(fadt, FADT_PM_TMR_LEN, &len, 1);
		if (len == 4)
			f->pm_timer_port =
				get_port(fadt, FADT_PM_TMR, FADT_X_PM_TMR);
		f->pm_timer_32bit = flags & FADT_TMR_32BIT;
		f->pm1a_control =
			get_port(fadt, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
		f->pm1b_control =
			get_port(fadt, FADT_PM1B_CNT, FADT_X_PM1B_CNT);
		acpi_field(fadt, FADT_SMI_CMD, &f->smi_command, 2);
		acpi_field(fadt, FADT_ACPI_ENABLE, &f->acpi_enable, 1);
	}
	get_register(fadt, FADT_SLEEP_CONTROL, &f->sleep_control);
	if (flags & FADT_RESET)
		get_register(fadt, FADT_RESET_REG, &f->reset);
	acpi_field(fadt, FADT_RESET_VALUE, &f->reset_value, 1);

	acpi_field(fadt, FADT_DSDT, &dsdt32, 4);
	acpi_field(fadt, FADT_X_DSDT, &dsdt_at, 8);
	if (!dsdt_at)
		dsdt_at = dsdt32;
}

void acpi_init(void)
{
	find_tables();
	read_fadt();
	topology_init();
}
