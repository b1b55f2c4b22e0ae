// SPDX-License-Identifier: MIT
/* What the runtime's files know of each other and nobody else does. */
#pragma once

#include <parlib/uthread.h>

void event_lib_init(void);
void thread0_init(void);
bool vcore_owns_page(uintptr_t page); /* not to be unmapped */

void __attribute__((noreturn)) vcore_main(int fresh);
void __attribute__((noreturn)) uthread_left(struct uthread *u);

/* Assembly. */
extern char __kernel_vcore_entry[];
void __attribute__((noreturn)) pop_hw_ctx(struct user_context *u_ctx);
void __attribute__((noreturn)) pop_sw_ctx(struct user_context *u_ctx);
void uthread_switch(struct uthread *u);
