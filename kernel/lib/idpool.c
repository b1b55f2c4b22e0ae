// SPDX-License-Identifier: MIT
/* Small numbers handed out and taken back.  Rules: lib/idpool.h */
#include <lib/idpool.h>

#include <lib/assert.h>
#include <lib/string.h>

void idpool_init(struct idpool *p, unsigned long *bits, size_t nr)
{
	memset(bits, 0, BITMAP_LONGS(nr) * sizeof(*bits));
	p->bits = bits;
	p->nr = nr;
	p->next = 0;
}

long idpool_take_lowest(struct idpool *p, size_t min)
{
	size_t id = bitmap_next_clear(p->bits, p->nr, min);

	if (id >= p->nr)
		return -1;
	bit_set(p->bits, id);
	return id;
}

long idpool_take_next(struct idpool *p)
{
	long id = idpool_take_lowest(p, p->next);

	if (id < 0)
		id = idpool_take_lowest(p, 0);
	if (id >= 0)
		p->next = id + 1;
	return id;
}

void idpool_give(struct idpool *p, size_t id)
{
	assert(id < p->nr && bit_test(p->bits, id));
	bit_clear(p->bits, id);
}
