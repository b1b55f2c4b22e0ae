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

uint64_t nsec2tsc(uint64_t nsec)
{
	return time_rescale(nsec, get_tsc_freq(), 1000000000);
}

uint64_t tsc2nsec(uint64_t tsc)
{
	return time_rescale(tsc, 1000000000, get_tsc_freq());
}

uint64_t usec2tsc(uint64_t usec)
{
	return time_rescale(usec, get_tsc_freq(), 1000000);
}

uint64_t tsc2usec(uint64_t tsc)
{
	return time_rescale(tsc, 1000000, get_tsc_freq());
}

uint64_t msec2tsc(uint64_t msec)
{
	return time_rescale(msec, get_tsc_freq(), 1000);
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
