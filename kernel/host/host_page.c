// SPDX-License-Identifier: MIT
/* Pages by address on the host. */
#include <mm/frame.h>

void *page_alloc(unsigned int flags)
{
	struct frame *f = frame_alloc(flags);

	return f ? frame_to_virt(f) : NULL;
}

void page_free(void *page)
{
	frame_put(virt_to_frame(page));
}
