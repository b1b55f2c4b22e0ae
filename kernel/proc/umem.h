// SPDX-License-Identifier: MIT
/*
 * User memory as a mailbox's producer sees it: words, and atomics on them, each
 * of which may fail.  In the kernel these are the fault-tolerant accesses of
 * arch/uaccess.h; on the host plain C11-style atomics on plain memory, so that
 * a test under ThreadSanitizer links the producers with the runtime's
 * consumers.
 *
 * umem_load/umem_store are acquire and release; the others are sequentially
 * consistent.  All return 0 or -errno.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifndef HOST
#include <arch/uaccess.h>

static inline int umem_write(uintptr_t to, const void *from, size_t len)
{
	return copy_to_user((void *)to, from, len);
}

static inline int umem_load_u32(uint32_t *out, uintptr_t a)
{
	return get_user_u32(out, (const void *)a);
}

static inline int umem_load_u64(uint64_t *out, uintptr_t a)
{
	return get_user_u64(out, (const void *)a);
}

static inline int umem_store_u32(uintptr_t a, uint32_t v)
{
	return put_user_u32((void *)a, v);
}

static inline int umem_store_u64(uintptr_t a, uint64_t v)
{
	return put_user_u64((void *)a, v);
}

static inline int umem_xchg_u32(uintptr_t a, uint32_t v, uint32_t *old)
{
	return user_xchg_u32((void *)a, v, old);
}

static inline int umem_xchg_u64(uintptr_t a, uint64_t v, uint64_t *old)
{
	return user_xchg_u64((void *)a, v, old);
}

static inline int umem_cas_u32(uintptr_t a, uint32_t exp, uint32_t des,
			       uint32_t *old)
{
	return user_cas_u32((void *)a, exp, des, old);
}

static inline int umem_add_u32(uintptr_t a, uint32_t v, uint32_t *old)
{
	return user_add_u32((void *)a, v, old);
}

static inline int umem_add_u64(uintptr_t a, uint64_t v, uint64_t *old)
{
	return user_add_u64((void *)a, v, old);
}

static inline int umem_or_u64(uintptr_t a, uint64_t v, uint64_t *old)
{
	return user_or_u64((void *)a, v, old);
}

#else /* HOST */
#include <string.h>

static inline int umem_write(uintptr_t to, const void *from, size_t len)
{
	memcpy((void *)to, from, len);
	return 0;
}

#define UMEM_HOST_OPS(w, type)                                                 \
	static inline int umem_load_##w(type *out, uintptr_t a)                \
	{                                                                      \
		*out = __atomic_load_n((type *)a, __ATOMIC_ACQUIRE);           \
		return 0;                                                      \
	}                                                                      \
	static inline int umem_store_##w(uintptr_t a, type v)                  \
	{                                                                      \
		__atomic_store_n((type *)a, v, __ATOMIC_RELEASE);              \
		return 0;                                                      \
	}                                                                      \
	static inline int umem_xchg_##w(uintptr_t a, type v, type *old)        \
	{                                                                      \
		*old = __atomic_exchange_n((type *)a, v, __ATOMIC_SEQ_CST);    \
		return 0;                                                      \
	}                                                                      \
	static inline int umem_cas_##w(uintptr_t a, type exp, type des,        \
				       type *old)                              \
	{                                                                      \
		__atomic_compare_exchange_n((type *)a, &exp, des, 0,           \
					    __ATOMIC_SEQ_CST,                  \
					    __ATOMIC_SEQ_CST);                 \
		*old = exp;                                                    \
		return 0;                                                      \
	}                                                                      \
	static inline int umem_add_##w(uintptr_t a, type v, type *old)         \
	{                                                                      \
		*old = __atomic_fetch_add((type *)a, v, __ATOMIC_SEQ_CST);     \
		return 0;                                                      \
	}                                                                      \
	static inline int umem_or_##w(uintptr_t a, type v, type *old)          \
	{                                                                      \
		*old = __atomic_fetch_or((type *)a, v, __ATOMIC_SEQ_CST);      \
		return 0;                                                      \
	}
UMEM_HOST_OPS(u32, uint32_t)
UMEM_HOST_OPS(u64, uint64_t)
#endif
