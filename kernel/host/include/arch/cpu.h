// SPDX-License-Identifier: MIT
/* arch/cpu.h on the host: interrupts are a word, physical memory an arena. */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <lib/compiler.h>

#define USER_END     0x0000800000000000UL
#define KVMAP_BASE   0x0000600000000000UL
#define KVMAP_SIZE   (1UL << 40)
#define KPHYSMAP_BASE ((uintptr_t)host_arena)

#define HOST_ARENA_SIZE (256UL << 20)
extern char host_arena[];

static inline void *phys_to_virt(uint64_t pa)
{
	return host_arena + pa;
}

static inline uint64_t virt_to_phys(const void *va)
{
	return (const char *)va - host_arena;
}

static inline void cpu_relax(void)
{
	sched_yield();
}

static inline uint64_t read_tsc(void) /* nanoseconds */
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000UL + ts.tv_nsec;
}

extern __thread bool host_irq_off;

static inline bool irq_enabled(void)
{
	return !host_irq_off;
}

static inline void irq_enable(void)
{
	host_irq_off = false;
}

static inline void irq_disable(void)
{
	host_irq_off = true;
}

static inline uint64_t irq_save(void)
{
	uint64_t flags = host_irq_off ? 0 : 0x200;

	host_irq_off = true;
	return flags;
}

static inline void irq_restore(uint64_t flags)
{
	if (flags)
		host_irq_off = false;
}

static inline void tlb_flush_page(uintptr_t va)
{
}

static inline void tlb_flush_user(void)
{
}

extern __thread uint64_t host_cr3;

static inline uint64_t read_cr3(void)
{
	return host_cr3;
}

static inline void write_cr3(uint64_t v)
{
	host_cr3 = v;
}
