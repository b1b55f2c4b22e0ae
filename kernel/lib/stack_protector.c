// SPDX-License-Identifier: MIT
/* What compiled functions call when their stack frame was written over. */
#include <lib/assert.h>

void __noreturn __stack_chk_fail(void);

void __noreturn __stack_chk_fail(void)
{
	panic("stack smashed in the function that returns to %p",
	      __builtin_return_address(0));
}
