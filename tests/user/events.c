// SPDX-License-Identifier: MIT
/*
 * Event queues as a process with one core sees them: mailboxes of each kind,
 * who is told, notification, and completions of calls.  (FD taps: taps.c.)
 */
#define _GNU_SOURCE
#include <parlib/alarm.h>
#include <parlib/ceq.h>
#include <parlib/event.h>
#include <parlib/timing.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000 /* usleep's */
#define TYPE 30 /* nobody else's */
#define TOLD (EVENT_IPI | EVENT_INDIR | EVENT_SPAM_INDIR | EVENT_WAKEUP)

static struct event_queue *queue_new(int kind, int flags)
{
	struct event_queue *q = get_eventq(kind);

	q->ev_flags = flags;
	return q;
}

static long send_to(struct event_queue *q, unsigned int type, uint32_t arg2,
		    void *arg3)
{
	struct event_msg msg = { .ev_type = type,
				 .ev_arg1 = 0x1234,
				 .ev_arg2 = arg2,
				 .ev_arg3 = arg3,
				 .ev_arg4 = 0x123456789abcdef0 };

	return ros_call(SYS_send_event, q, &msg, 0);
}

static bool take(struct event_queue *q, struct event_msg *msg)
{
	return extract_one_mbox_msg(q->ev_mbox, msg);
}

/* --------------------------------------------------------------- mailboxes */

static void test_ucq(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, 0);
	struct event_msg msg;

	CHECK(!take(q, &msg));
	CHECK(send_to(q, TYPE, 77, &msg) == 0);
	CHECK(take(q, &msg) && msg.ev_type == TYPE && msg.ev_arg1 == 0x1234);
	CHECK(msg.ev_arg2 == 77 && msg.ev_arg3 == &msg);
	CHECK(msg.ev_arg4 == 0x123456789abcdef0 && !take(q, &msg));
	/* Over many pages, twice, in order. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++)
			CHECK(send_to(q, TYPE, i, NULL) == 0);
		for (int i = 0; i < 1000; i++)
			CHECK(take(q, &msg) && msg.ev_arg2 == i);
		CHECK(!take(q, &msg) && mbox_is_empty(q->ev_mbox));
	}
	put_eventq(q);
}

static void test_bitmap(void)
{
	struct event_queue *q = queue_new(EV_MBOX_BITMAP, 0);
	struct event_msg msg;

	for (int i = 0; i < 3; i++)
		CHECK(send_to(q, 5, i, NULL) == 0);
	CHECK(send_to(q, 63, 0, NULL) == 0);
	/* It has no room for these. */
	CHECK(send_to(q, 64, 0, NULL) == 0);
	CHECK(send_to(q, ~0u, 0, NULL) == 0);
	CHECK(take(q, &msg) && msg.ev_type == 5);
	CHECK(take(q, &msg) && msg.ev_type == 63);
	CHECK(!take(q, &msg));
	CHECK(send_to(q, 5, 0, NULL) == 0 && take(q, &msg));
	put_eventq(q);
}

static void test_ceq(void)
{
	struct event_queue *q = queue_new(EV_MBOX_CEQ, 0);
	struct event_msg msg;
	char data[3];

	for (int i = 0; i < 3; i++)
		CHECK(send_to(q, 7, 1 << i, data + i) == 0);
	CHECK(send_to(q, 9, 16, NULL) == 0);
	CHECK(send_to(q, CEQ_DEFAULT_SZ, 1, NULL) == 0);
	CHECK(take(q, &msg) && msg.ev_type == 7 && msg.ev_arg2 == 7);
	CHECK(msg.ev_arg3 == data + 2);
	CHECK(take(q, &msg) && msg.ev_type == 9 && msg.ev_arg2 == 16);
	CHECK(!take(q, &msg) && mbox_is_empty(q->ev_mbox));
	put_eventq(q);
}

/* Of its own size, that adds; the ring is too small, and no id is lost. */
static void test_ceq_overflow(void)
{
	struct event_queue *q = get_eventq_raw();
	static uint8_t seen[500];
	struct event_msg msg;
	int n = 0;

	q->ev_mbox->type = EV_MBOX_CEQ;
	CHECK(ceq_init(&q->ev_mbox->ceq, CEQ_ADD, 500, 8));
	for (int i = 0; i < 1000; i++)
		CHECK(send_to(q, i % 500, i < 500 ? 3 : 4, NULL) == 0);
	for (; take(q, &msg); n++) {
		CHECK(msg.ev_type < 500 && msg.ev_arg2 == 7);
		CHECK(!seen[msg.ev_type]++);
	}
	CHECK(n == 500);
	event_mbox_cleanup(q->ev_mbox);
	put_eventq_raw(q);
}

