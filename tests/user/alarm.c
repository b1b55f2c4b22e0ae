// SPDX-License-Identifier: MIT
/* #alarm: its files, events, periods, counts, taps, and that nothing stays. */
#define _GNU_SOURCE
#include <parlib/alarm.h>
#include <parlib/event.h>
#include <parlib/timing.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ros/fdtap.h>

#include "tap.h"

#define MS 1000 /* usleep's */
#define QUEUE_FLAGS \
	(EVENT_IPI | EVENT_INDIR | EVENT_SPAM_INDIR | EVENT_WAKEUP)

static const char *self;

struct its_alarm {
	int ctl, timer, id;
	struct event_queue *q;
};

static struct event_queue *queue_new(void)
{
	struct event_queue *q = get_eventq(EV_MBOX_UCQ);

	q->ev_flags = QUEUE_FLAGS;
	evq_attach_wakeup_ctlr(q);
	return q;
}

static void queue_free(struct event_queue *q)
{
	evq_remove_wakeup_ctlr(q);
	put_eventq(q);
}

static void alarm_make(struct its_alarm *a)
{
	vcore_lib_init();
	CHECK(devalarm_get_fds(&a->ctl, &a->timer, &a->id) == 0);
	a->q = queue_new();
	CHECK(a->q && devalarm_set_evq(a->timer, a->q, a->id) == 0);
}

static void alarm_drop(struct its_alarm *a)
{
	close(a->ctl);
	close(a->timer);
	queue_free(a->q);
}

static int open_file(int id, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "#alarm/a%d/%s", id, name);
	return open(path, O_RDWR | O_CLOEXEC | flags);
}

static uint64_t in_ms(unsigned int ms)
{
	return read_tsc() + msec2tsc(ms);
}

static bool got_one(struct its_alarm *a, struct event_msg *msg)
{
	struct event_queue *which;

	return uth_check_evqs(msg, &which, 1, a->q);
}

/* Its events within so many milliseconds. */
static int events_within(struct its_alarm *a, unsigned int ms)
{
	uint64_t end = in_ms(ms);
	struct event_msg msg;
	int n = 0;

	while (read_tsc() < end) {
		while (got_one(a, &msg))
			n++;
		usleep(MS);
	}
	return n;
}

static uint64_t hex_of(int fd)
{
	char text[32] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ?
		       strtoull(text, NULL, 16) : ~0UL;
}

static bool listed(const char *name)
{
	DIR *d = opendir("#alarm");
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	if (d)
		closedir(d);
	return found;
}

/* ------------------------------------------------------------------ tests */

