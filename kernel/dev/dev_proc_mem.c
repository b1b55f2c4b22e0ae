// SPDX-License-Identifier: MIT
/* A process's memory as #proc shows it. */
#include "dev_proc.h"

#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>
#include <vm/vm.h>

struct aspace *proc_as_get(struct proc *p)
{
	struct aspace *as;

	scoped_spin(&p->lock) {
		as = p->as;
		if (as)
			aspace_get(as);
	}
	return as;
}

/* ---- sizes ---- */

static void add_region(const struct vm_region *r, void *arg)
{
	uint64_t bytes = r->end - r->start;
	struct mem_sizes *m = arg;

	if (r->flags & VMR_KERNEL)
		return;
	m->total += bytes;
	if (r->flags & VMR_SHARED)
		m->shared += bytes;
	if (r->flags & VMR_GROWSDOWN)
		m->stack += bytes;
	else if (r->prot & ROS_PROT_EXEC)
		m->code += bytes;
	else if ((r->prot & ROS_PROT_WRITE) && !(r->flags & VMR_SHARED))
		m->data += bytes;
	if ((r->prot & ROS_PROT_EXEC) && !m->code_end) {
		m->code_start = r->start;
		m->code_end = r->end;
	}
}

void mem_sizes_get(struct aspace *as, struct mem_sizes *m)
{
	memset(m, 0, sizeof(*m));
	vm_for_each_region(as, add_region, m);
}

/* ---- maps ---- */

/* What is shown of one region, taken under as->lock; names are found after. */
struct map {
	uintptr_t start, end;
	uint64_t off;
	struct vm_file *file; /* counted */
	uint32_t prot, flags;
};

struct map_list {
	struct map *maps;
	size_t nr, cap;
	size_t wanted; /* all there are */
};

static void take_map(const struct vm_region *r, void *arg)
{
	struct map_list *l = arg;

	if (l->wanted++ >= l->cap)
		return;
	if (r->file)
		r->file->get(r->file);
	l->maps[l->nr++] = (struct map){
		.start = r->start, .end = r->end, .prot = r->prot,
		.off = r->pc_off, .file = r->file, .flags = r->flags,
	};
}

static void maps_drop(struct map_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->maps[i].file)
			l->maps[i].file->put(l->maps[i].file);
	kfree(l->maps);
}

#define MAPS_SLACK 16
#define MAPS_MAX   (TEXT_MAX / sizeof(struct map) - MAPS_SLACK)

/* All regions, or the first MAPS_MAX. */
static int maps_take(struct aspace *as, struct map_list *l)
{
	size_t nr = as->nr_regions; /* a hint */

	for (;;) {
		*l = (struct map_list){ .cap = MIN(nr, MAPS_MAX) + MAPS_SLACK };
		l->maps = kmalloc(l->cap * sizeof(struct map), MM_WAIT);
		if (!l->maps)
			return -ENOMEM;
		vm_for_each_region(as, take_map, l);
		if (l->wanted <= l->cap || l->cap > MAPS_MAX)
			return 0;
		nr = l->wanted;
		maps_drop(l);
	}
}

/* What a region without a file is for. */
static const char *map_use(const struct map *m, uintptr_t heap, uintptr_t brk)
{
	if (m->flags & VMR_KERNEL)
		return "[kernel]";
	if (m->flags & VMR_GROWSDOWN)
		return "[stack]";
	if (m->start < brk && m->end > heap)
		return "[heap]";
	return "";
}

#define NAME_COLUMN 73

static void map_line(struct text *t, const struct map *m, const char *use,
		     char *name)
{
	struct ros_stat st = { 0 };
	size_t line = t->len;

	if (m->file) {
		struct chan *c = container_of(m->file, struct chan, vmf);
		long n = link_text(c, name, ROS_PATH_MAX - 1);

		name[n > 0 ? n : 0] = 0;
		use = name;
		if (chan_stat(c, &st))
			memset(&st, 0, sizeof(st));
	}
	text_printf(t, "%08lx-%08lx %c%c%c%c %08lx %02lx:%02lx %lu", m->start,
		    m->end, m->prot & ROS_PROT_READ ? 'r' : '-',
		    m->prot & ROS_PROT_WRITE ? 'w' : '-',
		    m->prot & ROS_PROT_EXEC ? 'x' : '-',
		    m->flags & VMR_SHARED ? 's' : 'p', m->file ? m->off : 0,
		    st.st_dev >> 8, st.st_dev & 0xff, st.st_ino);
	text_pad(t, line, *use ? NAME_COLUMN : 0);
	text_printf(t, "%s\n", use);
}

int show_maps(struct text *t, struct proc *p)
{
	struct aspace *as = proc_as_get(p);
	struct map_list l;
	char *name;
	int err;

	if (!as)
		return 0;
	err = maps_take(as, &l);
	name = err ? NULL : kmalloc(ROS_PATH_MAX, MM_WAIT);
	for (size_t i = 0; name && i < l.nr && !t->err; i++)
		map_line(t, &l.maps[i],
			 map_use(&l.maps[i], as->brk_start, as->brk), name);
	if (!err)
		maps_drop(&l);
	aspace_put(as);
	if (!err && !name)
		err = -ENOMEM;
	kfree(name);
	return err;
}

int show_statm(struct text *t, struct proc *p)
{
	struct aspace *as = proc_as_get(p);
	struct mem_sizes m = { 0 };
	uint64_t rss = 0;

	if (as) {
		mem_sizes_get(as, &m);
		rss = aspace_rss(as);
		aspace_put(as);
	}
	text_printf(t, "%lu %lu %lu %lu 0 %lu 0\n", m.total / PGSIZE, rss,
		    m.shared / PGSIZE, m.code / PGSIZE,
		    (m.data + m.stack) / PGSIZE);
	return 0;
}
