// SPDX-License-Identifier: MIT
/* The first C function above arch: the table, then self tests or /bin/init. */
#include <main/main.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/kthread.h>
#include <lib/log.h>
#include <mm/frame.h>
#include <test/ktest.h>

/* In a partial build some steps are missing. */
static void run_step(const struct init_step *s, bool timed)
{
	uint64_t start = read_tsc();

	if (!s->fn)
		return;
	s->fn();
	if (timed)
		log("initcall %s: %lu ticks", s->name, read_tsc() - start);
}

/* `failalloc=N`: the Nth allocation after the start of init fails. */
static void arm_faults(void)
{
	long n = boot_option_num("failalloc", 0);

	if (!n)
		return;
	if (IS_ENABLED(CONFIG_FAULT_INJECT))
		mm_fail_nth(n);
	else
		log("failalloc: this kernel has no fault injection");
}

static const struct init_step first_process = { "init", proc_start_init };

void __noreturn kernel_main(void)
{
	char buf[64];
	bool timed = boot_option("initcall", buf, sizeof(buf));

	for (unsigned int i = 0; i < init_table_len; i++)
		run_step(&init_table[i], timed);
	if (!boot_option("ktest", buf, sizeof(buf))) {
		run_step(&first_process, timed);
		arm_faults();
	} else if (IS_ENABLED(CONFIG_KTEST)) {
		ktest_start(buf);
	} else {
		log("ktest: this kernel has no self tests (make KTEST=1)");
		machine_debug_exit(2);
	}
	core_loop();
}
