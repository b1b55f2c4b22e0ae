// SPDX-License-Identifier: MIT
/* ACPI tables from a hostile firmware. */
#include "include/arch/acpi.h"

#include <stdlib.h>
#include <string.h>

#include <host/test.h>

/* In memory of its exact size, so that the sanitizer sees each byte too far. */
static struct acpi_header *table(size_t len, uint32_t claimed)
{
	struct acpi_header *t = calloc(1, len);

	t->length = claimed;
	return t;
}

TEST(sum_of_all_lengths)
{
	for (size_t len = 0; len < 1500; len++) {
		uint8_t *p = malloc(len + 1), sum = 0;

		for (size_t i = 0; i < len; i++)
			sum += p[i] = i * 37 + len;
		p[len] = -sum;
		CHECK(acpi_sum_ok(p, len + 1));
		p[len / 2]++;
		CHECK(!acpi_sum_ok(p, len + 1));
		free(p);
	}
}

TEST(sum_of_many_ones)
{
	uint8_t *p = malloc(4096);

	memset(p, 0xff, 4096); /* 4096 * 255 = 0 modulo 256 */
	CHECK(acpi_sum_ok(p, 4096));
	p[0] = 0;
	CHECK(!acpi_sum_ok(p, 4096));
	free(p);
}

TEST(sub_entries_stay_inside)
{
	struct acpi_header *t = table(44 + 12, 44 + 12);
	uint8_t *e = (uint8_t *)t + 44;
	const struct acpi_sub *s;
	size_t off = 44;

	e[0] = 0, e[1] = 8;
	e[8] = 1, e[9] = 12; /* goes beyond the end */
	s = acpi_sub_next(t, &off);
	CHECK(s && s->type == 0 && s->length == 8);
	CHECK_EQ(off, 52);
	CHECK(!acpi_sub_next(t, &off));
	e[9] = 4;
	CHECK(acpi_sub_next(t, &off));
	CHECK(!acpi_sub_next(t, &off));
	off = 44;
	e[1] = 0; /* would never end */
	CHECK(!acpi_sub_next(t, &off));
	e[1] = 1;
	CHECK(!acpi_sub_next(t, &off));
	off = 1000;
	CHECK(!acpi_sub_next(t, &off));
	t->length = 40; /* shorter than where entries start */
	off = 44;
	CHECK(!acpi_sub_next(t, &off));
	free(t);
}

TEST(fields_beyond_the_end_are_zero)
{
	struct acpi_header *t = table(40, 40);
	uint32_t v = 7;

	((uint8_t *)t)[36] = 9;
	acpi_field(t, 36, &v, 4);
	CHECK_EQ(v, 9);
	acpi_field(t, 37, &v, 4);
	CHECK_EQ(v, 0);
	acpi_field(t, (size_t)-2, &v, 4);
	CHECK_EQ(v, 0);
	acpi_field(NULL, 0, &v, 4);
	CHECK_EQ(v, 0);
	free(t);
}

TEST(s5_as_compilers_write_it)
{
	static const uint8_t qemu[] = { 1, 0x08, '_', 'S', '5', '_', 0x12, 0x06,
					0x04, 0x00, 0x00, 0x00, 0x00 };
	static const uint8_t bytes[] = { 0x08, '\\', '_',	'S',  '5',
					 '_',  0x12, 0x0a, 0x04, 0x0a,
					 0x05, 0x0a, 0x07, 0x00 };
	static const uint8_t twolen[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x48,
					  0x00, 0x02, 0x0b, 0x06, 0x00, 0x01 };
	uint8_t a = 9, b = 9;

	CHECK(acpi_find_s5(qemu, sizeof(qemu), &a, &b));
	CHECK(a == 0 && b == 0);
	CHECK(acpi_find_s5(bytes, sizeof(bytes), &a, &b));
	CHECK(a == 5 && b == 7);
	CHECK(acpi_find_s5(twolen, sizeof(twolen), &a, &b));
	CHECK(a == 6 && b == 1);
}

TEST(s5_cut_off_anywhere)
{
	static const uint8_t whole[] = { 0x08, '_', 'S', '5', '_', 0x12, 0xc6,
					 0, 0, 0, 0x02, 0x0c, 5, 0, 0, 0, 1 };
	uint8_t a, b;

	CHECK(acpi_find_s5(whole, sizeof(whole), &a, &b));
	for (size_t len = 0; len < 16; len++) {
		uint8_t *p = malloc(len + !len);

		memcpy(p, whole, len);
		CHECK(!acpi_find_s5(p, len, &a, &b));
		free(p);
	}
	/* A use of the name is no definition. */
	CHECK(!acpi_find_s5((const uint8_t *)"xx_S5_\x12\x06\x04\0\0\0", 13, &a,
			    &b));
}
