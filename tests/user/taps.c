// SPDX-License-Identifier: MIT
/* FD taps: what they tell of, what they refuse, and when they go. */
#define _GNU_SOURCE
#include <parlib/event.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ros/fdtap.h>
#include <ros/fs.h>

#include "tap.h"

static int p[2] = { -1, -1 };
static struct event_queue *q;

/* Closing the old one's reader is news for who taps its writer. */
static void pipe_new(void)
{
	struct event_msg msg;

	close(p[0]);
	close(p[1]);
	while (extract_one_mbox_msg(q->ev_mbox, &msg))
		;
	CHECK(pipe2(p, O_NONBLOCK) == 0);
}

static struct fd_tap_req req(int cmd, int fd, uint32_t filter, uint32_t id)
{
	return (struct fd_tap_req){ .fd = fd,
				    .cmd = cmd,
				    .filter = filter,
				    .ev_id = id,
				    .ev_q = q,
				    .data = (void *)(0x1000L + id) };
}

static long tap(int cmd, int fd, uint32_t filter, uint32_t id)
{
	struct fd_tap_req r = req(cmd, fd, filter, id);

	return ros_call(SYS_tap_fds, &r, 1);
}

static long add(int fd, uint32_t filter, uint32_t id)
{
	return tap(FDTAP_CMD_ADD, fd, filter, id);
}

/* Exactly one event, with these bits. */
static bool only(uint32_t id, uint32_t bits)
{
	struct event_msg msg, more;

	return extract_one_mbox_msg(q->ev_mbox, &msg) &&
	       !extract_one_mbox_msg(q->ev_mbox, &more) &&
	       msg.ev_type == id && msg.ev_arg2 == bits &&
	       msg.ev_arg3 == (void *)(0x1000L + id);
}

static bool none(void)
{
	struct event_msg msg;

	return !extract_one_mbox_msg(q->ev_mbox, &msg);
}

static void put_byte(void)
{
	CHECK(write(p[1], "x", 1) == 1);
}

static int take_all(void)
{
	char buf[4096];
	int n, sum = 0;

	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		sum += n;
	return sum;
}

static void fill(void)
{
	static char buf[4096];

	while (write(p[1], buf, sizeof(buf)) > 0)
		;
}

static void test_readable(void)
{
	pipe_new();
	CHECK(add(p[0], FDTAP_FILT_READABLE, 400) == 1);
	CHECK(none());
	put_byte();
	CHECK(only(400, FDTAP_FILT_READABLE));
	/* An edge: nothing new until it was empty. */
	put_byte();
	CHECK(none());
	CHECK(take_all() == 2);
	put_byte();
	CHECK(only(400, FDTAP_FILT_READABLE));
}

static void test_writable(void)
{
	pipe_new();
	CHECK(add(p[1], FDTAP_FILT_WRITABLE, 401) == 1);
	put_byte();
	take_all();
	CHECK(none());
	fill();
	CHECK(none());
	CHECK(take_all() > 4096 && only(401, FDTAP_FILT_WRITABLE));
}

static void test_hangup(void)
{
	pipe_new();
	CHECK(add(p[0], FDTAP_FILT_HANGUP, 402) == 1);
	put_byte();
	CHECK(none());
	close(p[1]);
	CHECK(only(402, FDTAP_FILT_HANGUP));
	pipe_new();
	CHECK(add(p[1], FDTAP_FILT_ERROR, 403) == 1);
	CHECK(none());
	close(p[0]);
	CHECK(only(403, FDTAP_FILT_ERROR));
}

static void test_filter(void)
{
	pipe_new();
	CHECK(add(p[0], FDTAP_FILT_HANGUP, 1) == 1);
	put_byte();
	CHECK(none());
	CHECK(tap(FDTAP_CMD_MOD, p[0], FDTAP_FILT_READABLE, 1) == 1);
	take_all();
	put_byte();
	CHECK(only(1, FDTAP_FILT_READABLE));
	CHECK(tap(FDTAP_CMD_MOD, p[0], FDTAP_FILT_READABLE, 2) == -EBADF);
	CHECK(tap(FDTAP_CMD_REM, p[0], 0, 1) == 1);
	take_all();
	put_byte();
	CHECK(none());
	CHECK(tap(FDTAP_CMD_REM, p[0], 0, 1) == -EBADF);
}

/* T1: stops at the first that fails, and says why. */
static void test_stops_at_failure(void)
{
	struct syscall sc;
	struct fd_tap_req r[3];

	pipe_new();
	r[0] = req(FDTAP_CMD_ADD, p[0], FDTAP_FILT_READABLE, 1);
	r[1] = req(FDTAP_CMD_ADD, 9999, FDTAP_FILT_READABLE, 2);
	r[2] = req(FDTAP_CMD_ADD, p[1], FDTAP_FILT_WRITABLE, 3);
	memset(&sc, 0, sizeof(sc));
	syscall_async(&sc, SYS_tap_fds, r, 3);
	syscall_wait(&sc);
	CHECK(sc.retval == 1 && sc.err == EBADF);
	CHECK(ros_call(SYS_tap_fds, &r[0], 1) == -EBUSY);
	CHECK(ros_call(SYS_tap_fds, &r[2], 1) == 1);
	CHECK(ros_call(SYS_tap_fds, r, 0) == 0);
}

