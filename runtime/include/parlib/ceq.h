// SPDX-License-Identifier: MIT
/* Coalescing event queue: the consumer's side. */
#pragma once

#include <parlib/common.h>
#include <ros/mbox.h>

/* op: CEQ_OR or CEQ_ADD; nr_events ids; ring_sz is rounded up to a power of
 * two.  False without memory. */
bool ceq_init(struct ceq *ceq, uint32_t op, size_t nr_events, size_t ring_sz);
void ceq_cleanup(struct ceq *ceq);
bool get_ceq_msg(struct ceq *ceq, struct event_msg *msg);
bool ceq_is_empty(struct ceq *ceq);
