// SPDX-License-Identifier: MIT
/*
 * A signal handler returns here, with the ucontext at its stack pointer.  The
 * frame is about to be given up, so we leave its stack for the vcore's: from
 * the first instruction on this is vcore context, in which a new frame can be
 * put on the interrupted stack.
 */
#include <parlib/arch.h>

	.text
	.globl	linux_sigreturn
	.hidden	linux_sigreturn
	.type	linux_sigreturn, @function
	nop				/* unwinders look one byte back */
linux_sigreturn:
	movl	$1, %gs:VCPD_NOTIF_DISABLED
	movq	$1, %gs:VCORE_IN_CONTEXT
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	movq	%gs:VCPD_VCORE_STACK, %rsp
	call	linux_sigreturn_vc
	ud2
	.size	linux_sigreturn, . - linux_sigreturn

	.section .note.GNU-stack, "", @progbits
