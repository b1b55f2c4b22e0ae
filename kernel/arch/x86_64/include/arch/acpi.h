// SPDX-License-Identifier: MIT
/*
 * ACPI tables: found, checked, handed out.  "Advanced Configuration and Power
 * Interface Specification", version 6.4, chapter 5.
 *
 * A table that this returns has a sum of 0 and lies wholly in `length` bytes.
 * What stands inside is the firmware's word: every offset is checked against
 * length by who reads it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acpi_header {
	char signature[4];
	uint32_t length; /* of the whole table */
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI table header");

/* MADT and SRAT are lists of these. */
struct acpi_sub {
	uint8_t type, length;
} __attribute__((packed));

/* The nth table with this signature, or NULL.  After acpi_init(). */
const struct acpi_header *acpi_table(const char *signature, unsigned int nth);

/* The pure part, which is tested on the host. */
bool acpi_sum_ok(const void *p, size_t len);
/* The entry at *off, which moves behind it; NULL at the end or if what follows
 * is no whole entry.  An entry's length is at least 2. */
const struct acpi_sub *acpi_sub_next(const struct acpi_header *t, size_t *off);
/* len bytes at off into out, or zeros if the table is too short for them. */
void acpi_field(const struct acpi_header *t, size_t off, void *out, size_t len);
/* The sleep types of \_S5_ in AML code. */
bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *typ_a,
		  uint8_t *typ_b);
