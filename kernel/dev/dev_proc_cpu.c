// SPDX-License-Identifier: MIT
/*
 * What #proc says of the cores: what they are, how busy they are.
 *
 * A core counts the time it has been halted and the time it had a process; the
 * rest is the kernel's.  The load averages are made of that when somebody asks,
 * so that nothing wakes an idle machine: over the time since the last question
 * the mean number of processes on cores is known exactly, and what waits in run
 * queues is taken as it stands.
 */
#include "dev_proc.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/percpu.h>
#include <dev/dev.h>
#include <lib/string.h>
#include <proc/time.h>
#include <sched/sched.h>

#define NS_PER_SEC   1000000000UL
#define NS_PER_CENTI 10000000UL

/* ---- stat, uptime ---- */

struct core_use {
	uint64_t user, system, idle; /* hundredths of a second */
};

static uint64_t idle_ns(unsigned int core)
{
	return tsc_to_ns(core_time_read(&per_cpu(core_idle_time, core)));
}

static uint64_t user_ns(unsigned int core)
{
	return tsc_to_ns(core_time_read(&per_cpu(core_user_time, core)));
}

static void core_use_get(unsigned int core, uint64_t now, struct core_use *u)
{
	u->user = user_ns(core) / NS_PER_CENTI;
	u->idle = idle_ns(core) / NS_PER_CENTI;
	u->system = now - MIN(u->user + u->idle, now);
}

static void stat_line(struct text *t, const struct core_use *u)
{
	text_printf(t, " %lu 0 %lu %lu 0 0 0 0 0 0\n", u->user, u->system,
		    u->idle);
}

/* Processes that run or wait for a core. */
static unsigned int nr_running(unsigned int *queued)
{
	unsigned int n = 0;

	*queued = 0;
	for (unsigned int i = 0; i < nr_cores; i++) {
		*queued += sched_queued(i);
		n += atomic_load(&per_cpu(core_user_time, i).since) != 0;
	}
	return n + *queued;
}

int show_stat_machine(struct text *t, struct proc *p)
{
	uint64_t now = time_mono_ns() / NS_PER_CENTI;
	struct core_use u, all = { 0 };
	unsigned int queued;

	for (unsigned int i = 0; i < nr_cores; i++) {
		core_use_get(i, now, &u);
		all.user += u.user;
		all.system += u.system;
		all.idle += u.idle;
	}
	text_bytes(t, "cpu ", 4);
	stat_line(t, &all);
	for (unsigned int i = 0; i < nr_cores; i++) {
		core_use_get(i, now, &u);
		text_printf(t, "cpu%u", i);
		stat_line(t, &u);
	}
	text_printf(t, "btime %lu\n",
		    (time_wall_ns() - time_mono_ns()) / NS_PER_SEC);
	text_printf(t, "procs_running %u\nprocs_blocked 0\n",
		    nr_running(&queued));
	return 0;
}

static uint64_t sum_ns(uint64_t (*of)(unsigned int core))
{
	uint64_t ns = 0;

	for (unsigned int i = 0; i < nr_cores; i++)
		ns += of(i);
	return ns;
}

int show_uptime(struct text *t, struct proc *p)
{
	uint64_t up = time_mono_ns() / NS_PER_CENTI;
	uint64_t idle = sum_ns(idle_ns) / NS_PER_CENTI;

	text_printf(t, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100,
		    idle % 100);
	return 0;
}

/* ---- load ---- */

#define FIX	  16 /* bits behind the point */
#define STEP_NS	  (5 * NS_PER_SEC)
#define STEPS_MAX 2000 /* then nothing is left of what was before */

/* exp(-5 s / 1, 5, 15 min) */
static const uint64_t decay[3] = { 60296, 64453, 65173 };

static struct spinlock load_lock = SPINLOCK_INIT("load");
static struct {
	uint64_t at_ns, used_ns;
	uint64_t avg[3]; /* FIX */
} load; /* [load_lock] */

static void load_step_locked(uint64_t now, uint64_t used, unsigned int queued)
{
	uint64_t ns = now - load.at_ns, steps = (ns + STEP_NS / 2) / STEP_NS;
	uint64_t more = used - MIN(used, load.used_ns);
	/* Milliseconds, so that the shift has room. */
	uint64_t x = (more / 1000000 << FIX) / (ns / 1000000) +
		     ((uint64_t)queued << FIX);

	for (uint64_t i = 0; i < MIN(steps, (uint64_t)STEPS_MAX); i++)
		for (int k = 0; k < 3; k++)
			load.avg[k] = (load.avg[k] * decay[k] +
				       x * ((1UL << FIX) - decay[k])) >> FIX;
	load.at_ns = now;
	load.used_ns = used;
}

static void load_get(uint64_t avg[3], unsigned int *running)
{
	unsigned int queued;

	*running = nr_running(&queued);
	scoped_spin(&load_lock) {
		uint64_t now = time_mono_ns();

		if (now - load.at_ns >= STEP_NS)
			load_step_locked(now, sum_ns(user_ns), queued);
		memcpy(avg, load.avg, sizeof(load.avg));
	}
}

uint64_t load_permille(void)
{
	unsigned int running;
	uint64_t avg[3];

	load_get(avg, &running);
	return avg[0] * 1000 >> FIX;
}

int show_loadavg(struct text *t, struct proc *p)
{
	unsigned int running;
	uint64_t avg[3];

	load_get(avg, &running);
	for (int k = 0; k < 3; k++) {
		uint64_t centi = (avg[k] * 100 + (1UL << (FIX - 1))) >> FIX;

		text_printf(t, "%lu.%02lu ", centi / 100, centi % 100);
	}
	text_printf(t, "%u/%u %d\n", running, proc_count(),
		    cur_proc() ? cur_proc()->pid : 0);
	return 0;
}