static void test_files(void)
{
	char number[16] = "", dir[32], path[64];
	int fd = open("#alarm/clone", O_RDWR), other;
	struct stat st;

	CHECK(fd >= 0 && read(fd, number, sizeof(number) - 1) > 0);
	snprintf(dir, sizeof(dir), "a%s", number);
	CHECK(listed(dir) && listed("clone") && listed("."));
	snprintf(path, sizeof(path), "#alarm/a%s/timer", number);
	CHECK(stat(path, &st) == 0 && S_ISREG(st.st_mode));
	other = open(path, O_RDONLY);
	CHECK(other >= 0 && hex_of(other) == 0);
	snprintf(path, sizeof(path), "#alarm/a%s/../clone", number);
	CHECK(access(path, R_OK) == 0);
	snprintf(path, sizeof(path), "#alarm/a0%s/ctl", number);
	CHECK(open(path, O_RDONLY) == -1 && errno == ENOENT);
	CHECK(open("#alarm/a/ctl", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(open("#alarm/a4294967297/ctl", O_RDONLY) == -1);
	close(fd);
	CHECK(listed(dir));
	close(other);
	CHECK(!listed(dir));
	fd = open("/dev/alarm", O_RDWR);
	CHECK(fd >= 0 && read(fd, number, sizeof(number)) > 0);
	close(fd);
}

/* A walked directory is a name, not a use. */
static void test_directory_is_no_use(void)
{
	struct its_alarm a;
	char path[32];
	int dir;

	alarm_make(&a);
	snprintf(path, sizeof(path), "#alarm/a%d", a.id);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0 && faccessat(dir, "period", R_OK, 0) == 0);
	alarm_drop(&a);
	CHECK(openat(dir, "timer", O_RDWR) == -1 && errno == ENOENT);
	CHECK(!listed(path + 7));
	close(dir);
}

static void test_event(void)
{
	uint64_t when = in_ms(20);
	struct event_queue *which;
	struct event_msg msg;
	struct its_alarm a;

	alarm_make(&a);
	CHECK(devalarm_set_time(a.timer, when) == 0);
	CHECK(hex_of(a.timer) == when);
	uth_blockon_evqs(&msg, &which, 1, a.q);
	CHECK(read_tsc() >= when && which == a.q);
	CHECK(msg.ev_type == EV_ALARM && devalarm_get_id(&msg) == a.id);
	CHECK(msg.ev_arg2 == a.id && msg.ev_arg4 == 1);
	CHECK(hex_of(a.timer) == 0);
	/* A time that has passed. */
	CHECK(devalarm_set_time(a.timer, 1) == 0);
	uth_blockon_evqs(&msg, &which, 1, a.q);
	CHECK(devalarm_get_id(&msg) == a.id && devalarm_get_id(NULL) == -1);
	alarm_drop(&a);
}

static volatile int nr_handled, handled_id;

static void handler(struct event_msg *msg, unsigned int type, void *data)
{
	nr_handled++;
	handled_id = devalarm_get_id(msg);
}

/* The queue of 2015's and 2022's own users: to a public mailbox. */
static void test_spam_public(void)
{
	struct its_alarm a;

	alarm_make(&a);
	nr_handled = 0;
	CHECK(register_ev_handler(EV_ALARM, handler, NULL) == 0);
	a.q->ev_flags = EVENT_IPI | EVENT_SPAM_PUBLIC | EVENT_WAKEUP;
	CHECK(devalarm_set_time(a.timer, in_ms(5)) == 0);
	for (int i = 0; i < 1000 && !nr_handled; i++)
		usleep(MS);
	CHECK(nr_handled == 1 && handled_id == a.id);
	/* A program that never enters the kernel is interrupted. */
	CHECK(devalarm_set_time(a.timer, in_ms(5)) == 0);
	for (uint64_t end = in_ms(2000); nr_handled == 1 && read_tsc() < end;)
		cpu_relax();
	CHECK(nr_handled == 2);
	CHECK(deregister_ev_handler(EV_ALARM, handler, NULL) == 0);
	alarm_drop(&a);
}

static void test_cancel_and_replace(void)
{
	struct its_alarm a;

	alarm_make(&a);
	CHECK(devalarm_set_time(a.timer, in_ms(20)) == 0);
	CHECK(devalarm_disable(a.timer) == 0 && hex_of(a.timer) == 0);
	CHECK(events_within(&a, 40) == 0);
	CHECK(devalarm_set_time(a.timer, in_ms(20)) == 0);
	CHECK(write(a.ctl, "cancel\n", 7) == 7);
	CHECK(events_within(&a, 40) == 0);
	for (int i = 0; i < 100; i++)
		CHECK(devalarm_set_time(a.timer, in_ms(30 + i % 2)) == 0);
	CHECK(events_within(&a, 80) == 1);
	CHECK(devalarm_set_time(a.timer, ~0UL) == 0);
	CHECK(events_within(&a, 5) == 0);
	CHECK(devalarm_set_evq(a.timer, NULL, a.id) == 0);
	CHECK(devalarm_set_time(a.timer, 1) == 0);
	CHECK(events_within(&a, 10) == 0);
	alarm_drop(&a);
}

static void set_period(int id, uint64_t ticks)
{
	int fd = open_file(id, "period", 0);
	char text[32];

	snprintf(text, sizeof(text), "%lx", ticks);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == strlen(text));
	CHECK(hex_of(fd) == ticks);
	close(fd);
}

