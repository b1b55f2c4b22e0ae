// SPDX-License-Identifier: MIT
/* Host test: FD tables against an array; closing while others look; taps. */
#include <ns/ns_host.h>

#include <ros/fdtap.h>
#include <stdlib.h>

/* ------------------------------------------ a device that can be tapped */

static struct tap_list list;
static _Atomic int nr_closed;

static void pipe_close(struct chan *c)
{
	nr_closed++;
}

static struct tap_list *pipe_taps(struct chan *c, uint32_t *filters)
{
	*filters = FDTAP_FILT_READABLE | FDTAP_FILT_HANGUP;
	return &list;
}

static uint32_t pipe_ready(struct chan *c)
{
	return FDTAP_FILT_READABLE;
}

static struct dev pipe_dev = { .name = "pipe", .close = pipe_close,
			       .taps = pipe_taps, .ready = pipe_ready };
DEVICE(pipe_dev);

static struct chan *new_chan(void)
{
	struct chan *c = chan_new(&pipe_dev);

	c->flags |= CHAN_OPEN;
	c->mode = O_READ;
	return c;
}

static void begin(void)
{
	ns_host_begin();
	if (!list.taps.next)
		tap_list_init(&list);
	for (int fd; (fd = fd_next(&me, 0)) >= 0;)
		CHECK_EQ(fd_close(&me, fd), 0);
	nr_closed = 0;
}

/* ---------------------------------------------------------------- model */

#define MODEL 700
static struct chan *model[MODEL];
static bool model_cloexec[MODEL];

static int lowest(int min)
{
	while (min < MODEL && model[min])
		min++;
	return min;
}

static void step(uint64_t *seed)
{
	int fd = test_random(seed) % MODEL, min = fd, got;
	int cloexec = test_random(seed) & 1 ? ROS_O_CLOEXEC : 0;
	struct chan *c;

	switch (test_random(seed) % 5) {
	case 0:
	case 1:
		min = test_random(seed) % 4 ? 0 : min;
		c = new_chan();
		got = fd_install(&me, c, min, cloexec);
		CHECK_EQ(got, lowest(min) < MODEL ? lowest(min) : got);
		if (got >= MODEL) {
			CHECK_EQ(fd_close(&me, got), 0);
			break;
		}
		model[got] = c;
		model_cloexec[got] = cloexec;
		break;
	case 2:
		c = new_chan();
		CHECK_EQ(fd_install_at(&me, c, fd, cloexec), fd);
		model[fd] = c;
		model_cloexec[fd] = cloexec;
		break;
	case 3:
		CHECK_EQ(fd_close(&me, fd), model[fd] ? 0 : -EBADF);
		model[fd] = NULL;
		break;
	default:
		got = fd_get(&me, fd, &c);
		CHECK_EQ(got, model[fd] ? 0 : -EBADF);
		if (!got) {
			CHECK(c == model[fd]);
			chan_put(c);
			CHECK_EQ(fd_get_flags(&me, fd), model_cloexec[fd]);
		}
		for (got = fd; got < MODEL && !model[got]; got++)
			;
		CHECK_EQ(fd_next(&me, fd), got < MODEL ? got : -1);
	}
}

TEST(fd_model)
{
	struct proc child = me;
	struct chan *c;
	uint64_t seed = 5;
	int nr = 0;

	begin();
	for (int i = 0; i < 30000; i++)
		step(&seed);
	/* A child has the same, and its own from then on. */
	child = me;
	CHECK_EQ(fds_proc_create(&child, &me, PROC_NEW_FORK), 0);
	for (int fd = 0; fd < MODEL; fd++) {
		CHECK_EQ(fd_get(&child, fd, &c), model[fd] ? 0 : -EBADF);
		if (model[fd]) {
			CHECK(c == model[fd]);
			chan_put(c);
		}
	}
	fds_proc_exec(&child);
	for (int fd = 0; fd < MODEL; fd++) {
		bool open = model[fd] && !model_cloexec[fd];

		nr += open;
		CHECK_EQ(fd_get(&child, fd, &c), open ? 0 : -EBADF);
		if (open)
			chan_put(c);
	}
	CHECK(nr > 50);
	nr_closed = 0;
	fds_proc_destroy(&child);
	CHECK_EQ(nr_closed, 0); /* they still are the parent's */
	CHECK_EQ(fd_get(&child, 0, &c), -EBADF);
	CHECK_EQ(fd_next(&child, 0), -1);
	host_rcu_run();
}

