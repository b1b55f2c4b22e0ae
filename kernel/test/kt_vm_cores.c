// SPDX-License-Identifier: MIT
/* Self tests of vm on many cores: faults that race, shootdown, random work
 * against a model, memory that runs out. */
#include <test/kt_vm.h>

#include <arch/cpu.h>
#include <arch/percpu.h>
#include <lib/string.h>
#include <mm/slab.h>

#define ANON (ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS)
#define RW   (ROS_PROT_READ | ROS_PROT_WRITE)
#define BASE 0x50000000UL

/* All cores touch the same pages at once. */
#define RACE_PAGES 128

static void race_on_core(void *arg)
{
	struct aspace *as = arg;

	uv_switch(as);
	for (uintptr_t i = 0; i < RACE_PAGES; i++) {
		uint64_t v;

		if (core_id() & 1)
			KT_CHECK(uv_read(as, BASE + i * PGSIZE, &v));
		KT_CHECK(uv_write(as, BASE + i * PGSIZE + core_id() * 8,
				  core_id() + 1));
	}
	uv_switch(NULL);
}

KTEST(vm_cores_fault_together)
{
	struct aspace *as = uv_enter();

	uv_map(as, BASE, RACE_PAGES, NULL, ANON);
	uv_switch(NULL);
	kt_on_each_core(race_on_core, as);
	uv_switch(as);
	KT_CHECK_EQ(aspace_rss(as), RACE_PAGES);
	for (uintptr_t i = 0; i < RACE_PAGES; i++)
		for (uint64_t c = 0; c < nr_cores; c++) {
			uint64_t v = 0;

			KT_CHECK(uv_read(as, BASE + i * PGSIZE + c * 8, &v));
			KT_CHECK_EQ(v, c + 1);
		}
	uv_leave(as);
}

/*
 * Core 0 maps a page again and again, each time with the next number in it; who
 * has seen a number published must not find an older one.
 */
struct shoot {
	struct aspace *as;
	_Atomic uint64_t published;
	_Atomic bool stop;
};

static void shoot_reader(struct shoot *s)
{
	uv_switch(s->as);
	while (!atomic_load(&s->stop)) {
		uint64_t least = atomic_load(&s->published), v = 0;

		/* 0: the new page is there, its number not yet */
		if (!copy_from_user_nofault(&v, (void *)BASE, 8) && v)
			KT_CHECK(v >= least);
		cpu_relax();
	}
	uv_switch(NULL);
}

static void shoot_writer(struct shoot *s)
{
	uv_switch(s->as);
	for (uint64_t n = 1; n <= 300; n++) {
		uv_map(s->as, BASE, 1, NULL, ANON);
		KT_CHECK(uv_write(s->as, BASE, n));
		atomic_store(&s->published, n);
		if (n % 3 == 0)
			KT_CHECK_EQ(vm_unmap(s->as, BASE, PGSIZE), 0);
		else if (n % 3 == 1)
			KT_CHECK_EQ(vm_advise(s->as, BASE, PGSIZE,
					      ROS_MADV_DONTNEED), 0);
	}
	atomic_store(&s->stop, true);
	uv_switch(NULL);
}

static void shoot_on_core(void *arg)
{
	if (core_id() == 0)
		shoot_writer(arg);
	else
		shoot_reader(arg);
}

KTEST(vm_cores_forget_pages)
{
	struct shoot s = { .as = NULL };

	KT_CHECK_EQ(aspace_create(&s.as), 0);
	kt_on_each_core(shoot_on_core, &s);
	aspace_put(s.as);
}

/*
 * Each core counts up in a page of its own while core 0 forks: no count is
 * lost, and the copy stands still.
 */
struct snapshot {
	struct aspace *as;
	_Atomic bool stop;
	uint64_t count[64];
};

static void count_up(struct snapshot *s)
{
	uintptr_t va = BASE + core_id() * PGSIZE;
	uint64_t *n = &s->count[core_id()], v = 0;

	uv_switch(s->as);
	while (!atomic_load(&s->stop)) {
		KT_CHECK(uv_read(s->as, va, &v));
		KT_CHECK_EQ(v, *n);
		++*n;
		KT_CHECK(uv_write(s->as, va, *n));
	}
	uv_switch(NULL);
}

