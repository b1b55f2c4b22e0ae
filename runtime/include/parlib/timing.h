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

/* ns = base + ((tsc - tsc_base) * mult >> shift): pure, for tests. */
static inline uint64_t timepage_scale(uint64_t ticks, uint64_t mult,
				      uint32_t shift)
{
	return (uint64_t)(((unsigned __int128)ticks * mult) >> shift);
}
