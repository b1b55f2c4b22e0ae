// SPDX-License-Identifier: MIT
/* The I/O APICs: interrupt lines to vectors.  Legacy (ISA) lines go by
 * irq_route() in arch/machine.h; PCI lines by their global number, here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>

void ioapic_init(void);

#define LINE_LEVEL 1 /* else edge */
#define LINE_LOW   2 /* active low; else high */

/* Points a line at a vector of a core; it is masked.  -ENODEV: no such line. */
int __must_check ioapic_route(unsigned int gsi, unsigned int flags,
			      unsigned int vector, unsigned int core);
void ioapic_mask(unsigned int gsi, bool masked);
