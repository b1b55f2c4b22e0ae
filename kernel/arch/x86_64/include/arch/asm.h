// SPDX-License-Identifier: MIT
/* Numbers that assembly and C share; each is asserted where its struct is. */
#pragma once

#ifdef __ASSEMBLY__
#define KIMAGE_BASE 0xffffffff80000000
#define KPHYSMAP_BASE 0xffff800000000000
#endif

/* Segments.  The order of the user ones is what SYSRET wants. */
#define SEL_KCODE 0x08
#define SEL_KDATA 0x10
#define SEL_UDATA 0x23
#define SEL_UCODE 0x2b
#define SEL_TSS	  0x30
#define STAR_USER 0x1b /* SYSRET: SS = this + 8, CS = this + 16 */

#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_FMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* PE, MP, ET, NE, WP, PG */
#define CR0_BOOT 0x80010033
/* PAE, PGE */
#define CR4_BOOT 0xa0
/* LME, NXE */
#define EFER_BOOT 0x900

/* struct percpu_head */
#define PERCPU_SELF	0
#define PERCPU_KSTACK	8
#define PERCPU_SCRATCH	16
#define PERCPU_IRQDEPTH 28
#define PERCPU_IRQSTACK 32
#define PERCPU_CANARY	40

/* struct user_context */
#define CTX_R15	   0
#define CTX_R14	   8
#define CTX_R13	   16
#define CTX_R12	   24
#define CTX_R11	   32
#define CTX_R10	   40
#define CTX_R9	   48
#define CTX_R8	   56
#define CTX_RDI	   64
#define CTX_RSI	   72
#define CTX_RBP	   80
#define CTX_RBX	   88
#define CTX_RDX	   96
#define CTX_RCX	   104
#define CTX_RAX	   112
#define CTX_VECTOR 120
#define CTX_ERROR  128
#define CTX_RIP	   136
#define CTX_CS	   144
#define CTX_RFLAGS 152
#define CTX_RSP	   160
#define CTX_SS	   168
#define CTX_HWEND  176

#define SYSCALL_MAGIC 0x4d49544f53000001 /* ROS_SYSCALL_MAGIC */

/* A core's own stacks: each of KSTACK_BYTES, over a guard page. */
#define KSTACK_BYTES   16384
#define STACK_IRQ      0
#define STACK_NMI      1 /* IST numbers from here on */
#define STACK_DB       2
#define STACK_MC       3
#define STACK_DF       4
#define NR_CORE_STACKS 5
/* An IST stack starts below this; the per-core pointer lies above. */
#define IST_HEAD 16

#ifdef __ASSEMBLY__
/* Opens and closes user memory; without SMAP boot puts no-ops here. */
	.macro USER_OPEN
771:	stac
	.pushsection .smap_sites, "a"
	.long 771b - .
	.popsection
	.endm

	.macro USER_CLOSE
772:	clac
	.pushsection .smap_sites, "a"
	.long 772b - .
	.popsection
	.endm

/* A fault at `insn` goes on at `fixup`; kinds in arch/extable.h. */
	.macro EXTABLE insn, fixup, kind
	.pushsection .extable, "a"
	.balign 4
	.long \insn - ., \fixup - ., \kind
	.popsection
	.endm
#endif
