// SPDX-License-Identifier: MIT
/* Host test: the buddy lists and the frame caches against plain counting. */
#include <mm/mm_priv.h>

#include <stdlib.h>

#include <arch/percpu.h>
#include <host/test.h>
#include <lib/bitmap.h>

#define NR   8192
#define USED 300

static struct frame all[NR];
static bool out[NR]; /* somebody has it */

void frames_adopt(struct frame *f)
{
}

struct piece {
	struct frame *f;
	unsigned int order;
};

/* Frame 0 is never free, and there is a hole. */
static size_t start(void)
{
	if (!frames) {
		frames = all;
		buddy_add(1, 3000);
		buddy_add(3500, NR);
	}
	return buddy_free_count();
}

static void claim(struct piece *p)
{
	size_t nr = p->f - all;

	CHECK(p->f >= all && nr + (1UL << p->order) <= NR);
	CHECK_EQ(nr & ((1UL << p->order) - 1), 0);
	for (size_t i = nr; i < nr + (1UL << p->order); i++) {
		CHECK(!out[i]);
		CHECK(i && (i < 3000 || i >= 3500));
		out[i] = true;
	}
}

static void give_up(struct piece *p)
{
	size_t nr = p->f - all;

	for (size_t i = nr; i < nr + (1UL << p->order); i++)
		out[i] = false;
	buddy_free(p->f, p->order);
	p->f = NULL;
}

TEST(blocks_do_not_overlap)
{
	static struct piece p[USED];
	size_t free = start(), have = free;

	srand(1);
	for (int turn = 0; turn < 100000; turn++) {
		struct piece *x = &p[rand() % USED];

		if (x->f) {
			have += 1UL << x->order;
			give_up(x);
		} else {
			x->order = rand() % 8;
			x->f = buddy_alloc(x->order, MM_ATOMIC);
			if (!x->f)
				continue;
			claim(x);
			have -= 1UL << x->order;
		}
		CHECK_EQ(buddy_free_count(), have);
	}
	for (int i = 0; i < USED; i++)
		if (p[i].f)
			give_up(&p[i]);
	CHECK_EQ(buddy_free_count(), free);
}

TEST(blocks_join_again)
{
	struct frame *single[NR], *big;
	size_t nr = start(), blocks = 0;

	CHECK_EQ(buddy_take(single, NR, MM_ATOMIC), nr);
	CHECK(!buddy_alloc(0, MM_ATOMIC));
	buddy_give(single, nr);
	while ((big = buddy_alloc(FRAME_MAX_ORDER, MM_ATOMIC)))
		single[blocks++] = big;
	CHECK_EQ(blocks, 1 + 4); /* 1024 ..., and those from 4096 on */
	while (blocks)
		buddy_free(single[--blocks], FRAME_MAX_ORDER);
	CHECK_EQ(buddy_free_count(), nr);
}

TEST(users_leave_the_reserve)
{
	struct frame *single[NR];
	size_t free = start(), nr;

	buddy_set_reserve(100);
	nr = buddy_take(single, NR, MM_USER);
	CHECK_EQ(nr, free - 100);
	CHECK(!buddy_alloc(0, MM_USER));
	CHECK_EQ(buddy_take(single + nr, 200, MM_ATOMIC), 100);
	buddy_give(single, free);
	buddy_set_reserve(0);
}

/* Cores that allocate, free and steal from one another at once. */
static void churn(void *arg, unsigned int core)
{
	struct frame *mine[200] = { NULL };
	unsigned int seed = core;

	for (int turn = 0; turn < 20000; turn++) {
		struct frame **f = &mine[rand_r(&seed) % 200];

		if (*f) {
			CHECK_EQ(frame_refs(*f), 1);
			CHECK_EQ((*f)->owner, core + 1);
			frame_put(*f);
			*f = NULL;
		} else {
			*f = frame_alloc(MM_WAIT);
			if (*f)
				(*f)->owner = core + 1;
		}
		if (turn % 1000 == 0 && core == 1)
			frames_drain_caches();
	}
	for (int i = 0; i < 200; i++)
		if (mine[i])
			frame_put(mine[i]);
}

TEST(caches_lose_nothing)
{
	struct frame *taken[NR];
	size_t free = start(), nr;

	/* Little is left, so that they must steal. */
	nr = buddy_take(taken, free - 500, MM_ATOMIC);
	host_run_cores(4, churn, NULL);
	CHECK_EQ(frames_free_count(), 500);
	frames_drain_caches();
	CHECK_EQ(buddy_free_count(), 500);
	buddy_give(taken, nr);
}
