// SPDX-License-Identifier: MIT
/*
 * Boot: the image's borders, early memory, how a core comes to life.
 *
 * Order on core 0: boot.S -> boot_pvh() -> kernel_main() [main] ->
 * arch_early_init() -> physmap_extend() -> frames_init() ... -> percpu_init()
 * -> a stack for each other core (percpu_head.kstack_top) -> smp_start_all().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <arch/machine.h>

/* Borders of the image (kernel.ld), each page-aligned; physical is the same
 * less KIMAGE_BASE.  [kimage_start, text_end) RX, [rodata_start, rodata_end) R,
 * [data_start, data_end) RW, [tail_start, kimage_end) R. */
extern char kimage_start[], text_start[], text_end[];
extern char rodata_start[], rodata_end[];
extern char data_start[], data_end[];
extern char tail_start[], kimage_end[];
/* The pristine per-core data, its size, and core 0's own copy. */
extern char percpu_load[], percpu_core0[], percpu_size_sym[];
#define PERCPU_SIZE ((size_t)percpu_size_sym)

/* The time stamp counter at the very first instruction. */
extern uint64_t boot_tsc;

/* Core 0's first stack, KSTACK_SIZE bytes; a guard page lies below. */
extern char boot_stack[], boot_stack_top[];

static inline uint64_t kimage_to_phys(const void *va)
{
	return (uint64_t)va - KIMAGE_BASE;
}

/* Supplied by main: the first C function above arch; on core 0's boot stack,
 * interrupts off, boot_info filled. */
void __noreturn kernel_main(void);

/*
 * Zeroed pages, contiguous, before the frame allocator takes over (after that
 * it panics).  What was taken stands in boot_info.reserved, as do the first
 * MiB, the image and the initrd: frames_init() leaves those ranges out, and
 * ends this with early_alloc_finish().  NULL if there is no such room below
 * 4 GiB.
 */
void *early_alloc_pages(size_t pages);
void early_alloc_finish(void);

/* Maps RAM above 4 GiB (what lies below is mapped from the start).  Before
 * frames_init(). */
void physmap_extend(void);

/* GDT, TSS, IDT, system-call registers, CR0/CR4, XCR0 of the calling core.  Its
 * percpu_head and stacks must be filled.  Core 0 by arch_early_init(), others
 * first thing in their entry. */
void cpu_init_this_core(void);

/*
 * How another core starts: trampoline_install() makes the real-mode page ready
 * (once) and tells its physical address (below 1 MiB, page-aligned: the SIPI
 * vector is address >> 12).  For each core in turn: ap_start_prepare(), send
 * INIT and SIPI, wait until ap_start_taken(); only then prepare the next.
 * The core arrives in entry() on stack_top with GS base = percpu_base,
 * CR3 = kernel_root, interrupts off, no GDT, IDT or TSS of its own yet.
 */
void trampoline_install(uint64_t *phys_page_out);
void ap_start_prepare(uintptr_t stack_top, uintptr_t percpu_base,
		      void (*entry)(void));
bool ap_start_taken(void);

/* Supplied by apic.c: end of interrupt, for each vector but VEC_SPURIOUS. */
void apic_eoi(void);
