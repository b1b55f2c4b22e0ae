// SPDX-License-Identifier: MIT
/*
 * The floating-point and vector registers.
 *
 * Areas are in the standard (not compacted) XSAVE format, Intel SDM volume 1,
 * chapter 13: 512 bytes of FXSAVE format, a header of 64, then the components.
 */
#include <arch/context.h>

#include <arch/cpu.h>
#include <arch/cpu_priv.h>
#include <arch/extable.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <ros/errno.h>

#define CPUID1_XSAVE (1u << 26)
#define CR4_OSXSAVE  (1u << 18)
/* x87, SSE, AVX, AVX-512 (three parts) */
#define XCR0_WANTED 0xe7UL
#define FXSAVE_SIZE 512
#define FCW_INIT    0x37f
#define MXCSR_INIT  0x1f80

struct fxsave {
	uint16_t fcw, fsw, ftw, fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t regs[480];
};
_Static_assert(sizeof(struct fxsave) == FXSAVE_SIZE, "FXSAVE area");

struct xarea {
	struct fxsave fx;
	uint64_t xstate_bv, xcomp_bv, reserved[6];
};

static uint64_t mask;	  /* 0: FXSAVE */
static size_t area_size;
static uint32_t mxcsr_ok; /* bits that may be set */
static struct xarea init_area __attribute__((aligned(64)));

void fpu_init_this_core(void)
{
	uint32_t a, b, c, d;
	uint64_t cr4, want = 0;

	cpuid(1, 0, &a, &b, &c, &d);
	if (c & CPUID1_XSAVE) {
		asm volatile("mov %%cr4, %0" : "=r"(cr4));
		asm volatile("mov %0, %%cr4" ::"r"(cr4 | CR4_OSXSAVE));
		cpuid(0xd, 0, &a, &b, &c, &d);
		want = (a | (uint64_t)d << 32) & XCR0_WANTED;
		asm volatile("xsetbv" ::"a"((uint32_t)want), "d"(0), "c"(0));
		cpuid(0xd, 0, &a, &b, &c, &d);
	}
	if (!area_size) { /* core 0 */
		mask = want;
		area_size = want ? b : FXSAVE_SIZE;
		init_area.fx.fcw = FCW_INIT;
		init_area.fx.mxcsr = MXCSR_INIT;
		asm volatile("fxsave %0" : "+m"(init_area.fx));
		mxcsr_ok = init_area.fx.mxcsr_mask ? init_area.fx.mxcsr_mask :
						     0xffbf;
		memset(&init_area, 0, sizeof(init_area));
		init_area.fx.fcw = FCW_INIT;
		init_area.fx.mxcsr = MXCSR_INIT;
	} else if (want != mask) {
		panic("the cores differ in their vector units");
	}
	fpu_init_state();
}

size_t fpu_size(void)
{
	return area_size;
}

uint64_t fpu_mask(void)
{
	return mask;
}

void fpu_save(void *area)
{
	struct xarea *x = area;

	if (!mask) {
		asm volatile("fxsave64 %0" : "=m"(x->fx));
		return;
	}
	/* XSAVE leaves these alone, XRSTOR wants zeros. */
	x->xstate_bv = 0;
	x->xcomp_bv = 0;
	memset(x->reserved, 0, sizeof(x->reserved));
	asm volatile("xsave64 (%0)" ::"r"(area), "a"((uint32_t)mask), "d"(0)
		     : "memory");
}

/* 0, or -EINVAL if the processor refuses the content. */
static int restore(const void *area)
{
	int ret = -EINVAL;

	if (mask)
		asm volatile("1: xrstor64 (%1)\n"
			     "xor %0, %0\n"
			     "2:\n" EXTABLE("1b", "2b", "2")
			     : "+r"(ret)
			     : "r"(area), "a"((uint32_t)mask), "d"(0)
			     : "memory");
	else
		asm volatile("1: fxrstor64 (%1)\n"
			     "xor %0, %0\n"
			     "2:\n" EXTABLE("1b", "2b", "2")
			     : "+r"(ret)
			     : "r"(area)
			     : "memory");
	return ret;
}

void fpu_restore(const void *area)
{
	if (restore(area))
		panic("bad vector state at 0x%lx", (uintptr_t)area);
}

void fpu_init_state(void)
{
	fpu_restore(&init_area);
}

void fpu_init_area(void *area)
{
	memset(area, 0, area_size);
	memcpy(area, &init_area, mask ? sizeof(init_area) : FXSAVE_SIZE);
}

static bool acceptable(const struct xarea *x)
{
	if (x->fx.mxcsr & ~mxcsr_ok)
		return false;
	if (!mask)
		return true;
	if (x->xstate_bv & ~mask || x->xcomp_bv)
		return false;
	for (int i = 0; i < 6; i++)
		if (x->reserved[i])
			return false;
	return true;
}

int fpu_restore_user_copy(void *area)
{
	if (acceptable(area) && restore(area) == 0)
		return 0;
	fpu_init_state();
	return -EINVAL;
}
