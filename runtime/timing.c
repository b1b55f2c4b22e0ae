// SPDX-License-Identifier: MIT
/* Time without the kernel: ros/time.h says how the page is read. */
#include <parlib/timing.h>

static uint64_t read_timepage(bool wall)
{
	const struct ros_timepage *t =
		(const struct ros_timepage *)procinfo()->timepage;
	uint64_t base, ns, start;
	uint32_t seq;

	for (;;) {
		/* Acquire pairs with the kernel's release that makes it even. */
		seq = __atomic_load_n(&t->seq, __ATOMIC_ACQUIRE);
		base = wall ? t->wall_base_ns : t->mono_base_ns;
		start = t->tsc_base;
		ns = timepage_scale(read_tsc() - start, t->mult, t->shift);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (likely(!(seq & 1) &&
			   __atomic_load_n(&t->seq, __ATOMIC_RELAXED) == seq))
			return base + ns;
		cpu_relax();
	}
}

uint64_t time_mono_ns(void)
{
	return read_timepage(false);
}

uint64_t time_wall_ns(void)
{
	return read_timepage(true);
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