static void test_errors(void)
{
	uint32_t f = FDTAP_FILT_READABLE;
	int null = open("/dev/null", O_RDWR), file, dir, closed = dup(0);
	struct fd_tap_req r;

	pipe_new();
	file = open("/tmp/taps", O_RDWR | O_CREAT, 0600);
	dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	close(closed);
	CHECK(null >= 0 && file >= 0 && dir >= 0);
	CHECK(add(-1, f, 1) == -EBADF && add(closed, f, 1) == -EBADF);
	CHECK(add(NR_FILE_DESC_MAX, f, 1) == -ENFILE);
	CHECK(add(0x7fffffff, f, 1) == -ENFILE);
	CHECK(add(file, f, 1) == -EINVAL && add(dir, f, 1) == -EINVAL);
	CHECK(add(null, f, 1) == -ENOSYS);
	CHECK(add(p[0], f | FDTAP_FILT_RENAME, 1) == -ENOSYS);
	CHECK(add(p[0], f, 1) == 1 && add(p[0], f, 1) == -EBUSY);
	CHECK(tap(0, p[0], f, 1) == -EINVAL && tap(4, p[0], f, 1) == -EINVAL);
	CHECK(ros_call(SYS_tap_fds, 8, 1) == -EINVAL);
	CHECK(ros_call(SYS_tap_fds, ~0UL, 1) == -EINVAL);
	CHECK(ros_call(SYS_tap_fds, &r, ~0UL) == -EINVAL);
	r = req(FDTAP_CMD_ADD, p[0], f, 2);
	r.ev_q = NULL;
	CHECK(ros_call(SYS_tap_fds, &r, 1) == -EINVAL);
	/* A queue that is none loses what comes. */
	r.ev_q = (void *)16;
	CHECK(ros_call(SYS_tap_fds, &r, 1) == 1);
	put_byte();
	CHECK(only(1, f));
	close(null);
	close(file);
	close(dir);
	unlink("/tmp/taps");
}

/* Many on one FD: by id, and by queue. */
static void test_many(void)
{
	struct event_queue *other = get_eventq(EV_MBOX_CEQ);
	struct fd_tap_req r;
	struct event_msg msg;
	int seen = 0;

	pipe_new();
	for (int id = 0; id < 50; id++)
		CHECK(add(p[0], FDTAP_FILT_READABLE, id) == 1);
	r = req(FDTAP_CMD_ADD, p[0], FDTAP_FILT_READABLE, 7);
	r.ev_q = other;
	CHECK(ros_call(SYS_tap_fds, &r, 1) == 1);
	put_byte();
	while (extract_one_mbox_msg(q->ev_mbox, &msg))
		seen += msg.ev_arg3 == (void *)(0x1000L + msg.ev_type);
	CHECK(seen == 50);
	CHECK(extract_one_mbox_msg(other->ev_mbox, &msg));
	CHECK(msg.ev_type == 7 && msg.ev_arg2 == FDTAP_FILT_READABLE);
	pipe_new();
	put_eventq(other);
}

/* T5: a tap goes with its FD, not with its file. */
static void test_close(void)
{
	int other;

	pipe_new();
	other = dup(p[0]);
	CHECK(add(p[0], FDTAP_FILT_READABLE, 1) == 1);
	CHECK(add(other, FDTAP_FILT_READABLE, 1) == 1);
	close(p[0]);
	put_byte();
	CHECK(only(1, FDTAP_FILT_READABLE));
	p[0] = dup(other);
	close(other);
	take_all();
	put_byte();
	CHECK(none());
	/* Replaced by dup2, which closes. */
	CHECK(add(p[0], FDTAP_FILT_READABLE, 2) == 1);
	CHECK(dup2(0, p[0]) == p[0]);
	CHECK(tap(FDTAP_CMD_REM, p[0], 0, 2) == -EBADF && none());
}

static const char *self;

static int status_of(pid_t child)
{
	int status = -1;

	return waitpid(child, &status, 0) == child ? status : -1;
}

/* Taps are their process's: a child has none, and a new image keeps none. */
static void test_fork_and_exec(void)
{
	char fd[12];
	pid_t child;

	pipe_new();
	CHECK(add(p[0], FDTAP_FILT_READABLE, 1) == 1);
	child = fork();
	if (!child) {
		int bad = add(p[0], FDTAP_FILT_READABLE, 1) != 1;

		snprintf(fd, sizeof(fd), "%d", p[1]);
		if (!bad)
			execl(self, self, fd, (char *)NULL);
		_exit(1);
	}
	CHECK(status_of(child) == 0);
	CHECK(only(1, FDTAP_FILT_READABLE));
}

static unsigned long free_kb(void)
{
	struct sysinfo si;

	return sysinfo(&si) ? 0 : si.freeram / 1024 * si.mem_unit;
}

static void churn(int n)
{
	for (int i = 0; i < n; i++) {
		pipe_new();
		CHECK(add(p[0], FDTAP_FILT_READABLE, 1) == 1);
		CHECK(add(p[1], FDTAP_FILT_WRITABLE, 2) == 1);
		put_byte();
		CHECK(only(1, FDTAP_FILT_READABLE));
	}
}

/* Others may be busy as well: one quiet round says enough. */
static void test_churn_leaks_nothing(void)
{
	unsigned long before, after, round = 0;

	churn(300);
	do {
		before = free_kb();
		churn(2000);
		after = free_kb();
		printf("# free before %lu KiB, after %lu KiB\n", before, after);
	} while (after + 200 < before && ++round < 5);
	CHECK(before && round < 5);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return write(atoi(argv[1]), "x", 1) != 1;
	vcore_lib_init();
	q = get_eventq(EV_MBOX_UCQ);
	RUN(test_readable);
	RUN(test_writable);
	RUN(test_hangup);
	RUN(test_filter);
	RUN(test_stops_at_failure);
	RUN(test_errors);
	RUN(test_many);
	RUN(test_close);
	RUN(test_fork_and_exec);
	RUN(test_churn_leaks_nothing);
	return tap_end();
}
