// SPDX-License-Identifier: MIT
/*
 * The frame of a signal handler: Linux's struct rt_sigframe for x86-64, so that
 * handlers, unwinders and debuggers find what they know.
 *
 * From high to low addresses: the interrupted stack, its 128-byte red zone, the
 * FPU area (64-aligned, XSAVE or FXSAVE), the siginfo, the ucontext, the return
 * address.  Runs in vcore context: the FPU registers still hold the thread's
 * values, and are saved straight into the frame.
 */
#include "linux.h"

#include "signals.h"
#include "../runtime/runtime_priv.h"

#define RED_ZONE      128
#define RFLAGS_FIXED  0x202UL
#define RFLAGS_DF     0x400UL
#define RFLAGS_TF     0x100UL
#define MXCSR_DEFAULT 0x1f80

#define SS_ONSTACK  1
#define SS_DISABLE  2
#define MINSIGSTKSZ 2048

#define XSAVE_HEADER_OFF 512
#define XSAVE_HEADER_LEN 64

struct lx_mcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2;
	void *fpstate;
	uint64_t reserved[8];
};
ROS_ASSERT_SIZE(struct lx_mcontext, 256);

struct lx_ucontext {
	uint64_t flags;
	struct lx_ucontext *link;
	struct lx_stack stack;
	struct lx_mcontext mc;
	uint64_t sigmask;
};

struct rt_sigframe {
	uint64_t pretcode;
	struct lx_ucontext uc;
	struct lx_siginfo info;
};

static struct lx_stack altstack = { .flags = SS_DISABLE };

static bool on_altstack(uint64_t sp)
{
	return altstack.size && sp - altstack.sp - 1 < altstack.size;
}

static int stack_flags(uint64_t sp)
{
	if (!altstack.size)
		return SS_DISABLE;
	return on_altstack(sp) ? SS_ONSTACK : 0;
}

LX(sigaltstack)
{
	const struct lx_stack *want = (const struct lx_stack *)a;
	struct lx_stack *old = (struct lx_stack *)b, set = { 0 };
	uint64_t sp = (uint64_t)__builtin_frame_address(0);

	if (want)
		set = *want;
	if (old) {
		*old = altstack;
		old->flags = stack_flags(sp);
	}
	if (!want)
		return 0;
	if (on_altstack(sp))
		return -EPERM;
	if (set.flags & ~SS_DISABLE)
		return -EINVAL;
	if (set.flags & SS_DISABLE)
		set = (struct lx_stack){ .flags = SS_DISABLE };
	else if (set.size < MINSIGSTKSZ)
		return -ENOMEM;
	altstack = set;
	return 0;
}

/* ------------------------------------------------------------------ FPU */

static size_t fpu_area_size(void)
{
	return procinfo()->xsave_mask ? procinfo()->fpu_size : 512;
}

static void fpu_save_to(void *area)
{
	uint64_t mask = procinfo()->xsave_mask;

	if (!mask) {
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
		return;
	}
	memset((char *)area + XSAVE_HEADER_OFF, 0, XSAVE_HEADER_LEN);
	asm volatile("xsave64 (%0)"
		     :
		     : "r"(area), "a"((uint32_t)mask), "d"(mask >> 32)
		     : "memory");
}

static void fpu_load_from(const void *area)
{
	uint64_t mask = procinfo()->xsave_mask;

	if (!mask)
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
	else
		asm volatile("xrstor64 (%0)"
			     :
			     : "r"(area), "a"((uint32_t)mask), "d"(mask >> 32)
			     : "memory");
}

