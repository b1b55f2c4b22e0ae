// SPDX-License-Identifier: MIT
/* Unbounded concurrent queue: the consumer's side. */
#pragma once

#include <parlib/common.h>
#include <ros/mbox.h>

/* pg1 and pg2: two zeroed pages, the queue's from now on. */
void ucq_init_raw(struct ucq *ucq, uintptr_t pg1, uintptr_t pg2);
void ucq_init(struct ucq *ucq);
/* Gives the pages back; nobody produces or consumes any more. */
void ucq_free_pgs(struct ucq *ucq);
bool get_ucq_msg(struct ucq *ucq, struct event_msg *msg);
bool ucq_is_empty(struct ucq *ucq);

/* Where pages come from; zeroed.  ucq_page_alloc() may return 0. */
uintptr_t ucq_page_alloc(void);
void ucq_page_free(uintptr_t page);
