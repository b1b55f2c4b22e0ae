// SPDX-License-Identifier: MIT
/* The machine's clocks and the time page.  Rules: proc/time.h, ros/time.h */
#include <proc/time.h>

#include <arch/machine.h>
#include <lib/assert.h>
#include <mm/frame.h>
#include <ros/time.h>
#include <sync/seqlock.h>
#include <sync/spinlock.h>

#define NS_PER_SEC 1000000000UL

static struct spinlock time_lock = SPINLOCK_INIT("time_lock");
static struct frame *time_frame;
static struct ros_timepage *page;

/*
 * mult = 10^9 * 2^shift / freq by long division, with the largest shift that
 * keeps it in 64 bits: an error below a nanosecond in centuries.
 */
static void rate_set(uint64_t freq)
{
	uint64_t mult = NS_PER_SEC / freq, rem = NS_PER_SEC % freq;
	uint32_t shift = 0;

	while (!(mult >> 62) && shift < 63) {
		rem <<= 1;
		mult = mult << 1 | (rem >= freq);
		if (rem >= freq)
			rem -= freq;
		shift++;
	}
	page->mult = mult;
	page->shift = shift;
}

void time_init(void)
{
	time_frame = frame_alloc(MM_ZERO);
	if (!time_frame)
		panic("no memory for the time page");
	page = frame_to_virt(time_frame);
	page->version = ROS_ABI_VERSION;
	page->tsc_freq = tsc_freq ? tsc_freq : NS_PER_SEC;
	rate_set(page->tsc_freq);
	page->tsc_base = read_tsc();
	page->mono_base_ns = tsc_to_ns(page->tsc_base);
	page->wall_base_ns = rtc_read() * NS_PER_SEC;
}

struct frame *time_page_frame(void)
{
	return time_frame;
}

static uint64_t since_base(void)
{
	unsigned __int128 wide =
		(unsigned __int128)(read_tsc() - page->tsc_base) * page->mult;

	return wide >> page->shift;
}

/* tsc_base, mult and shift never change. */
uint64_t time_mono_ns(void)
{
	return page->mono_base_ns + since_base();
}

static struct seqcount *page_seq(void)
{
	return (struct seqcount *)&page->seq;
}

uint64_t time_wall_ns(void)
{
	uint64_t base;
	uint32_t seq;

	do {
		seq = seq_read_begin(page_seq());
		base = __atomic_load_n(&page->wall_base_ns, __ATOMIC_RELAXED);
	} while (seq_read_retry(page_seq(), seq));
	return base + since_base();
}

void time_set_wall(uint64_t ns)
{
	scoped_spin(&time_lock) {
		uint64_t base = ns - since_base();

		seq_write_begin(page_seq());
		__atomic_store_n(&page->wall_base_ns, base, __ATOMIC_RELAXED);
		seq_write_end(page_seq());
	}
}
