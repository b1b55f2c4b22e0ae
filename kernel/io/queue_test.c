// SPDX-License-Identifier: MIT
/* Byte queues: order, limits, ends, edges, several readers and writers. */
#include <io/queue.h>

#include <host/test.h>
#include <ros/errno.h>
#include <ros/fdtap.h>
#include <stdlib.h>
#include <unistd.h>

static struct queue q;
static _Atomic uint32_t edges;
static _Atomic unsigned int nr_edges;

static void note_edge(struct queue *x, uint32_t bits)
{
	edges |= bits;
	nr_edges++;
}

static uint32_t take_edges(void)
{
	return atomic_exchange(&edges, 0);
}

static void begin(size_t limit)
{
	queue_init(&q, limit, note_edge, NULL);
	edges = 0;
	nr_edges = 0;
}

static void end(void)
{
	queue_fini(&q);
	CHECK_EQ(host_mm_in_use(), 0);
}

static long put(const void *buf, size_t len, bool nonblock)
{
	struct uio u;

	uio_init_one(&u, (void *)buf, len, true);
	return queue_write(&q, &u, nonblock);
}

static long get(void *buf, size_t len, bool nonblock)
{
	struct uio u;

	uio_init_one(&u, buf, len, true);
	return queue_read(&q, &u, nonblock);
}

TEST(uio_segments)
{
	char a[3] = "abc", b[5] = "defgh", out[8] = "";
	struct ros_iovec iov[3] = {
		{ (uint64_t)a, 3 }, { (uint64_t)out, 0 }, { (uint64_t)b, 5 },
	};
	struct uio u;
	size_t len;

	uio_init(&u, iov, 3, false);
	CHECK_EQ(u.resid, 8);
	CHECK_EQ(uio_read_from(&u, out, 2), 0);
	CHECK_EQ(uio_segment(&u, &len), a + 2);
	CHECK_EQ(len, 1);
	CHECK_EQ(uio_read_from(&u, out + 2, 4), 0);
	CHECK(!memcmp(out, "abcdef", 6));
	CHECK_EQ(u.resid, 2);
	CHECK_EQ(uio_zero(&u, 2), 0);
	CHECK(!b[3] && !b[4]);
	CHECK_EQ(uio_segment(&u, &len), 0);
	CHECK_EQ(len, 0);
}

TEST(uio_fault_moves_nothing)
{
	char a[4] = "abc", b[4], out[8];
	struct ros_iovec iov[2] = { { (uint64_t)a, 4 }, { (uint64_t)b, 4 } };
	struct uio u;

	host_user_fault(b, 4);
	uio_init(&u, iov, 2, true);
	CHECK_EQ(uio_read_from(&u, out, 6), -EFAULT);
	CHECK_EQ(u.resid, 8);
	CHECK_EQ(uio_read_from(&u, out, 4), 0);
	host_user_fault(NULL, 0);
	CHECK_EQ(uio_read_from(&u, out, 4), 0);
}

TEST(queue_small_writes_gather)
{
	char c, buf[300];

	begin(65536);
	for (int i = 0; i < 300; i++) {
		c = i;
		CHECK_EQ(put(&c, 1, true), 1);
	}
	CHECK_EQ(host_mm_in_use() <= 1024, 1);
	CHECK_EQ(get(buf, sizeof(buf), true), 300);
	for (int i = 0; i < 300; i++)
		CHECK_EQ(buf[i], (char)i);
	CHECK_EQ(get(buf, 1, true), -EAGAIN);
	end();
}

TEST(queue_limit_and_atomic)
{
	static char buf[100000];
	struct uio u;

	begin(65536);
	CHECK_EQ(put(buf, 100000, true), 65536); /* exactly up to the limit */
	CHECK_EQ(put(buf, 1, true), -EAGAIN);
	CHECK_EQ(get(buf, 1, true), 1);
	CHECK_EQ(put(buf, 4096, true), 4096); /* crosses it, whole */
	CHECK_EQ(put(buf, 4096, true), -EAGAIN);
	uio_init_one(&u, buf, 100, true);
	CHECK_EQ(queue_write(&q, &u, true), -EAGAIN);
	CHECK_EQ(u.resid, 100);
	CHECK_EQ(get(buf, 100000, true), 65536 + 4095);
	end();
}

TEST(queue_edges)
{
	static char buf[70000];

	begin(8192);
	put(buf, 10, true);
	CHECK_EQ(take_edges(), FDTAP_FILT_READABLE);
	put(buf, 10, true);
	CHECK_EQ(take_edges(), 0);
	CHECK_EQ(get(buf, 5, true), 5);
	CHECK_EQ(take_edges(), 0);
	CHECK_EQ(queue_ready(&q), FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE);
	CHECK_EQ(put(buf, 70000, true), 8192 - 15);
	CHECK_EQ(queue_ready(&q), FDTAP_FILT_READABLE);
	CHECK_EQ(get(buf, 4000, true), 4000);
	CHECK_EQ(take_edges(), 0); /* not yet half empty */
	CHECK_EQ(get(buf, 200, true), 200);
	CHECK_EQ(take_edges(), FDTAP_FILT_WRITABLE);
	CHECK_EQ(get(buf, 70000, true), 3992);
	CHECK_EQ(take_edges(), 0);
	put(buf, 1, true);
	CHECK_EQ(take_edges(), FDTAP_FILT_READABLE);
	end();
}

