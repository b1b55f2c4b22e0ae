// SPDX-License-Identifier: MIT
/* Kernel mappings on the host: plain memory. */
#include <mm/kmap.h>

#include <stdlib.h>

#include <ros/common.h>

void *kmap_alloc(size_t pages)
{
	return aligned_alloc(PGSIZE, pages * PGSIZE);
}

void kmap_free(void *va, size_t pages)
{
	free(va);
}
