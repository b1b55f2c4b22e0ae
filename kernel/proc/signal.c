// SPDX-License-Identifier: MIT
/*
 * Signals: what becomes of one, pending ones, delivery as events.
 *
 * The words sig_caught, sig_ignored, sig_blocked and sig_restart are the user's
 * and are read once for each decision.  A caught signal is posted as
 * EV_POSIX_SIGNAL by a routine message, and only then are "wait here" calls
 * aborted: the handler runs before the call is seen to have failed.
 */
#include <proc/proc_priv.h>

#include <core/kmsg.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>

#define NR_SIGNALS	64
#define FIRST_RT_SIGNAL 32
#define SIG_INFO_MAX	1024 /* pending ones of a process */

#define BIT(s) ROS_SIGBIT(s)
#define STOP_SIGNALS                                                           \
	(BIT(ROS_SIGSTOP) | BIT(ROS_SIGTSTP) | BIT(ROS_SIGTTIN) |              \
	 BIT(ROS_SIGTTOU))
#define QUIET_SIGNALS                                                          \
	(BIT(ROS_SIGCHLD) | BIT(ROS_SIGCONT) | BIT(ROS_SIGURG) |               \
	 BIT(ROS_SIGWINCH))

struct delivery {
	struct kmsg kmsg;
	struct proc *p; /* an active count */
	struct event_msg msg;
};

/* ------------------------------------------------------------- pending */

/* For the user, who asks for them with SYS_sigaction_changed when it takes them
 * off sig_blocked; the order is keep()'s. */
static void publish_locked(struct proc *p)
{
	if (p->pd)
		__atomic_store_n(&p->pd->sig_held, p->sig_pending,
				 __ATOMIC_SEQ_CST);
}

void signal_publish(struct proc *p)
{
	guard_spin(&p->sig_lock);
	publish_locked(p);
}

static void info_unlink_locked(struct proc *p, struct sigpend **link)
{
	struct sigpend *s = *link;

	*link = s->next;
	if (!*link)
		p->sig_tail = link;
	p->nr_sig_info--;
}

/* Removes every pending signal of `set`. */
static void pending_drop(struct proc *p, uint64_t set)
{
	struct sigpend *dead = NULL, *s;

	scoped_spin(&p->sig_lock) {
		struct sigpend **link = &p->sig_info;

		p->sig_pending &= ~set;
		while ((s = *link)) {
			if (!(BIT(s->sig) & set)) {
				link = &s->next;
				continue;
			}
			info_unlink_locked(p, link);
			s->next = dead;
			dead = s;
		}
		publish_locked(p);
	}
	while ((s = dead)) {
		dead = s->next;
		kfree(s);
	}
}

void signal_drop_all(struct proc *p)
{
	pending_drop(p, ~0UL);
}

/* A new program catches nothing yet; what is pending stays. */
void signal_exec(struct proc *p)
{
	p->sig_intr = false;
}

/* Ordinary signals are pending once, those from 32 up as often as they came. */
static int pending_add(struct proc *p, const struct sigpend *info)
{
	struct sigpend *s = kmalloc(sizeof(*s), MM_ATOMIC);
	int err = s ? 0 : -EAGAIN;

	if (s) {
		*s = *info;
		s->next = NULL;
	}
	scoped_spin(&p->sig_lock) {
		if (info->sig < FIRST_RT_SIGNAL &&
		    (p->sig_pending & BIT(info->sig))) {
			err = 0;
		} else if (!s || p->nr_sig_info >= SIG_INFO_MAX) {
			err = -EAGAIN;
		} else {
			p->sig_pending |= BIT(info->sig);
			*p->sig_tail = s;
			p->sig_tail = &s->next;
			p->nr_sig_info++;
			publish_locked(p);
			s = NULL;
		}
	}
	kfree(s);
	return err;
}

static bool info_any_locked(struct proc *p, int sig)
{
	for (struct sigpend *s = p->sig_info; s; s = s->next)
		if (s->sig == sig)
			return true;
	return false;
}

