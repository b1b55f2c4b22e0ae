// SPDX-License-Identifier: MIT
/*
 * What the test processes of kt_proc.c run; copied to a page of theirs.  The
 * page after it holds an array of struct syscall (216 bytes each).
 *
 *   rbx = the array    r12 = how often    r13 = flags of the first call
 */
#include <arch/asm.h>

#define SC_SIZE	  216
#define SC_RETVAL 8
#define SC_FLAGS  16

	.macro CALL nr
	movabs $SYSCALL_MAGIC, %rax
	lea \nr * SC_SIZE(%rbx), %rdi
	mov $1, %esi
	syscall
	.endm

	.section .rodata
	.balign 16
	.globl kt_user_start, kt_user_end
	.globl kt_user_repeat, kt_user_spin, kt_user_fork, kt_user_vcore
kt_user_start:
/* Call 0 r12 times, each waited for by asking again; then call 1. */
kt_user_repeat:
	mov %r13d, SC_FLAGS(%rbx)
	CALL 0
1:	testl $1, SC_FLAGS(%rbx)
	jnz 2f
	pause
	CALL 2 /* a null call */
	movl $0, 2 * SC_SIZE + SC_FLAGS(%rbx)
	jmp 1b
2:	dec %r12
	jnz kt_user_repeat
	CALL 1
	ud2

kt_user_spin:
	incq 8 * SC_SIZE(%rbx)
	pause
	jmp kt_user_spin

/* Call 0 (a yield) for ever; counts how often it came back. */
	.globl kt_user_sleep
kt_user_sleep:
	movl $0, SC_FLAGS(%rbx)
	CALL 0
	incq 8 * SC_SIZE(%rbx)
	jmp kt_user_sleep

/* r12 times: fork (call 0); the child ends (call 1), we wait (call 2). */
kt_user_fork:
	movl $0, SC_FLAGS(%rbx)
	movl %r13d, 2 * SC_SIZE + SC_FLAGS(%rbx)
	CALL 0
	cmpq $0, SC_RETVAL(%rbx)
	je 3f
	CALL 2
	dec %r12
	jnz kt_user_fork
3:	CALL 1
	ud2

/* A vcore context: counts, and ends by call 1. */
kt_user_vcore:
	mov %gs:512, %rax /* V: our VCPD's address */
	cmp %rax, %rax
	movabs $SYSCALL_MAGIC, %rax
	mov %gs:0, %rdi /* the kernel put the call's address there */
	mov $1, %esi
	syscall
	ud2
kt_user_end:
