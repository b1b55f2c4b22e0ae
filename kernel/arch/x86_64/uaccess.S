// SPDX-License-Identifier: MIT
/*
 * Copies that may fault: int f(%rdi dst, %rsi src, %rdx len), 0 or -EFAULT.
 * Ranges were checked by the callers in uaccess.c.
 *
 * From 64 bytes on by rep movsq; what remains, and all that is shorter, by its
 * bits: 32, 16, 8, 4, 2, 1.  A fault that was resolved resumes the instruction.
 */
#include <arch/asm.h>
#include <arch/extable.h>

	/* One instruction that may fault. */
	.macro MAY kind, insn:vararg
773:	\insn
	EXTABLE 773b, 9f, \kind
	.endm

	.macro COPY name, kind, user
	.balign 16
	.globl \name
\name:
	.if \user
	USER_OPEN
	.endif
	cmp $64, %rdx
	jb 1f
	mov %rdx, %rcx
	shr $3, %rcx
	MAY \kind rep movsq
	and $7, %edx
	jz 8f
	jmp 4f
1:	test $32, %dl
	jz 2f
	MAY \kind mov (%rsi), %rax
	MAY \kind mov 8(%rsi), %rcx
	MAY \kind mov 16(%rsi), %r8
	MAY \kind mov 24(%rsi), %r9
	MAY \kind mov %rax, (%rdi)
	MAY \kind mov %rcx, 8(%rdi)
	MAY \kind mov %r8, 16(%rdi)
	MAY \kind mov %r9, 24(%rdi)
	add $32, %rsi
	add $32, %rdi
2:	test $16, %dl
	jz 3f
	MAY \kind mov (%rsi), %rax
	MAY \kind mov 8(%rsi), %rcx
	MAY \kind mov %rax, (%rdi)
	MAY \kind mov %rcx, 8(%rdi)
	add $16, %rsi
	add $16, %rdi
3:	test $8, %dl
	jz 4f
	MAY \kind mov (%rsi), %rax
	MAY \kind mov %rax, (%rdi)
	add $8, %rsi
	add $8, %rdi
4:	test $4, %dl
	jz 5f
	MAY \kind mov (%rsi), %eax
	MAY \kind mov %eax, (%rdi)
	add $4, %rsi
	add $4, %rdi
5:	test $2, %dl
	jz 6f
	MAY \kind mov (%rsi), %ax
	MAY \kind mov %ax, (%rdi)
	add $2, %rsi
	add $2, %rdi
6:	test $1, %dl
	jz 8f
	MAY \kind mov (%rsi), %al
	MAY \kind mov %al, (%rdi)
8:	xor %eax, %eax
	.if \user
	USER_CLOSE
	.endif
	ret
9:	mov $-14, %eax /* -EFAULT */
	.if \user
	USER_CLOSE
	.endif
	ret
	.endm

	.text
	COPY uaccess_copy, EX_USER, 1
	COPY uaccess_copy_nofault, EX_NOFAULT, 1
	COPY kaccess_copy, EX_ANY, 0

/* int uaccess_zero(%rdi dst, %rsi len) */
	.balign 16
	.globl uaccess_zero
uaccess_zero:
	USER_OPEN
	xor %eax, %eax
	mov %rsi, %rcx
	shr $3, %rcx
	MAY EX_USER rep stosq
	mov %esi, %ecx
	and $7, %ecx
	MAY EX_USER rep stosb
	USER_CLOSE
	ret
9:	mov $-14, %eax
	USER_CLOSE
	ret
