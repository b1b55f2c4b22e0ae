// SPDX-License-Identifier: MIT
/* The monitor's commands about cores, kthreads, memory and the kernel. */
#include <core/console.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/core_priv.h>
#include <core/panic.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/kmap.h>
#include <mm/slab.h>
#include <ros/errno.h>
#include <sync/lockdep.h>

static int cmd_trace(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "on"))
		return trace_set(true);
	if (argc > 1 && !strcmp(argv[1], "off"))
		return trace_set(false);
	trace_print(argc > 1 ? parse_ulong(argv[1], NULL, 0) : 50);
	return 0;
}
MONITOR_COMMAND("trace", "[n | on | off]", "the newest trace records",
		cmd_trace);

static int cmd_bt(int argc, char **argv)
{
	unsigned long core = argc > 1 ? parse_ulong(argv[1], NULL, 0) :
					core_id();
	uintptr_t pcs[32];
	unsigned int nr;

	if (core >= nr_cores) {
		kprintf("there are %u cores\n", nr_cores);
		return -ENXIO;
	}
	if (core == core_id()) {
		backtrace_here();
		return 0;
	}
	nr = panic_ask_core(core, pcs, ARRAY_SIZE(pcs));
	if (!nr) {
		kprintf("core %lu does not answer\n", core);
		return -EAGAIN;
	}
	backtrace_print_pcs(pcs, nr);
	return 0;
}
MONITOR_COMMAND("bt", "[core]", "where a core is", cmd_bt);

/* A number, or a symbol's address. */
static bool parse_arg(const char *s, uintptr_t *out)
{
	const char *end;

	*out = parse_ulong(s, &end, 0);
	if (end != s && !*end)
		return true;
	*out = ksym_addr(s);
	return *out != 0;
}

static int cmd_kfunc(int argc, char **argv)
{
	uintptr_t a[4] = { 0 }, fn;
	uint64_t (*f)(uintptr_t, uintptr_t, uintptr_t, uintptr_t);

	if (argc < 2 || argc > 6) {
		kprintf("kfunc symbol [up to 4 numbers or symbols]\n");
		return -EINVAL;
	}
	fn = ksym_addr(argv[1]);
	if (fn < (uintptr_t)text_start || fn >= (uintptr_t)text_end) {
		kprintf("there is no function %s\n", argv[1]);
		return -ENOENT;
	}
	for (int i = 2; i < argc; i++) {
		if (!parse_arg(argv[i], &a[i - 2])) {
			kprintf("%s is neither a number nor a symbol\n",
				argv[i]);
			return -EINVAL;
		}
	}
	f = (__typeof__(f))fn;
	fn = f(a[0], a[1], a[2], a[3]);
	kprintf("%s returned 0x%lx (%ld)\n", argv[1], fn, (long)fn);
	return 0;
}
MONITOR_COMMAND("kfunc", "symbol [args]", "calls a kernel function",
		cmd_kfunc);

static int cmd_gfp(int argc, char **argv)
{
	frames_print_free();
	return 0;
}
MONITOR_COMMAND("gfp", "", "runs of free pages", cmd_gfp);

static int cmd_meminfo(int argc, char **argv)
{
	size_t free = frames_free_count(), total = frames_total();

	kprintf("%zu KiB of memory, %zu KiB free\n", total * 4, free * 4);
	kprintf("stacks: %u in use, %u spare; %zu KiB of freed ones wait\n",
		kthread_count(), kthread_spares(), kmap_waiting() * 4);
	slab_print();
	return 0;
}
MONITOR_COMMAND("meminfo", "", "memory and slabs", cmd_meminfo);

static int cmd_failalloc(int argc, char **argv)
{
	if (!IS_ENABLED(CONFIG_FAULT_INJECT)) {
		kprintf("this kernel was built without fault injection\n");
		return -ENOSYS;
	}
	mm_fail_nth(argc > 1 ? parse_ulong(argv[1], NULL, 0) : 0);
	return 0;
}
MONITOR_COMMAND("failalloc", "n", "the nth allocation from now fails",
		cmd_failalloc);

static int cmd_locks(int argc, char **argv)
{
	if (!IS_ENABLED(CONFIG_LOCKDEP))
		kprintf("this kernel was built without lockdep\n");
	lockdep_dump();
	return 0;
}
MONITOR_COMMAND("locks", "", "the order of locks seen so far", cmd_locks);

static int cmd_kthreads(int argc, char **argv)
{
	kthread_print_all();
	kprintf("%u kthreads\n", kthread_count());
	return 0;
}
MONITOR_COMMAND("kthreads", "", "kernel threads and where they wait",
		cmd_kthreads);

static int cmd_cores(int argc, char **argv)
{
	for (unsigned int i = 0; i < nr_cores; i++) {
		struct kthread *k = per_cpu(cur_kthread, i);

		kprintf("core %u apic %u socket %u: %s%s\n", i,
			core_topology ? core_topology[i].apic_id : 0,
			core_topology ? core_topology[i].socket : 0,
			k ? k->name : "not started",
			per_cpu(rcu_kernel_seq, i) & 1 ? "" :
							 " (user or idle)");
	}
	return 0;
}
MONITOR_COMMAND("cores", "", "each core and what it runs", cmd_cores);

static int cmd_reboot(int argc, char **argv)
{
	machine_reboot();
}
MONITOR_COMMAND("reboot", "", "starts the machine anew", cmd_reboot);

static int cmd_poweroff(int argc, char **argv)
{
	machine_poweroff();
}
MONITOR_COMMAND("poweroff", "", "switches the machine off", cmd_poweroff);
