// SPDX-License-Identifier: MIT
/*
 * Backtraces: along the frame pointers, with each read allowed to fail.
 * Rules: core/panic.h
 *
 * A frame is [saved frame pointer][return address].  On one stack the pointers
 * grow; a step to another stack (an interrupt's to the interrupted one's) may
 * go anywhere, but there are few of these.
 */
#include <core/panic.h>

#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/uaccess.h>
#include <core/console.h>
#include <core/core_priv.h>
#include <ros/memlayout.h>

#define MAX_FRAMES 32
#define MAX_JUMPS  3

/* Where kernel stacks are: never read a device by a wild pointer. */
static bool may_be_stack(uintptr_t fp)
{
	if (fp & 7)
		return false;
	return (fp >= KVMAP_BASE && fp < KVMAP_BASE + KVMAP_SIZE) ||
	       (fp >= (uintptr_t)data_start && fp < (uintptr_t)data_end);
}

static bool is_text(uintptr_t pc)
{
	return pc >= (uintptr_t)text_start && pc < (uintptr_t)text_end;
}

unsigned int backtrace_collect(uintptr_t pc, uintptr_t fp, uintptr_t *pcs,
			       unsigned int max)
{
	unsigned int nr = 0, jumps = 0;
	uintptr_t frame[2];

	while (nr < max) {
		pcs[nr++] = pc;
		if (!may_be_stack(fp) ||
		    copy_from_kernel_nofault(frame, (const void *)fp,
					     sizeof(frame)) ||
		    !is_text(frame[1]))
			break;
		if (frame[0] <= fp && frame[0] && ++jumps > MAX_JUMPS)
			break;
		fp = frame[0];
		pc = frame[1];
	}
	return nr;
}

/* arch_kswitch() has pushed rbp first, under its return address; r15 is what
 * sp points at. */
unsigned int backtrace_kthread(const struct kthread *k, uintptr_t *pcs,
			       unsigned int max)
{
	uintptr_t frame[2];

	if (copy_from_kernel_nofault(frame, (const void *)(k->sp + 5 * 8),
				     sizeof(frame)))
		return 0;
	return backtrace_collect(frame[1], frame[0], pcs, max);
}

void backtrace_print_pcs(const uintptr_t *pcs, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		uintptr_t off;
		/* A return address may be the next function's first. */
		const char *sym = ksym_name(pcs[i] - (i ? 1 : 0), &off);

		if (sym)
			kprintf("#%u %lx %s+0x%lx\n", i, pcs[i], sym,
				off + (i ? 1 : 0));
		else
			kprintf("#%u %lx\n", i, pcs[i]);
	}
}

void backtrace_print(uintptr_t pc, uintptr_t fp)
{
	uintptr_t pcs[MAX_FRAMES];

	backtrace_print_pcs(pcs, backtrace_collect(pc, fp, pcs, MAX_FRAMES));
}

void __noinline backtrace_here(void)
{
	backtrace_print((uintptr_t)__builtin_return_address(0),
			*(uintptr_t *)__builtin_frame_address(0));
}

void backtrace_user(const struct user_context *ctx)
{
	uintptr_t pc = ctx->rip, fp = ctx->rbp, frame[2];

	for (unsigned int i = 0; i < MAX_FRAMES; i++) {
		kprintf("#%u %lx\n", i, pc);
		/* S10: nothing is ever mapped below. */
		if (fp < ROS_USER_MIN || (fp & 7) ||
		    copy_from_user_nofault(frame, (const void *)fp,
					   sizeof(frame)))
			break;
		if (frame[0] <= fp && frame[0])
			break;
		fp = frame[0];
		pc = frame[1];
	}
}