TEST(fd_many)
{
	struct chan *c = new_chan();

	begin();
	for (int i = 0; i < 65536; i++) {
		chan_get(c);
		CHECK_EQ(fd_install(&me, c, 0, 0), i);
	}
	CHECK_EQ(fd_install(&me, c, 0, 0), -EMFILE);
	CHECK_EQ(fd_install(&me, c, 65536, 0), -EINVAL);
	CHECK_EQ(fd_close(&me, 40000), 0);
	CHECK_EQ(fd_close(&me, 123), 0);
	chan_get(c);
	CHECK_EQ(fd_install(&me, c, 200, 0), 40000);
	chan_get(c);
	CHECK_EQ(fd_install(&me, c, 0, 0), 123);
	CHECK_EQ(fd_install(&me, c, 0, 0), -EMFILE);
	CHECK_EQ(fd_install_at(&me, c, 65536, 0), -EBADF);
	/* The runtime's own are elsewhere. */
	chan_get(c);
	CHECK_EQ(fd_install(&me, c, 0, ROS_O_INTERNAL), ROS_INTERNAL_FD_BASE);
	CHECK_EQ(fd_next(&me, 65536), -1);
	CHECK_EQ(fd_close(&me, ROS_INTERNAL_FD_BASE), 0);
	CHECK_EQ(fd_close(&me, -1), -EBADF);
	CHECK_EQ(fd_close(&me, NR_FILE_DESC_MAX), -EBADF);
	CHECK_EQ(fd_close(&me, INT32_MAX), -EBADF);
	begin();
	CHECK_EQ(kref_refcnt(&c->ref), 1);
	chan_put(c);
	CHECK_EQ(nr_closed, 1);
	host_rcu_run();
}

TEST(fd_modes)
{
	struct chan *c = new_chan(), *got;
	int fd;

	begin();
	fd = fd_install(&me, c, 10, 0);
	CHECK_EQ(fd, 10);
	CHECK_EQ(fd_get_mode(&me, fd, O_READ, &got), 0);
	chan_put(got);
	CHECK_EQ(fd_get_mode(&me, fd, O_WRITE, &got), -EBADF);
	CHECK_EQ(fd_set_flags(&me, fd, ROS_FD_CLOEXEC), 0);
	CHECK_EQ(fd_get_flags(&me, fd), ROS_FD_CLOEXEC);
	CHECK_EQ(fd_set_flags(&me, 11, 0), -EBADF);
	CHECK_EQ(fd_dup_to(&me, fd, &me, 3), 3);
	CHECK_EQ(fd_get_flags(&me, 3), 0);
	CHECK_EQ(fd_ready(&me, 3, ~0U), FDTAP_FILT_READABLE);
	CHECK_EQ(fd_ready(&me, 4, ~0U), -EBADF);
}

/* ---------------------------------------------------------------- races */

static void churn(void *arg, unsigned int core)
{
	uint64_t seed = core;
	struct chan *c;

	cur_kthread_get()->proc = &me;
	for (int i = 0; i < 20000; i++) {
		int fd = test_random(&seed) % 8;

		switch (test_random(&seed) % 3) {
		case 0:
			if (fd_install_at(&me, new_chan(), fd, 0) != fd)
				abort();
			break;
		case 1:
			fd_close(&me, fd);
			break;
		default:
			if (!fd_get(&me, fd, &c)) {
				CHECK(c->dev == &pipe_dev);
				chan_put(c);
			}
		}
		if (core == 0 && i % 64 == 0)
			host_rcu_run();
	}
}

