// SPDX-License-Identifier: MIT
/*
 * Into vcore context, out of it, and between a thread and its vcore.
 *
 * The pop     A thread's context u_ctx (parlib/uthread.h V2) is only read here.
 * Notifications are enabled before all registers are loaded, so the kernel may
 * save a half-loaded context and start vcore_entry.  vcore_main() sees by the
 * address, between __pop_ctx_start and __pop_ctx_end, that what the kernel
 * saved is worth nothing and that u_ctx still is the whole truth.  So the
 * thread's stack never grows by being interrupted often.
 *
 * The last step takes flags and address from below the thread's red zone.
 * IRETQ would need no such place, but emulated (QEMU before 9.1) it reads the
 * stack as the kernel would, which SMAP forbids.
 *
 * A message that came while notifications were disabled shows in notif_pending:
 * enable, fence (the XCHG), look; pairs with the kernel's "set pending, fence,
 * look whether disabled".  If it is set we are in vcore context again by
 * disabling them: the same as the SYS_vc_entry trap, without the trap.
 */
#include <parlib/arch.h>

#define RED_ZONE 128

	.text

/* The kernel starts a vcore here: V5 in ros/vcpd.h. */
	.globl	__kernel_vcore_entry
	.hidden	__kernel_vcore_entry
	.type	__kernel_vcore_entry, @function
__kernel_vcore_entry:
	movq	$1, %gs:VCORE_IN_CONTEXT
	cld
	xorl	%ebp, %ebp
	movq	%gs:VCPD_VCORE_STACK, %rsp
	movl	$1, %edi
	call	vcore_main
	ud2
	.size	__kernel_vcore_entry, . - __kernel_vcore_entry

/* void vcore_reenter(void): the same from inside; u_ctx is up to date. */
	.globl	vcore_reenter
	.hidden	vcore_reenter
	.type	vcore_reenter, @function
vcore_reenter:
	movq	$1, %gs:VCORE_IN_CONTEXT
	xorl	%ebp, %ebp
	movq	%gs:VCPD_VCORE_STACK, %rsp
	xorl	%edi, %edi
	call	vcore_main
	ud2
	.size	vcore_reenter, . - vcore_reenter

/* void pop_hw_ctx(struct user_context *u_ctx) */
	.globl	pop_hw_ctx
	.hidden	pop_hw_ctx
	.type	pop_hw_ctx, @function
pop_hw_ctx:
	movq	CTX_FSBASE(%rdi), %rax
	wrfsbase %rax
	movq	$0, %gs:VCORE_IN_CONTEXT
	movq	CTX_RSP(%rdi), %rdx
	movq	CTX_RFLAGS(%rdi), %rcx
	movq	CTX_RIP(%rdi), %rsi
	movq	%rcx, -(RED_ZONE + 16)(%rdx)
	movq	%rsi, -(RED_ZONE + 8)(%rdx)
	movq	%rdi, %rsp
	xorl	%eax, %eax
	.globl	__pop_ctx_start
	.hidden	__pop_ctx_start
__pop_ctx_start:
	xchgl	%eax, %gs:VCPD_NOTIF_DISABLED
	cmpl	$0, %gs:VCPD_NOTIF_PENDING
	jne	.Lmessage
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	movq	(CTX_RSP - CTX_VECTOR)(%rsp), %rsp
	leaq	-(RED_ZONE + 16)(%rsp), %rsp	/* leaves the flags */
	popfq
	ret	$RED_ZONE

/* void pop_sw_ctx(struct user_context *u_ctx): as uthread_switch() saved it. */
	.globl	pop_sw_ctx
	.hidden	pop_sw_ctx
	.type	pop_sw_ctx, @function
pop_sw_ctx:
	movq	CTX_FSBASE(%rdi), %rax
	wrfsbase %rax
	ldmxcsr	CTX_VECTOR(%rdi)
	fldcw	CTX_ERROR(%rdi)
	movq	$0, %gs:VCORE_IN_CONTEXT
	xorl	%eax, %eax
	xchgl	%eax, %gs:VCPD_NOTIF_DISABLED
	cmpl	$0, %gs:VCPD_NOTIF_PENDING
	jne	.Lmessage
	movq	CTX_R15(%rdi), %r15
	movq	CTX_R14(%rdi), %r14
	movq	CTX_R13(%rdi), %r13
	movq	CTX_R12(%rdi), %r12
	movq	CTX_RBP(%rdi), %rbp
	movq	CTX_RBX(%rdi), %rbx
	movq	CTX_RSP(%rdi), %rsp
	jmp	*CTX_RIP(%rdi)

.Lmessage:
	movl	$1, %gs:VCPD_NOTIF_DISABLED
	.globl	__pop_ctx_end
	.hidden	__pop_ctx_end
__pop_ctx_end:
	jmp	vcore_reenter

/*
 * void uthread_switch(struct uthread *u): saves the caller in u->u_ctx as a
 * software context and goes to uthread_left(u) on the vcore's stack.  Returns
 * when the context is popped.  Notifications are disabled.
 */
	.globl	uthread_switch
	.hidden	uthread_switch
	.type	uthread_switch, @function
uthread_switch:
	popq	%rax
	movq	%rax, CTX_RIP(%rdi)
	movq	%rsp, CTX_RSP(%rdi)
	movq	%rbx, CTX_RBX(%rdi)
	movq	%rbp, CTX_RBP(%rdi)
	movq	%r12, CTX_R12(%rdi)
	movq	%r13, CTX_R13(%rdi)
	movq	%r14, CTX_R14(%rdi)
	movq	%r15, CTX_R15(%rdi)
	rdfsbase %rax
	movq	%rax, CTX_FSBASE(%rdi)
	stmxcsr	CTX_VECTOR(%rdi)
	fnstcw	CTX_ERROR(%rdi)
	movl	$2, CTX_TYPE(%rdi)	/* ROS_SW_CTX */
	movq	$1, %gs:VCORE_IN_CONTEXT
	xorl	%ebp, %ebp
	movq	%gs:VCPD_VCORE_STACK, %rsp
	call	uthread_left
	ud2
	.size	uthread_switch, . - uthread_switch

	.section .note.GNU-stack, "", @progbits
