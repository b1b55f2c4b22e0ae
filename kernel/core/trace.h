// SPDX-License-Identifier: MIT
/*
 * The trace ring: fixed-size records per core, written without locks.
 *
 * trace(TR_X, a, b) stores TSC, event and two words; the newest TRACE_LEN stay.
 * Monitor: `trace [n]` merges all cores by time.  Off until `trace on` or the
 * kernel argument `trace`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TRACE_LEN 1024
enum trace_event {
	TR_NONE, TR_SYSCALL, TR_SYSDONE, TR_BLOCK, TR_WAKE, TR_RESUME, TR_KMSG,
	TR_IRQ, TR_FAULT, TR_RUN, TR_IDLE, TR_EVENT, TR_NOTIFY, TR_PROC,
	TR_USER, TR_MAX
};
extern bool trace_on;
void trace_write(enum trace_event ev, uint64_t a, uint64_t b);
#define trace(ev, a, b)                                                        \
	do {                                                                   \
		if (__builtin_expect(trace_on, 0))                             \
			trace_write(ev, (uint64_t)(a), (uint64_t)(b));         \
	} while (0)
void trace_print(unsigned int newest);
/* On allocates the rings first: -ENOMEM. */
int trace_set(bool on);
