// SPDX-License-Identifier: MIT
/*
 * Traps: what the entry stubs call, and what core and proc supply.
 *
 * From user mode the frame is this_cpu(user_frame); from the kernel it is on
 * the interrupted stack (struct user_context layout too, up to ss).
 * A device or timer interrupt that hits the kernel runs on the core's interrupt
 * stack.  NMI, #DB, #MC, #DF have IST stacks and find their per-core pointer
 * there.  All stacks have guard pages.
 */
#pragma once

#include <arch/context.h>

#define VEC_DE 0
#define VEC_DB 1
#define VEC_NMI 2
#define VEC_BP 3
#define VEC_OF 4
#define VEC_BR 5
#define VEC_UD 6
#define VEC_NM 7
#define VEC_DF 8
#define VEC_TS 10
#define VEC_NP 11
#define VEC_SS 12
#define VEC_GP 13
#define VEC_PF 14
#define VEC_MF 16
#define VEC_AC 17
#define VEC_MC 18
#define VEC_XF 19

#define VEC_IRQ_BASE 0x20  /* device vectors: irq_alloc_vector() */
#define VEC_TIMER    0xe0  /* LAPIC timer */
#define VEC_KMSG     0xf0  /* kernel messages */
#define VEC_SPURIOUS 0xff

#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER    4
#define PF_FETCH   16

/*
 * Supplied by the rooms above (linked by name; each comment says the context).
 */

/* main/trap.c: a system call with our RAX; never returns (it ends in
 * core_loop() or arch_return_to_user()).  Interrupts on, own kthread stack. */
void trap_syscall(struct user_context *frame);
/* A syscall instruction with a foreign RAX. */
void trap_foreign_syscall(struct user_context *frame);
/* Any exception from user mode; fault_va is the address of a page fault, else
 * 0.  Interrupts on.  Ends like trap_syscall(). */
void trap_user_exception(struct user_context *frame, uintptr_t fault_va);
/* An interrupt, from user mode or kernel, interrupts off, irq_depth raised.
 * Acknowledges are done by arch.  From user mode the stub afterwards calls
 * trap_user_irq_exit(); from the kernel it just returns. */
void trap_irq(struct user_context *frame, unsigned int vector);
/* After an interrupt from user mode: routine messages, rescheduling.  May
 * return (then the user context is resumed as it is) or not. */
void trap_user_irq_exit(void);
/* Page fault on a user address from kernel mode, outside the exception table's
 * nowait forms: interrupts as interrupted.  0: resolved, retry; else fix up. */
int trap_kernel_user_fault(uintptr_t va, uint64_t error);