static void take_snapshots(struct snapshot *s)
{
	uint64_t first[64], v;
	struct aspace *child;

	for (int i = 0; i < 40; i++) {
		KT_CHECK_EQ(aspace_create(&child), 0);
		KT_CHECK_EQ(vm_fork(s->as, child), 0);
		uv_switch(child);
		for (int turn = 0; turn < 50; turn++)
			for (uintptr_t c = 1; c < nr_cores; c++) {
				KT_CHECK(uv_read(child, BASE + c * PGSIZE, &v));
				if (!turn)
					first[c] = v;
				KT_CHECK_EQ(v, first[c]);
			}
		uv_switch(NULL);
		aspace_put(child);
	}
	atomic_store(&s->stop, true);
}

static void snapshot_on_core(void *arg)
{
	if (core_id() == 0)
		take_snapshots(arg);
	else
		count_up(arg);
}

KTEST(vm_cores_write_while_forking)
{
	static struct snapshot s;

	memset(&s, 0, sizeof(s));
	KT_CHECK_EQ(aspace_create(&s.as), 0);
	uv_map(s.as, BASE, 64, NULL, ANON);
	kt_on_each_core(snapshot_on_core, &s);
	aspace_put(s.as);
}

/*
 * One core lets an object grow and cuts it off again, the others touch it
 * through mappings: a page is either refused or holds zeros or nines, and what
 * was cut off comes back as zeros.
 */
struct cut {
	struct pagecache *pc;
	_Atomic bool stop;
};

static void cut_release(struct pagecache *pc)
{
	pagecache_fini(pc);
	kfree(pc);
}

static const struct pagecache_ops cut_ops = { .release = cut_release };

static void touch_object(struct cut *c)
{
	struct aspace *as = uv_enter();
	uint64_t seed = core_id(), v;
	uintptr_t shared = uv_map(as, 0, 32, c->pc, ROS_MAP_SHARED);
	uintptr_t priv = uv_map(as, 0, 32, c->pc, ROS_MAP_PRIVATE);

	while (!atomic_load(&c->stop)) {
		uintptr_t at = kt_random(&seed) % 32 * PGSIZE;

		if (uv_read(as, shared + at, &v))
			KT_CHECK(v == 0 || v == 9);
		if (uv_read(as, priv + at, &v))
			KT_CHECK(v == 0 || v == 9 || v == 5);
		if (seed % 4 == 0)
			(void)uv_write(as, priv + at, 5);
	}
	uv_leave(as);
}

static void cut_object(struct cut *c)
{
	uint64_t nine = 9, v = 1;

	for (uint64_t turn = 0; turn < 150; turn++) {
		uint64_t keep = turn * 7 % 30;

		for (uint64_t i = 0; i < 32; i++)
			KT_CHECK_EQ(pagecache_write(c->pc, &nine, 8,
						    i * PGSIZE, false), 8);
		KT_CHECK_EQ(pagecache_truncate(c->pc, keep * PGSIZE), 0);
		KT_CHECK_EQ(pagecache_truncate(c->pc, 32 * PGSIZE), 0);
		KT_CHECK_EQ(pagecache_read(c->pc, &v, 8, keep * PGSIZE, false),
			    8);
		KT_CHECK_EQ(v, 0);
	}
	atomic_store(&c->stop, true);
}

static void cut_on_core(void *arg)
{
	if (core_id() == 0)
		cut_object(arg);
	else
		touch_object(arg);
}

KTEST(vm_cores_truncate_under_faults)
{
	struct cut c = { .pc = kmalloc(sizeof(*c.pc), MM_WAIT) };

	pagecache_init(c.pc, &cut_ops, NULL);
	kt_on_each_core(cut_on_core, &c);
	pagecache_put(c.pc);
}

/* A destroyed address space is loaded nowhere. */
static void load_on_core(void *arg)
{
	aspace_load(arg); /* not the kthread's: it goes first */
}

static void loaded_on_core(void *arg)
{
	KT_CHECK(aspace_loaded() != arg);
}