/* The oldest pending signal outside of `blocked`, or NULL. */
static struct sigpend *pending_take(struct proc *p, uint64_t blocked)
{
	struct sigpend *s;

	guard_spin(&p->sig_lock);
	for (struct sigpend **link = &p->sig_info; (s = *link);
	     link = &s->next) {
		if (BIT(s->sig) & blocked)
			continue;
		info_unlink_locked(p, link);
		if (!info_any_locked(p, s->sig))
			p->sig_pending &= ~BIT(s->sig);
		publish_locked(p);
		return s;
	}
	return NULL;
}

/* ------------------------------------------------------------ delivery */

static bool match_wait_here(struct kthread *k, uintptr_t arg)
{
	return (k->sc_flags & (KSC_COUNTED | KSC_HOLD)) == KSC_COUNTED;
}

/* Ends "wait here" calls: one that blocks now, and one that is about to. */
static void interrupt_calls(struct proc *p)
{
	scoped_spin(&p->lock)
		p->sig_intr = true;
	calls_abort(p, KTH_ABORT_SYSC, match_wait_here, 0);
}

static void deliver(uintptr_t arg, uintptr_t a1, uintptr_t a2)
{
	struct delivery *d = (struct delivery *)arg;
	struct proc *p = d->p;

	evq_post_kernel(p, &d->msg);
	if (!(user_word(p->pd->sig_restart) & BIT(d->msg.ev_arg1)))
		interrupt_calls(p);
	proc_active_put(p);
	kfree(d);
}

static struct event_msg signal_event(const struct sigpend *s)
{
	return (struct event_msg){
		.ev_type = EV_POSIX_SIGNAL,
		.ev_arg1 = s->sig,
		.ev_arg2 = s->code,
		.ev_arg3 = (void *)s->value,
		.ev_arg4 = (uint32_t)s->pid | (uint64_t)s->uid << 32,
	};
}

/* Before this core runs a user again; p's active count is held by the caller,
 * fn puts one. */
static void deliver_by(struct delivery *d, struct proc *p, kmsg_fn fn)
{
	proc_active_get(p);
	d->p = p;
	kmsg_init(&d->kmsg, fn, (uintptr_t)d, 0, 0);
	kmsg_send(core_id(), &d->kmsg, KMSG_ROUTINE);
}

static int deliver_later(struct proc *p, const struct sigpend *s)
{
	struct delivery *d = kmalloc(sizeof(*d), MM_ATOMIC);

	if (!d)
		return -EAGAIN;
	d->msg = signal_event(s);
	deliver_by(d, p, deliver);
	return 0;
}

/* Nothing but SIGKILL and SIGCONT touches what does not run yet, or is
 * stopped. */
static bool is_held(const struct proc *p)
{
	enum proc_state s = __atomic_load_n(&p->state, __ATOMIC_SEQ_CST);

	return s == PROC_STOPPED || s == PROC_CREATED;
}

static void stop_unless_orphaned(uintptr_t arg, uintptr_t a1, uintptr_t a2)
{
	struct delivery *d = (struct delivery *)arg;
	struct proc *p = d->p;
	int sig;

	scoped_spin(&p->lock) {
		sig = p->stop_sig;
		p->stop_sig = 0;
	}
	if (sig && !group_orphaned(p->pgid, NULL))
		proc_stop(p, sig);
	proc_active_put(p);
	kfree(d);
}

/* A stop from a terminal: nobody could continue an orphaned group.  Whether it
 * is one is looked at later, for the group's lock may be held here. */
static int stop_later(struct proc *p, int sig)
{
	struct delivery *d = kmalloc(sizeof(*d), MM_ATOMIC);

	if (!d)
		return -EAGAIN;
	scoped_spin(&p->lock)
		p->stop_sig = sig;
	deliver_by(d, p, stop_unless_orphaned);
	return 0;
}

#define KEEP 1 /* it stays pending */

