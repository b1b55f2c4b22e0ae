// SPDX-License-Identifier: MIT
/* The kernel's log and the sentence that goes with an error; implemented by
 * core. */
#pragma once

#include <lib/compiler.h>

/* A line of the log (the newline is added).  Any context; never sleeps. */
void log(const char *fmt, ...) __printf(1, 2);

/*
 * Returns -err and leaves the sentence in the running kthread's errstr, from
 * where it reaches the caller's struct syscall.  Say it where the error is
 * known: return fail(EINVAL, "length %lu is not page-aligned", len);
 */
int fail(int err, const char *fmt, ...) __printf(2, 3);
