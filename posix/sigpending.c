// SPDX-License-Identifier: MIT
/*
 * Signals that the kernel has handed over and no handler has run for yet: a
 * list in the order they came.  Those below 32 are in it once at most.
 */
#include "signals.h"

#define NR_SLOTS      64
#define FIRST_RT_SIG  32

static struct pending_sig slots[NR_SLOTS];
static unsigned int nr_used;
static uint64_t mask;

uint64_t pending_mask(void)
{
	return mask;
}

bool pending_put(const struct pending_sig *s)
{
	uint64_t bit = ROS_SIGBIT(s->sig);

	if (s->sig < FIRST_RT_SIG && (mask & bit))
		return true;
	if (nr_used == NR_SLOTS)
		return false;
	slots[nr_used++] = *s;
	mask |= bit;
	return true;
}

bool pending_take(uint64_t set, struct pending_sig *out)
{
	unsigned int i;

	if (!(mask & set))
		return false;
	for (i = 0; !(ROS_SIGBIT(slots[i].sig) & set); i++)
		;
	*out = slots[i];
	nr_used--;
	for (; i < nr_used; i++)
		slots[i] = slots[i + 1];
	mask = 0;
	for (i = 0; i < nr_used; i++)
		mask |= ROS_SIGBIT(slots[i].sig);
	return true;
}

void siginfo_fill(struct lx_siginfo *si, const struct pending_sig *s)
{
	si->signo = s->sig;
	si->err = 0;
	si->code = s->code;
	si->pad = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(si->rest); i++)
		si->rest[i] = 0;
	switch (s->sig) {
	case ROS_SIGSEGV:
	case ROS_SIGBUS:
	case ROS_SIGILL:
	case ROS_SIGFPE:
	case ROS_SIGTRAP:
		if (s->code > 0) {
			si->addr = s->value;
			si->value = 0;
			return;
		}
	}
	si->pid = s->pid;
	si->uid = s->uid;
	si->value = s->value;
}
