// SPDX-License-Identifier: MIT
/*
 * Every way into the kernel and back to user mode.
 *
 *   from user mode   the CPU pushes into this_cpu(user_frame) (TSS.rsp0 is its
 *                    end), we the rest; then %rsp = percpu_head.kstack_top
 *   from the kernel  all on the interrupted stack; interrupts go on on the
 *                    core's interrupt stack
 *   NMI #DB #MC #DF  on IST stacks.  A user can have any GS base, so these take
 *                    the per-core pointer from above their stack and put the
 *                    old GS base back at the end: right wherever they hit.
 *
 * GS base is the user's in user mode and from each swapgs before a return on;
 * no instruction there can fault, but for iretq with a context that is not
 * canonical, which bad_iret turns into a fault of the user's.
 */
#include <arch/asm.h>

#define FRAME(field) %gs:user_frame + field

	.macro SAVE_REGS
	push %rax
	push %rcx
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	.macro RESTORE_REGS
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rbp
	pop %rbx
	pop %rdx
	pop %rcx
	pop %rax
	.endm

	.text
/* 256 stubs of 16 bytes. */
	.balign 16
	.globl trap_stubs
trap_stubs:
	.set vec, 0
	.rept 256
	.balign 16
	.if !(vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || \
	      vec == 21 || vec == 29 || vec == 30)
	push $0
	.endif
	push $vec
	.if vec == 1 || vec == 2 || vec == 8 || vec == 18
	jmp trap_ist_entry
	.else
	jmp trap_entry
	.endif
	.set vec, vec + 1
	.endr

	.balign 16
trap_entry:
	testb $3, (CTX_CS - CTX_VECTOR)(%rsp)
	jz from_kernel
	swapgs
	SAVE_REGS
	cld
	USER_CLOSE
	mov %rsp, %rdi
	mov CTX_VECTOR(%rsp), %esi
	mov %gs:PERCPU_KSTACK, %rsp
	xor %ebp, %ebp
	cmp $32, %esi
	jae 1f
	call trap_from_user
	ud2
1:	incl %gs:PERCPU_IRQDEPTH
	call trap_irq_entry
	decl %gs:PERCPU_IRQDEPTH
	call trap_user_irq_exit
	jmp arch_return_to_user

from_kernel:
	SAVE_REGS
	cld
	USER_CLOSE
	mov %rsp, %rdi
	mov CTX_VECTOR(%rsp), %esi
	cmp $32, %esi
	jae 1f
	lea iret_to_user(%rip), %rax
	cmp %rax, CTX_RIP(%rsp)
	je bad_iret
	call trap_from_kernel
	/*
	 * Back without iretq, which would let the next NMI in while we may
	 * still be in one: rflags and rip go below the interrupted stack's
	 * pointer (over our own ss and rsp), from where popfq and ret take
	 * them.
	 */
	mov CTX_RSP(%rsp), %rax
	mov CTX_RIP(%rsp), %rcx
	mov CTX_RFLAGS(%rsp), %rdx
	sub $16, %rax
	mov %rcx, 8(%rax)
	mov %rdx, (%rax)
	mov %rax, CTX_VECTOR(%rsp)
	RESTORE_REGS
	pop %rsp
	popfq
	ret

1:	mov %rsp, %rbx
	incl %gs:PERCPU_IRQDEPTH
	cmpl $1, %gs:PERCPU_IRQDEPTH
	jne 2f
	mov %gs:PERCPU_IRQSTACK, %rsp
2:	pushq CTX_RIP(%rbx) /* one more link for backtraces */
	push %rbp
	mov %rsp, %rbp
	call trap_irq_entry
	decl %gs:PERCPU_IRQDEPTH
	mov %rbx, %rsp
	RESTORE_REGS
	add $16, %rsp
	iretq

bad_iret:
	swapgs
	mov %gs:PERCPU_SELF, %rdi
	add $user_frame, %rdi
	mov CTX_VECTOR(%rsp), %rax
	mov %rax, CTX_VECTOR(%rdi)
	mov CTX_ERROR(%rsp), %rax
	mov %rax, CTX_ERROR(%rdi)
	mov %gs:PERCPU_KSTACK, %rsp
	xor %ebp, %ebp
	call trap_from_user
	ud2

	.balign 16
trap_ist_entry:
	cmpl $1, (%rsp)
	jne 1f
	testb $3, (CTX_CS - CTX_VECTOR)(%rsp)
	jnz debug_from_user
1:	SAVE_REGS
	cld
	USER_CLOSE
	rdgsbase %r12
	mov CTX_HWEND(%rsp), %rax
	wrgsbase %rax
	mov %rsp, %rdi
	call trap_ist
	wrgsbase %r12
	RESTORE_REGS
	add $16, %rsp
	iretq