KTEST(vm_cores_unload)
{
	struct aspace *as = NULL;

	KT_CHECK_EQ(aspace_create(&as), 0);
	kt_on_each_core(load_on_core, as);
	aspace_put(as);
	kt_on_each_core(loaded_on_core, as);
}

/*
 * Random work on 48 pages against a plain model; now and then the address space
 * gives way to its forked copy.
 */
#define PAGES 48

struct model {
	struct aspace *as;
	bool mapped[PAGES];
	uint32_t prot[PAGES];
	uint64_t value[PAGES];
	uint64_t seed, next;
};

static size_t pick(struct model *m, size_t n)
{
	return kt_random(&m->seed) % n;
}

static uint32_t pick_prot(struct model *m)
{
	static const uint32_t prot[] = { RW, RW, ROS_PROT_READ,
					 ROS_PROT_NONE };

	return prot[pick(m, 4)];
}

static void model_map(struct model *m, size_t at, size_t n)
{
	struct vm_map_args a = {
		.addr = BASE + at * PGSIZE,
		.len = n * PGSIZE,
		.prot = pick_prot(m),
		.flags = ANON | ROS_MAP_FIXED,
	};
	uintptr_t out;

	KT_CHECK_EQ(vm_map(m->as, &a, &out), 0);
	for (size_t i = at; i < at + n; i++) {
		m->mapped[i] = true;
		m->prot[i] = a.prot;
		m->value[i] = 0;
	}
}

static void model_unmap(struct model *m, size_t at, size_t n)
{
	KT_CHECK_EQ(vm_unmap(m->as, BASE + at * PGSIZE, n * PGSIZE), 0);
	for (size_t i = at; i < at + n; i++)
		m->mapped[i] = false;
}

static bool all_mapped(const struct model *m, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (!m->mapped[i])
			return false;
	return true;
}

static void model_protect(struct model *m, size_t at, size_t n)
{
	uint32_t prot = pick_prot(m);
	int want = all_mapped(m, at, n) ? 0 : -ENOMEM;

	KT_CHECK_EQ(vm_protect(m->as, BASE + at * PGSIZE, n * PGSIZE, prot),
		    want);
	for (size_t i = at; !want && i < at + n; i++)
		m->prot[i] = prot;
}

static void model_drop(struct model *m, size_t at, size_t n)
{
	int want = all_mapped(m, at, n) ? 0 : -ENOMEM;

	KT_CHECK_EQ(vm_advise(m->as, BASE + at * PGSIZE, n * PGSIZE,
			      ROS_MADV_DONTNEED), want);
	for (size_t i = at; !want && i < at + n; i++)
		m->value[i] = 0;
}

static void model_touch(struct model *m, size_t at)
{
	uintptr_t va = BASE + at * PGSIZE;
	uint64_t v = ~0UL;

	KT_CHECK_EQ(uv_write(m->as, va, m->next),
		    m->mapped[at] && m->prot[at] == RW);
	if (m->mapped[at] && m->prot[at] == RW)
		m->value[at] = m->next;
	m->next++;
	KT_CHECK_EQ(uv_read(m->as, va, &v),
		    m->mapped[at] && m->prot[at] != ROS_PROT_NONE);
	if (m->mapped[at] && m->prot[at] != ROS_PROT_NONE)
		KT_CHECK_EQ(v, m->value[at]);
}

/* One page moves over another; a mapping of one page is one region's. */
static void model_move(struct model *m, size_t from, size_t to)
{
	uintptr_t out;
	int want = m->mapped[from] ? 0 : -EFAULT;

	if (from == to)
		return;
	KT_CHECK_EQ(vm_remap(m->as, BASE + from * PGSIZE, PGSIZE, PGSIZE,
			     ROS_MREMAP_MAYMOVE | ROS_MREMAP_FIXED,
			     BASE + to * PGSIZE, &out), want);
	if (want)
		return;
	m->mapped[from] = false;
	m->mapped[to] = true;
	m->prot[to] = m->prot[from];
	m->value[to] = m->value[from];
}

