// SPDX-License-Identifier: MIT
/* Memory: mappings, protection, the break. */
#include <sys/sys_priv.h>

#include <vm/vm.h>

/* What a file mapping needs of its file; fills *m. */
static int64_t map_file(struct chan *c, struct vm_map_args *m)
{
	bool shared = (m->flags & ROS_MAP_TYPE) == ROS_MAP_SHARED;

	/* What may only be executed would be readable once it is mapped. */
	if (!(c->mode & O_READ))
		return fail(EACCES, "a mapped file must be open for reading");
	if (shared && (m->prot & ROS_PROT_WRITE) && !(c->mode & O_WRITE))
		return fail(EACCES, "a file mapped shared and writable must be "
			    "open for writing");
	m->pc = c->dev->pagecache ? c->dev->pagecache(c) : NULL;
	if (!m->pc)
		return fail(ENODEV, "a file of #%s cannot be mapped",
			    c->dev->name);
	m->file = &c->vmf;
	m->may_write = c->mode & O_WRITE;
	return 0;
}

/* RLIMIT_AS.  Looked at before the call, not exact with many threads. */
static int check_limit(struct proc *p, uint64_t more)
{
	uint64_t limit = p->rlimit[ROS_RLIMIT_AS].cur, have;

	if (likely(limit == ROS_RLIM_INFINITY))
		return 0;
	have = aspace_size(p->as);
	if (have <= limit && more <= limit - have)
		return 0;
	return fail(ENOMEM, "beyond the limit of 0x%lx bytes of addresses",
		    limit);
}

SYS_FN(mmap)
{
	struct vm_map_args m = {
		.addr = u->a[0],
		.len = u->a[1],
		.prot = u->a[2],
		.flags = u->a[3],
		.off = u->a[5],
	};
	struct chan *c;
	uintptr_t at;
	int64_t ret;

	if (m.prot & ~7U)
		return fail(EINVAL, "protection 0x%x", m.prot);
	ret = check_limit(p, m.len);
	if (ret)
		return ret;
	if (m.flags & ROS_MAP_ANONYMOUS) {
		m.off = 0;
		m.may_write = true;
		ret = vm_map(p->as, &m, &at);
		return ret ? ret : (int64_t)at;
	}
	ret = fd_get(p, u->a[4], &c);
	if (ret)
		return ret;
	ret = map_file(c, &m);
	if (!ret) {
		ret = vm_map(p->as, &m, &at);
		pagecache_put(m.pc);
	}
	chan_put(c);
	return ret ? ret : (int64_t)at;
}

SYS_FN(munmap)
{
	return vm_unmap(p->as, u->a[0], u->a[1]);
}

SYS_FN(mprotect)
{
	if (u->a[2] & ~7UL)
		return fail(EINVAL, "protection 0x%lx", u->a[2]);
	return vm_protect(p->as, u->a[0], u->a[1], u->a[2]);
}

SYS_FN(mremap)
{
	uintptr_t at;
	int64_t ret;

	if (u->a[2] > u->a[1] && check_limit(p, u->a[2] - u->a[1]))
		return -ENOMEM;
	ret = vm_remap(p->as, u->a[0], u->a[1], u->a[2], u->a[3], u->a[4],
		       &at);
	return ret ? ret : (int64_t)at;
}

SYS_FN(madvise)
{
	return vm_advise(p->as, u->a[0], u->a[1], u->a[2]);
}

SYS_FN(msync)
{
	return vm_sync(p->as, u->a[0], u->a[1], u->a[2]);
}

SYS_FN(brk)
{
	uintptr_t have = p->as->brk;

	/* What cannot be done changes nothing, and says where it is. */
	if (u->a[0] > have && check_limit(p, u->a[0] - have))
		return have;
	return vm_brk(p->as, u->a[0]);
}

SYS_FN(populate_va)
{
	if (u->a[1] > USER_END / PGSIZE)
		return fail(EINVAL, "%lu pages", u->a[1]);
	return vm_populate(p->as, u->a[0], u->a[1] * PGSIZE);
}
