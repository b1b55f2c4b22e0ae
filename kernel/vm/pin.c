// SPDX-License-Identifier: MIT
/* Pages of an address space that need not be loaded; its regions, for /proc. */
#include <vm/vm_priv.h>

#include <arch/trap.h>

/* A reference on what the PTE holds, if it allows this; else NULL. */
static struct frame *frame_of(struct aspace *as, uintptr_t va, bool write)
{
	pte_t *pte = pgt_walk(as->root, va, false), old;
	struct frame *f;

	if (!pte)
		return NULL;
	old = pte_load(pte);
	if (!(old & PTE_P) || (write && !(old & PTE_W)))
		return NULL;
	f = pa_to_frame(old & PTE_ADDR);
	if (!frame_try_get(f))
		return NULL;
	/* Who takes the page out of the PTE holds the lock as a reader too. */
	if ((pte_load(pte) & PTE_ADDR) == (old & PTE_ADDR))
		return f;
	frame_put(f);
	return NULL;
}

int vm_pin_page(struct aspace *as, uintptr_t va, bool write, struct frame **out)
{
	uint32_t error = PF_USER | (write ? PF_WRITE : 0);

	if (va < ROS_USER_MIN || va >= ROS_USER_TOP)
		return -EFAULT;
	for (;;) {
		int err;

		read_lock(&as->lock);
		*out = frame_of(as, va, write);
		read_unlock(&as->lock);
		if (*out)
			return 0;
		err = vm_fault(as, va, error);
		if (err)
			return err;
	}
}

void vm_for_each_region(struct aspace *as,
			void (*fn)(const struct vm_region *r, void *arg),
			void *arg)
{
	struct rb_node *n;

	read_lock(&as->lock);
	for (n = rb_first(&as->regions); n; n = rb_next(n))
		fn(rb_entry(n, struct vm_region, node), arg);
	read_unlock(&as->lock);
}