/* A single step in user mode is an ordinary exception. */
debug_from_user:
	swapgs
	SAVE_REGS
	cld
	USER_CLOSE
	mov %gs:PERCPU_SELF, %rdi
	add $user_frame, %rdi
	mov %rdi, %rbx
	mov %rsp, %rsi
	mov $CTX_HWEND / 8, %ecx
	rep movsq
	mov %rbx, %rdi
	mov %gs:PERCPU_KSTACK, %rsp
	xor %ebp, %ebp
	call trap_from_user
	ud2

/*
 * The registers go straight to their places: no stack is needed.  cs and ss in
 * the frame are always the user's (cpu_init_this_core() and the CPU put nothing
 * else there); error is left from before.
 */
	.balign 16
	.globl syscall_entry
syscall_entry:
	swapgs
	mov %rsp, FRAME(CTX_RSP)
	mov %gs:PERCPU_KSTACK, %rsp
	mov %rcx, FRAME(CTX_RIP)
	mov %r11, FRAME(CTX_RFLAGS)
	movq $0x100, FRAME(CTX_VECTOR) /* ROS_VEC_SYSCALL */
	mov %rax, FRAME(CTX_RAX)
	mov %rcx, FRAME(CTX_RCX)
	mov %rdx, FRAME(CTX_RDX)
	mov %rbx, FRAME(CTX_RBX)
	mov %rbp, FRAME(CTX_RBP)
	mov %rsi, FRAME(CTX_RSI)
	mov %rdi, FRAME(CTX_RDI)
	mov %r8, FRAME(CTX_R8)
	mov %r9, FRAME(CTX_R9)
	mov %r10, FRAME(CTX_R10)
	mov %r11, FRAME(CTX_R11)
	mov %r12, FRAME(CTX_R12)
	mov %r13, FRAME(CTX_R13)
	mov %r14, FRAME(CTX_R14)
	mov %r15, FRAME(CTX_R15)
	mov %gs:PERCPU_SELF, %rdi
	add $user_frame, %rdi
	xor %ebp, %ebp
	movabs $SYSCALL_MAGIC, %rcx
	sti
	cmp %rcx, %rax
	jne 1f
	call trap_syscall
	ud2
1:	call trap_foreign_syscall
	ud2

	.balign 16
	.globl arch_return_to_user
arch_return_to_user:
	cmpl $0x100, FRAME(CTX_VECTOR)
	jne 1f
	mov FRAME(CTX_RIP), %rcx
	mov FRAME(CTX_RFLAGS), %r11
	mov %rcx, %rax
	shr $47, %rax /* SYSRET would fault in the kernel */
	jnz 1f
	test $0x10100, %r11d /* TF, RF */
	jnz 1f
	mov FRAME(CTX_RAX), %rax
	mov FRAME(CTX_RDX), %rdx
	mov FRAME(CTX_RBX), %rbx
	mov FRAME(CTX_RBP), %rbp
	mov FRAME(CTX_RSI), %rsi
	mov FRAME(CTX_RDI), %rdi
	mov FRAME(CTX_R8), %r8
	mov FRAME(CTX_R9), %r9
	mov FRAME(CTX_R10), %r10
	mov FRAME(CTX_R12), %r12
	mov FRAME(CTX_R13), %r13
	mov FRAME(CTX_R14), %r14
	mov FRAME(CTX_R15), %r15
	mov FRAME(CTX_RSP), %rsp
	swapgs
	sysretq

/* From the kernel stack, so that a fault in iretq leaves user_frame whole. */
1:	mov %gs:PERCPU_KSTACK, %rsp
	pushq FRAME(CTX_SS)
	pushq FRAME(CTX_RSP)
	pushq FRAME(CTX_RFLAGS)
	pushq FRAME(CTX_CS)
	pushq FRAME(CTX_RIP)
	mov FRAME(CTX_RAX), %rax
	mov FRAME(CTX_RCX), %rcx
	mov FRAME(CTX_RDX), %rdx
	mov FRAME(CTX_RBX), %rbx
	mov FRAME(CTX_RBP), %rbp
	mov FRAME(CTX_RSI), %rsi
	mov FRAME(CTX_RDI), %rdi
	mov FRAME(CTX_R8), %r8
	mov FRAME(CTX_R9), %r9
	mov FRAME(CTX_R10), %r10
	mov FRAME(CTX_R11), %r11
	mov FRAME(CTX_R12), %r12
	mov FRAME(CTX_R13), %r13
	mov FRAME(CTX_R14), %r14
	mov FRAME(CTX_R15), %r15
	swapgs
iret_to_user:
	iretq
