// SPDX-License-Identifier: MIT
/* lockdep, one half: who holds what, and what may not be done then.  The rules
 * L1 to L5 stand in sync/lockdep.h. */
#include <sync/lockdep_priv.h>

#include <arch/cpu.h>
#include <arch/percpu.h>
#include <lib/assert.h>
#include <lib/string.h>

/* Without core there are no kthreads yet, and no symbols. */
#pragma weak lockdep_sleepers
const char *ksym_name(uintptr_t pc, uintptr_t *offset);
#pragma weak ksym_name

struct lockdep_core {
	/* Set while this core is in here, with interrupts off: what an NMI
	 * does meanwhile is not looked at. */
	bool inside;
	uint32_t nosleep; /* depth */
	uintptr_t nosleep_pc;
	uint32_t nr;
	struct lockdep_held held[LOCKDEP_MAX_HELD]; /* spinning locks */
};
DEFINE_PERCPU_STATIC(struct lockdep_core, lockdep_core);

static bool off;
static uint32_t reporter; /* the core that writes the report, plus 1 */
static char report[LOCKDEP_REPORT_LEN];
static size_t report_len;

/* NULL: not to be looked at now.  Otherwise ended by leave(). */
static inline struct lockdep_core *enter(uint64_t *flags)
{
	struct lockdep_core *c;

	if (__atomic_load_n(&off, __ATOMIC_RELAXED))
		return NULL;
	*flags = irq_save();
	c = this_cpu_ptr(lockdep_core);
	if (!c->inside) {
		c->inside = true;
		return c;
	}
	irq_restore(*flags);
	return NULL;
}

static inline void leave(struct lockdep_core *c, uint64_t flags)
{
	c->inside = false;
	irq_restore(flags);
}

static inline struct lockdep_sleepers *sleepers(void)
{
	return lockdep_sleepers && !in_irq() ? lockdep_sleepers() : NULL;
}

static inline struct lockdep_held *find(struct lockdep_held *held, uint32_t nr,
				 const void *lock)
{
	while (nr--)
		if (held[nr].lock == lock)
			return &held[nr];
	return NULL;
}

static void __noreturn __cold
fail_pair(const char *rule, const char *what1, const struct lockdep_held *h1,
	  const char *what2, const struct lockdep_held *h2)
{
	lockdep_say("%s", rule);
	lockdep_say_held(what1, h1);
	lockdep_say_held(what2, h2);
	lockdep_fail();
}

/* L5 and L1 among the locks that one core, or one kthread, holds. */
static inline void check_held(const struct lockdep_held *held,
			      const struct lockdep_held *new)
{
	unsigned int id = lockdep_class_id(new->cls);

	for (; held < new; held++) {
		if (unlikely(held->lock == new->lock))
			fail_pair("L5: lock taken twice", "again", new,
				  "first", held);
		if (unlikely(held->cls->id == id && held->lock > new->lock &&
			     !new->tried))
			fail_pair("L1: two locks of one class, "
				  "the higher address first",
				  "taking", new, "holding", held);
	}
}

/* The order is noted from the innermost held lock; those outside of it have
 * theirs before it already, unless it was got by trylock. */
static inline void note_order(struct lockdep_held *held, uint32_t nr,
			      const struct lockdep_held *new)
{
	if (new->tried)
		return;
	while (nr--) {
		lockdep_order(&held[nr], new);
		if (!held[nr].tried)
			return;
	}
}

/* The next free entry, filled in; it counts once nr does. */
static inline struct lockdep_held *next_held(struct lockdep_held *held,
					     uint32_t nr,
					     const struct lockdep_held *new)
{
	if (unlikely(nr == LOCKDEP_MAX_HELD))
		fail_pair("more locks held than lockdep can note", "taking",
			  new, "innermost", &held[nr - 1]);
	held[nr] = *new;
	return &held[nr];
}

/* L2 */
static inline void check_irq(struct lockdep_core *c,
			     const struct lockdep_held *new)
{
	if (unlikely(in_irq())) {
		lockdep_say("L2: plain spinlock in interrupt context");
		lockdep_say_held("taking", new);
		lockdep_fail();
	}
	for (uint32_t i = 0; i < c->nr && !new->tried; i++)
		if (unlikely(c->held[i].cls->kind == LOCK_SPIN_IRQ))
			fail_pair("L2: plain spinlock under a spin_irq lock",
				  "taking", new, "holding", &c->held[i]);
}

static inline void acquire_spin(struct lockdep_core *c,
				const struct lockdep_held *h)
{
	struct lockdep_held *new = next_held(c->held, c->nr, h);
	struct lockdep_sleepers *s;

	if (new->cls->kind == LOCK_SPIN)
		check_irq(c, new);
	check_held(c->held, new);
	if (c->nr)
		note_order(c->held, c->nr, new);
	else if ((s = sleepers()))
		note_order(s->held, s->nr, new);
	c->nr++;
}

/* L3 */
static void check_sleep(struct lockdep_core *c, uintptr_t pc)
{
	if (!c->nr && !c->nosleep && !in_irq())
		return;
	lockdep_say("L3: may sleep %s",
		    c->nr ? "under a spinning lock" :
		    c->nosleep ? "while reading under RCU" :
				 "in interrupt context");
	lockdep_say("\n  in ");
	lockdep_say_pc(pc);
	if (c->nr) {
		lockdep_say_held("holding", &c->held[c->nr - 1]);
	} else if (c->nosleep) {
		lockdep_say("\n  reading since ");
		lockdep_say_pc(c->nosleep_pc);
	}
	lockdep_fail();
}

