// SPDX-License-Identifier: MIT
/* Start-up in order: one visible table.  A line may use what stands above
 * it. */
#include <arch/boot.h>
#include <arch/machine.h>
#include <arch/pgtable.h>
#include <core/kthread.h>
#include <core/rcu.h>
#include <main/main.h>
#include <mm/frame.h>
#include <mm/kmap.h>
#include <mm/slab.h>
#include <ns/chan.h>
#include <ns/ns.h>
#include <proc/proc.h>
#include <sched/sched.h>
#include <vm/vm.h>

const struct init_step init_table[] = {
	{ "arch", arch_early_init },	/* traps, W^X, core 0's stacks */
	{ "physmap", physmap_extend },	/* all RAM is mapped */
	{ "frames", frames_init },	/* frame_alloc() */
	{ "slab", slab_init },		/* kmalloc() */
	{ "kmap", kmap_init },		/* guarded stacks */
	{ "wx", pgt_check_wx },
	{ "kthread", kthread_init },	/* cur_kthread: the boot stack's */
	{ "acpi", acpi_init },		/* cores, interrupt controllers */
	{ "apic", apic_init },
	{ "tsc", tsc_init },
	{ "rcu", rcu_init },
	{ "core", core_start_init },	/* per-core data and stacks, alarms */
	{ "console", console_start },	/* serial ports by interrupt */
	{ "smp", smp_start },		/* all cores in core_loop() */
	{ "vm", vm_init },
	{ "proc", proc_init },
	{ "sched", sched_init },
	{ "core_ops", core_ops_init },	/* system calls, user contexts */
	{ "oom", oom_init },
	{ "dev", dev_init },
	{ "ns", ns_init },		/* the boot archive is unpacked */
	{ "monitor", monitor_start_if_wanted },
};
const unsigned int init_table_len = ARRAY_SIZE(init_table);
