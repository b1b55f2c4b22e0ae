// SPDX-License-Identifier: MIT
/*
 * The host's stand-ins for what lies below a room under test, and the tests'
 * handles on them.
 *
 *   stubs.c         panic, log, fail
 *   host_arch.c     per-core data, "physical" memory
 *   host_user.c     user copies
 *   host_frame.c    frames            host_page.c     pages
 *   host_slab.c     kmalloc, slabs
 *   host_kmap.c     kernel mappings   host_kthread.c  kthreads
 *   host_alarm.c    alarms            host_rcu.c      RCU
 *   core's own      wait queues, mutexes and the like
 *
 * They are in an archive: a test that is linked with the real file of that
 * interface gets the real one instead.  Each thread is a core of its own, with
 * a kthread of its own; the main thread is core 0.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_MAX_CORES 64

extern __thread char host_errstr[256]; /* the last fail()'s sentence */
extern bool host_log_shown;	       /* log() prints; else it is quiet */

extern __thread bool host_panic_expected;
extern __thread jmp_buf host_panic_jump;
extern __thread char host_panic_text[2048];

/* Runs fn(arg, i) on cores 0 .. n - 1 at once (0 is the caller's thread) and
 * waits for all. */
void host_run_cores(unsigned int n, void (*fn)(void *arg, unsigned int i),
		    void *arg);

/* User addresses in [start, start + len) fault from now on (len 0: none). */
void host_user_fault(const void *start, size_t len);

/* Bytes from kmalloc() and slabs, and frames, that nobody has freed. */
size_t host_mm_in_use(void);
size_t host_frames_in_use(void);

/* Runs what rcu_call() was given. */
void host_rcu_run(void);