static void test_period_and_count(void)
{
	uint64_t n = 0, sum = 0, start, period = msec2tsc(2);
	struct its_alarm a;
	int count;

	alarm_make(&a);
	count = open_file(a.id, "count", 0);
	CHECK(count >= 0);
	set_period(a.id, period);
	start = read_tsc();
	CHECK(devalarm_set_time(a.timer, start + period) == 0);
	while (sum < 10) {
		CHECK(read(count, &n, sizeof(n)) == sizeof(n) && n > 0);
		sum += n;
	}
	CHECK(read_tsc() >= start + 10 * period);
	CHECK(hex_of(a.timer) > start + sum * period - 1);
	CHECK(read(count, &n, 4) == -1 && errno == EINVAL);
	CHECK(lseek(count, 0, SEEK_CUR) == -1 && errno == ESPIPE);
	CHECK(events_within(&a, 20) > 0);
	set_period(a.id, 0);
	CHECK(devalarm_disable(a.timer) == 0);
	fcntl(count, F_SETFL, O_NONBLOCK);
	CHECK(read(count, &n, sizeof(n)) == -1 && errno == EAGAIN);
	close(count);
	alarm_drop(&a);
}

static void test_taps_and_poll(void)
{
	struct its_alarm a;
	struct event_queue *which, *q = queue_new();
	struct fd_tap_req req = { .cmd = FDTAP_CMD_ADD,
				  .filter = FDTAP_FILT_WRITTEN,
				  .ev_id = EV_ALARM,
				  .ev_q = q };
	struct pollfd pfd = { .events = POLLIN };
	struct event_msg msg;
	uint64_t n;

	alarm_make(&a);
	req.fd = a.timer;
	req.data = (void *)(long)a.id;
	CHECK(ros_call(SYS_tap_fds, &req, 1) == 1);
	CHECK(devalarm_set_time(a.timer, in_ms(5)) == 0);
	uth_blockon_evqs(&msg, &which, 1, q);
	CHECK(msg.ev_arg2 == FDTAP_FILT_WRITTEN);
	CHECK(devalarm_get_id(&msg) == a.id);
	req.fd = a.ctl;
	CHECK(ros_call(SYS_tap_fds, &req, 1) == -ENOSYS);
	pfd.fd = open_file(a.id, "count", 0);
	CHECK(poll(&pfd, 1, 0) == 1 && read(pfd.fd, &n, 8) == 8 && n == 1);
	CHECK(poll(&pfd, 1, 0) == 0);
	CHECK(devalarm_set_time(a.timer, in_ms(5)) == 0);
	CHECK(poll(&pfd, 1, 2000) == 1 && pfd.revents == POLLIN);
	close(pfd.fd);
	alarm_drop(&a);
	queue_free(q);
}

/* ---------------------------------------------------------------- hostile */

static const char *const bad_ctl[] = {
	"", " ", "evq", "evq ", "evq x", "evq 0x", "evq 1", "evq 8 8",
	"evq ffff800000000000", "evq 11112222333344445", "evq -8", "cancel x",
	"Cancel", "cancelled", "evq 0x00000000000000000000000000008",
	"a command that is much longer than any that is known here",
};
static const char *const bad_number[] = {
	"", "\n", "x", "0x", "-1", "1 2", "0x10000000000000000", "1.5", "g",
	"0x0x1", "7fffffffffffffffffff", "%s%s%n", "1\t2",
};

static void refused(int fd, const char *text, size_t len)
{
	long ret = ros_call(SYS_write, fd, text, len);

	if (ret != -EINVAL)
		printf("# '%s': %ld\n", text, ret);
	CHECK(ret == -EINVAL && strlen(current_errstr()) > 8);
}

static void test_bad_commands(void)
{
	struct its_alarm a;
	int period;

	alarm_make(&a);
	period = open_file(a.id, "period", 0);
	for (int i = 0; i < ARRAY_SIZE(bad_ctl); i++)
		refused(a.ctl, bad_ctl[i], strlen(bad_ctl[i]));
	for (int i = 0; i < ARRAY_SIZE(bad_number); i++) {
		refused(a.timer, bad_number[i], strlen(bad_number[i]));
		refused(period, bad_number[i], strlen(bad_number[i]));
	}
	refused(a.timer, "1\0 2", 4);
	refused(a.timer, "1\0\0", 3);
	refused(period, "1", 1);
	refused(period, "4000000000000001", 16);
	CHECK(write(a.timer, "0\0", 2) == 2);
	CHECK(write(a.timer, (void *)8, 4) == -1 && errno == EFAULT);
	close(period);
	period = open_file(a.id, "count", 0);
	refused(period, "1", 1);
	close(period);
	alarm_drop(&a);
}

