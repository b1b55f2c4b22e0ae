// SPDX-License-Identifier: MIT
/* User contexts: made loadable, saved, loaded.  Rules: arch/context.h */
#include <arch/context.h>

#include <arch/asm.h>
#include <arch/cpu.h>
#include <lib/string.h>
#include <ros/syscall.h>

DEFINE_PERCPU(struct user_context, user_frame) __attribute__((aligned(64)));

_Static_assert(offsetof(struct user_context, rdi) == CTX_RDI &&
	       offsetof(struct user_context, rax) == CTX_RAX &&
	       offsetof(struct user_context, vector) == CTX_VECTOR &&
	       offsetof(struct user_context, rip) == CTX_RIP &&
	       offsetof(struct user_context, rsp) == CTX_RSP &&
	       offsetof(struct user_context, fsbase) == CTX_HWEND,
	       "user_context as assembly knows it");
_Static_assert(SYSCALL_MAGIC == ROS_SYSCALL_MAGIC, "as assembly knows it");
_Static_assert(CTX_HWEND % 16 == 0, "the CPU aligns a trap's stack");

/* CF PF AF ZF SF TF DF OF ID; IF and the constant 1 are always set. */
#define FLAGS_USER  0x200dd5
#define FLAGS_FIXED 0x202

void user_context_sanitize(struct user_context *ctx)
{
	ctx->cs = SEL_UCODE;
	ctx->ss = SEL_UDATA;
	ctx->rflags = (ctx->rflags & FLAGS_USER) | FLAGS_FIXED;
	/* Address 0 is never mapped: the program faults, not we. */
	if (ctx->rip >= USER_END)
		ctx->rip = 0;
	if (ctx->rsp >= USER_END)
		ctx->rsp = 0;
	if (ctx->fsbase >= USER_END)
		ctx->fsbase = 0;
	ctx->type = ROS_HW_CTX;
	ctx->flags = 0;
}

void user_context_init(struct user_context *ctx, uintptr_t pc, uintptr_t sp)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->rip = pc;
	ctx->rsp = sp;
	user_context_sanitize(ctx);
}

static uint64_t read_fsbase(void)
{
	uint64_t v;

	asm volatile("rdfsbase %0" : "=r"(v));
	return v;
}

void user_frame_save(struct user_context *ctx)
{
	*ctx = *this_cpu_ptr(user_frame);
	ctx->fsbase = read_fsbase();
	ctx->type = ROS_HW_CTX;
	ctx->flags = 0;
}

void user_frame_load(const struct user_context *ctx)
{
	struct user_context *frame = this_cpu_ptr(user_frame);

	*frame = *ctx;
	user_context_sanitize(frame);
	asm volatile("wrfsbase %0" ::"r"(frame->fsbase));
}

/* While the kernel runs the user's GS base is the other one of the pair. */
void arch_set_user_gs(uintptr_t gs)
{
	uint64_t fl = irq_save();

	asm volatile("swapgs; wrgsbase %0; swapgs" ::"r"(gs) : "memory");
	irq_restore(fl);
}