/* ---- cpuinfo ---- */

/* Names of CPUID bits, as Linux's tools call them: Intel's manual, volume 2,
 * CPUID; AMD's, volume 3, appendix E. */
static const char *const flags_1d[32] = {
	"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic",
	NULL, "sep", "mtrr", "pge", "mca", "cmov", "pat", "pse36", "pn",
	"clflush", NULL, "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss",
	"ht", "tm", "ia64", "pbe",
};
static const char *const flags_1c[32] = {
	"pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est",
	"tm2", "ssse3", "cid", "sdbg", "fma", "cx16", "xtpr", "pdcm", NULL,
	"pcid", "dca", "sse4_1", "sse4_2", "x2apic", "movbe", "popcnt",
	"tsc_deadline_timer", "aes", "xsave", NULL, "avx", "f16c", "rdrand",
	"hypervisor",
};
static const char *const flags_7b[32] = {
	[0] = "fsgsbase", [3] = "bmi1", [4] = "hle", [5] = "avx2",
	[7] = "smep", [8] = "bmi2", [9] = "erms", [10] = "invpcid",
	[11] = "rtm", [14] = "mpx", [16] = "avx512f", [17] = "avx512dq",
	[18] = "rdseed", [19] = "adx", [20] = "smap", [21] = "avx512ifma",
	[23] = "clflushopt", [24] = "clwb", [28] = "avx512cd",
	[29] = "sha_ni", [30] = "avx512bw", [31] = "avx512vl",
};
static const char *const flags_81d[32] = {
	[11] = "syscall", [20] = "nx", [26] = "pdpe1gb", [27] = "rdtscp",
	[29] = "lm",
};
static const char *const flags_81c[32] = {
	[0] = "lahf_lm", [2] = "svm", [5] = "abm", [6] = "sse4a",
	[8] = "3dnowprefetch",
};

static void put_flags(struct text *t, const char *const names[32], uint32_t v)
{
	for (int i = 0; i < 32; i++)
		if ((v >> i & 1) && names[i])
			text_printf(t, "%s ", names[i]);
}

static void cpu_flags(struct text *t)
{
	uint32_t a, b, c, d, max, ext;

	cpuid(0, 0, &max, &b, &c, &d);
	cpuid(0x80000000, 0, &ext, &b, &c, &d);
	text_printf(t, "flags\t\t: ");
	cpuid(1, 0, &a, &b, &c, &d);
	put_flags(t, flags_1d, d);
	put_flags(t, flags_1c, c);
	if (ext >= 0x80000001) {
		cpuid(0x80000001, 0, &a, &b, &c, &d);
		put_flags(t, flags_81d, d);
		put_flags(t, flags_81c, c);
	}
	if (max >= 7) {
		cpuid(7, 0, &a, &b, &c, &d);
		put_flags(t, flags_7b, b);
	}
	text_bytes(t, "\n", 1);
}

static void cpu_model(struct text *t)
{
	uint32_t a, b, c, d, family, model, ext, brand[13] = { 0 };
	char vendor[13] = "";
	const char *name = (const char *)brand;

	cpuid(0, 0, &a, &b, &c, &d);
	memcpy(vendor, &b, 4);
	memcpy(vendor + 4, &d, 4);
	memcpy(vendor + 8, &c, 4);
	cpuid(1, 0, &a, &b, &c, &d);
	family = a >> 8 & 15;
	model = a >> 4 & 15;
	if (family == 6 || family == 15)
		model |= a >> 12 & 0xf0;
	if (family == 15)
		family += a >> 20 & 0xff;
	cpuid(0x80000000, 0, &ext, &b, &c, &d);
	for (uint32_t i = 0; i < 3 && ext >= 0x80000004; i++)
		cpuid(0x80000002 + i, 0, &brand[i * 4], &brand[i * 4 + 1],
		      &brand[i * 4 + 2], &brand[i * 4 + 3]);
	while (*name == ' ')
		name++;
	text_printf(t, "vendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n",
		    vendor, family, model);
	text_printf(t, "model name\t: %s\nstepping\t: %u\n",
		    *name ? name : "unknown", a & 15);
}

/* How many of the cores share core i's socket; by == true: its first
 * threads. */
static unsigned int nr_in_socket(unsigned int i, bool first_threads)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < nr_cores; k++)
		n += core_topology[k].socket == core_topology[i].socket &&
		     (!first_threads || !core_topology[k].thread);
	return n;
}

/* The cores of a machine are taken to be of one kind. */
int show_cpuinfo(struct text *t, struct proc *p)
{
	for (unsigned int i = 0; i < nr_cores && !t->err; i++) {
		const struct core_topology *c = &core_topology[i];

		text_printf(t, "processor\t: %u\n", i);
		cpu_model(t);
		text_printf(t, "cpu MHz\t\t: %lu.%03lu\n", tsc_freq / 1000000,
			    tsc_freq / 1000 % 1000);
		text_printf(t, "physical id\t: %u\nsiblings\t: %u\n", c->socket,
			    nr_in_socket(i, false));
		text_printf(t, "core id\t\t: %u\ncpu cores\t: %u\n", c->core,
			    nr_in_socket(i, true));
		text_printf(t, "apicid\t\t: %u\n", c->apic_id);
		cpu_flags(t);
		text_bytes(t, "\n", 1);
	}
	return 0;
}
