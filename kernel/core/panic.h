// SPDX-License-Identifier: MIT
/*
 * Panic: stops all cores by NMI, prints `PANIC: ...`, registers, and a
 * symbolised backtrace of each core, then ends with machine_debug_exit(1), or
 * halts with the kernel argument `panic=halt`.
 *
 * Backtraces follow frame pointers, check each against the stack's bounds or by
 * nofault reads, and stop at the first that is bad; those of user mode stop
 * below ROS_USER_MIN.  They never fault.
 */
#pragma once

#include <stdint.h>

struct user_context;

/* Prints "#n address symbol+offset" lines. */
void backtrace_print(uintptr_t pc, uintptr_t fp);
void backtrace_here(void);
void backtrace_user(const struct user_context *ctx);
/* A kernel-mode trap that nothing handles. */
void __attribute__((noreturn)) panic_trap(struct user_context *frame);
/* NMI handler: another core panics, or the monitor wants a backtrace. */
void panic_nmi(struct user_context *frame);

/* Symbols (table made by tools/ksyms.py). */
const char *ksym_name(uintptr_t pc, uintptr_t *offset); /* NULL: unknown */
uintptr_t ksym_addr(const char *name);			/* 0: unknown */
