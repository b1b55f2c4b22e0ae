// SPDX-License-Identifier: MIT
/* User memory: ranges checked here, copied by uaccess.S; words and atomics. */
#include <arch/uaccess.h>

#include <arch/extable.h>
#include <lib/may_sleep.h>
#include <ros/errno.h>

int uaccess_copy(void *dst, const void *src, size_t len);
int uaccess_copy_nofault(void *dst, const void *src, size_t len);
int uaccess_zero(void *dst, size_t len);
int kaccess_copy(void *dst, const void *src, size_t len);

int copy_from_user(void *dst, const void *usrc, size_t len)
{
	might_sleep();
	if (!user_range_ok((uintptr_t)usrc, len))
		return -EFAULT;
	return uaccess_copy(dst, usrc, len);
}

int copy_to_user(void *udst, const void *src, size_t len)
{
	might_sleep();
	if (!user_range_ok((uintptr_t)udst, len))
		return -EFAULT;
	return uaccess_copy(udst, src, len);
}

int zero_user(void *udst, size_t len)
{
	might_sleep();
	if (!user_range_ok((uintptr_t)udst, len))
		return -EFAULT;
	return uaccess_zero(udst, len);
}

int copy_from_user_nofault(void *dst, const void *usrc, size_t len)
{
	if (!user_range_ok((uintptr_t)usrc, len))
		return -EFAULT;
	return uaccess_copy_nofault(dst, usrc, len);
}

int copy_to_user_nofault(void *udst, const void *src, size_t len)
{
	if (!user_range_ok((uintptr_t)udst, len))
		return -EFAULT;
	return uaccess_copy_nofault(udst, src, len);
}

int copy_from_kernel_nofault(void *dst, const void *src, size_t len)
{
	if ((uintptr_t)src < USER_END)
		return -EFAULT;
	return kaccess_copy(dst, src, len);
}

static inline void user_close(void)
{
	asm volatile(ASM_CLAC ::: "memory");
}

/*
 * One instruction on user memory, then out of the enclosing function with
 * -EFAULT if it faults for good.  `var` is read and written.
 */
#define USER_INSN(insn, var, uaddr)                                            \
	asm volatile goto(ASM_STAC "1: " insn "\n" ASM_CLAC                    \
			  EXTABLE("1b", "%l[fault]", "0")                      \
			  : [reg] "+&r"(var)                                   \
			  : [mem] "r"(uaddr)                                   \
			  : "memory", "cc"                                     \
			  : fault)

/* 0 if a word of `size` bytes at uaddr may be touched.  In line: might_sleep()
 * names our caller's caller. */
static __always_inline int word_check(const void *uaddr, size_t size,
				      bool aligned)
{
	might_sleep();
	if (!user_range_ok((uintptr_t)uaddr, size))
		return -EFAULT;
	if (aligned && ((uintptr_t)uaddr & (size - 1)))
		return -EINVAL;
	return 0;
}

#define DEFINE_GET(name, type)                                                 \
	int name(type *out, const void *uaddr)                                 \
	{                                                                      \
		type v = 0;                                                    \
                                                                               \
		if (word_check(uaddr, sizeof(v), false))                       \
			return -EFAULT;                                        \
		USER_INSN("mov (%[mem]), %[reg]", v, uaddr);                   \
		*out = v;                                                      \
		return 0;                                                      \
	fault:                                                                 \
		user_close();                                                  \
		return -EFAULT;                                                \
	}

#define DEFINE_PUT(name, type)                                                 \
	int name(void *uaddr, type v)                                          \
	{                                                                      \
		if (word_check(uaddr, sizeof(v), false))                       \
			return -EFAULT;                                        \
		USER_INSN("mov %[reg], (%[mem])", v, uaddr);                   \
		return 0;                                                      \
	fault:                                                                 \
		user_close();                                                  \
		return -EFAULT;                                                \
	}