/* What the default action of an uncaught signal does. */
static int default_action(struct proc *p, const struct sigpend *s)
{
	uint64_t bit = BIT(s->sig);

	if (bit & QUIET_SIGNALS || p->pid == PID_INIT)
		return 0;
	if (s->sig == ROS_SIGSTOP)
		proc_stop(p, s->sig);
	else if (bit & STOP_SIGNALS)
		return stop_later(p, s->sig);
	else if (is_held(p))
		return KEEP;
	else
		proc_kill(p, ROS_W_SIGNAL(s->sig));
	return 0;
}

/* Acts on a signal that is not blocked.  0, KEEP, -EAGAIN. */
static int act(struct proc *p, const struct sigpend *s)
{
	if (user_word(p->pd->sig_caught) & BIT(s->sig))
		return deliver_later(p, s);
	if (user_word(p->pd->sig_ignored) & BIT(s->sig))
		return 0;
	return default_action(p, s);
}

/*
 * Kept for later; unless that has come by now.
 *
 *     sender                           who unblocks, or lets p go on
 *     finds it blocked, or p held      unblocks
 *     adds it under sig_lock           finds it in sig_held:
 *       and to sig_held                  takes what is pending under sig_lock
 *     finds it free: does the same
 */
static int keep(struct proc *p, const struct sigpend *s)
{
	int err = pending_add(p, s);

	if (!err && !is_held(p) &&
	    !(user_word(p->pd->sig_blocked) & BIT(s->sig)))
		signal_recheck(p);
	return err;
}

static int generate(struct proc *p, const struct sigpend *s)
{
	uint64_t bit = BIT(s->sig);
	int err;

	if (s->sig == ROS_SIGKILL) {
		if (p->pid != PID_INIT)
			proc_kill(p, ROS_W_SIGNAL(ROS_SIGKILL));
		return 0;
	}
	if (s->sig == ROS_SIGCONT) {
		pending_drop(p, STOP_SIGNALS);
		proc_continue(p);
		signal_recheck(p);
	} else if (bit & STOP_SIGNALS) {
		pending_drop(p, BIT(ROS_SIGCONT));
		if (s->sig == ROS_SIGSTOP)
			return default_action(p, s);
	}
	/* One in the making has nobody yet who could catch it. */
	if ((user_word(p->pd->sig_blocked) & bit) || p->state == PROC_CREATED)
		return keep(p, s);
	err = act(p, s);
	return err == KEEP ? keep(p, s) : err;
}

int signal_send_from(struct proc *p, int sig, int code, uint64_t value,
		     int pid, uint32_t uid)
{
	const struct sigpend s = { .sig = sig,
				   .code = code,
				   .value = value,
				   .pid = pid,
				   .uid = uid };
	int err;

	if (sig < 0 || sig > NR_SIGNALS)
		return fail(EINVAL, "no signal %d", sig);
	/* One that is being torn down, or a zombie: it takes all in silence. */
	if (sig == 0 || !proc_active_tryget(p))
		return 0;
	err = generate(p, &s);
	proc_active_put(p);
	return err;
}

int signal_send(struct proc *p, int sig, int code, uint64_t value)
{
	struct proc *from = cur_proc();

	return signal_send_from(p, sig, code, value, from ? from->pid : 0,
				from ? from->cred->uid : 0);
}

/* --------------------------------------------------------- what users ask */

void signal_recheck(struct proc *p)
{
	struct sigpend *s;

	while (!is_held(p) &&
	       (s = pending_take(p, user_word(p->pd->sig_blocked)))) {
		if (act(p, s) == KEEP)
			(void)pending_add(p, s);
		kfree(s);
	}
}

void signal_recheck_other(struct proc *p)
{
	if (!__atomic_load_n(&p->sig_pending, __ATOMIC_RELAXED) ||
	    !proc_active_tryget(p))
		return;
	signal_recheck(p);
	proc_active_put(p);
}

bool signal_wanted(struct proc *p)
{
	uint64_t waits = __atomic_load_n(&p->sig_pending, __ATOMIC_RELAXED);

	return p->sig_intr || (waits & ~user_word(p->pd->sig_blocked) &
			       user_word(p->pd->sig_caught));
}