/* ------------------------------------------------------------ who is told */

static volatile int nr_calls, nr_drained;
static volatile uint64_t called_at;
static volatile bool in_vcore;

static void counting_handler(struct event_queue *q)
{
	struct event_msg msg;

	nr_calls++;
	called_at = read_tsc();
	in_vcore = in_vcore_context();
	while (take(q, &msg))
		nr_drained++;
}

static void start_counting(void)
{
	nr_calls = nr_drained = 0;
	called_at = 0;
}

static const int kinds[] = { EV_MBOX_UCQ, EV_MBOX_BITMAP, EV_MBOX_CEQ };

static void test_indir(void)
{
	static const int how[] = { EVENT_INDIR, EVENT_INDIR | EVENT_SPAM_INDIR,
				   EVENT_INDIR | EVENT_VCORE_PRIVATE,
				   EVENT_SPAM_INDIR };
	struct event_queue *q;

	for (int i = 0; i < 3 * 4; i++) {
		q = queue_new(kinds[i % 3], how[i / 3] | EVENT_IPI);
		q->ev_handler = counting_handler;
		q->ev_udata = (void *)&nr_calls;
		start_counting();
		CHECK(send_to(q, TYPE, 1, NULL) == 0);
		CHECK(nr_calls == 1 && nr_drained == 1 && in_vcore);
		CHECK(q->ev_udata == &nr_calls && !q->ev_alert_pending);
		put_eventq(q);
	}
}

/* alert_pending holds further alerts back, not messages. */
static void test_throttle(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, EVENT_IPI | EVENT_INDIR);

	q->ev_handler = counting_handler;
	start_counting();
	uth_disable_notifs();
	for (int i = 0; i < 5; i++)
		send_to(q, TYPE, 0, NULL);
	CHECK(nr_calls == 0 && q->ev_alert_pending);
	uth_enable_notifs();
	CHECK(nr_calls == 1 && nr_drained == 5);
	q->ev_flags |= EVENT_NOTHROTTLE;
	start_counting();
	uth_disable_notifs();
	for (int i = 0; i < 5; i++)
		send_to(q, TYPE, 0, NULL);
	uth_enable_notifs();
	CHECK(nr_calls == 5 && nr_drained == 5);
	put_eventq(q);
}

/* E3: an alert for a queue that is no more is for nobody. */
static void test_reused_queue(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, EVENT_IPI | EVENT_INDIR);
	struct event_queue *next;

	start_counting();
	uth_disable_notifs();
	send_to(q, TYPE, 0, NULL);
	put_eventq(q);
	next = queue_new(EV_MBOX_UCQ, EVENT_IPI | EVENT_INDIR);
	next->ev_handler = counting_handler;
	uth_enable_notifs();
	CHECK(next == q && nr_calls == 0);
	send_to(next, TYPE, 0, NULL);
	CHECK(nr_calls == 1 && nr_drained == 1);
	put_eventq(next);
}

static volatile int nr_handled, nr_other;
static struct event_msg handled;

static void handler(struct event_msg *msg, unsigned int type, void *data)
{
	handled = *msg;
	nr_handled++;
	*(volatile int *)data = type;
}

static void other_handler(struct event_msg *msg, unsigned int type, void *data)
{
	nr_other++;
}

