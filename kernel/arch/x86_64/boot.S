// SPDX-License-Identifier: MIT
/*
 * The PVH entry: 32-bit, no paging, %ebx = physical address of the start info.
 *
 * Builds the page tables that the kernel keeps, so that the first line of C
 * already runs with W^X:
 *   image    4 KiB pages, rights by section
 *   physmap  the first 4 GiB by 2 MiB pages, read-write, NX
 *   kmap     two empty slots
 * A second, small root with an executable identity mapping of the first 16 MiB
 * serves for the jump into long mode and is left at once; other cores come in
 * through it later, cut down to one page (trampoline.S).
 *
 * PVH: "x86/HVM direct boot ABI", Xen documentation, misc/pvh.
 */
#include <arch/asm.h>

#define PA(sym) ((sym) - KIMAGE_BASE)
#define IMAGE_TABLES 8

#define P_W	   3 /* present, write */
#define P_W_PS	   0x83
#define G	   0x100
#define NX_HI	   0x80000000 /* high half of an entry */

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18 /* name size, value size, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad PA(pvh_entry)

	.section .boot.text, "ax"
	.code32
	.globl pvh_entry
pvh_entry:
	cli
	cld
	mov $PA(boot_stack_top), %esp
	mov %ebx, %ebp /* start info */
	rdtsc
	mov %eax, PA(boot_tsc)
	mov %edx, PA(boot_tsc) + 4

	/* Long mode and NX, or a sentence. */
	mov $0x80000000, %eax
	cpuid
	cmp $0x80000001, %eax
	jb no_long_mode
	mov $0x80000001, %eax
	cpuid
	bt $29, %edx
	jnc no_long_mode
	bt $20, %edx
	jnc no_nx

	/* Image: table entries from border to border. */
	mov $PA(boot_image_pt), %edi
	mov $PA(kimage_start), %esi
	mov $PA(kimage_start), %eax
	shr $9, %eax /* 8 bytes a page */
	add %eax, %edi
	mov $(1 | G), %edx /* RX */
	mov $0, %ebx
	mov $PA(text_end), %ecx
	call map_image
	mov $NX_HI, %ebx /* R */
	mov $PA(data_start), %ecx
	call map_image
	mov $(P_W | G), %edx /* RW */
	mov $PA(data_end), %ecx
	call map_image
	mov $(1 | G), %edx /* R */
	mov $PA(kimage_end), %ecx
	call map_image

	mov $PA(boot_image_pd), %edi
	mov $(PA(boot_image_pt) + P_W), %eax
	mov $IMAGE_TABLES, %ecx
	call link_tables
	/* Image: the last but one GiB of the last slot. */
	movl $(PA(boot_image_pd) + P_W), PA(boot_image_pdpt) + 510 * 8

	/* Physmap: 2048 large pages. */
	mov $PA(boot_physmap_pd), %edi
	mov $(P_W_PS | G), %eax
	mov $2048, %ecx
1:	mov %eax, (%edi)
	movl $NX_HI, 4(%edi)
	add $0x200000, %eax
	add $8, %edi
	dec %ecx
	jnz 1b
	mov $PA(boot_physmap_pdpt), %edi
	mov $(PA(boot_physmap_pd) + P_W), %eax
	mov $4, %ecx
	call link_tables

	/* The kernel's root: 256 physmap, 384 and 385 kmap, 511 image. */
	mov $PA(boot_pml4), %edi
	movl $(PA(boot_physmap_pdpt) + P_W), 256 * 8(%edi)
	movl $(PA(boot_kmap_pdpt) + P_W), 384 * 8(%edi)
	movl $(PA(boot_kmap_pdpt) + 4096 + P_W), 385 * 8(%edi)
	movl $(PA(boot_image_pdpt) + P_W), 511 * 8(%edi)

	/* The root for the jump. */
	mov $PA(tramp_pml4), %edi
	movl $(PA(tramp_pdpt) + P_W), (%edi)
	movl $(PA(boot_image_pdpt) + P_W), 511 * 8(%edi)
	movl $(PA(tramp_pd) + P_W), PA(tramp_pdpt)
	mov $PA(tramp_pd), %edi
	mov $0x81, %eax
	mov $8, %ecx
