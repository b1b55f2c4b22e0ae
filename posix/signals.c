// SPDX-License-Identifier: MIT
/*
 * Signals: actions, the mask, and the way from the kernel to a handler.
 *
 * The kernel sends a caught, unblocked signal as EV_POSIX_SIGNAL.  In vcore
 * context it is put on the list of pending ones; before the thread is run again
 * prepare_run() turns its context into that of the handler, with a Linux frame
 * on its stack that leads back.  So handlers run in the thread, at the point of
 * interruption, and vcore context knows nothing of them.
 *
 * PX3: a "wait here" call that the thread is in is aborted, and awaited, before
 * a handler runs.  The call then shows EINTR once the handler is over;
 * ros_call_restart() makes it again if that is wanted.
 */
#include "signals.h"

#include <parlib/event.h>
#include <ros/procinfo.h>

#include "linux.h"

uint32_t sig_nr_handled;

static struct lx_sigaction actions[NR_SIGS + 1];
static unsigned int wait_depth; /* sig_wait_begin() */
static bool have_saved_mask;	/* a mask to go back to after the handler */
static uint64_t saved_mask;

uint64_t sig_mask(void)
{
	return __atomic_load_n(&procdata()->sig_blocked, __ATOMIC_RELAXED);
}

static void publish_mask(uint64_t mask)
{
	/* The kernel looks at it at each delivery. */
	__atomic_store_n(&procdata()->sig_blocked, mask & ~SIG_UNBLOCKABLE,
			 __ATOMIC_SEQ_CST);
}

bool sig_deliverable(void)
{
	return pending_mask() & ~sig_mask();
}

/* The mask was published before: either we see what the kernel holds, or it
 * sees that it is free. */
static void take_held(uint64_t mask)
{
	if (__atomic_load_n(&procdata()->sig_held, __ATOMIC_SEQ_CST) & ~mask)
		ros_call(SYS_sigaction_changed);
}

void sig_set_mask(uint64_t mask)
{
	uint64_t old = sig_mask();

	if (mask == old)
		return;
	publish_mask(mask);
	if (!(old & ~mask))
		return;
	take_held(mask);
	if (sig_deliverable())
		uthread_poll_events();
}

uint64_t sig_block_all(void)
{
	uint64_t old = sig_mask();

	publish_mask(~0UL);
	return old;
}

/* ------------------------------------------------------------- delivery */

/* The calls that the thread waits for in the kernel, if it does. */
static struct syscall *calls_in_flight(struct uthread *u, unsigned long *nr)
{
	const struct user_context *ctx = &u->u_ctx;

	*nr = 1;
	if (u->sysc)
		return u->sysc;
	if (ctx->type == ROS_SW_CTX || ctx->vector != ROS_VEC_SYSCALL ||
	    (int64_t)ctx->rax < 1)
		return NULL;
	/* RDI is as ros_trap() left it; RAX says how many were taken. */
	*nr = ctx->rax;
	return (struct syscall *)ctx->rdi;
}

static void abort_calls(struct uthread *u)
{
	unsigned long nr;
	struct syscall *sc = calls_in_flight(u, &nr);

	for (; sc && nr; sc++, nr--) {
		if (syscall_done(sc) || !(sc->flags & SC_WAIT))
			continue;
		sys_abort_sysc(sc);
		syscall_wait(sc);
	}
	/* The handler may never come back to the frame that it lies in. */
	u->sysc = NULL;
}

/* The default, or nothing: the action was changed after the kernel looked. */
static bool without_handler(const struct pending_sig *s)
{
	if (actions[s->sig].handler == SIG_IGN_ADDR)
		return true;
	if (actions[s->sig].handler != SIG_DFL_ADDR)
		return false;
	ros_call(SYS_kill, self_pid(), s->sig);
	return true;
}

static uint64_t mask_to_return_to(void)
{
	if (!have_saved_mask)
		return sig_mask();
	have_saved_mask = false;
	return saved_mask;
}

static void run_handler(struct uthread *u, const struct pending_sig *s)
{
	struct lx_sigaction act = actions[s->sig];
	uint64_t back_to = mask_to_return_to(), blocked = sig_mask();

	sigframe_push(&u->u_ctx, s, &act, back_to);
	blocked |= act.mask;
	if (!(act.flags & SA_NODEFER))
		blocked |= ROS_SIGBIT(s->sig);
	publish_mask(blocked);
	if (act.flags & SA_RESETHAND) {
		actions[s->sig].handler = SIG_DFL_ADDR;
		__atomic_fetch_and(&procdata()->sig_caught,
				   ~ROS_SIGBIT(s->sig), __ATOMIC_SEQ_CST);
	}
	sig_nr_handled++;
	if (!(act.flags & SA_RESTART))
		sys_interruptions++;
}

static void prepare_run(struct uthread *u)
{
	struct pending_sig s;

	if (wait_depth || likely(!sig_deliverable()))
		return;
	abort_calls(u);
	while (pending_take(~sig_mask(), &s))
		if (!without_handler(&s))
			run_handler(u, &s);
}

