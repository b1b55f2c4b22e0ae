// SPDX-License-Identifier: MIT
/*
 * The few words of a user's struct syscall that every call moves, each way in
 * one opening of user memory.  No function here sleeps: a page that is not
 * there gives -EFAULT, and the caller takes the long way round
 * (arch/uaccess.h).  The caller has checked that the struct lies below
 * USER_END.
 */
#pragma once

#include <stdint.h>

#include <arch/asm.h>
#include <arch/extable.h>
#include <lib/compiler.h>
#include <ros/errno.h>
#include <ros/syscall.h>

/* S5: num, flags and the six arguments, each read once. */
static __always_inline int __must_check
syscall_fetch_nofault(const struct syscall *u, uint32_t *num, uint32_t *flags,
		      uint64_t args[6])
{
	uint64_t t0, t1, t2;
	uint32_t n, f;

	asm volatile goto(ASM_STAC "1: mov (%[u]), %[n]\n"
				   "2: mov 16(%[u]), %[f]\n"
				   "3: mov 40(%[u]), %[t0]\n"
				   "4: mov 48(%[u]), %[t1]\n"
				   "5: mov 56(%[u]), %[t2]\n"
				   "mov %[t0], (%[a])\n"
				   "mov %[t1], 8(%[a])\n"
				   "mov %[t2], 16(%[a])\n"
				   "6: mov 64(%[u]), %[t0]\n"
				   "7: mov 72(%[u]), %[t1]\n"
				   "8: mov 80(%[u]), %[t2]\n"
				   "mov %[t0], 24(%[a])\n"
				   "mov %[t1], 32(%[a])\n"
				   "mov %[t2], 40(%[a])\n" ASM_CLAC
			  EXTABLE("1b", "%l[fault]", "1")
			  EXTABLE("2b", "%l[fault]", "1")
			  EXTABLE("3b", "%l[fault]", "1")
			  EXTABLE("4b", "%l[fault]", "1")
			  EXTABLE("5b", "%l[fault]", "1")
			  EXTABLE("6b", "%l[fault]", "1")
			  EXTABLE("7b", "%l[fault]", "1")
			  EXTABLE("8b", "%l[fault]", "1")
			  : [n] "=&r"(n), [f] "=&r"(f), [t0] "=&r"(t0),
			    [t1] "=&r"(t1), [t2] "=&r"(t2)
			  : [u] "r"(u), [a] "r"(args)
			  : "memory"
			  : fault);
	*num = n;
	*flags = f;
	return 0;
fault:
	asm volatile(ASM_CLAC ::: "memory");
	return -EFAULT;
}

/* S1: the result, then the flags; x86 keeps the order of stores. */
static __always_inline int __must_check
syscall_store_nofault(struct syscall *u, int64_t ret, uint32_t flags)
{
	asm volatile goto(ASM_STAC "1: mov %[ret], 8(%[u])\n"
				   "2: mov %[fl], 16(%[u])\n" ASM_CLAC
			  EXTABLE("1b", "%l[fault]", "1")
			  EXTABLE("2b", "%l[fault]", "1")
			  :
			  : [u] "r"(u), [ret] "r"(ret), [fl] "r"(flags)
			  : "memory"
			  : fault);
	return 0;
fault:
	asm volatile(ASM_CLAC ::: "memory");
	return -EFAULT;
}

/* The same for a failure without a sentence. */
static __always_inline int __must_check
syscall_store_error_nofault(struct syscall *u, int32_t err, uint32_t flags)
{
	asm volatile goto(ASM_STAC "1: mov %[err], 4(%[u])\n"
				   "2: movq $-1, 8(%[u])\n"
				   "3: movb $0, %c[str](%[u])\n"
				   "4: mov %[fl], 16(%[u])\n" ASM_CLAC
			  EXTABLE("1b", "%l[fault]", "1")
			  EXTABLE("2b", "%l[fault]", "1")
			  EXTABLE("3b", "%l[fault]", "1")
			  EXTABLE("4b", "%l[fault]", "1")
			  :
			  : [u] "r"(u), [err] "r"(err), [fl] "r"(flags),
			    [str] "i"(offsetof(struct syscall, errstr))
			  : "memory"
			  : fault);
	return 0;
fault:
	asm volatile(ASM_CLAC ::: "memory");
	return -EFAULT;
}
