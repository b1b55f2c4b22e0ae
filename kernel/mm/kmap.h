// SPDX-License-Identifier: MIT
/*
 * Kernel mappings: virtual ranges outside the physmap, each with an unmapped
 * guard page below and above.  For kernel stacks, large buffers and devices.
 *
 * Freed ranges are flushed from every core's TLB in batches before reuse.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

void kmap_init(void);

/* `pages` fresh frames, read-write, NX; NULL without memory.  May not be called
 * in interrupt context.  kmap_alloc_from: MM_ATOMIC or MM_USER say what is left
 * of the reserve. */
void *kmap_alloc(size_t pages);
void *kmap_alloc_from(size_t pages, unsigned int flags);
void kmap_free(void *va, size_t pages);
/* Ranges that wait for a flush get it now.  Interrupts on, no lock held. */
void kmap_flush(void);

/* Pages that wait, mapped, for a flush or for who wants as many. */
size_t kmap_waiting(void);

/* Device memory, uncached; permanent.  Any boot stage after frames_init(). */
void *kmap_device(uint64_t pa, size_t len);

/* True if va lies in a guard page or a hole of the kernel mapping range. */
int kmap_is_guard(uintptr_t va);
