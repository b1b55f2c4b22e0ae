// SPDX-License-Identifier: MIT
/*
 * Time of the machine: monotonic nanoseconds since boot and the wall clock,
 * from the time stamp counter; published to users in the time page
 * (ros/time.h).
 *
 * Lock: a spinning one among setters; readers of the kernel use the page's own
 * sequence count like any user.
 */
#pragma once

#include <stdint.h>

struct frame;

void time_init(void); /* from proc_init() */
uint64_t time_mono_ns(void);
uint64_t time_wall_ns(void); /* since 1970 */
void time_set_wall(uint64_t ns);
struct frame *time_page_frame(void);