/* The message itself in a vcore's mailbox: by flag, or for want of another. */
static void test_vcore_mailboxes(void)
{
	static int types[1];
	struct event_queue *q = queue_new(EV_MBOX_UCQ,
					  EVENT_IPI | EVENT_SPAM_PUBLIC);
	struct event_msg msg;

	CHECK(register_ev_handler(TYPE, handler, types) == 0);
	CHECK(register_ev_handler(TYPE, other_handler, NULL) == 0);
	nr_handled = nr_other = 0;
	CHECK(send_to(q, TYPE, 99, q) == 0);
	CHECK(nr_handled == 1 && nr_other == 1 && types[0] == TYPE);
	CHECK(handled.ev_arg2 == 99 && handled.ev_arg3 == q);
	CHECK(!take(q, &msg));
	put_eventq(q);
	for (int flags = EVENT_IPI; flags <= (EVENT_IPI | EVENT_VCORE_PRIVATE);
	     flags += EVENT_VCORE_PRIVATE) {
		q = get_eventq_vcpd(0, flags);
		CHECK(send_to(q, TYPE, 98, NULL) == 0);
		CHECK(handled.ev_arg2 == 98);
		q->ev_mbox = NULL; /* the same, told by no pointer */
		CHECK(send_to(q, TYPE, 97, NULL) == 0);
		CHECK(handled.ev_arg2 == 97);
		q->ev_vcore = 12345; /* there is but one */
		CHECK(send_to(q, TYPE, 96, NULL) == 0);
		CHECK(handled.ev_arg2 == 96);
		put_eventq_vcpd(q);
	}
	CHECK(nr_handled == 7);
	CHECK(deregister_ev_handler(TYPE, other_handler, NULL) == 0);
	CHECK(deregister_ev_handler(TYPE, handler, types) == 0);
	CHECK(deregister_ev_handler(TYPE, handler, types) == -EINVAL);
	CHECK(register_ev_handler(MAX_NR_EVENT, handler, NULL) == -EINVAL);
}

/* Without IPI nobody is interrupted for it; it is found at the latest when the
 * vcore looks. */
static void test_no_ipi(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, EVENT_INDIR);
	struct event_msg msg;

	q->ev_handler = counting_handler;
	start_counting();
	send_to(q, TYPE, 0, NULL);
	uthread_poll_events();
	CHECK(nr_calls == 1 && nr_drained == 1);
	q->ev_handler = NULL;
	q->ev_flags = 0; /* told to nobody at all */
	send_to(q, TYPE, 0, NULL);
	uthread_poll_events();
	CHECK(take(q, &msg));
	put_eventq(q);
}

/* When q's handler runs, in ms, of a process that sleeps; the message comes at
 * 10 ms, and something that wakes it at 300 ms. */
static int handled_after_ms(int flags)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, flags);
	struct event_queue *end = queue_new(EV_MBOX_UCQ, TOLD), *which;
	int ctl[2], timer[2], id[2];
	struct event_msg msg;
	uint64_t start;

	q->ev_handler = counting_handler;
	evq_attach_wakeup_ctlr(end);
	for (int i = 0; i < 2; i++) {
		devalarm_get_fds(&ctl[i], &timer[i], &id[i]);
		devalarm_set_evq(timer[i], i ? end : q, id[i]);
	}
	start_counting();
	start = read_tsc();
	devalarm_set_time(timer[1], start + msec2tsc(300));
	devalarm_set_time(timer[0], start + msec2tsc(10));
	uth_blockon_evqs(&msg, &which, 1, end);
	for (int i = 0; i < 2; i++) {
		close(ctl[i]);
		close(timer[i]);
	}
	evq_remove_wakeup_ctlr(end);
	put_eventq(end);
	put_eventq(q);
	return nr_calls == 1 ? tsc2nsec(called_at - start) / 1000000 : -1;
}

/* E6: only WAKEUP makes a sleeping process run. */
static void test_wakeup(void)
{
	int with = handled_after_ms(TOLD);
	int without = handled_after_ms(TOLD & ~EVENT_WAKEUP);
	int quiet = handled_after_ms(EVENT_INDIR | EVENT_WAKEUP);

	printf("# handled after %d, %d and %d ms\n", with, without, quiet);
	CHECK(with >= 10 && with < 290);
	CHECK(without >= 300);
	CHECK(quiet >= 10 && quiet < 290);
}

/* ----------------------------------------------------------- notification */

static void test_self_notify(void)
{
	struct event_msg msg = { .ev_type = 3, .ev_arg2 = 42 };
	static int type;

	CHECK(register_ev_handler(TYPE, handler, &type) == 0);
	for (int private = 0; private < 2; private++) {
		nr_handled = 0;
		CHECK(ros_call(SYS_self_notify, 0, TYPE, &msg, private) == 0);
		CHECK(nr_handled == 1 && handled.ev_arg2 == 42);
		CHECK(ros_call(SYS_self_notify, 0, TYPE, NULL, private) == 0);
		CHECK(nr_handled == 2 && handled.ev_arg2 == 0);
	}
	CHECK(ros_call(SYS_self_notify, 1, TYPE, &msg, 0) == -EINVAL);
	CHECK(ros_call(SYS_self_notify, ~0u, TYPE, &msg, 1) == -EINVAL);
	CHECK(ros_call(SYS_self_notify, 0, TYPE, 8, 0) == -EFAULT);
	/* A type that nobody knows is dropped. */
	CHECK(ros_call(SYS_self_notify, 0, ~0u, &msg, 0) == 0);
	send_self_vc_msg(&msg);
	CHECK(nr_handled == 2);
	CHECK(deregister_ev_handler(TYPE, handler, &type) == 0);
}

