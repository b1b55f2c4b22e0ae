// SPDX-License-Identifier: MIT
/* Kernel self tests of byte queues: between cores, aborts, what they cost. */
#include <io/queue.h>

#include <arch/percpu.h>
#include <core/kthread.h>
#include <mm/slab.h>
#include <test/ktest.h>

#define ROUNDS 400

struct pair {
	struct queue q;
	_Atomic uint64_t sent, received; /* sums of what went through */
	_Atomic uint32_t nr_writers, core;
};

static long move(struct queue *q, void *buf, size_t len, bool out)
{
	struct uio u;

	uio_init_one(&u, buf, len, false);
	return out ? queue_write(q, &u, false) : queue_read(q, &u, false);
}

static void write_much(struct pair *p, uint64_t seed, uint8_t *buf)
{
	uint64_t sum = 0;
	size_t len;

	for (int i = 0; i < ROUNDS; i++) {
		len = kt_random(&seed) % (i % 4 ? 100 : 20000) + 1;
		for (size_t k = 0; k < len; k++) {
			buf[k] = seed >> 11 ^ k * 13;
			sum += buf[k];
		}
		KT_CHECK_EQ(move(&p->q, buf, len, true), len);
	}
	atomic_fetch_add(&p->sent, sum);
	if (atomic_fetch_sub(&p->nr_writers, 1) == 1)
		queue_hangup(&p->q);
}

static void read_all(struct pair *p, uint8_t *buf)
{
	uint64_t sum = 0;
	long n;

	while ((n = move(&p->q, buf, 9000, false)) > 0)
		for (long k = 0; k < n; k++)
			sum += buf[k];
	KT_CHECK_EQ(n, 0);
	atomic_fetch_add(&p->received, sum);
}

/* Every second core writes; on a single core its reader is a second kthread. */
static void side(void *arg)
{
	struct pair *p = arg;
	uint32_t i = atomic_fetch_add(&p->core, 1);
	uint8_t *buf = kmalloc(20000, MM_WAIT);

	KT_CHECK(buf);
	if (i % 2)
		read_all(p, buf);
	else
		write_much(p, i * 77 + 1, buf);
	kfree(buf);
}

KTEST(io_queue_between_cores)
{
	struct pair *p = kzalloc(sizeof(*p), MM_WAIT);

	if (nr_cores == 1) {
		kfree(p);
		return;
	}
	queue_init(&p->q, 32768, NULL, NULL);
	p->nr_writers = (nr_cores + 1) / 2;
	kt_on_each_core(side, p);
	KT_CHECK_EQ(p->sent, p->received);
	queue_fini(&p->q);
	kfree(p);
}

struct one {
	struct queue q, back;
	struct kthread *_Atomic k;
	_Atomic long result;
	_Atomic bool done;
};

static void blocked_reader(void *arg)
{
	struct one *o = arg;
	char c;

	atomic_store(&o->k, cur_kthread_get());
	atomic_store(&o->result, move(&o->q, &c, 1, false));
	atomic_store(&o->done, true);
}

KTEST(io_queue_read_aborts)
{
	struct one *o = kzalloc(sizeof(*o), MM_WAIT);

	queue_init(&o->q, 100, NULL, NULL);
	KT_CHECK(!kthread_spawn(nr_cores - 1, "reader", blocked_reader, o));
	KT_CHECK(!kthread_usleep(20000));
	KT_CHECK(!atomic_load(&o->done));
	kthread_abort(atomic_load(&o->k), KTH_ABORT_SYSC);
	KT_CHECK(!kthread_usleep(20000));
	KT_CHECK(atomic_load(&o->done));
	KT_CHECK_EQ(atomic_load(&o->result), -4); /* EINTR */
	KT_CHECK_EQ(move(&o->q, &(char){ 1 }, 1, true), 1);
	queue_fini(&o->q);
	kfree(o);
}

/* In and out, n times; the ticks of one turn. */
static uint64_t turn_cost(struct queue *q, void *buf, size_t len, int n)
{
	uint64_t start = 0;

	for (int i = -1; i < n; i++) {
		if (!i)
			start = read_tsc();
		KT_CHECK_EQ(move(q, buf, len, true), len);
		KT_CHECK_EQ(move(q, buf, len, false), len);
	}
	return (read_tsc() - start) / n;
}

/* In ticks, which are instructions under -icount shift=0. */
KTEST(io_queue_cost)
{
	struct queue *q = kzalloc(sizeof(*q), MM_WAIT);
	char *buf = kmalloc(65536, MM_WAIT);

	queue_init(q, 65536, NULL, NULL);
	kt_note("in and out: 1 byte %lu, 4 KiB %lu, 64 KiB %lu",
		turn_cost(q, buf, 1, 100), turn_cost(q, buf, 4096, 20),
		turn_cost(q, buf, 65536, 10));
	queue_fini(q);
	kfree(q);
	kfree(buf);
}