DEFINE_GET(get_user_u32, uint32_t)
DEFINE_GET(get_user_u64, uint64_t)
DEFINE_PUT(put_user_u32, uint32_t)
DEFINE_PUT(put_user_u64, uint64_t)

/* The register goes in as the operand and comes back as the old value. */
#define DEFINE_XOP(name, type, insn)                                           \
	int name(void *uaddr, type v, type *old)                               \
	{                                                                      \
		int err = word_check(uaddr, sizeof(v), true);                  \
                                                                               \
		if (err)                                                       \
			return err;                                            \
		USER_INSN(insn " %[reg], (%[mem])", v, uaddr);                 \
		*old = v;                                                      \
		return 0;                                                      \
	fault:                                                                 \
		user_close();                                                  \
		return -EFAULT;                                                \
	}

DEFINE_XOP(user_xchg_u32, uint32_t, "xchg")
DEFINE_XOP(user_xchg_u64, uint64_t, "xchg")
DEFINE_XOP(user_add_u32, uint32_t, "lock xadd")
DEFINE_XOP(user_add_u64, uint64_t, "lock xadd")

#define DEFINE_CAS(name, type)                                                 \
	int name(void *uaddr, type exp, type des, type *old)                   \
	{                                                                      \
		type v = exp;                                                  \
		int err = word_check(uaddr, sizeof(v), true);                  \
                                                                               \
		if (err)                                                       \
			return err;                                            \
		asm volatile goto(ASM_STAC                                     \
				  "1: lock cmpxchg %[des], (%[mem])\n"         \
				  ASM_CLAC EXTABLE("1b", "%l[fault]", "0")     \
				  : "+a"(v)                                    \
				  : [mem] "r"(uaddr), [des] "r"(des)           \
				  : "memory", "cc"                             \
				  : fault);                                    \
		*old = v;                                                      \
		return 0;                                                      \
	fault:                                                                 \
		user_close();                                                  \
		return -EFAULT;                                                \
	}

DEFINE_CAS(user_cas_u32, uint32_t)
DEFINE_CAS(user_cas_u64, uint64_t)

/* x86 has no fetch-and-or: read, then compare and exchange until it holds. */
#define DEFINE_BITOP(name, type, get, cas, op)                                 \
	int name(void *uaddr, type bits, type *old)                            \
	{                                                                      \
		type was, seen;                                                \
		int err = word_check(uaddr, sizeof(was), true);                \
                                                                               \
		if (!err)                                                      \
			err = get(&seen, uaddr);                               \
		if (err)                                                       \
			return err;                                            \
		do {                                                           \
			was = seen;                                            \
			err = cas(uaddr, was, was op bits, &seen);             \
		} while (!err && seen != was);                                 \
		*old = seen;                                                   \
		return err;                                                    \
	}

DEFINE_BITOP(user_or_u32, uint32_t, get_user_u32, user_cas_u32, |)
DEFINE_BITOP(user_or_u64, uint64_t, get_user_u64, user_cas_u64, |)
DEFINE_BITOP(user_and_u32, uint32_t, get_user_u32, user_cas_u32, &)

/* By aligned words, which never cross into another page. */
#define ONES  0x0101010101010101UL
#define HIGHS 0x8080808080808080UL

long strnlen_user(const char *ustr, size_t max)
{
	uintptr_t at = (uintptr_t)ustr, word_at = at & ~7UL;
	unsigned int skip = (at & 7) * 8;
	size_t len = 0;
	uint64_t w, zero;

	if (at >= USER_END)
		return -EFAULT;
	while (len < max) {
		if (get_user_u64(&w, (const void *)word_at))
			return -EFAULT;
		w |= (1UL << skip) - 1; /* bytes before the string */
		zero = (w - ONES) & ~w & HIGHS;
		if (zero) {
			len = word_at + __builtin_ctzl(zero) / 8 - at;
			return len < max ? len : max;
		}
		word_at += 8;
		len = word_at - at;
		skip = 0;
	}
	return max;
}
