// SPDX-License-Identifier: MIT
/* A plan's segments become mappings: file pages private, the rest zero. */
#include <image/image.h>

#include <arch/uaccess.h>
#include <image/elf_parse.h>
#include <lib/log.h>
#include <ns/chan.h>
#include <ros/errno.h>
#include <vm/vm.h>

static int map_file_part(struct aspace *as, struct chan *c,
			 struct pagecache *pc, const struct elf_seg *s,
			 uintptr_t va, uint32_t prot)
{
	uintptr_t start = ROUND_DOWN(va, PGSIZE), at;
	struct vm_map_args m = {
		.addr = start,
		.len = ROUND_UP(va + s->filesz, PGSIZE) - start,
		.prot = prot,
		.flags = ROS_MAP_PRIVATE | ROS_MAP_FIXED,
		.pc = pc,
		.off = ROUND_DOWN(s->off, PGSIZE),
		.file = &c->vmf,
	};

	return vm_map(as, &m, &at);
}

static int map_zero_part(struct aspace *as, uintptr_t start, uintptr_t end,
			 uint32_t prot)
{
	struct vm_map_args m = {
		.addr = start,
		.len = end - start,
		.prot = prot,
		.flags = ROS_MAP_PRIVATE | ROS_MAP_FIXED | ROS_MAP_ANONYMOUS,
	};
	uintptr_t at;

	return start < end ? vm_map(as, &m, &at) : 0;
}

/* The rest of the last page that comes from the file is not the file's. */
static int zero_tail(struct aspace *as, uintptr_t from, uint32_t prot)
{
	uintptr_t page = ROUND_DOWN(from, PGSIZE);

	if (zero_user((void *)from, page + PGSIZE - from))
		return fail(ENOMEM, "no memory for the program's data");
	if (!(prot & ROS_PROT_WRITE))
		return vm_protect(as, page, PGSIZE, prot);
	return 0;
}

/* In the loaded address space `as`. */
static int map_segment(struct aspace *as, struct chan *c, struct pagecache *pc,
		       const struct elf_seg *s, uintptr_t va)
{
	uintptr_t fend = va + s->filesz, end = va + s->memsz;
	bool tail = s->memsz > s->filesz && fend % PGSIZE && s->filesz;
	int err = 0;

	if (s->filesz)
		err = map_file_part(as, c, pc, s, va,
				    s->prot | (tail ? ROS_PROT_WRITE : 0));
	if (!err)
		err = map_zero_part(as,
				    s->filesz ? ROUND_UP(fend, PGSIZE) :
						ROUND_DOWN(va, PGSIZE),
				    ROUND_UP(end, PGSIZE), s->prot);
	if (!err && tail)
		err = zero_tail(as, fend, s->prot);
	return err;
}

int image_map(struct aspace *as, struct chan *c, const struct elf_plan *plan,
	      uintptr_t bias)
{
	struct pagecache *pc;
	int err = 0;

	pc = c->dev->pagecache ? c->dev->pagecache(c) : NULL;
	if (!pc)
		return fail(EACCES, "a program of #%s cannot be mapped",
			    c->dev->name);
	for (unsigned int i = 0; i < plan->nr && !err; i++)
		err = map_segment(as, c, pc, &plan->seg[i],
				  plan->seg[i].va + bias);
	pagecache_put(pc);
	return err;
}