static void child_of_notify(int ready)
{
	static int type;

	vcore_lib_init();
	nr_handled = 0;
	register_ev_handler(EV_USER_IPI, handler, &type);
	enable_kevent(EV_USER_IPI, 0, EVENT_IPI | EVENT_WAKEUP);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (int i = 0; i < 3000 && !nr_handled; i++)
		usleep(MS);
	_exit(nr_handled != 1 || handled.ev_arg2 != 5 ||
	      handled.ev_arg4 != 6);
}

static void test_notify(void)
{
	struct event_msg msg = { .ev_type = 1, .ev_arg2 = 5, .ev_arg4 = 6 };
	int fds[2], status;
	pid_t child;
	char c;

	/* Nobody has asked for this type. */
	CHECK(ros_call(SYS_notify, getpid(), EV_GANG_RETURN, &msg) == 0);
	CHECK(pipe(fds) == 0);
	child = fork();
	if (!child)
		child_of_notify(fds[1]);
	CHECK(read(fds[0], &c, 1) == 1);
	CHECK(ros_call(SYS_notify, child, EV_USER_IPI, &msg) == 0);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(ros_call(SYS_notify, child, EV_USER_IPI, &msg) == -ESRCH);
	CHECK(ros_call(SYS_notify, getpid(), MAX_NR_EVENT, &msg) == -EINVAL);
	CHECK(ros_call(SYS_notify, getpid(), EV_USER_IPI, 8) == -EFAULT);
	close(fds[0]);
	close(fds[1]);
}

/* ------------------------------------------------------------------ hostile */

/* What the kernel makes of such a mailbox is tested, not what we would. */
static void leave_alone(struct event_queue *q)
{
}

static void test_hostile(void)
{
	struct event_queue *q = get_eventq_raw();
	static const uint64_t where[] = { 0, 1, 8, 0x7ffffffff000, 1UL << 46,
					  0xffff800000000000, ~0UL, ~7UL };
	struct event_msg msg = { .ev_type = TYPE };

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		CHECK(ros_call(SYS_send_event, where[i], &msg, i) == 0);
	CHECK(ros_call(SYS_send_event, q, 8, 0) == -EFAULT);
	q->ev_handler = leave_alone;
	for (int kind = 0; kind < 6; kind++)
		for (int flags = 0; flags < 0x800; flags += 17)
			for (int i = 0; i < ARRAY_SIZE(where); i++) {
				memset(q->ev_mbox, (int)where[i],
				       sizeof(*q->ev_mbox));
				q->ev_mbox->type = kind;
				q->ev_mbox->ucq.prod_idx = where[i];
				q->ev_mbox->ucq.spare_pg = where[7 - i];
				q->ev_flags = flags & ~EVENT_SPAM_PUBLIC;
				q->ev_vcore = where[i];
				send_to(q, TYPE, 1, NULL);
			}
	memset(q->ev_mbox, 0, sizeof(*q->ev_mbox));
	put_eventq_raw(q);
	uthread_poll_events();
	test_ucq(); /* and all is well */
}

/* ------------------------------------------------------------ completions */

static void spin_until_done(struct syscall *sc)
{
	while (!syscall_done(sc))
		cpu_relax();
}

static void test_completion_event(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, TOLD), *which;
	struct event_msg msg = { 0 };
	struct syscall sc;
	uint64_t start = read_tsc();

	evq_attach_wakeup_ctlr(q);
	syscall_async(&sc, SYS_block, 10000);
	CHECK(!syscall_done(&sc));
	CHECK(register_evq(&sc, q));
	uth_blockon_evqs(&msg, &which, 1, q);
	CHECK(msg.ev_type == EV_SYSCALL && msg.ev_arg3 == &sc);
	spin_until_done(&sc);
	CHECK(read_tsc() - start >= msec2tsc(10) && syscall_result(&sc) == 0);
	CHECK(!register_evq(&sc, q));
	syscall_async(&sc, SYS_block, 0);
	syscall_wait(&sc);
	CHECK(syscall_result(&sc) == 0);
	evq_remove_wakeup_ctlr(q);
	put_eventq(q);
}

