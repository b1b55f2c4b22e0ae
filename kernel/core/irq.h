// SPDX-License-Identifier: MIT
/* Interrupt handlers by vector; registered at boot, run with interrupts off. */
#pragma once

#include <stdint.h>

typedef void (*irq_handler_t)(void *arg);

/* A free device vector, or -ENOSPC. */
int irq_alloc_vector(void);
/* One handler a vector; before the line is unmasked. */
void irq_set_handler(unsigned int vector, irq_handler_t fn, void *arg);

/* What trap_irq() calls for every vector: alarms, kernel messages, or the
 * handler.  Counts as kernel mode for RCU while it runs, whatever it hit. */
void irq_dispatch(unsigned int vector);
