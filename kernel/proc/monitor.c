// SPDX-License-Identifier: MIT
/* The monitor's view of processes. */
#include <proc/proc_priv.h>

#include <core/console.h>
#include <vm/vm.h>

static void print_one(struct proc *p)
{
	uint64_t rss = 0;
	char name[PROC_NAME_LEN];

	scoped_spin(&p->lock) {
		if (p->as)
			rss = aspace_rss(p->as);
		for (int i = 0; i < PROC_NAME_LEN; i++)
			name[i] = p->name[i];
	}
	kprintf("%6d %6d %-10s %4u %4u %8lu  %s\n", p->pid, p->pgid,
		proc_state_name(p->state), p->core,
		atomic_load_explicit(&p->nr_kthreads, memory_order_relaxed),
		rss * (PGSIZE / 1024), name);
}

void proc_print_all(void)
{
	struct proc *p;

	kprintf("   pid   pgid state      core kthr   rss KiB  name\n");
	for (int pid = 0; (p = proc_next(pid)); pid++) {
		pid = p->pid;
		print_one(p);
		proc_put(p);
	}
}

static int cmd_ps(int argc, char **argv)
{
	proc_print_all();
	return 0;
}
MONITOR_COMMAND("ps", "", "processes: state, core, kthreads, memory", cmd_ps);
