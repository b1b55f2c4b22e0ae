// SPDX-License-Identifier: MIT
/*
 * The time stamp counter's rate, and the local APIC timer's.
 *
 * In this order: the processor or hypervisor says it (CPUID 0x15, 0x40000010);
 * an emulator's counter that counts instructions, which is one per nanosecond
 * by definition; measured against the ACPI PM timer, the PIT, or under a
 * hypervisor the local APIC's timer, whose rate is then known.  Measuring takes
 * a few ms: under `-icount` each would be a million instructions.
 *
 * Two readings of the other clock are each enclosed by two of the TSC; the
 * closest enclosure of several tries counts, so that a host that takes the CPU
 * away in between does no harm.
 */
#include <arch/boot.h>
#include <arch/platform_priv.h>
#include <lib/log.h>
#include <lib/string.h>

#define GHZ	  1000000000UL
#define MIN_SANE  (100 * 1000000UL)
#define MAX_SANE  (15 * GHZ)
#define FRACTION  60 /* bits behind the point of the two factors below */

uint64_t tsc_freq;
static uint64_t ns_per_tick, ticks_per_ns;

uint64_t tsc_to_ns(uint64_t ticks)
{
	return (unsigned __int128)ticks * ns_per_tick >> FRACTION;
}

uint64_t ns_to_tsc(uint64_t ns)
{
	return (unsigned __int128)ns * ticks_per_ns >> FRACTION;
}

/* (n << FRACTION) / d, which the caller knows to fit. */
static uint64_t factor(uint64_t n, uint64_t d)
{
	uint64_t hi = n >> (64 - FRACTION), lo = n << FRACTION, q, r;

	asm("div %4" : "=a"(q), "=d"(r) : "0"(lo), "1"(hi), "r"(d));
	return q;
}

/* a * b / c, likewise. */
static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t hi, lo, q, r;

	asm("mul %3" : "=a"(lo), "=d"(hi) : "0"(a), "r"(b));
	asm("div %4" : "=a"(q), "=d"(r) : "0"(lo), "1"(hi), "r"(c));
	return q;
}

void delay_us(uint64_t us)
{
	uint64_t end = read_tsc() + us * (tsc_freq / 1000000);

	while (read_tsc() < end)
		cpu_relax();
}

