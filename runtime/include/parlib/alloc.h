// SPDX-License-Identifier: MIT
/*
 * The runtime's own memory: it may not use the C library's.  Small objects come
 * from size classes, large ones from the kernel; both are zeroed.
 */
#pragma once

#include <parlib/common.h>

void *rt_alloc(size_t len); /* NULL without memory */
void rt_free(void *p, size_t len);
/* Whole pages, zeroed; NULL. */
void *rt_pages_alloc(size_t nr_pages);
void rt_pages_free(void *p, size_t nr_pages);
