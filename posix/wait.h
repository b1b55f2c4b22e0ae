// SPDX-License-Identifier: MIT
/* Waiting for one of several things: events, signals, a time. */
#pragma once

#include <parlib/common.h>

#define WAIT_FOREVER (~0UL)

/*
 * Between sig_wait_begin() and sig_wait_end(): blocks the thread until
 * woken(arg), a signal is to be delivered (-EINTR), or the monotonic time
 * `deadline_ns` has come (0).  1 when woken.  Whoever makes woken() true in
 * vcore context calls uthread_wake(&thread0_uth) afterwards.
 */
int wait_until(bool (*woken)(void *arg), void *arg, uint64_t deadline_ns);

/* A deadline from now; saturates. */
uint64_t deadline_in(uint64_t ns);

/* A Linux timeout: NULL is for ever, 0 or -EINVAL. */
struct ros_timespec;
int deadline_from(const struct ros_timespec *ts, uint64_t *deadline_ns);
int timespec_ns(const struct ros_timespec *ts, uint64_t *ns);
