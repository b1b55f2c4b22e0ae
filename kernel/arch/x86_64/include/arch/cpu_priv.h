// SPDX-License-Identifier: MIT
/* Private to arch/x86_64: how a core's tables, stacks and registers are set. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/asm.h>
#include <arch/percpu.h>

/* Tops of the core's own stacks (IST ones: below their head). */
struct core_stacks {
	uintptr_t top[NR_CORE_STACKS];
};
DECLARE_PERCPU(struct core_stacks, core_stacks);

void percpu_init_core0(void); /* its stacks */
void gdt_load(void);
void idt_init(void); /* core 0, once */
void idt_load(void);
void fpu_init_this_core(void);
void smap_patch_out(void); /* no SMAP: no-ops at the sites */
/* Makes what is read-only in the image so in the physmap too.  The last writer
 * through that alias has been extable_init(). */
void image_alias_protect(void);
