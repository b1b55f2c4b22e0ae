// SPDX-License-Identifier: MIT
/*
 * Whole pages, zeroed and copied 16 bytes a step.  The registers hold the
 * user's FPU state (arch/context.h, C2): what is used here is put back, and
 * interrupts stay off meanwhile, so that nobody saves a state with ours in it.
 */
#include <arch/asm.h>

#define PAGE 4096
#define FLAGS_IF_HIGH 0x02 /* of the second byte */

	.macro RESTORE_IF
	testb $FLAGS_IF_HIGH, 33(%rsp)
	jz 2f
	sti
2:
	.endm

	.text
/* void page_zero(void *page) */
	.globl page_zero
page_zero:
	pushfq
	sub $32, %rsp
	cli
	movups %xmm0, (%rsp)
	pxor %xmm0, %xmm0
	lea PAGE(%rdi), %rax
1:
	.set off, 0
	.rept 32
	movaps %xmm0, off(%rdi)
	.set off, off + 16
	.endr
	add $512, %rdi
	cmp %rax, %rdi
	jne 1b
	movups (%rsp), %xmm0
	RESTORE_IF
	add $40, %rsp
	ret

/* void page_copy(void *dst, const void *src) */
	.globl page_copy
page_copy:
	pushfq
	sub $32, %rsp
	cli
	movups %xmm0, (%rsp)
	movups %xmm1, 16(%rsp)
	lea PAGE(%rdi), %rax
1:
	.set off, 0
	.rept 16
	movaps off(%rsi), %xmm0
	movaps off + 16(%rsi), %xmm1
	movaps %xmm0, off(%rdi)
	movaps %xmm1, off + 16(%rdi)
	.set off, off + 32
	.endr
	add $512, %rsi
	add $512, %rdi
	cmp %rax, %rdi
	jne 1b
	movups (%rsp), %xmm0
	movups 16(%rsp), %xmm1
	RESTORE_IF
	add $40, %rsp
	ret
