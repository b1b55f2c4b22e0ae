// SPDX-License-Identifier: MIT
/* Changing kernel stacks.  Prototypes: arch/context.h */
	.macro SAVE_CALLEE
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rdi)
	mov %rsi, %rsp
	.endm

	.text
	.balign 16
	.globl arch_kswitch
arch_kswitch:
	SAVE_CALLEE
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret

	.globl arch_kswitch_new
arch_kswitch_new:
	SAVE_CALLEE
	xor %ebp, %ebp
	mov %rcx, %rdi
	call *%rdx
	ud2

	.globl arch_run_on_stack
arch_run_on_stack:
	mov %rdi, %rsp
	xor %ebp, %ebp
	mov %rdx, %rdi
	call *%rsi
	ud2
