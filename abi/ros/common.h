// SPDX-License-Identifier: MIT
/* Common definitions of the kernel/user ABI: version, sizes, assertions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The ABI's version.  It stands in the system-call constant (ros/syscall.h) and
 * in the header of the shared pages (ros/procinfo.h).  Any change to a layout,
 * a number or a meaning in this folder bumps it and gets a line in CHANGELOG.
 */
#define ROS_ABI_VERSION 1

#define PGSHIFT 12
#define PGSIZE (1UL << PGSHIFT)

#define ROS_ASSERT_SIZE(type, size)                                            \
	_Static_assert(sizeof(type) == (size), "size of " #type)
#define ROS_ASSERT_OFFSET(type, field, off)                                    \
	_Static_assert(offsetof(type, field) == (off),                         \
		       "offset of " #field " in " #type)