/* What the calling convention wants at a function's entry. */
static void fpu_reset(void)
{
	uint32_t mxcsr = MXCSR_DEFAULT;

	asm volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

/* -------------------------------------------------------------- contexts */

static uint16_t read_cs(void)
{
	uint16_t v;

	asm volatile("mov %%cs, %0" : "=r"(v));
	return v;
}

static uint16_t read_ss(void)
{
	uint16_t v;

	asm volatile("mov %%ss, %0" : "=r"(v));
	return v;
}

/* A software context keeps few registers: the rest was dead at the call. */
static void make_hw(struct user_context *ctx)
{
	if (ctx->type == ROS_HW_CTX)
		return;
	ctx->r11 = ctx->r10 = ctx->r9 = ctx->r8 = 0;
	ctx->rdi = ctx->rsi = ctx->rdx = ctx->rcx = ctx->rax = 0;
	ctx->vector = ctx->error = 0;
	ctx->cs = read_cs();
	ctx->ss = read_ss();
	ctx->rflags = RFLAGS_FIXED;
	ctx->type = ROS_HW_CTX;
}

/* The registers that both hold, by name. */
#define FOR_EACH_REG(X)                                                        \
	X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15) X(rdi) X(rsi)    \
	X(rbp) X(rbx) X(rdx) X(rax) X(rcx) X(rsp) X(rip) X(rflags)
#define STORE_REG(reg) mc->reg = ctx->reg;
#define LOAD_REG(reg)  ctx->reg = mc->reg;

static void mcontext_fill(struct lx_mcontext *mc,
			  const struct user_context *ctx)
{
	FOR_EACH_REG(STORE_REG)
	mc->cs = ctx->cs;
	mc->gs = mc->fs = 0;
	mc->ss = ctx->ss;
	mc->err = ctx->error;
	mc->trapno = ctx->vector;
	mc->cr2 = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(mc->reserved); i++)
		mc->reserved[i] = 0;
}

static void mcontext_load(struct user_context *ctx,
			  const struct lx_mcontext *mc)
{
	FOR_EACH_REG(LOAD_REG)
	/* Handlers may change registers, not these. */
	ctx->cs = read_cs();
	ctx->ss = read_ss();
	ctx->rflags |= RFLAGS_FIXED;
	ctx->vector = ctx->error = 0;
	ctx->fsbase = read_fsbase();
	ctx->type = ROS_HW_CTX;
	ctx->flags = 0;
}

void sigframe_push(struct user_context *ctx, const struct pending_sig *s,
		   const struct lx_sigaction *act, uint64_t mask)
{
	uint64_t sp = ctx->rsp;
	struct rt_sigframe *f;
	void *fpu;

	make_hw(ctx);
	if ((act->flags & SA_ONSTACK) && altstack.size && !on_altstack(sp))
		sp = altstack.sp + altstack.size;
	else
		sp -= RED_ZONE;
	sp = (sp - fpu_area_size()) & ~63UL;
	fpu = (void *)sp;
	/* At a function's entry the stack is 8 off a multiple of 16. */
	sp = ((sp - sizeof(*f)) & ~15UL) - 8;
	f = (struct rt_sigframe *)sp;

	f->pretcode = (uint64_t)linux_sigreturn;
	f->uc.flags = 0;
	f->uc.link = NULL;
	f->uc.stack = altstack;
	f->uc.stack.flags = stack_flags(ctx->rsp);
	mcontext_fill(&f->uc.mc, ctx);
	f->uc.mc.fpstate = fpu;
	f->uc.mc.oldmask = mask;
	f->uc.sigmask = mask;
	siginfo_fill(&f->info, s);
	if (s->sig == ROS_SIGSEGV || s->sig == ROS_SIGBUS)
		f->uc.mc.cr2 = s->value;
	fpu_save_to(fpu);
	fpu_reset();

	ctx->rip = act->handler;
	ctx->rsp = sp;
	ctx->rdi = s->sig;
	ctx->rsi = (uint64_t)&f->info;
	ctx->rdx = (uint64_t)&f->uc;
	ctx->rax = 0;
	ctx->vector = 0; /* not in a system call any more */
	ctx->rflags &= ~(RFLAGS_DF | RFLAGS_TF);
}

/* From sigreturn.S: off the handler's stack, and in vcore context. */
void __attribute__((noreturn)) linux_sigreturn_vc(struct lx_ucontext *uc)
{
	struct uthread *u = current_uthread();
	uint64_t mask = uc->sigmask & ~SIG_UNBLOCKABLE;

	mcontext_load(&u->u_ctx, &uc->mc);
	if (uc->mc.fpstate)
		fpu_load_from(uc->mc.fpstate);
	sig_set_mask(mask);
	vcore_main(0);
}

LX(rt_sigreturn)
{
	return lx_missing(n);
}
