// SPDX-License-Identifier: MIT
/* Terminals: settings, window size, foreground group.  ioctl_tty(2). */
#include <tty/tty.h>

#include <arch/uaccess.h>
#include <lib/log.h>
#include <lib/string.h>
#include <proc/proc.h>
#include <ros/errno.h>

#define DRAIN_POLL_USEC 1000
#define TCIFLUSH  0
#define TCIOFLUSH 2

static bool drained(struct tty *t)
{
	return !t->driver->drained || t->driver->drained(t);
}

static int drain(struct tty *t)
{
	while (!drained(t)) {
		int err = kthread_usleep(DRAIN_POLL_USEC);

		if (err)
			return err;
	}
	return 0;
}

static int get_settings(struct tty *t, void *uarg)
{
	struct ktermios k;

	scoped_spin_irq(&t->lock)
		k = t->termios;
	return copy_to_user(uarg, &k, sizeof(k));
}

static int set_settings(struct tty *t, uint32_t req, const void *uarg)
{
	struct ktermios k;
	bool readable, was_canonical;
	int err = copy_from_user(&k, uarg, sizeof(k));

	if (!err && req != TCSETS)
		err = drain(t);
	if (err)
		return err;
	scoped_spin_irq(&t->lock) {
		if (req == TCSETSF)
			ldisc_flush_input_locked(t);
		was_canonical = t->termios.c_lflag & T_ICANON;
		t->termios = k;
		ldisc_mode_changed_locked(t, was_canonical);
		readable = ldisc_readable_locked(t);
	}
	if (readable)
		waitq_wake(&t->readers, ~0u);
	return 0;
}

static int set_winsize(struct tty *t, const void *uarg)
{
	struct kwinsize ws;
	int err = copy_from_user(&ws, uarg, sizeof(ws));

	if (err)
		return err;
	scoped_spin_irq(&t->lock) {
		if (memcmp(&ws, &t->winsize, sizeof(ws)))
			tty_signal_locked(t, ROS_SIGWINCH);
		t->winsize = ws;
	}
	return 0;
}

static int get_winsize(struct tty *t, void *uarg)
{
	struct kwinsize ws;

	scoped_spin_irq(&t->lock)
		ws = t->winsize;
	return copy_to_user(uarg, &ws, sizeof(ws));
}

/* The session leader takes the terminal for its session. */
static int take_session(struct tty *t, struct proc *p)
{
	int err = 0;

	if (p->pid != p->sid)
		return fail(EPERM, "only a session leader can take a terminal");
	scoped_spin_irq(&t->lock) {
		if (t->sid && t->sid != p->sid && p->cred->euid) {
			err = -EPERM;
		} else {
			t->sid = p->sid;
			t->pgid = p->pgid;
		}
	}
	waitq_wake(&t->readers, ~0u);
	return err;
}

static int get_id(struct tty *t, struct proc *p, bool session, void *uarg)
{
	int id;

	scoped_spin_irq(&t->lock)
		id = t->sid != p->sid ? 0 : session ? t->sid : t->pgid;
	if (!id)
		return -ENOTTY;
	return put_user_u32(uarg, id);
}

static int set_group(struct tty *t, struct proc *p, const void *uarg)
{
	uint32_t pgid;
	int err = get_user_u32(&pgid, uarg);

	if (err)
		return err;
	if ((int)pgid <= 0)
		return -EINVAL;
	/* Else its keys would signal whom the caller may not. */
	if (!proc_group_exists(pgid, p->sid))
		return fail(EPERM, "no process group %u in this session", pgid);
	scoped_spin_irq(&t->lock) {
		if (t->sid != p->sid)
			err = -ENOTTY;
		else
			t->pgid = pgid;
	}
	waitq_wake(&t->readers, ~0u); /* another's turn */
	return err;
}

static int flush(struct tty *t, uint64_t which)
{
	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which == TCIFLUSH || which == TCIOFLUSH)
		scoped_spin_irq(&t->lock)
			ldisc_flush_input_locked(t);
	return 0;
}

void tty_hangup_session(struct tty *t, int sid)
{
	int pgid = 0;

	scoped_spin_irq(&t->lock) {
		if (t->sid == sid) {
			pgid = t->pgid;
			t->sid = t->pgid = 0;
		}
	}
	if (!pgid)
		return;
	(void)signal_kill_group(pgid, ROS_SIGHUP);
	(void)signal_kill_group(pgid, ROS_SIGCONT);
}

int tty_ioctl(struct tty *t, uint32_t req, uint64_t arg)
{
	struct proc *p = cur_proc();
	void *uarg = (void *)arg;

	switch (req) {
	case TCGETS:
		return get_settings(t, uarg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_settings(t, req, uarg);
	case TIOCGWINSZ:
		return get_winsize(t, uarg);
	case TIOCSWINSZ:
		return set_winsize(t, uarg);
	case TCSBRK:
	case TCSBRKP:
		return drain(t);
	case TCXONC:
		return 0;
	case TCFLSH:
		return flush(t, arg);
	case TIOCSCTTY:
		return take_session(t, p);
	case TIOCNOTTY:
		return 0;
	case TIOCGPGRP:
		return get_id(t, p, false, uarg);
	case TIOCGSID:
		return get_id(t, p, true, uarg);
	case TIOCSPGRP:
		return set_group(t, p, uarg);
	case FIONREAD:
		return put_user_u32(uarg, t->ready - t->tail);
	case TIOCOUTQ:
		return put_user_u32(uarg, !drained(t));
	default:
		return -ENOTTY;
	}
}
