// SPDX-License-Identifier: MIT
/*
 * Per-core data.
 *
 * Any room declares its own:   DECLARE_PERCPU(int, depth);   (header)
 *                              DEFINE_PERCPU(int, depth);    (one .c file)
 * The section is linked at address 0; while a core is in the kernel its GS base
 * is the address of its own copy, so that this_cpu(depth) is one instruction.
 * Core 0's copy is in the image and usable from the first C line; the others
 * are allocated and copied from the pristine image by percpu_init().
 *
 * this_cpu() is stable only while the caller cannot move to another core: with
 * interrupts off, in interrupt context, or between two points at which a
 * kthread may block (the kernel is not preempted).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

#define DECLARE_PERCPU(type, name)                                             \
	typedef __typeof__(type) percpu_type_##name;                           \
	extern __seg_gs percpu_type_##name name
#define DEFINE_PERCPU(type, name)                                              \
	typedef __typeof__(type) percpu_type_##name;                           \
	__seg_gs percpu_type_##name name                                       \
		__attribute__((section(".percpu"), used))

/* For one file's own. */
#define DEFINE_PERCPU_STATIC(type, name)                                       \
	typedef __typeof__(type) percpu_type_##name;                           \
	static __seg_gs percpu_type_##name name                                \
		__attribute__((section(".percpu"), used))

#define this_cpu(name) (name)
/* The calling core's instance, as an ordinary pointer. */
#define this_cpu_ptr(name)                                                     \
	((percpu_type_##name *)(percpu_base_self() + (uintptr_t)&(name)))
/* Another core's instance, an lvalue: per_cpu(head, c).field.
 * core < nr_cores. */
#define per_cpu(name, core)                                                    \
	(*(percpu_type_##name *)(percpu_base[core] + (uintptr_t)&(name)))

/* What the entry code and the compiler need at fixed offsets; first in
 * .percpu.  canary is where gcc's stack protector looks (%gs:40). */
struct percpu_head {
	uintptr_t self;		/* 0: this core's base */
	uintptr_t kstack_top;	/* 8: where a trap from user mode starts */
	uintptr_t scratch;	/* 16 */
	uint32_t coreid;	/* 24 */
	uint32_t irq_depth;	/* 28: > 0 in interrupt context */
	uintptr_t irqstack_top; /* 32 */
	uintptr_t canary;	/* 40 */
};
DECLARE_PERCPU(struct percpu_head, percpu_head);

extern uintptr_t *percpu_base; /* [nr_cores]; [0] valid from the start */
extern unsigned int nr_cores;  /* topology's word is final (S7) */

/* An ordinary read, so that the compiler does not keep it over a call that may
 * come back on another core. */
static inline uintptr_t percpu_base_self(void)
{
	return this_cpu(percpu_head.self);
}

static inline unsigned int core_id(void)
{
	unsigned int id;

	asm volatile("mov %%gs:24, %0" : "=r"(id));
	return id;
}

static inline bool in_irq(void)
{
	return this_cpu(percpu_head.irq_depth) != 0;
}

/* Allocates the other cores' copies and their interrupt and IST stacks, and
 * sets nr_cores.  kstack_top stays 0 until someone gives the core its first
 * stack.  Boot, core 0, after mm_init(). */
void percpu_init(unsigned int cores);
