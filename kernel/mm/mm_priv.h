// SPDX-License-Identifier: MIT
/* Private to mm: the buddy lists below the per-core caches. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mm/frame.h>
#include <sync/lockdep.h>

/* Adds [first, end), frame numbers; their bookkeeping is all zero. */
void buddy_add(uint32_t first, uint32_t end);
void buddy_set_reserve(size_t frames);

/* 2^order frames, refs untouched; flags say what is left of the reserve. */
struct frame *buddy_alloc(unsigned int order, unsigned int flags);
void buddy_free(struct frame *f, unsigned int order);
/* Up to nr single frames; how many it got. */
size_t buddy_take(struct frame **out, size_t nr, unsigned int flags);
void buddy_give(struct frame **in, size_t nr);

size_t buddy_free_count(void);
/* A reserved frame is given up: it counts from now on. */
void frames_adopt(struct frame *f);

/* The flags of an allocation, checked against the caller's context. */
static inline void mm_check_context(unsigned int flags)
{
	if (!(flags & (MM_ATOMIC | MM_NOWAIT)))
		might_sleep();
}

static inline bool mm_injected(void)
{
	return IS_ENABLED(CONFIG_FAULT_INJECT) && mm_should_fail();
}
