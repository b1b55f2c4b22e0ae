// SPDX-License-Identifier: MIT
/* The kernel's own symbols; the table is made by tools/ksyms.py and linked in
 * last.  Prototypes: core/panic.h */
#include <core/panic.h>

#include <arch/boot.h>
#include <lib/string.h>

extern const uint64_t ksyms_count;
extern const uint64_t ksyms_addr[];
extern const uint32_t ksyms_name_off[];
extern const char ksyms_names[];

const char *ksym_name(uintptr_t pc, uintptr_t *offset)
{
	uint64_t lo = 0, hi = ksyms_count; /* addr[lo - 1] <= pc < addr[hi] */

	if (pc >= (uintptr_t)kimage_end)
		return NULL;
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (ksyms_addr[mid] <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	*offset = pc - ksyms_addr[lo - 1];
	return ksyms_names + ksyms_name_off[lo - 1];
}

uintptr_t ksym_addr(const char *name)
{
	for (uint64_t i = 0; i < ksyms_count; i++) {
		if (!strcmp(ksyms_names + ksyms_name_off[i], name))
			return ksyms_addr[i];
	}
	return 0;
}