uint32_t hypervisor_leaf(char name[13])
{
	uint32_t a, b, c, d;

	memset(name, 0, 13);
	cpuid(1, 0, &a, &b, &c, &d);
	if (!(c >> 31))
		return 0;
	cpuid(0x40000000, 0, &a, &b, &c, &d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
	return a;
}

static bool sane(uint64_t hz)
{
	return hz >= MIN_SANE && hz <= MAX_SANE;
}

static uint64_t freq_from_cpuid(void)
{
	uint32_t a, b, c, d;
	uint64_t hz = 0;
	char name[13];

	cpuid(0, 0, &a, &b, &c, &d);
	if (a >= 0x15) {
		cpuid(0x15, 0, &a, &b, &c, &d);
		if (a && b && c)
			hz = (uint64_t)c * b / a;
	}
	if (!sane(hz) && hypervisor_leaf(name) >= 0x40000010) {
		cpuid(0x40000010, 0, &a, &b, &c, &d);
		hz = a * 1000UL;
	}
	return sane(hz) ? hz : 0;
}

static uint64_t time_loop(uint32_t turns)
{
	uint64_t t0 = read_tsc();

	asm volatile("1: dec %0; jnz 1b" : "+r"(turns));
	return read_tsc() - t0;
}

/* QEMU -icount: n turns more take exactly 2n << shift ticks more, each time. */
static bool counts_instructions(void)
{
	uint64_t last, step = 0;
	char name[13];

	hypervisor_leaf(name);
	if (strcmp(name, "TCGTCGTCGTCG") != 0)
		return false;
	last = time_loop(32);
	for (uint32_t n = 64; n <= 256; n += 32) {
		uint64_t now = time_loop(n);

		if (step && now - last != step)
			return false;
		step = now - last;
		last = now;
	}
	return step >= 64 && (step & (step - 1)) == 0;
}

/* A clock of known rate that counts up, modulo mask + 1. */
struct ref_clock {
	const char *name;
	uint64_t hz;
	uint32_t mask;
	uint32_t (*read)(void);
};

static uint32_t pm_timer_read(void)
{
	return inl(acpi_fixed.pm_timer_port);
}

#define PIT_HZ	      1193182
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PIT_GATE      0x61
#define PIT_COUNT_2   0xb4 /* channel 2, both bytes, mode 2, binary */
#define PIT_LATCH_2   0x80

static void pit_start(void)
{
	outb(PIT_GATE, (inb(PIT_GATE) & ~2) | 1); /* gate on, speaker off */
	outb(PIT_COMMAND, PIT_COUNT_2);
	outb(PIT_CHANNEL2, 0);
	outb(PIT_CHANNEL2, 0);
}

static uint32_t pit_read(void)
{
	uint32_t lo;

	outb(PIT_COMMAND, PIT_LATCH_2);
	lo = inb(PIT_CHANNEL2);
	return -(inb(PIT_CHANNEL2) << 8 | lo);
}

static uint32_t lapic_read_up(void)
{
	return -apic_timer_count();
}

static bool moves(const struct ref_clock *c)
{
	uint32_t first = c->read();

	for (int i = 0; i < 10000; i++)
		if (c->read() != first)
			return true;
	return false;
}

static uint64_t enclosed(uint32_t (*read)(void), uint32_t *v)
{
	uint64_t best = UINT64_MAX, tsc = 0;

	*v = 0;

	for (int i = 0; i < 5; i++) {
		uint64_t t0 = read_tsc(), t1;
		uint32_t now = read();

		t1 = read_tsc();
		if (t1 - t0 >= best)
			continue;
		best = t1 - t0;
		tsc = t0 + best / 2;
		*v = now;
	}
	return tsc;
}

#define WINDOW_PER_S 250 /* 4 ms */

/* The rates over one window. */
static uint64_t measure(const struct ref_clock *c, uint64_t *lapic_hz)
{
	uint32_t window = c->hz / WINDOW_PER_S, r0, r1, l0, l1;
	uint64_t t0, t1, lt0, lt1, hz;

	t0 = enclosed(c->read, &r0);
	lt0 = enclosed(lapic_read_up, &l0);
	while (((c->read() - r0) & c->mask) < window)
		cpu_relax();
	t1 = enclosed(c->read, &r1);
	lt1 = enclosed(lapic_read_up, &l1);
	hz = mul_div(t1 - t0, c->hz, (r1 - r0) & c->mask);
	*lapic_hz = lt1 > lt0 ? mul_div(l1 - l0, hz, lt1 - lt0) : 0;
	return hz;
}

/* Until two windows agree to 1 in 200: the PIT wraps within 55 ms, for which
 * a host can well take the processor away. */
static uint64_t measure_twice(const struct ref_clock *c, uint64_t *lapic_hz)
{
	uint64_t last = 0, hz = 0;

	for (int i = 0; i < 10; i++) {
		hz = measure(c, lapic_hz);
		if (last && hz - last + hz / 200 <= hz / 100)
			break;
		last = hz;
	}
	return hz;
}

static uint64_t measured(uint64_t *lapic_hz, const char **how)
{
	struct ref_clock pm = { "the ACPI PM timer", 3579545, 0xffffff,
				pm_timer_read };
	struct ref_clock pit = { "the PIT", PIT_HZ, 0xffff, pit_read };
	struct ref_clock lapic = { "the local APIC timer, taken as 1 GHz", GHZ,
				   UINT32_MAX, lapic_read_up };
	struct ref_clock *c = NULL;
	char name[13];

	if (acpi_fixed.pm_timer_port && moves(&pm)) {
		c = &pm;
	} else {
		pit_start();
		if (moves(&pit))
			c = &pit;
		else if (hypervisor_leaf(name))
			c = &lapic;
	}
	if (!c) {
		*how = "a guess, for want of any other clock";
		return GHZ;
	}
	*how = c->name;
	return c == &pit ? measure_twice(c, lapic_hz) : measure(c, lapic_hz);
}

void tsc_init(void)
{
	uint64_t lapic_hz = GHZ;
	const char *how = "instruction counting", *unused;

	apic_timer_run_free();
	tsc_freq = freq_from_cpuid();
	if (tsc_freq) {
		how = "CPUID";
		if (!apic_timer_has_deadline()) /* the LAPIC's own rate */
			measured(&lapic_hz, &unused);
	} else if (counts_instructions()) {
		tsc_freq = GHZ;
	} else {
		tsc_freq = measured(&lapic_hz, &how);
	}
	ns_per_tick = factor(GHZ, tsc_freq);
	ticks_per_ns = factor(tsc_freq, GHZ);
	apic_timer_set_rate(lapic_hz);
	log("tsc: %lu.%03lu MHz by %s; APIC timer %lu.%03lu MHz",
	    tsc_freq / 1000000, tsc_freq / 1000 % 1000, how,
	    lapic_hz / 1000000, lapic_hz / 1000 % 1000);
}
