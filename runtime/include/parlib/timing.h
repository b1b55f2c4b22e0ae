// SPDX-License-Identifier: MIT
/* Time from the time page and the time stamp counter, without the kernel. */
#pragma once

#include <parlib/arch.h>
#include <ros/time.h>

uint64_t time_mono_ns(void); /* since boot */
uint64_t time_wall_ns(void); /* since 1970 */

uint64_t nsec2tsc(uint64_t nsec);
uint64_t tsc2nsec(uint64_t tsc);
uint64_t usec2tsc(uint64_t usec);
uint64_t tsc2usec(uint64_t tsc);
uint64_t msec2tsc(uint64_t msec);
uint64_t sec2tsc(uint64_t sec);
uint64_t get_tsc_freq(void);
/* Busy for so long; for drivers and tests, not for waiting. */
void udelay(uint64_t usec);
void ndelay(uint64_t nsec);

/* ns = base + (ticks * mult >> shift), shift below 64. */
static inline uint64_t timepage_scale(uint64_t ticks, uint64_t mult,
				      uint32_t shift)
{
	return (uint64_t)(((unsigned __int128)ticks * mult) >> (shift & 63));
}

/* x * to / from, with no overflow between; from is not 0. */
static inline uint64_t time_rescale(uint64_t x, uint64_t to, uint64_t from)
{
	uint64_t rest = x % from, high;

	/* 128 by 64 bits: rest < from, so the quotient fits. */
	asm("mulq %3\n\tdivq %4"
	    : "=a"(rest), "=&d"(high)
	    : "0"(rest), "r"(to), "r"(from)
	    : "cc");
	return x / from * to + rest;
}

/* How the page is read: ros/time.h.  Inline, as clocks are asked very often. */
static inline __attribute__((always_inline)) uint64_t timepage_read(bool wall)
{
	const struct ros_timepage *t =
		(const struct ros_timepage *)procinfo()->timepage;
	uint64_t base, ns;
	uint32_t seq;

	for (;;) {
		/* Pairs with the kernel's release that makes it even. */
		seq = __atomic_load_n(&t->seq, __ATOMIC_ACQUIRE);
		base = wall ? t->wall_base_ns : t->mono_base_ns;
		ns = timepage_scale(read_tsc() - t->tsc_base, t->mult,
				    t->shift);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (likely(!(seq & 1) &&
			   __atomic_load_n(&t->seq, __ATOMIC_RELAXED) == seq))
			return base + ns;
		cpu_relax();
	}
}
