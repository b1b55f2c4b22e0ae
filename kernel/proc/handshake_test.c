// SPDX-License-Identifier: MIT
/*
 * The hand-shakes that proc/notify.c, yield.c, core_user.c and sched.c draw, as
 * small programs, run in every interleaving of a machine with store buffers (as
 * x86 has): a plain store waits in its core's buffer and may reach memory any
 * number of steps later; an ordered one empties the buffer first and is at
 * once.
 *
 * That each row also fails when its stores are plain shows that the search has
 * teeth, and that the order is needed.
 */
#include <host/test.h>

enum op_kind { END, STORE, LOAD, XCHG, SKIP_UNLESS };

/* STORE var = val; LOAD reg = var; XCHG reg = var, var = val; SKIP_UNLESS: goes
 * on val operations later unless reg == want. */
struct op {
	enum op_kind kind;
	int var, val, reg, want;
};

#define ST(var, val)	   { STORE, var, val, 0, 0 }
#define LD(var, reg)	   { LOAD, var, 0, reg, 0 }
#define XC(var, val, reg)  { XCHG, var, val, reg, 0 }
#define UNLESS(reg, want, ops) { SKIP_UNLESS, 0, ops, reg, want }
#define FIN		   { END, 0, 0, 0, 0 }

#define MAX_THREADS 3
#define NR_VARS	    6
#define NR_REGS	    4
#define NR_BUF	    4

struct thread {
	const struct op *at;
	int reg[NR_REGS];
	struct {
		int var, val;
	} buf[NR_BUF];
	int buffered;
};

struct machine {
	int var[NR_VARS];
	struct thread t[MAX_THREADS];
	int nr;
};

static bool plain; /* STOREs go to the buffer */
static bool (*good)(const struct machine *m);
static long ends, bad;

static void drain_one(struct machine *m, struct thread *t)
{
	m->var[t->buf[0].var] = t->buf[0].val;
	t->buffered--;
	for (int i = 0; i < t->buffered; i++)
		t->buf[i] = t->buf[i + 1];
}

static void drain(struct machine *m, struct thread *t)
{
	while (t->buffered)
		drain_one(m, t);
}

/* A core reads its own buffered stores. */
static int load(struct machine *m, struct thread *t, int var)
{
	for (int i = t->buffered - 1; i >= 0; i--)
		if (t->buf[i].var == var)
			return t->buf[i].val;
	return m->var[var];
}

static void step(struct machine *m, struct thread *t)
{
	const struct op *o = t->at++;

	switch (o->kind) {
	case STORE:
		if (plain) {
			t->buf[t->buffered].var = o->var;
			t->buf[t->buffered++].val = o->val;
			break;
		}
		drain(m, t);
		m->var[o->var] = o->val;
		break;
	case XCHG:
		drain(m, t);
		t->reg[o->reg] = m->var[o->var];
		m->var[o->var] = o->val;
		break;
	case LOAD:
		t->reg[o->reg] = load(m, t, o->var);
		break;
	case SKIP_UNLESS:
		if (t->reg[o->reg] != o->want)
			t->at += o->val;
		break;
	case END:
		break;
	}
}

static void explore(const struct machine *m)
{
	bool any = false;
	struct machine next;

	for (int i = 0; i < m->nr; i++) {
		if (m->t[i].at->kind != END) {
			any = true;
			next = *m;
			step(&next, &next.t[i]);
			explore(&next);
		}
		if (m->t[i].buffered) {
			any = true;
			next = *m;
			drain_one(&next, &next.t[i]);
			explore(&next);
		}
	}
	if (any)
		return;
	ends++;
	bad += !good(m);
}

