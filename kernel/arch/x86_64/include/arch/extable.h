// SPDX-License-Identifier: MIT
/*
 * The exception table: instructions that may fault, and where to go then.
 * Entries are made by EXTABLE in assembly (arch/asm.h) and in inline assembly
 * by the macro below; the linker collects them, extable_init() sorts them.
 */
#pragma once

#define EX_USER	   0 /* a user address: resolve (may sleep), else fix up */
#define EX_NOFAULT 1 /* a user address: fix up at once */
#define EX_ANY	   2 /* any address, and #GP: fix up at once */

#ifndef __ASSEMBLY__
#include <stdint.h>

struct extable_entry {
	int32_t insn, fixup; /* relative to the field itself */
	uint32_t kind;
};

/* In inline assembly: label, label, digit as text. */
#define EXTABLE(insn, fixup, kind)                                             \
	".pushsection .extable, \"a\"\n"                                       \
	".balign 4\n"                                                          \
	".long " insn " - ., " fixup " - ., " kind "\n"                        \
	".popsection\n"

#define SMAP_SITE(label)                                                       \
	".pushsection .smap_sites, \"a\"\n"                                    \
	".long " label " - .\n"                                                \
	".popsection\n"
#define ASM_STAC "771: stac\n" SMAP_SITE("771b")
#define ASM_CLAC "772: clac\n" SMAP_SITE("772b")

void extable_init(void);
/* The entry for the instruction at pc, or NULL. */
const struct extable_entry *extable_find(uintptr_t pc);

static inline uintptr_t extable_fixup(const struct extable_entry *e)
{
	return (uintptr_t)&e->fixup + (intptr_t)e->fixup;
}
#endif
