// SPDX-License-Identifier: MIT
/* What a process consists of beside proc's own: created in order, destroyed in
 * reverse. */
#include <dev/dev.h>
#include <dev/user_alarm.h>
#include <lib/compiler.h>
#include <ns/fd.h>
#include <ns/ns.h>
#include <proc/proc.h>
#include <sys/sys.h>

const struct proc_part proc_parts[] = {
	{ "credentials", NULL, NULL, sys_proc_destroy },
	{ "terminal", NULL, NULL, cons_proc_destroy },
	{ "ns", ns_proc_create, NULL, ns_proc_destroy },
	/* Closed files have taken theirs along when this is its turn to go. */
	{ "alarms", NULL, alarms_proc_exec, alarms_proc_destroy },
	{ "fds", fds_proc_create, fds_proc_exec, fds_proc_destroy },
};
const unsigned int nr_proc_parts = ARRAY_SIZE(proc_parts);
