// SPDX-License-Identifier: MIT
/*
 * The kernel's half of mailboxes: producers.  Layout and rules: ros/mbox.h.
 *
 * Every address and word comes from a user: each is read once and checked,
 * every loop is bounded, and what does not work loses the message and nothing
 * else.  The same files build on the host, against plain memory (proc/umem.h).
 */
#pragma once

#include <stdint.h>

#include <ros/event.h>

/* Where UCQ pages come from; page changes of one process exclude each other. */
struct mbox_env {
	uintptr_t (*page_new)(struct mbox_env *env); /* zeroed; 0: none */
	void (*lock)(struct mbox_env *env);
	void (*unlock)(struct mbox_env *env);
	void *priv;
};

/* 0, or -errno: the message is lost.  mbox: a user address of an event_mbox. */
int mbox_post(struct mbox_env *env, uintptr_t mbox,
	      const struct event_msg *msg);

int ucq_post(struct mbox_env *env, uintptr_t ucq, const struct event_msg *msg);
int evbitmap_post(uintptr_t bm, const struct event_msg *msg);
int ceq_post(uintptr_t ceq, const struct event_msg *msg);