TEST(queue_hangup_drains)
{
	char buf[10] = "abc";

	begin(100);
	put(buf, 3, true);
	queue_hangup(&q);
	CHECK(take_edges() & FDTAP_FILT_HANGUP);
	queue_hangup(&q);
	CHECK_EQ(take_edges(), 0);
	CHECK_EQ(put(buf, 3, false), -EPIPE);
	CHECK_EQ(get(buf, 2, false), 2);
	CHECK_EQ(get(buf, 2, false), 1);
	CHECK_EQ(get(buf, 2, false), 0);
	queue_reopen(&q);
	CHECK_EQ(get(buf, 2, true), -EAGAIN);
	CHECK_EQ(put(buf, 3, false), 3);
	queue_close_reader(&q);
	CHECK_EQ(put(buf, 3, false), -EPIPE);
	CHECK(queue_ready(&q) & FDTAP_FILT_WRITABLE);
	end();
}

TEST(queue_faults_consume_nothing)
{
	static char buf[9000], in[9000];

	for (int i = 0; i < 9000; i++)
		in[i] = i * 7;
	begin(65536);
	CHECK_EQ(put(in, 9000, true), 9000);
	host_user_fault(buf, 1);
	CHECK_EQ(get(buf, 100, true), -EFAULT);
	host_user_fault(buf + 5000, 1);
	/* Whole blocks before the fault are read. */
	long n = get(buf, 9000, true);
	CHECK(n > 0 && n <= 5000);
	host_user_fault(NULL, 0);
	CHECK_EQ(get(buf + n, 9000, true), 9000 - n);
	CHECK(!memcmp(buf, in, 9000));
	host_user_fault(in + 4096, 1);
	CHECK_EQ(put(in, 9000, true), -EFAULT);
	CHECK_EQ(put(in, 100, true), 100);
	host_user_fault(NULL, 0);
	CHECK_EQ(get(buf, 9000, true), 100);
	end();
}

TEST(queue_post_takes_what_fits)
{
	char buf[3000];

	memset(buf, 'x', sizeof(buf));
	begin(2500);
	CHECK_EQ(queue_post(&q, buf, 3000), 2500);
	CHECK_EQ(queue_post(&q, buf, 1), 0);
	CHECK_EQ(get(buf, 3000, true), 2500);
	end();
}

/* Two writers and two readers; every byte once, each writer's in order. */
#define BYTES 400000
static unsigned char seen[2][BYTES];
static _Atomic int writers_left;

static void writer(unsigned int id)
{
	uint64_t seed = id;
	uint32_t msg[1500];
	long i = 0;

	while (i < BYTES) {
		long n = 1 + test_random(&seed) % (id ? 1500 : 20);

		n = MIN(n, BYTES - i);
		for (long k = 0; k < n; k++)
			msg[k] = id << 24 | (uint32_t)(i + k);
		n = put(msg, n * 4, false);
		CHECK(n > 0 && n % 4 == 0);
		i += n / 4;
	}
	if (atomic_fetch_sub(&writers_left, 1) == 1)
		queue_hangup(&q);
}

static void reader(unsigned int id)
{
	uint32_t msg[700];
	uint64_t seed = id * 99;
	long n;

	while ((n = get(msg, 4 * (1 + test_random(&seed) % 700), false)) > 0) {
		CHECK(n % 4 == 0);
		for (long k = 0; k < n / 4; k++)
			seen[msg[k] >> 24][msg[k] & 0xffffff]++;
	}
	CHECK_EQ(n, 0);
}

static void party(void *arg, unsigned int i)
{
	if (i < 2)
		writer(i);
	else
		reader(i);
}

TEST(queue_many)
{
	begin(16384);
	memset(seen, 0, sizeof(seen));
	writers_left = 2;
	host_run_cores(5, party, NULL);
	for (int i = 0; i < BYTES; i++)
		CHECK(seen[0][i] == 1 && seen[1][i] == 1);
	end();
}

/* One byte to and fro: no wake-up is lost. */
static struct queue back;

static void pingpong(void *arg, unsigned int i)
{
	struct queue *in = i ? &q : &back, *out = i ? &back : &q;
	struct uio u;
	char c = 0;

	for (int k = 0; k < 20000; k++) {
		if (i == 0) {
			uio_init_one(&u, &c, 1, true);
			CHECK_EQ(queue_write(out, &u, false), 1);
		}
		uio_init_one(&u, &c, 1, true);
		CHECK_EQ(queue_read(in, &u, false), 1);
		if (i == 1) {
			uio_init_one(&u, &c, 1, true);
			CHECK_EQ(queue_write(out, &u, false), 1);
		}
	}
}

TEST(queue_pingpong)
{
	begin(100);
	queue_init(&back, 100, NULL, NULL);
	host_run_cores(2, pingpong, NULL);
	queue_fini(&back);
	end();
}

struct count_tap {
	struct tap tap;
	int n;
	uint32_t bits;
};

static void count_fire(struct tap *t, uint32_t bits)
{
	struct count_tap *c = container_of(t, struct count_tap, tap);

	c->n++;
	c->bits |= bits;
}

TEST(taps_filter)
{
	struct count_tap a = { .tap = { .filter = 1, .fire = count_fire } };
	struct count_tap b = { .tap = { .filter = 3, .fire = count_fire } };
	struct tap_list l;

	tap_list_init(&l);
	tap_fire(&l, 3);
	tap_add(&l, &a.tap);
	tap_add(&l, &b.tap);
	tap_fire(&l, 2);
	CHECK(a.n == 0 && b.n == 1 && b.bits == 2);
	tap_fire(&l, 3);
	CHECK(a.n == 1 && a.bits == 1 && b.n == 2 && b.bits == 3);
	tap_remove(&l, &b.tap);
	tap_set_filter(&l, &a.tap, 0x200);
	tap_fire(&l, 0x201);
	CHECK(a.n == 2 && b.n == 2 && a.bits == 0x201);
}
