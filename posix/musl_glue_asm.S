// SPDX-License-Identifier: MIT
/* musl's cancellation point, syscall(), signal return and clone child: see
 * musl_glue.c. */

	.text

/*
 * long __syscall_cp_asm(volatile int *cancel, n, a, b, c, d, e, f): the call,
 * unless the thread has been cancelled.  musl's handler of its cancel signal
 * looks whether it interrupted code between __cp_begin and __cp_end.
 */
	.globl	__syscall_cp_asm, __cp_begin, __cp_end, __cp_cancel
	.type	__syscall_cp_asm, @function
__syscall_cp_asm:
__cp_begin:
	movl	(%rdi), %eax
	testl	%eax, %eax
	jnz	__cp_cancel
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %rcx
	movq	%r9, %r8
	movq	8(%rsp), %r9
	pushq	16(%rsp)
	call	linux_syscall_cp
__cp_end:
	leaq	8(%rsp), %rsp
	ret
__cp_cancel:
	jmp	__cancel
	.size	__syscall_cp_asm, . - __syscall_cp_asm

/*
 * long syscall(long n, ...): the arguments lie as linux_syscall() wants them.
 * The sixth is read whether there is one or not, as musl's own does.
 */
	.globl	syscall
	.type	syscall, @function
syscall:
	pushq	8(%rsp)
	call	linux_syscall
	addq	$8, %rsp
	cmpq	$-4095, %rax
	jae	1f
	ret
1:	movq	%rax, %rdi
	jmp	__syscall_ret
	.size	syscall, . - syscall

/* sa_restorer of every action that musl sets; frames carry our own address. */
	.globl	__restore_rt, __restore
	.type	__restore_rt, @function
	nop
__restore_rt:
__restore:
	jmp	linux_sigreturn
	.size	__restore_rt, . - __restore_rt

/* void clone_child_run(int (*fn)(void *), void *arg, void *stack) */
	.globl	clone_child_run
	.hidden	clone_child_run
	.type	clone_child_run, @function
clone_child_run:
	xorl	%ebp, %ebp
	testq	%rdx, %rdx
	jz	1f
	movq	%rdx, %rsp
1:	andq	$-16, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	movl	%eax, %esi
	movl	$60, %edi		/* exit */
	call	linux_syscall
	ud2
	.size	clone_child_run, . - clone_child_run

	.section .note.GNU-stack, "", @progbits
