// SPDX-License-Identifier: MIT
/*
 * main: start-up, and the few places where rooms are tied together.
 *
 *   init_table.c   start-up on core 0, in order
 *   kernel_main.c  runs the table, then self tests (`ktest[=pattern]`) or
 *                  /bin/init
 *   start.c        the steps of the table that belong to no room
 *   trap.c         what the entry stubs call
 *   proc_parts.c   what a process consists of
 */
#pragma once

struct init_step {
	const char *name;
	void (*fn)(void); /* panics on failure: nothing to fall back on */
};
extern const struct init_step init_table[];
extern const unsigned int init_table_len;

/* percpu_init() for the cores found, a first kthread for each. */
void core_start_init(void);
/* The serial ports' drivers: console_attach(), /dev/launch's channel. */
void console_start(void);
/* smp_start_all() with an entry that ends in core_loop(). */
void smp_start(void);
void monitor_start_if_wanted(void);

/* main/trap.c: tells the core's main loop of sys and proc.  After
 * proc_init(). */
void core_ops_init(void);

/* main/oom.c: makes memory for a fault of p's (NULL: nobody's) by ending the
 * largest process.  0: try again; -EINTR: p is dying; -ENOMEM.  May sleep. */
struct proc;
void oom_init(void);
int __attribute__((warn_unused_result)) oom_make_room(struct proc *p);
/* Makes memory for a core's kernel stacks, in time.  Does not sleep. */
void oom_no_stacks(void);

/* The first process.  On core 0's first kthread, after the whole table. */
void proc_start_init(void);
