// SPDX-License-Identifier: MIT
/*
 * Fault-tolerant access to the user half of the loaded address space.
 *
 * Each function checks the range (below USER_END, no wrap), opens SMAP for the
 * copy alone, and finds its way out of a fault by the exception table.  A fault
 * on a user address in the plain forms is first resolved through
 * trap_kernel_user_fault() (which may sleep); in the _nofault forms it fails at
 * once, so that these may be used under spinlocks and in interrupt context.
 * All return 0 or -EFAULT; copies in bulk move 8 bytes a step.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <lib/compiler.h>

static inline bool user_range_ok(uintptr_t va, size_t len)
{
	return va < USER_END && len <= USER_END - va;
}

int __must_check copy_from_user(void *dst, const void *usrc, size_t len);
int __must_check copy_to_user(void *udst, const void *src, size_t len);
int __must_check zero_user(void *udst, size_t len);
int __must_check copy_from_user_nofault(void *dst, const void *usrc,
					size_t len);
int __must_check copy_to_user_nofault(void *udst, const void *src, size_t len);
/* Length without the zero, at most max; -EFAULT; max if there is no zero. */
long __must_check strnlen_user(const char *ustr, size_t max);

/* Single words; may sleep. */
int __must_check get_user_u32(uint32_t *out, const void *uaddr);
int __must_check get_user_u64(uint64_t *out, const void *uaddr);
int __must_check put_user_u32(void *uaddr, uint32_t v);
int __must_check put_user_u64(void *uaddr, uint64_t v);

/* Atomics on user memory, sequentially consistent; naturally aligned only
 * (-EINVAL).  The old value goes to *old. */
int __must_check user_cas_u32(void *uaddr, uint32_t exp, uint32_t des,
			      uint32_t *old);
int __must_check user_cas_u64(void *uaddr, uint64_t exp, uint64_t des,
			      uint64_t *old);
int __must_check user_or_u32(void *uaddr, uint32_t bits, uint32_t *old);
int __must_check user_and_u32(void *uaddr, uint32_t bits, uint32_t *old);
int __must_check user_add_u32(void *uaddr, uint32_t v, uint32_t *old);
int __must_check user_add_u64(void *uaddr, uint64_t v, uint64_t *old);
int __must_check user_or_u64(void *uaddr, uint64_t bits, uint64_t *old);
int __must_check user_xchg_u32(void *uaddr, uint32_t v, uint32_t *old);
int __must_check user_xchg_u64(void *uaddr, uint64_t v, uint64_t *old);

/* Reads a kernel address that may not be mapped (backtraces, monitor). */
int __must_check copy_from_kernel_nofault(void *dst, const void *src,
					  size_t len);