/* A queue that is not there loses its events, and that is all. */
static void test_bad_queues(void)
{
	static const char *const where[] = { "evq 10", "evq 7ffffffff000",
					     "evq 5eadbeef0000" };
	struct its_alarm a;

	alarm_make(&a);
	for (int i = 0; i < 3; i++) {
		CHECK(write(a.ctl, where[i], strlen(where[i])) > 0);
		CHECK(devalarm_set_time(a.timer, 1) == 0);
		CHECK(events_within(&a, 5) == 0);
	}
	CHECK(devalarm_set_evq(a.timer, a.q, a.id) == 0);
	CHECK(devalarm_set_time(a.timer, 1) == 0);
	CHECK(events_within(&a, 20) == 1);
	CHECK(devalarm_set_evq(a.timer, a.q, -1) == -EINVAL);
	CHECK(devalarm_set_evq(a.timer, a.q, a.id + 1) == -ENOENT);
	alarm_drop(&a);
}

/* --------------------------------------------------------------- lifetimes */

static void test_close_cancels(void)
{
	struct its_alarm a;

	alarm_make(&a);
	set_period(a.id, msec2tsc(3));
	CHECK(devalarm_set_time(a.timer, in_ms(10)) == 0);
	close(a.ctl);
	close(a.timer);
	CHECK(events_within(&a, 30) == 0);
	queue_free(a.q);
}

static int child_status(pid_t child)
{
	int status = -1;

	return waitpid(child, &status, 0) == child ? status : -1;
}

/* The child has the files, but the alarm is its parent's. */
static void test_fork(void)
{
	struct its_alarm a;
	char name[16];
	pid_t child;

	alarm_make(&a);
	snprintf(name, sizeof(name), "a%d", a.id);
	child = fork();
	if (!child) {
		int bad = write(a.ctl, "evq 10", 6) != -1 || errno != EPERM;

		bad |= listed(name) << 1;
		bad |= (devalarm_set_time(a.timer, in_ms(5)) != 0) << 2;
		_exit(bad);
	}
	CHECK(child_status(child) == 0);
	CHECK(events_within(&a, 100) == 1);
	alarm_drop(&a);
}

static int has_ended(struct its_alarm *a)
{
	for (int i = 0; i < 1000; i++) {
		if (devalarm_set_time(a->timer, 1) == -ENXIO)
			return devalarm_disable(a->timer) != -ENXIO ||
			       open_file(a->id, "ctl", 0) != -1;
		usleep(MS);
	}
	return 4;
}

/* Its process ends before its files are closed. */
static void test_owner_dies(void)
{
	int fds[2], result = -1;
	pid_t child;

	CHECK(pipe(fds) == 0);
	child = fork();
	if (!child) {
		struct its_alarm a;

		alarm_make(&a);
		set_period(a.id, msec2tsc(1));
		devalarm_set_time(a.timer, 1);
		if (fork())
			_exit(0);
		result = has_ended(&a);
		_exit(write(fds[1], &result, sizeof(result)) < 0);
	}
	CHECK(child_status(child) == 0);
	close(fds[1]);
	CHECK(read(fds[0], &result, sizeof(result)) == sizeof(result));
	CHECK(result == 0);
	close(fds[0]);
}

static void test_die_with_many(void)
{
	pid_t child = fork();

	if (!child) {
		struct its_alarm a;

		for (int i = 0; i < 50; i++) {
			alarm_make(&a);
			set_period(a.id, usec2tsc(300));
			devalarm_set_time(a.timer, in_ms(i % 7));
		}
		usleep(5 * MS);
		raise(SIGKILL);
	}
	CHECK(child_status(child) == SIGKILL);
}

