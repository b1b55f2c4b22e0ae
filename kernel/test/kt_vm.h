// SPDX-License-Identifier: MIT
/* What the tests of vm share: user memory of an address space that is loaded on
 * this core, reached through faults as a program would. */
#pragma once

#include <arch/trap.h>
#include <arch/uaccess.h>
#include <ros/errno.h>
#include <test/ktest.h>
#include <vm/vm.h>

/* A new one, which this kthread then works in. */
struct aspace *uv_enter(void);
void uv_leave(struct aspace *as);
static inline void uv_switch(struct aspace *as)
{
	(void)aspace_borrow(as); /* kthreads of tests have none of their own */
}
/* Read-write; pc NULL: anonymous; addr 0: anywhere. */
uintptr_t uv_map(struct aspace *as, uintptr_t addr, size_t pages,
		 struct pagecache *pc, uint32_t flags);
/* False: the fault was refused. */
bool uv_write(struct aspace *as, uintptr_t va, uint64_t v);
bool uv_read(struct aspace *as, uintptr_t va, uint64_t *v);