static bool may_signal(struct proc *from, struct proc *to, int sig)
{
	const struct cred *f, *t;
	bool ok;

	if (!from || from == to)
		return true;
	rcu_read_lock();
	f = __atomic_load_n(&from->cred, __ATOMIC_ACQUIRE);
	t = __atomic_load_n(&to->cred, __ATOMIC_ACQUIRE);
	ok = f->euid == 0 || f->uid == t->uid || f->euid == t->uid ||
	     f->uid == t->suid || f->euid == t->suid;
	rcu_read_unlock();
	return ok || (sig == ROS_SIGCONT && from->sid == to->sid);
}

struct many {
	struct proc *from;
	int sig;
	unsigned int told, refused;
};

static void signal_one_of(struct proc *p, void *arg)
{
	struct many *m = arg;

	if (!may_signal(m->from, p, m->sig)) {
		m->refused++;
		return;
	}
	m->told++;
	signal_send_from(p, m->sig, 0, 0, m->from ? m->from->pid : 0,
			 m->from ? m->from->cred->uid : 0);
}

static int many_result(const struct many *m, int target)
{
	if (m->told)
		return 0;
	if (m->refused)
		return fail(EPERM, "no right to signal any of %d", target);
	return fail(ESRCH, "no process in %d", target);
}

static int kill_all(struct many *m)
{
	struct proc *p;

	for (int pid = PID_INIT + 1; (p = proc_next(pid)); pid++) {
		pid = p->pid;
		if (p != m->from)
			signal_one_of(p, m);
		proc_put(p);
	}
	return many_result(m, -1);
}

static int check_sig(int sig)
{
	return sig < 0 || sig > NR_SIGNALS ? fail(EINVAL, "no signal %d", sig) :
					     0;
}

int signal_kill(int pid, int sig)
{
	struct many m = { cur_proc(), sig, 0, 0 };
	struct proc *p;

	if (check_sig(sig))
		return -EINVAL;
	if (pid == -1)
		return kill_all(&m);
	if (pid < -PID_MAX) /* of INT_MIN there is no opposite */
		return fail(ESRCH, "no process group %u", -(uint32_t)pid);
	if (pid <= 0) {
		pid = pid ? -pid : m.from->pgid;
		group_for_each(pid, signal_one_of, &m);
		return many_result(&m, -pid);
	}
	p = proc_lookup(pid);
	if (!p)
		return fail(ESRCH, "no process %d", pid);
	signal_one_of(p, &m);
	proc_put(p);
	return many_result(&m, pid);
}

int signal_kill_group(int pgid, int sig)
{
	struct many m = { NULL, sig, 0, 0 };

	if (check_sig(sig))
		return -EINVAL;
	group_for_each(pgid, signal_one_of, &m);
	return m.told ? 0 : -ESRCH;
}

/* ---------------------------------------------------------------- faults */

/* The runtime can take it: a fresh vcore context may start at once. */
static bool fault_deliverable(struct proc *p, int sig)
{
	const struct preempt_data *v = p->vcpd0;

	return (user_word(p->pd->sig_caught) & BIT(sig)) &&
	       !(user_word(p->pd->sig_blocked) & BIT(sig)) &&
	       user_word(p->pd->kernel_evts[EV_POSIX_SIGNAL]) &&
	       !user_word(v->notif_disabled) &&
	       !(user_word(v->flags) & VC_SCP_NOVCCTX);
}

void signal_fault(struct proc *p, int sig, int code, uint64_t addr)
{
	const struct sigpend s = { .sig = sig, .code = code, .value = addr,
				   .pid = p->pid };
	struct event_msg msg = signal_event(&s);

	if (!fault_deliverable(p, sig)) {
		log("%s[%d]: signal %d at 0x%lx, address 0x%lx", p->name,
		    p->pid, sig, this_cpu_ptr(user_frame)->rip, addr);
		proc_kill(p, ROS_W_SIGNAL(sig));
		return;
	}
	/* The context must not run on before it is in the VCPD. */
	cur_kthread_get()->sc_flags |= KSC_HOLD;
	evq_post_kernel(p, &msg);
	vcore_notify(p, 0);
}