static void run(const struct op *a, const struct op *b, const struct op *c,
		const int *init, bool (*ok)(const struct machine *m),
		bool fails_if_plain)
{
	struct machine m = { .nr = c ? 3 : 2 };

	m.t[0].at = a;
	m.t[1].at = b;
	m.t[2].at = c;
	if (init)
		memcpy(m.var, init, sizeof(m.var));
	good = ok;
	for (int pass = 0; pass < 2; pass++) {
		plain = pass;
		ends = bad = 0;
		explore(&m);
		CHECK(ends > 0);
		if (!plain)
			CHECK_EQ(bad, 0);
		else if (fails_if_plain)
			CHECK(bad > 0);
	}
}

/* Row 1, row 2, row 4 and SC2 have one shape: each stores, then looks. */
static bool one_sees(const struct machine *m)
{
	return m->t[0].reg[0] == 1 || m->t[1].reg[0] == 1;
}

TEST(set_then_look)
{
	static const struct op sender[] = {
		ST(0, 1), LD(1, 0), FIN
	};
	static const struct op other[] = {
		ST(1, 1), LD(0, 0), FIN
	};

	run(sender, other, NULL, NULL, one_sees, true);
}

enum { MBOX, PENDING };

/* Row 3: unread mail never lies with notif_pending clear. */
static bool mail_is_told(const struct machine *m)
{
	return m->t[1].reg[0] == 1 || m->var[PENDING] == 1;
}

TEST(consumer_clears_before_it_drains)
{
	static const struct op sender[] = {
		ST(MBOX, 1), ST(PENDING, 1), FIN
	};
	static const struct op consumer[] = {
		ST(PENDING, 0), LD(MBOX, 0), FIN
	};
	static const int set[NR_VARS] = { 0, 1 };

	run(sender, consumer, NULL, set, mail_is_told, true);
}

enum { WORK, SENT, NEED, MSG };

/* core_kick(): the work is seen by the pass, or need_resched is still set, or a
 * message that will set it is on its way. */
static bool work_is_seen(const struct machine *m)
{
	return m->t[1].reg[1] == 1 || m->var[NEED] == 1 || m->var[MSG] == 1;
}

TEST(kick_finds_one_on_its_way)
{
	/* Another kick has been sent: SENT and MSG are 1 at the start. */
	static const struct op sender[] = {
		ST(WORK, 1), XC(SENT, 1, 0), UNLESS(0, 0, 1), ST(MSG, 1), FIN
	};
	/* The message is taken and its handler runs; then the pass. */
	static const struct op core[] = {
		ST(MSG, 0), XC(SENT, 0, 0), ST(NEED, 1), ST(NEED, 0),
		LD(WORK, 1), FIN
	};
	static const int set[NR_VARS] = { 0, 1, 0, 1 };

	run(sender, core, NULL, set, work_is_seen, false);
}

enum { PEND, STATE };
#define WAITS 1

/* Row 2 with two senders: the sleeper is woken or does not sleep. */
static bool awake(const struct machine *m)
{
	return m->t[0].reg[0] == WAITS || m->t[1].reg[0] == WAITS ||
	       m->t[2].reg[0] == 1;
}

TEST(sleeper_against_two_senders)
{
	static const struct op sender[] = {
		ST(PEND, 1), LD(STATE, 0), FIN
	};
	static const struct op sleeper[] = {
		ST(STATE, WAITS), LD(PEND, 0), FIN
	};

	run(sender, sender, sleeper, NULL, awake, true);
}

enum { IDLE, QUEUE };

/* SC2: two cores go idle while one process is queued: somebody runs it. */
static bool somebody_runs(const struct machine *m)
{
	return m->t[0].reg[0] == 1 || m->t[1].reg[1] == 1;
}

TEST(idle_against_enqueue)
{
	static const struct op enqueuer[] = {
		ST(QUEUE, 1), XC(IDLE, 0, 0), FIN
	};
	static const struct op core[] = {
		ST(IDLE, 1), LD(QUEUE, 1), FIN
	};

	run(enqueuer, core, NULL, NULL, somebody_runs, true);
}
