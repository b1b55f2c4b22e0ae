// SPDX-License-Identifier: MIT
/*
 * How another core gets from real mode to the kernel half.
 *
 * The code between trampoline_start and trampoline_end is copied to a page
 * below 1 MiB and runs there; tramp_pml4 maps that one page, read and execute,
 * at its physical address, and the kernel half.  Three words in it depend on
 * the page's place and are filled in by trampoline_install().
 */
#include <arch/asm.h>

#define PA(sym) ((sym) - KIMAGE_BASE)
#define OFF(sym) ((sym) - trampoline_start)

	.section .rodata
	.balign 16
	.globl trampoline_start, trampoline_end
	.globl trampoline_gdt_base, trampoline_jump
	.code16
trampoline_start:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl OFF(tramp_gdt_ptr)
	mov $CR4_BOOT, %eax
	mov %eax, %cr4
	mov $PA(tramp_pml4), %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_BOOT, %eax
	wrmsr
	mov $CR0_BOOT, %eax
	mov %eax, %cr0
	ljmpl *OFF(trampoline_jump)

	.code64
tramp64:
	movabs $ap_start64, %rax
	jmp *%rax

	.balign 8
trampoline_jump:
	.long OFF(tramp64) /* + page */
	.word SEL_KCODE
	.word 0
tramp_gdt_ptr:
	.word tramp_gdt_end - tramp_gdt - 1
trampoline_gdt_base:
	.long OFF(tramp_gdt) /* + page */
	.balign 8
tramp_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* SEL_KCODE */
tramp_gdt_end:
trampoline_end:

/* In the kernel half, still on tramp_pml4. */
	.text
ap_start64:
	mov kernel_root(%rip), %rax
	mov %rax, %cr3
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	mov ap_start+0(%rip), %rsp
	mov ap_start+8(%rip), %rax
	mov %rax, %rdx
	shr $32, %rdx
	mov $MSR_GS_BASE, %ecx
	wrmsr
	mov ap_start+16(%rip), %rbx
	/* Releases the parameters: pairs with ap_start_taken(). */
	movl $1, ap_start+24(%rip)
	xor %ebp, %ebp
	call *%rbx
	ud2