/* The new image has the files and no queue. */
static void test_exec(void)
{
	char fd[16];
	pid_t child = fork();

	if (!child) {
		struct its_alarm a;

		alarm_make(&a);
		set_period(a.id, msec2tsc(2));
		devalarm_set_time(a.timer, in_ms(1));
		snprintf(fd, sizeof(fd), "%d", dup(a.timer));
		execl(self, self, "wait", fd, (char *)NULL);
		_exit(99);
	}
	CHECK(child_status(child) == 0);
}

static int main_wait(int fd)
{
	usleep(20 * MS);
	return hex_of(fd) == 0 || devalarm_disable(fd) || hex_of(fd);
}

static unsigned long free_kb(void)
{
	struct sysinfo si;

	return sysinfo(&si) ? 0 : si.freeram / 1024 * si.mem_unit;
}

static void churn(int n)
{
	struct its_alarm a;
	struct event_msg msg;

	for (int i = 0; i < n; i++) {
		alarm_make(&a);
		CHECK(devalarm_set_time(a.timer, i % 3 ? 1 : in_ms(1)) == 0);
		if (i % 3 == 2)
			while (got_one(&a, &msg))
				;
		alarm_drop(&a);
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

/* So many that they could keep a core busy all the time. */
static void test_flood(void)
{
	static struct its_alarm a[300];
	uint64_t n, sum = 0, start;
	int count[ARRAY_SIZE(a)];

	for (int i = 0; i < ARRAY_SIZE(a); i++) {
		alarm_make(&a[i]);
		count[i] = open_file(a[i].id, "count", O_NONBLOCK);
		CHECK(count[i] >= 0);
		set_period(a[i].id, usec2tsc(200));
	}
	start = in_ms(5);
	for (int i = 0; i < ARRAY_SIZE(a); i++)
		CHECK(devalarm_set_time(a[i].timer, start) == 0);
	usleep(50 * MS);
	for (int i = 0; i < ARRAY_SIZE(a); i++)
		CHECK(write(a[i].ctl, "evq 0", 5) == 5);
	usleep(50 * MS);
	for (int i = 0; i < ARRAY_SIZE(a); i++) {
		set_period(a[i].id, 0);
		CHECK(read(count[i], &n, sizeof(n)) == sizeof(n));
		sum += n;
		close(count[i]);
		alarm_drop(&a[i]);
	}
	n = (read_tsc() - start) / usec2tsc(200) * ARRAY_SIZE(a);
	printf("# %lu of %lu expirations were counted\n", sum, n);
	CHECK(sum > n / 10 && sum <= n + ARRAY_SIZE(a));
}

static volatile int nr_sigalrm;

static void on_sigalrm(int sig)
{
	nr_sigalrm++;
}

static void test_itimer(void)
{
	const struct itimerval every = { { 0, 3000 }, { 0, 3000 } };
	const struct itimerval none = { { 0, 0 }, { 0, 0 } };

	signal(SIGALRM, on_sigalrm);
	CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
	for (int i = 0; i < 1000 && nr_sigalrm < 5; i++)
		pause();
	CHECK(nr_sigalrm >= 5);
	CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
	alarm(1);
	nr_sigalrm = 0;
	CHECK(pause() == -1 && errno == EINTR && nr_sigalrm == 1);
	signal(SIGALRM, SIG_DFL);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 2)
		return main_wait(atoi(argv[2]));
	RUN(test_files);
	RUN(test_directory_is_no_use);
	RUN(test_event);
	RUN(test_spam_public);
	RUN(test_cancel_and_replace);
	RUN(test_period_and_count);
	RUN(test_taps_and_poll);
	RUN(test_bad_commands);
	RUN(test_bad_queues);
	RUN(test_close_cancels);
	RUN(test_fork);
	RUN(test_owner_dies);
	RUN(test_die_with_many);
	RUN(test_exec);
	RUN(test_churn_leaks_nothing);
	RUN(test_flood);
	RUN(test_itimer);
	return tap_end();
}