/* K3: before, during and after its sleep. */
static void test_abort(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, 0);
	uint64_t start = read_tsc();
	struct event_msg msg;
	struct syscall sc;

	memset(&sc, 0, sizeof(sc));
	sc.num = SYS_block;
	sc.arg0 = 10000000;
	sc.flags = SC_ABORT | SC_UEVENT;
	sc.ev_q = q;
	CHECK(ros_trap(&sc, 1) == 1);
	spin_until_done(&sc);
	CHECK(syscall_result(&sc) == -EINTR && take(q, &msg));
	for (int i = 0; i < 200; i++) {
		syscall_async(&sc, SYS_block, 10000000);
		CHECK(register_evq(&sc, q) && sys_abort_sysc(&sc));
		spin_until_done(&sc);
		CHECK(syscall_result(&sc) == -EINTR);
		CHECK(take(q, &msg) && msg.ev_arg3 == &sc && !take(q, &msg));
		CHECK(!sys_abort_sysc(&sc));
	}
	CHECK(read_tsc() - start < sec2tsc(9));
	CHECK(ros_call(SYS_block, 1000) == 0); /* it hits nobody else */
	CHECK(ros_call(SYS_abort_sysc, 8) == -EFAULT);
	put_eventq(q);
}

static void test_abort_fd(void)
{
	struct syscall sc[3];
	char c;
	int fds[2];

	CHECK(pipe(fds) == 0);
	for (int i = 0; i < 3; i++)
		syscall_async(&sc[i], SYS_read, fds[0], &c, 1);
	CHECK(ros_call(SYS_abort_sysc_fd, fds[1]) == 0);
	CHECK(!syscall_done(&sc[0]));
	CHECK(ros_call(SYS_abort_sysc_fd, fds[0]) == 3);
	for (int i = 0; i < 3; i++) {
		spin_until_done(&sc[i]);
		CHECK(syscall_result(&sc[i]) == -EINTR);
	}
	CHECK(ros_call(SYS_abort_sysc_fd, -1) == -EBADF);
	close(fds[0]);
	close(fds[1]);
}

/* E16: either "no event will come", or exactly one does. */
static void test_register_race(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, 0);
	int promised = 0, came = 0;
	struct event_msg msg;
	struct syscall sc;

	for (int i = 0; i < 3000; i++) {
		unsigned int spin = i * 37 % 400;
		bool due;

		syscall_async(&sc, i % 8 ? SYS_block : SYS_null, i % 60);
		for (volatile unsigned int s = 0; s < spin;)
			s++;
		due = register_evq(&sc, q);
		promised += due;
		spin_until_done(&sc);
		if (due) {
			CHECK(take(q, &msg) && msg.ev_arg3 == &sc);
			came++;
		}
		CHECK(!take(q, &msg));
	}
	printf("# %d of 3000 by event\n", promised);
	CHECK(promised == came && promised > 0);
	put_eventq(q);
}

static void test_deregister(void)
{
	struct event_queue *q = queue_new(EV_MBOX_UCQ, 0);
	struct event_msg msg;
	struct syscall sc;
	int came = 0;

	for (int i = 0; i < 500; i++) {
		syscall_async(&sc, SYS_block, i % 40);
		if (register_evq(&sc, q))
			deregister_evq(&sc);
		spin_until_done(&sc);
		came += take(q, &msg);
		CHECK(!take(q, &msg));
	}
	printf("# %d of 500 came nevertheless\n", came);
	CHECK(came < 500);
	put_eventq(q);
}

/* Calls beyond number are refused, not fatal; and end with their process. */
static void test_many_blocked(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		static struct syscall sc[500];

		for (int i = 0; i < 500; i++)
			syscall_async(&sc[i], SYS_block, 1000000000);
		for (int i = 0; i < 500; i++)
			if (syscall_done(&sc[i]))
				_exit(1);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(void)
{
	vcore_lib_init();
	RUN(test_ucq);
	RUN(test_bitmap);
	RUN(test_ceq);
	RUN(test_ceq_overflow);
	RUN(test_indir);
	RUN(test_throttle);
	RUN(test_reused_queue);
	RUN(test_vcore_mailboxes);
	RUN(test_no_ipi);
	RUN(test_wakeup);
	RUN(test_self_notify);
	RUN(test_notify);
	RUN(test_hostile);
	RUN(test_completion_event);
	RUN(test_abort);
	RUN(test_abort_fd);
	RUN(test_register_race);
	RUN(test_deregister);
	RUN(test_many_blocked);
	return tap_end();
}
