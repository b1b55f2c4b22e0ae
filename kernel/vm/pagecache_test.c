// SPDX-License-Identifier: MIT
/* Host test: reading, writing and truncating objects against a plain array. */
#include <vm/vm_priv.h>

#include <stdlib.h>

#include <host/test.h>
#include <mm/slab.h>

#define MAX_BYTES (40 * PGSIZE)

static unsigned char model[MAX_BYTES], buf[MAX_BYTES];
static size_t model_size;
static uint64_t unmapped_from;

void vm_unmap_object(struct pagecache *pc, uint64_t start, uint64_t end)
{
	unmapped_from = start;
}

static void release(struct pagecache *pc)
{
	pagecache_fini(pc);
	kfree(pc);
}

static const struct pagecache_ops plain = { .release = release };

static struct pagecache *object(const struct pagecache_ops *ops)
{
	struct pagecache *pc = kmalloc(sizeof(*pc), MM_WAIT);

	pagecache_init(pc, ops, NULL);
	memset(model, 0, sizeof(model));
	model_size = 0;
	return pc;
}

static void put(struct pagecache *pc)
{
	pagecache_put(pc);
	host_rcu_run();
	CHECK_EQ(host_mm_in_use(), 0);
}

static void fill_random(unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = rand();
}

static void do_write(struct pagecache *pc, size_t off, size_t len)
{
	fill_random(buf, len);
	CHECK_EQ(pagecache_write(pc, buf, len, off, rand() & 1), len);
	memcpy(model + off, buf, len);
	if (len)
		model_size = MAX(model_size, off + len);
}

static void do_read(struct pagecache *pc, size_t off, size_t len)
{
	size_t want = off < model_size ? MIN(len, model_size - off) : 0;

	CHECK_EQ(pagecache_read(pc, buf, len, off, rand() & 1), want);
	CHECK(!memcmp(buf, model + off, want));
}

static void do_truncate(struct pagecache *pc, size_t size)
{
	CHECK_EQ(pagecache_truncate(pc, size), 0);
	if (size < model_size) {
		memset(model + size, 0, MAX_BYTES - size);
		CHECK_EQ(unmapped_from, ROUND_UP(size, PGSIZE));
	}
	model_size = size;
}

static void work(struct pagecache *pc, int turns)
{
	for (int turn = 0; turn < turns; turn++) {
		size_t off = rand() % MAX_BYTES;
		size_t len = rand() % (rand() % 8 ? 300 : 20000);

		len = MIN(len, MAX_BYTES - off);
		if (rand() % 40 == 0)
			do_truncate(pc, off);
		else if (rand() & 1)
			do_write(pc, off, len);
		else
			do_read(pc, off, len);
		CHECK_EQ(pc->size_bytes, model_size);
		CHECK(pc->nr_pages <= ROUND_UP(model_size, PGSIZE) / PGSIZE);
	}
}

TEST(object_is_as_the_array)
{
	struct pagecache *pc = object(&plain);

	srand(4);
	work(pc, 20000);
	put(pc);
}

/* Archive pages are lent and must never change. */
static struct frame *archive[10];
static unsigned char pristine[10 * PGSIZE];

static struct frame *lend(struct pagecache *pc, uint64_t index)
{
	if (index >= 10 || !archive[index])
		return NULL;
	frame_get(archive[index]);
	return archive[index];
}

static int fill(struct pagecache *pc, uint64_t index, struct frame *page)
{
	memset(frame_to_virt(page), 0, PGSIZE);
	return 0;
}

static const struct pagecache_ops lent = {
	.lend = lend,
	.fill = fill,
	.release = release,
};

TEST(lent_pages_do_not_change)
{
	struct pagecache *pc = object(&lent);

	srand(5);
	fill_random(pristine, sizeof(pristine));
	for (int i = 0; i < 10; i++) {
		archive[i] = frame_alloc(MM_WAIT);
		memcpy(frame_to_virt(archive[i]), pristine + i * PGSIZE,
		       PGSIZE);
	}
	CHECK_EQ(pagecache_truncate(pc, 10 * PGSIZE), 0);
	memcpy(model, pristine, sizeof(pristine));
	model_size = 10 * PGSIZE;
	for (int round = 0; round < 3; round++) {
		work(pc, 1000);
		do_truncate(pc, MIN(model_size, 7 * PGSIZE + 50));
		/* What was cut off does not come again. */
		do_truncate(pc, MAX_BYTES);
		do_read(pc, 0, MAX_BYTES);
	}
	put(pc);
	for (int i = 0; i < 10; i++) {
		CHECK(!memcmp(frame_to_virt(archive[i]), pristine + i * PGSIZE,
			      PGSIZE));
		CHECK_EQ(frame_refs(archive[i]), 1);
		frame_put(archive[i]);
	}
}

TEST(a_fault_in_the_middle_leaves_no_trace)
{
	struct pagecache *pc = object(&plain);
	static unsigned char src[8 * PGSIZE] __attribute__((aligned(4096)));

	memset(src, 7, sizeof(src));
	host_user_fault(src + 3 * PGSIZE, PGSIZE);
	CHECK_EQ(pagecache_write(pc, src, 8 * PGSIZE, 100, true),
		 3 * PGSIZE - 100);
	host_user_fault(NULL, 0);
	model_size = pc->size_bytes;
	memset(model + 100, 7, model_size - 100);
	do_truncate(pc, 9 * PGSIZE);
	do_read(pc, 0, 9 * PGSIZE);
	put(pc);
}

TEST(without_memory_it_says_so)
{
	for (long n = 1; n < 12; n++) {
		struct pagecache *pc = object(&plain);
		long done;

		fill_random(buf, 3 * PGSIZE);
		mm_fail_nth(n);
		done = pagecache_write(pc, buf, 3 * PGSIZE, 0, false);
		mm_fail_nth(0);
		CHECK(done == -ENOMEM || done > 0);
		CHECK_EQ(pc->size_bytes, MAX(done, 0));
		put(pc);
	}
}

/* Readers beside a writer that truncates: PC2. */
static _Atomic bool stop;

static void look(struct pagecache *pc, unsigned int core)
{
	unsigned char b[64];
	unsigned int seed = core;

	while (!stop) {
		long n = pagecache_read(pc, b, 64, rand_r(&seed) % 60000,
					false);

		for (long i = 0; i < n; i++)
			CHECK(b[i] == 0 || b[i] == 9);
	}
}

static void churn(void *arg, unsigned int core)
{
	static unsigned char nines[65536];

	if (core) {
		look(arg, core);
		return;
	}
	memset(nines, 9, sizeof(nines));
	for (int i = 0; i < 300; i++) {
		CHECK(pagecache_write(arg, nines, 60000, 0, false) == 60000);
		CHECK_EQ(pagecache_truncate(arg, (i * 4001) % 60000), 0);
	}
	stop = true;
}

TEST(readers_beside_a_writer)
{
	struct pagecache *pc = object(&plain);

	host_run_cores(3, churn, pc);
	put(pc);
}
