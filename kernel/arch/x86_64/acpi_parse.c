// SPDX-License-Identifier: MIT
/* Reading ACPI tables' bytes without trusting them.  Rules: arch/acpi.h */
#include "include/arch/acpi.h" /* also built on the host */

#include <lib/string.h>

#define EVEN_BYTES 0x00ff00ff00ff00ffUL

bool acpi_sum_ok(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t word, sums = 0;
	uint8_t sum = 0;

	/* Four sums of byte pairs at once, each in 16 bits; 64 words fit. */
	for (size_t i = 0; len >= 8; b += 8, len -= 8) {
		memcpy(&word, b, 8);
		sums += (word & EVEN_BYTES) + (word >> 8 & EVEN_BYTES);
		if (++i % 64 == 0 || len < 16) {
			sum += sums + (sums >> 16);
			sum += (sums >> 32) + (sums >> 48);
			sums = 0;
		}
	}
	for (; len; len--)
		sum += *b++;
	return sum == 0;
}

const struct acpi_sub *acpi_sub_next(const struct acpi_header *t, size_t *off)
{
	const struct acpi_sub *s;

	if (*off > t->length || t->length - *off < sizeof(*s))
		return NULL;
	s = (const void *)((const char *)t + *off);
	if (s->length < sizeof(*s) || s->length > t->length - *off)
		return NULL;
	*off += s->length;
	return s;
}

void acpi_field(const struct acpi_header *t, size_t off, void *out, size_t len)
{
	if (!t || off > t->length || len > t->length - off)
		memset(out, 0, len);
	else
		memcpy(out, (const char *)t + off, len);
}

#define AML_ZERO   0x00
#define AML_ONE    0x01
#define AML_NAME   0x08
#define AML_BYTE   0x0a
#define AML_WORD   0x0b
#define AML_DWORD  0x0c
#define AML_PACKAGE 0x12

/* A small integer constant at *p; what follows it is left in *p. */
static bool aml_integer(const uint8_t **p, const uint8_t *end, uint8_t *out)
{
	size_t width;

	if (*p >= end)
		return false;
	switch (*(*p)++) {
	case AML_ZERO:
		*out = 0;
		return true;
	case AML_ONE:
		*out = 1;
		return true;
	case AML_BYTE:
		width = 1;
		break;
	case AML_WORD:
		width = 2;
		break;
	case AML_DWORD:
		width = 4;
		break;
	default:
		return false;
	}
	if ((size_t)(end - *p) < width)
		return false;
	*out = **p; /* little endian; a sleep type has three bits */
	*p += width;
	return true;
}

/* What follows the name: PackageOp, its length (the first byte's top two bits
 * say how many bytes more), the number of elements, the elements. */
static bool s5_package(const uint8_t *p, const uint8_t *end, uint8_t *typ_a,
		       uint8_t *typ_b)
{
	if (end - p < 3 || *p++ != AML_PACKAGE)
		return false;
	p += 1 + (*p >> 6);
	if (p >= end || *p++ < 1)
		return false;
	if (!aml_integer(&p, end, typ_a))
		return false;
	if (!aml_integer(&p, end, typ_b))
		*typ_b = *typ_a;
	return true;
}

bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *typ_a,
		  uint8_t *typ_b)
{
	const uint8_t *end = aml + len;

	for (size_t i = 1; i + 4 < len; i++) {
		bool named = aml[i - 1] == AML_NAME ||
			     (i > 1 && aml[i - 1] == '\\' &&
			      aml[i - 2] == AML_NAME);

		if (named && memcmp(aml + i, "_S5_", 4) == 0 &&
		    s5_package(aml + i + 4, end, typ_a, typ_b))
			return true;
	}
	return false;
}