TEST(fd_race)
{
	size_t before;

	begin();
	host_rcu_run();
	before = host_mm_in_use();
	host_run_cores(4, churn, NULL);
	cur_kthread_get()->proc = &me;
	begin();
	host_rcu_run();
	CHECK_EQ(host_mm_in_use(), before);
}

/* ----------------------------------------------------------------- taps */

static int tap(int fd, int cmd, uint32_t filter, uint32_t id, void *evq)
{
	struct fd_tap_req r = { fd, cmd, filter, id, evq, (void *)0x77 };

	return fd_tap(&me, &r);
}

TEST(fd_taps)
{
	int q1, q2, r = FDTAP_FILT_READABLE;
	struct chan *c = new_chan(), *f;

	begin();
	nr_events = 0;
	chan_get(c);
	CHECK_EQ(fd_install(&me, c, 0, 0), 0);
	CHECK_EQ(fd_install(&me, c, 0, 0), 1);
	CHECK_EQ(tap(-1, FDTAP_CMD_ADD, r, 1, &q1), -EBADF);
	CHECK_EQ(tap(2, FDTAP_CMD_ADD, r, 1, &q1), -EBADF);
	CHECK_EQ(tap(NR_FILE_DESC_MAX, FDTAP_CMD_ADD, r, 1, &q1), -ENFILE);
	CHECK_EQ(tap(0, 9, r, 1, &q1), -EINVAL);
	CHECK_EQ(tap(0, FDTAP_CMD_ADD, FDTAP_FILT_WRITTEN, 1, &q1), -ENOSYS);
	CHECK_EQ(tap(0, FDTAP_CMD_REM, r, 1, &q1), -EBADF);
	CHECK_EQ(tap(0, FDTAP_CMD_ADD, r, 1, &q1), 0);
	CHECK_EQ(tap(0, FDTAP_CMD_ADD, r, 1, &q1), -EBUSY);
	CHECK_EQ(tap(0, FDTAP_CMD_ADD, r, 2, &q1), 0);
	CHECK_EQ(tap(0, FDTAP_CMD_ADD, r, 1, &q2), 0);
	CHECK_EQ(tap(1, FDTAP_CMD_ADD, FDTAP_FILT_HANGUP, 1, &q1), 0);
	CHECK_EQ(nr_events, 0);
	tap_fire(&list, r);
	CHECK_EQ(nr_events, 3);
	CHECK(last_event.ev_arg2 == r && last_event.ev_arg3 == (void *)0x77);
	tap_fire(&list, FDTAP_FILT_HANGUP);
	CHECK_EQ(nr_events, 4);
	CHECK_EQ(last_event.ev_type, 1);
	CHECK_EQ(tap(0, FDTAP_CMD_MOD, FDTAP_FILT_HANGUP, 2, &q1), 0);
	CHECK_EQ(tap(0, FDTAP_CMD_MOD, r, 5, &q1), -EBADF);
	CHECK_EQ(tap(0, FDTAP_CMD_REM, 0, 1, &q2), 0);
	tap_fire(&list, r);
	CHECK_EQ(nr_events, 5);
	/* Every way of closing takes the taps along (T5). */
	CHECK_EQ(fd_install_at(&me, new_chan(), 0, 0), 0);
	tap_fire(&list, r | FDTAP_FILT_HANGUP);
	CHECK_EQ(nr_events, 6); /* FD 1's */
	CHECK_EQ(fd_close(&me, 1), 0);
	tap_fire(&list, r | FDTAP_FILT_HANGUP);
	CHECK_EQ(nr_events, 6);
	CHECK_EQ(tap(0, FDTAP_CMD_ADD, r, 1, &q1), 0);
	fds_proc_exec(&me);
	tap_fire(&list, r);
	CHECK_EQ(nr_events, 6);
	CHECK(list_empty(&list.taps));
	f = chan_("/tmp", O_READ);
	CHECK_EQ(fd_install(&me, f, 5, 0), 5);
	CHECK_EQ(tap(5, FDTAP_CMD_ADD, r, 1, &q1), -EINVAL);
	begin();
}