static void on_posix_signal(struct event_msg *msg, unsigned int ev_type,
			    void *data)
{
	const struct pending_sig s = {
		.sig = msg->ev_arg1,
		.code = (int32_t)msg->ev_arg2,
		.value = (uint64_t)msg->ev_arg3,
		.pid = (int32_t)msg->ev_arg4,
		.uid = msg->ev_arg4 >> 32,
	};

	if (s.sig < 1 || s.sig > NR_SIGS)
		return;
	pending_put(&s);
	/* A waiting call looks at what is pending; one in the kernel is ended,
	 * so that the thread comes to its handler. */
	uthread_wake(&thread0_uth);
	if (!wait_depth && thread0_uth.sysc && sig_deliverable())
		sys_abort_sysc(thread0_uth.sysc);
}

void signals_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	vcore_lib_init();
	register_ev_handler(EV_POSIX_SIGNAL, on_posix_signal, NULL);
	uthread_prepare_run = prepare_run;
	enable_kevent(EV_POSIX_SIGNAL, 0,
		      EVENT_IPI | EVENT_SPAM_PUBLIC | EVENT_WAKEUP);
}

void signals_fork_child(void)
{
	struct pending_sig s;

	/* The parent's. */
	while (pending_take(~0UL, &s))
		;
}

/* -------------------------------------------------------------- waiting */

void sig_wait_begin(const uint64_t *mask)
{
	signals_init();
	wait_depth++;
	if (!mask)
		return;
	have_saved_mask = true;
	saved_mask = sig_mask();
	if (*mask == saved_mask)
		return;
	publish_mask(*mask);
	if (saved_mask & ~*mask)
		take_held(*mask);
}

bool sig_wait_end(void)
{
	uint32_t before = sig_nr_handled;

	wait_depth--;
	if (sig_deliverable())
		uthread_poll_events(); /* the frame gives saved_mask back */
	if (have_saved_mask) {
		have_saved_mask = false;
		sig_set_mask(saved_mask);
	}
	return sig_nr_handled != before;
}

/* ---------------------------------------------------------------- calls */

static void set_word_bit(uint64_t *word, int sig, bool on)
{
	if (on)
		__atomic_fetch_or(word, ROS_SIGBIT(sig), __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(word, ~ROS_SIGBIT(sig), __ATOMIC_SEQ_CST);
}

/* In an order in which the kernel never sees a caught signal without action. */
static void set_action(int sig, const struct lx_sigaction *act)
{
	bool ignored = act->handler == SIG_IGN_ADDR;
	bool caught = act->handler != SIG_DFL_ADDR && !ignored;
	struct procdata *pd = procdata();

	if (caught)
		signals_init();
	uth_disable_notifs();
	actions[sig] = *act;
	set_word_bit(&pd->sig_restart, sig,
		     caught && (act->flags & SA_RESTART));
	set_word_bit(&pd->sig_ignored, sig, ignored);
	set_word_bit(&pd->sig_caught, sig, caught);
	if (sig == ROS_SIGCHLD) {
		pd->sig_nocldwait = ignored || (act->flags & SA_NOCLDWAIT);
		pd->sig_nocldstop = act->flags & SA_NOCLDSTOP;
	}
	uth_enable_notifs();
}

/* An ignored signal may have been inherited. */
static void get_action(int sig, struct lx_sigaction *act)
{
	*act = actions[sig];
	if (act->handler == SIG_DFL_ADDR &&
	    (procdata()->sig_ignored & ROS_SIGBIT(sig)))
		act->handler = SIG_IGN_ADDR;
}

LX(rt_sigaction)
{
	const struct lx_sigaction *act = (const struct lx_sigaction *)b;
	struct lx_sigaction *old = (struct lx_sigaction *)c, want;

	if (d != sizeof(uint64_t) || a < 1 || a > NR_SIGS)
		return -EINVAL;
	if (act && (ROS_SIGBIT(a) & SIG_UNBLOCKABLE))
		return -EINVAL;
	if (act)
		want = *act;
	if (old)
		get_action(a, old);
	if (act) {
		want.mask &= ~SIG_UNBLOCKABLE;
		set_action(a, &want);
	}
	return 0;
}

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

LX(rt_sigprocmask)
{
	uint64_t old = sig_mask(), mask = old, arg;

	if (d != sizeof(uint64_t))
		return -EINVAL;
	if (b) {
		arg = *(const uint64_t *)b;
		switch (a) {
		case SIG_BLOCK:
			mask |= arg;
			break;
		case SIG_UNBLOCK:
			mask &= ~arg;
			break;
		case SIG_SETMASK:
			mask = arg;
			break;
		default:
			return -EINVAL;
		}
	}
	if (c)
		*(uint64_t *)c = old;
	sig_set_mask(mask & ~SIG_UNBLOCKABLE);
	return 0;
}

/* Ours, and what the kernel says it holds. */
LX(rt_sigpending)
{
	long held = ros_call(SYS_sigaction_changed);

	if (b != sizeof(uint64_t))
		return -EINVAL;
	*(uint64_t *)a = (pending_mask() | held) & sig_mask();
	return 0;
}
