// SPDX-License-Identifier: MIT
/* Sleep and signals. */
#include "bench.h"

#include <signal.h>

void t_nanosleep_1ms(long n) /* op value: overshoot past 1 ms */
{
	struct timespec ms = { 0, 1000000 };
	double tot = 0, tsc = 0, max = 0;
	nanosleep(&ms, 0);
	for (long i = 0; i < n; i++) {
		uint64_t c = tsc_now(), a = ns_now();
		nanosleep(&ms, 0);
		double d = (double)(ns_now() - a), q = (double)(tsc_now() - c);
		tsc += q * (d - 1e6) / d;
		tot += d - 1e6;
		if (d - 1e6 > max)
			max = d - 1e6;
	}
	bench("nanosleep_1ms_overshoot", n, tsc, tot);
	info("nanosleep_1ms_overshoot_max", max, "ns");
}

static volatile sig_atomic_t sigs;
static void on_usr1(int s)
{
	(void)s;
	sigs++;
}

void t_signal_raise(long n)
{
	struct sigaction sa;
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_usr1;
	CK(sigaction(SIGUSR1, &sa, 0));
	for (long i = 0; i < 20; i++)
		raise(SIGUSR1);
	start();
	for (long i = 0; i < n; i++)
		raise(SIGUSR1);
	stop();
	if (sigs < n) {
		fail("lost-signals");
		return;
	}
	done(n);
}
