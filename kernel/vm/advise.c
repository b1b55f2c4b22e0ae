// SPDX-License-Identifier: MIT
/* Hints, synchronising, faulting in ahead. */
#include <vm/vm_priv.h>

#include <arch/trap.h>
#include <core/wait.h>

/* [start, end) is mapped without a hole. */
static bool fully_mapped(struct aspace *as, uintptr_t start, uintptr_t end)
{
	struct vm_region *r = region_find(as, start);

	for (; r && r->start <= start && start < end; r = region_next(r))
		start = r->end;
	return start >= end;
}

/* Private pages start anew; those of an object are found there again. */
static int drop_pages(struct aspace *as, uintptr_t start, uintptr_t end)
{
	struct vm_region *r;
	struct vm_gather g;
	int err = 0;

	read_lock(&as->lock);
	if (range_has_kernel(as, start, end))
		err = fail(EINVAL, "0x%lx + 0x%lx holds pages of the kernel's",
			   start, end - start);
	else if (!fully_mapped(as, start, end))
		err = fail(ENOMEM, "0x%lx + 0x%lx is not all mapped", start,
			   end - start);
	if (!err) {
		gather_init(&g, as);
		r = region_find(as, start);
		for (; r && r->start < end; r = region_next(r))
			zap_range(&g, MAX(start, r->start), MIN(end, r->end));
		gather_finish(&g);
	}
	read_unlock(&as->lock);
	return err;
}

int vm_advise(struct aspace *as, uintptr_t addr, size_t len, int advice)
{
	uintptr_t end;
	int err;

	if (!len)
		return 0;
	err = vm_check_range(addr, len, &end);
	if (err)
		return err;
	switch (advice) {
	case ROS_MADV_DONTNEED:
	case ROS_MADV_FREE:
		return drop_pages(as, addr, end);
	case ROS_MADV_WILLNEED:
		(void)vm_populate(as, addr, len);
		return 0;
	case ROS_MADV_NORMAL:
	case ROS_MADV_RANDOM:
	case ROS_MADV_SEQUENTIAL:
	case ROS_MADV_HUGEPAGE:
	case ROS_MADV_NOHUGEPAGE:
	case ROS_MADV_DONTDUMP:
	case ROS_MADV_DODUMP:
		return 0;
	}
	return fail(EINVAL, "unknown advice %d", advice);
}

/* The page cache is what everyone sees: there is nothing to carry over. */
int vm_sync(struct aspace *as, uintptr_t addr, size_t len, int flags)
{
	uintptr_t end;
	bool mapped;
	int err;

	if ((flags & ~(ROS_MS_ASYNC | ROS_MS_INVALIDATE | ROS_MS_SYNC)) ||
	    (flags & ROS_MS_ASYNC && flags & ROS_MS_SYNC))
		return fail(EINVAL, "msync flags 0x%x", flags);
	if (!len)
		return 0;
	err = vm_check_range(addr, len, &end);
	if (err)
		return err;
	read_lock(&as->lock);
	mapped = fully_mapped(as, addr, end);
	read_unlock(&as->lock);
	if (!mapped)
		return fail(ENOMEM, "0x%lx + 0x%lx is not all mapped", addr,
			    len);
	return 0;
}

/* The next page at or after va that has none, in which region; 0: no more. */
static uint32_t next_missing(struct aspace *as, uintptr_t *va, uintptr_t end)
{
	uint32_t error = 0;
	struct vm_region *r;

	read_lock(&as->lock);
	for (; *va < end; *va += PGSIZE) {
		pte_t *pte;

		r = region_find(as, *va);
		if (!r || r->start >= end) {
			*va = end;
			break;
		}
		*va = MAX(*va, r->start);
		if (r->prot == ROS_PROT_NONE || (r->flags & VMR_KERNEL)) {
			*va = r->end - PGSIZE;
			continue;
		}
		pte = pgt_walk(as->root, *va, false);
		if (pte && *pte)
			continue;
		error = PF_USER |
			(r->prot & ROS_PROT_WRITE ? PF_WRITE : 0);
		break;
	}
	read_unlock(&as->lock);
	return error;
}

int vm_populate(struct aspace *as, uintptr_t addr, size_t len)
{
	uintptr_t end, va = addr;
	uint32_t error;
	int err = vm_check_range(addr, len, &end);

	if (err)
		return err;
	while ((error = next_missing(as, &va, end))) {
		err = vm_fault(as, va, error);
		if (err && err != -EFAULT && err != -EACCES)
			return err;
		if (kthread_relax())
			return -EINTR;
		va += PGSIZE;
	}
	return 0;
}
