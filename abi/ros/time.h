// SPDX-License-Identifier: MIT
/*
 * Time: a read-only page that turns the time stamp counter into nanoseconds.
 *
 * ns = mono_base + ((tsc - tsc_base) * mult >> shift), 128-bit product.
 * Read under seq: odd while the kernel writes; retry when it was odd or
 * changed.
 */
#pragma once

#include <ros/common.h>

struct ros_timespec {
	int64_t tv_sec;
	int64_t tv_nsec;
};

struct ros_timepage {
	uint32_t seq;
	uint32_t version;
	uint64_t tsc_freq;
	uint64_t tsc_base;
	uint64_t mult;
	uint32_t shift;
	uint32_t pad;
	uint64_t mono_base_ns; /* since boot */
	uint64_t wall_base_ns; /* since 1970, at the same tsc_base */
};