1:	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	dec %ecx
	jnz 1b

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
	lgdt PA(boot_gdt_ptr)
	ljmp $SEL_KCODE, $PA(boot64_low)

/* Entries (%esi | %edx, high %ebx) at %edi until %esi reaches %ecx. */
map_image:
	cmp %ecx, %esi
	jae 2f
	mov %esi, %eax
	or %edx, %eax
	mov %eax, (%edi)
	mov %ebx, 4(%edi)
	add $8, %edi
	add $4096, %esi
	jmp map_image
2:	ret

/* %ecx consecutive tables, the first is %eax, into the table at %edi. */
link_tables:
	mov %eax, (%edi)
	add $8, %edi
	add $4096, %eax
	dec %ecx
	jnz link_tables
	ret

no_long_mode:
	mov $PA(msg_long_mode), %esi
	jmp refuse
no_nx:
	mov $PA(msg_nx), %esi
refuse:
	mov (%esi), %al
	inc %esi
	test %al, %al
	jz 2f
	mov %al, %cl
1:	mov $0x3fd, %dx
	in (%dx), %al
	test $0x20, %al
	jz 1b
	mov %cl, %al
	mov $0x3f8, %dx
	out %al, (%dx)
	jmp refuse
2:	cli
	hlt
	jmp 2b

	.code64
boot64_low:
	movabs $boot64, %rax
	jmp *%rax

	.text
boot64:
	mov $PA(boot_pml4), %eax
	mov %rax, %cr3
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss

	/* Core 0's per-core data. */
	mov $percpu_load, %rsi
	mov $percpu_core0, %rdi
	mov $percpu_size_sym, %ecx
	rep movsb
	mov $percpu_core0, %rax
	mov %rax, %rdx
	shr $32, %rdx
	mov $MSR_GS_BASE, %ecx
	wrmsr
	mov $percpu_core0, %rax
	mov %rax, %gs:PERCPU_SELF
	movq $boot_stack_top, %gs:PERCPU_KSTACK
	rdtsc
	shl $32, %rdx
	or %rdx, %rax
	mov $0x9e3779b97f4a7c15, %rcx
	imul %rcx, %rax
	mov %rax, %gs:PERCPU_CANARY

	mov $boot_stack_top, %rsp
	mov %ebp, %edi
	xor %ebp, %ebp
	call boot_pvh
	ud2

	.section .rodata
msg_long_mode:
	.asciz "Mitos needs a 64-bit processor (long mode).\r\n"
msg_nx:
	.asciz "Mitos needs a processor with no-execute pages (NX).\r\n"

	.balign 8
	.globl boot_gdt_ptr
boot_gdt_ptr:
	.word boot_gdt_end - boot_gdt - 1
	.long PA(boot_gdt)
	.balign 8
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* SEL_KCODE: 64-bit */
	.quad 0x00cf93000000ffff /* SEL_KDATA: flat, for the trampoline */
	.globl boot_gdt_end
boot_gdt_end:

/* Pages of zeros: tables first, then core 0's stacks, each over a guard page
 * that arch_early_init() unmaps. */
	.section .bss.pages, "aw", @nobits
	.balign 4096
	.globl boot_pml4, boot_physmap_pdpt, tramp_pml4, tramp_pdpt, tramp_pd
boot_pml4:	   .skip 4096
boot_image_pdpt:   .skip 4096
boot_image_pd:	   .skip 4096
boot_image_pt:	   .skip 4096 * IMAGE_TABLES
boot_physmap_pdpt: .skip 4096
boot_physmap_pd:   .skip 4096 * 4
boot_kmap_pdpt:	   .skip 4096 * 2
tramp_pml4:	   .skip 4096
tramp_pdpt:	   .skip 4096
tramp_pd:	   .skip 4096

	.globl boot_stack, boot_stack_top, core0_stacks
	.skip 4096 /* guard */
boot_stack:
	.skip KSTACK_BYTES
boot_stack_top:
core0_stacks:
	.skip NR_CORE_STACKS * (4096 + KSTACK_BYTES)
