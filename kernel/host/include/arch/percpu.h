// SPDX-License-Identifier: MIT
/*
 * arch/percpu.h on the host: the same section, and a copy of it for each core.
 * A variable by its own name is core 0's; this_cpu() adds the distance to the
 * running thread's copy.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

#define DECLARE_PERCPU(type, name)                                             \
	typedef __typeof__(type) percpu_type_##name;                           \
	extern percpu_type_##name name
#define DEFINE_PERCPU(type, name)                                              \
	typedef __typeof__(type) percpu_type_##name;                           \
	percpu_type_##name name __attribute__((section("host_percpu"), used))
#define DEFINE_PERCPU_STATIC(type, name)                                       \
	typedef __typeof__(type) percpu_type_##name;                           \
	static percpu_type_##name name                                         \
		__attribute__((section("host_percpu"), used))

extern __thread ptrdiff_t host_percpu_off;
extern __thread unsigned int host_core;
extern ptrdiff_t host_percpu_offs[];
extern unsigned int nr_cores;

#define host_percpu_at(lvalue, off)                                            \
	((__typeof__(&(lvalue)))((uintptr_t)&(lvalue) + (off)))
#define this_cpu(lvalue)      (*host_percpu_at(lvalue, host_percpu_off))
#define this_cpu_ptr(name)    host_percpu_at(name, host_percpu_off)
#define per_cpu(name, core)   (*host_percpu_at(name, host_percpu_offs[core]))

struct percpu_head {
	uintptr_t self, kstack_top, scratch;
	uint32_t coreid, irq_depth;
	uintptr_t irqstack_top, canary;
};
DECLARE_PERCPU(struct percpu_head, percpu_head);

static inline unsigned int core_id(void)
{
	return host_core;
}

static inline bool in_irq(void)
{
	return this_cpu(percpu_head.irq_depth) != 0;
}