static void acquire_sleep(struct lockdep_core *c, const struct lockdep_held *h)
{
	struct lockdep_sleepers *s;
	struct lockdep_held *new;

	if (!h->tried)
		check_sleep(c, h->pc);
	s = sleepers();
	if (!s)
		return;
	new = next_held(s->held, s->nr, h);
	check_held(s->held, new);
	note_order(s->held, s->nr, new);
	s->nr++;
}

void lockdep_acquire(struct lock_class *cls, const void *lock, bool try,
		     uintptr_t pc)
{
	const struct lockdep_held new = { lock, cls, pc, try };
	struct lockdep_core *c;
	uint64_t flags;

	c = enter(&flags);
	if (!c)
		return;
	if (unlikely(!cls)) {
		lockdep_say("lock %p was never initialised\n  taken in ", lock);
		lockdep_say_pc(pc);
		lockdep_fail();
	}
	if (cls->kind == LOCK_SLEEP)
		acquire_sleep(c, &new);
	else
		acquire_spin(c, &new);
	leave(c, flags);
}

static inline bool drop(struct lockdep_held *held, uint32_t *nr,
			const void *lock)
{
	struct lockdep_held *h = find(held, *nr, lock);

	if (unlikely(!h))
		return false;
	(*nr)--;
	for (; h < &held[*nr]; h++)
		h[0] = h[1];
	return true;
}

void lockdep_release(const void *lock, uintptr_t pc)
{
	struct lockdep_sleepers *s;
	struct lockdep_core *c;
	uint64_t flags;

	c = enter(&flags);
	if (!c)
		return;
	if (!drop(c->held, &c->nr, lock)) {
		s = sleepers();
		/* Before there are kthreads sleeping locks are not noted. */
		if (s ? !drop(s->held, &s->nr, lock) : in_irq()) {
			lockdep_say("L5: lock %p is not held by this %s\n"
				    "  released in ", lock,
				    in_irq() ? "core" : "core or kthread");
			lockdep_say_pc(pc);
			lockdep_fail();
		}
	}
	leave(c, flags);
}

bool lockdep_holds(const void *lock)
{
	struct lockdep_sleepers *s;
	struct lockdep_core *c;
	uint64_t flags;
	bool held;

	c = enter(&flags);
	if (!c)
		return true;
	s = sleepers();
	held = find(c->held, c->nr, lock) ||
	       (s ? find(s->held, s->nr, lock) != NULL : !in_irq());
	leave(c, flags);
	return held;
}

void lockdep_might_sleep(uintptr_t pc)
{
	struct lockdep_core *c;
	uint64_t flags;

	c = enter(&flags);
	if (!c)
		return;
	check_sleep(c, pc);
	leave(c, flags);
}

void lockdep_nosleep_enter(uintptr_t pc)
{
	struct lockdep_core *c;
	uint64_t flags;

	c = enter(&flags);
	if (!c)
		return;
	if (!c->nosleep++)
		c->nosleep_pc = pc;
	leave(c, flags);
}

void lockdep_nosleep_exit(uintptr_t pc)
{
	struct lockdep_core *c;
	uint64_t flags;

	c = enter(&flags);
	if (!c)
		return;
	if (!c->nosleep--) {
		lockdep_say("an RCU reader ends that never began\n  in ");
		lockdep_say_pc(pc);
		lockdep_fail();
	}
	leave(c, flags);
}

void lockdep_assert_none_held(const char *where)
{
	struct lockdep_held *held = NULL;
	struct lockdep_sleepers *s;
	struct lockdep_core *c;
	uint64_t flags;

	c = enter(&flags);
	if (!c)
		return;
	s = sleepers();
	if (c->nr)
		held = &c->held[c->nr - 1];
	else if (s && s->nr)
		held = &s->held[s->nr - 1];
	if (held || c->nosleep) {
		lockdep_say("L4: %s at %s",
			    held ? "a lock is held" : "an RCU reader is active",
			    where);
		if (held) {
			lockdep_say_held("holding", held);
		} else {
			lockdep_say("\n  since ");
			lockdep_say_pc(c->nosleep_pc);
		}
		lockdep_fail();
	}
	leave(c, flags);
}

void lockdep_off(void)
{
	__atomic_store_n(&off, true, __ATOMIC_RELAXED);
}

/* The first to have something to say; the panic to come stops the others. */
static void claim_report(void)
{
	uint32_t none = 0, mine = core_id() + 1;

	lockdep_off();
	if (__atomic_compare_exchange_n(&reporter, &none, mine, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (none != mine)
		cpu_relax();
}

void lockdep_say(const char *fmt, ...)
{
	va_list ap;
	int n;

	claim_report();
	va_start(ap, fmt);
	n = vsnprintf(report + report_len, sizeof(report) - report_len, fmt,
		      ap);
	va_end(ap);
	report_len = MIN(report_len + n, sizeof(report) - 1);
}

void lockdep_say_pc(uintptr_t pc)
{
	uintptr_t offset = 0;
	const char *name = ksym_name ? ksym_name(pc, &offset) : NULL;

	if (name)
		lockdep_say("%s+0x%lx", name, offset);
	else
		lockdep_say("0x%lx", pc);
}

void lockdep_say_held(const char *what, const struct lockdep_held *h)
{
	lockdep_say("\n  %s %s (%s:%d) at %p in ", what, h->cls->name,
		    h->cls->file, h->cls->line, h->lock);
	lockdep_say_pc(h->pc);
}

void lockdep_fail(void)
{
	panic("lockdep: %s", report);
}
