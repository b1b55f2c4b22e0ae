// SPDX-License-Identifier: MIT
/* Time without the kernel. */
#include <parlib/timing.h>

uint64_t time_mono_ns(void)
{
	return timepage_read(false);
}

uint64_t time_wall_ns(void)
{
	return timepage_read(true);
}

uint64_t get_tsc_freq(void)
{
	return procinfo()->tsc_freq;
}

/* x * to / from without overflow between; from > 0. */
static uint64_t rescale(uint64_t x, uint64_t to, uint64_t from)
{
	uint64_t whole = x / from, rest = x % from;

	/* rest < from, and both rates are below 2^34. */
	return whole * to + (to <= UINT32_MAX && from <= UINT32_MAX ?
				     rest * to / from :
				     (rest >> 4) * (to >> 4) / (from >> 8));
}

uint64_t nsec2tsc(uint64_t nsec)
{
	return rescale(nsec, get_tsc_freq(), 1000000000);
}

uint64_t tsc2nsec(uint64_t tsc)
{
	return rescale(tsc, 1000000000, get_tsc_freq());
}

uint64_t usec2tsc(uint64_t usec)
{
	return rescale(usec, get_tsc_freq(), 1000000);
}

uint64_t tsc2usec(uint64_t tsc)
{
	return rescale(tsc, 1000000, get_tsc_freq());
}

uint64_t msec2tsc(uint64_t msec)
{
	return rescale(msec, get_tsc_freq(), 1000);
}

uint64_t sec2tsc(uint64_t sec)
{
	return sec * get_tsc_freq();
}

void ndelay(uint64_t nsec)
{
	uint64_t start = read_tsc(), ticks = nsec2tsc(nsec);

	while (read_tsc() - start < ticks)
		cpu_relax();
}

void udelay(uint64_t usec)
{
	ndelay(usec * 1000);
}
