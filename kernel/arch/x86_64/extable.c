// SPDX-License-Identifier: MIT
/* Finding the way out of a fault.  See arch/extable.h */
#include <arch/extable.h>

#include <stddef.h>

#include <arch/boot.h>
#include <arch/cpu_priv.h>
#include <lib/string.h>

extern const struct extable_entry extable_start[], extable_end[];
extern const int32_t smap_sites_start[], smap_sites_end[];

static uintptr_t insn_of(const struct extable_entry *e)
{
	return (uintptr_t)&e->insn + (intptr_t)e->insn;
}

/* Writes the absolute values as they are seen from e; e itself is read-only,
 * its alias in the physmap is not. */
static void entry_write(const struct extable_entry *e, uintptr_t insn,
			uintptr_t fixup, uint32_t kind)
{
	struct extable_entry *w = phys_to_virt(kimage_to_phys(e));

	w->insn = insn - (uintptr_t)&e->insn;
	w->fixup = fixup - (uintptr_t)&e->fixup;
	w->kind = kind;
}

/* Insertion sort: the linker delivers it all but sorted. */
void extable_init(void)
{
	for (const struct extable_entry *e = extable_start; e < extable_end;
	     e++) {
		uintptr_t insn = insn_of(e), fixup = extable_fixup(e);
		const struct extable_entry *at = e;
		uint32_t kind = e->kind;

		for (; at > extable_start && insn_of(at - 1) > insn; at--)
			entry_write(at, insn_of(at - 1), extable_fixup(at - 1),
				    (at - 1)->kind);
		entry_write(at, insn, fixup, kind);
	}
}

const struct extable_entry *extable_find(uintptr_t pc)
{
	const struct extable_entry *lo = extable_start, *hi = extable_end;

	while (lo < hi) {
		const struct extable_entry *mid = lo + (hi - lo) / 2;

		if (insn_of(mid) == pc)
			return mid;
		if (insn_of(mid) < pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Through the alias again. */
void smap_patch_out(void)
{
	static const uint8_t nop3[3] = { 0x0f, 0x1f, 0x00 };

	for (const int32_t *s = smap_sites_start; s < smap_sites_end; s++) {
		const char *at = (const char *)s + *s;

		memcpy(phys_to_virt(kimage_to_phys(at)), nop3, sizeof(nop3));
	}
}
