// SPDX-License-Identifier: MIT
/*
 * Contexts: what runs in user mode on this core, and kernel stacks.
 *
 * C1  The running user context lies in this_cpu(user_frame), not on a kernel
 *     stack: TSS.rsp0 points at its end, so that a trap from user mode pushes
 *     straight into it, and the entry stub then switches to
 *     percpu_head.kstack_top.  A kthread that has blocked must not touch it.
 * C2  FS base and the FPU stay in the registers while the kernel runs (which
 *     uses neither); they are saved only when the user context leaves the core
 *     (user_frame_save) and loaded when one comes (user_frame_load).
 * C3  GS base of user mode is the vcore's VCPD; arch_set_user_gs() before each
 *     return that starts or restarts a vcore.
 * C4  A context that comes from outside passes user_context_sanitize() before
 *     it is loaded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/percpu.h>
#include <ros/context.h>

DECLARE_PERCPU(struct user_context, user_frame);

/* Forces segments, flags (IF on, IOPL 0, no NT/AC/VM/RF; TF allowed) and
 * canonical rip, rsp, fsbase below USER_END.  Always leaves a loadable one. */
void user_context_sanitize(struct user_context *ctx);

/* A fresh context: everything zero but the arguments, flags and segments. */
void user_context_init(struct user_context *ctx, uintptr_t pc, uintptr_t sp);

/* Copies this_cpu(user_frame) (plus FS base) out, or in (sanitised; sets FS
 * base).  Interrupts off or no user context running. */
void user_frame_save(struct user_context *ctx);
void user_frame_load(const struct user_context *ctx);

/* Returns to user mode with this_cpu(user_frame).  Interrupts off; no lock
 * held; never returns.  Picks SYSRET or IRET. */
void __noreturn arch_return_to_user(void);

void arch_set_user_gs(uintptr_t gs);

/* The FPU (XSAVE area, 64-aligned, fpu_size() bytes; FXSAVE without XSAVE). */
size_t fpu_size(void);
uint64_t fpu_mask(void); /* 0: FXSAVE */
void fpu_save(void *area);
void fpu_restore(const void *area); /* our own copy: trusted content */
/* As fpu_restore for bytes that a user may have written: header and MXCSR are
 * checked first; a bad area loads the initial state and returns -EINVAL. */
int fpu_restore_user_copy(void *area);
void fpu_init_state(void);	   /* registers to the initial state */
void fpu_init_area(void *area);	   /* the same, into memory */

/*
 * Kernel stacks.  arch_kswitch() saves the callee-saved state on the current
 * stack, stores its pointer in *save and continues at `to` (as saved before).
 * The caller has set kstack_top and canary for the new stack.
 */
void arch_kswitch(uintptr_t *save, uintptr_t to);
/* Leaves this stack for good and runs fn(arg) at `top`; fn must not return. */
void __noreturn arch_run_on_stack(uintptr_t top, void (*fn)(void *), void *arg);
/* As arch_kswitch() to a stack that has not run yet. */
void arch_kswitch_new(uintptr_t *save, uintptr_t top, void (*fn)(void *),
		      void *arg);
