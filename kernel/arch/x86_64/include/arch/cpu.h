// SPDX-License-Identifier: MIT
/* One core's instructions: interrupts, time stamps, pause, halt, registers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>

#define KPHYSMAP_BASE 0xffff800000000000UL /* all RAM, read-write, NX */
#define KVMAP_BASE    0xffffc00000000000UL /* mm/kmap.h */
#define KVMAP_SIZE    (1UL << 40)
#define KIMAGE_BASE   0xffffffff80000000UL
#define USER_END      0x0000800000000000UL

static inline void *phys_to_virt(uint64_t pa)
{
	return (void *)(pa + KPHYSMAP_BASE);
}

/* Only for addresses in the physmap. */
static inline uint64_t virt_to_phys(const void *va)
{
	return (uint64_t)va - KPHYSMAP_BASE;
}

static inline void cpu_relax(void)
{
	asm volatile("pause" ::: "memory");
}

static inline uint64_t read_tsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline bool irq_enabled(void)
{
	uint64_t fl;

	asm volatile("pushfq; pop %0" : "=r"(fl));
	return fl & 0x200;
}

static inline void irq_enable(void)
{
	asm volatile("sti" ::: "memory");
}

static inline void irq_disable(void)
{
	asm volatile("cli" ::: "memory");
}

/* Returns what irq_restore() wants. */
static inline uint64_t irq_save(void)
{
	uint64_t fl;

	asm volatile("pushfq; pop %0; cli" : "=r"(fl)::"memory");
	return fl;
}

static inline void irq_restore(uint64_t fl)
{
	if (fl & 0x200)
		irq_enable();
}

/* Interrupts are off on entry; on and then halted in one step; off on
 * return. */
static inline void cpu_halt_irqs_on(void)
{
	asm volatile("sti; hlt; cli" ::: "memory");
}

static inline void __noreturn cpu_halt_forever(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

static inline uint64_t read_cr2(void)
{
	uint64_t v;

	asm volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

static inline uint64_t read_cr3(void)
{
	uint64_t v;

	asm volatile("mov %%cr3, %0" : "=r"(v));
	return v;
}

static inline void write_cr3(uint64_t v)
{
	asm volatile("mov %0, %%cr3" ::"r"(v) : "memory");
}

static inline void tlb_flush_page(uintptr_t va)
{
	asm volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline void tlb_flush_user(void)
{
	write_cr3(read_cr3());
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v),
		     "d"((uint32_t)(v >> 32))
		     : "memory");
}

static inline void cpuid(uint32_t leaf, uint32_t sub, uint32_t *a, uint32_t *b,
			 uint32_t *c, uint32_t *d)
{
	asm volatile("cpuid"
		     : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d)
		     : "a"(leaf), "c"(sub));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t v;

	asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void outb(uint16_t port, uint8_t v)
{
	asm volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t v;

	asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void outw(uint16_t port, uint16_t v)
{
	asm volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t v;

	asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void outl(uint16_t port, uint32_t v)
{
	asm volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}