static void model_fork(struct model *m)
{
	struct aspace *child;

	KT_CHECK_EQ(aspace_create(&child), 0);
	KT_CHECK_EQ(vm_fork(m->as, child), 0);
	for (size_t i = 0; i < PAGES; i += 3)
		(void)uv_write(m->as, BASE + i * PGSIZE, ~0UL);
	uv_switch(child);
	aspace_put(m->as);
	m->as = child;
}

static void model_step(struct model *m)
{
	size_t at = pick(m, PAGES), n = 1 + pick(m, PAGES - at);

	switch (pick(m, 16)) {
	case 0:
		model_map(m, at, n);
		break;
	case 1:
		model_unmap(m, at, MIN(n, 5));
		break;
	case 2:
	case 3:
		model_protect(m, at, MIN(n, 8));
		break;
	case 4:
		model_drop(m, at, MIN(n, 6));
		break;
	case 5:
		model_move(m, at, pick(m, PAGES));
		break;
	case 6:
		if (pick(m, 20) == 0)
			model_fork(m);
		break;
	default:
		model_touch(m, at);
	}
}

KTEST(vm_random_work)
{
	struct model m = { .as = uv_enter(), .seed = 42, .next = 1 };

	for (int i = 0; i < 6000; i++)
		model_step(&m);
	for (size_t i = 0; i < PAGES; i++)
		model_touch(&m, i);
	uv_leave(m.as);
}

#if CONFIG_FAULT_INJECT
static void work_that_may_fail(void)
{
	struct aspace *as, *child;
	struct vm_map_args a = {
		.len = 40 * PGSIZE,
		.prot = RW,
		.flags = ANON,
	};
	uintptr_t at, to;

	if (aspace_create(&as))
		return;
	uv_switch(as);
	if (vm_map(as, &a, &at))
		goto out;
	for (uintptr_t i = 0; i < 40; i++)
		(void)uv_write(as, at + i * PGSIZE, i);
	if (!aspace_create(&child)) {
		(void)!vm_fork(as, child);
		aspace_put(child);
	}
	for (uintptr_t i = 0; i < 40; i++)
		(void)uv_write(as, at + i * PGSIZE, i);
	vm_protect(as, at + 3 * PGSIZE, 4 * PGSIZE, ROS_PROT_READ);
	vm_unmap(as, at + 20 * PGSIZE, 2 * PGSIZE);
	vm_remap(as, at, 2 * PGSIZE, 600 * PGSIZE, ROS_MREMAP_MAYMOVE, 0, &to);
	a.flags = ROS_MAP_SHARED | ROS_MAP_ANONYMOUS;
	if (!vm_map(as, &a, &at))
		(void)uv_write(as, at, 1);
out:
	uv_leave(as);
}

KTEST(vm_out_of_memory_everywhere)
{
	for (long n = 1; n < 120; n++) {
		mm_fail_nth(n);
		work_that_may_fail();
		mm_fail_nth(0);
	}
}
#endif

KTEST(vm_cost)
{
	struct aspace *as = uv_enter(), *child;
	uintptr_t at = uv_map(as, 0, 256, NULL, ANON);
	uint64_t t[8];

	KT_CHECK(uv_write(as, at, 1));
	t[0] = read_tsc();
	for (uintptr_t i = 1; i <= 100; i++)
		vm_fault(as, at + i * PGSIZE, PF_USER | PF_WRITE);
	t[1] = read_tsc();
	for (uintptr_t i = 1; i <= 100; i++)
		vm_unmap(as, at + i * PGSIZE, PGSIZE);
	t[2] = read_tsc();
	vm_unmap(as, at + 110 * PGSIZE, PGSIZE);
	vm_populate(as, at + 120 * PGSIZE, 100 * PGSIZE);
	KT_CHECK_EQ(aspace_create(&child), 0);
	t[3] = read_tsc();
	KT_CHECK_EQ(vm_fork(as, child), 0);
	t[4] = read_tsc();
	aspace_put(child);
	t[5] = read_tsc();
	uv_leave(as);
	t[6] = read_tsc();
	kt_note("ticks: zero fault %lu, munmap of a page %lu, fork of 101 "
		"pages %lu, destroy %lu, the other %lu",
		(t[1] - t[0]) / 100, (t[2] - t[1]) / 100, t[4] - t[3],
		t[5] - t[4], t[6] - t[5]);
}
