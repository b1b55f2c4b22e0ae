// SPDX-License-Identifier: MIT
/* Bitmap mailbox: the consumer's side. */
#pragma once

#include <parlib/common.h>
#include <ros/mbox.h>

void evbitmap_init(struct evbitmap *evbm);
bool get_evbitmap_msg(struct evbitmap *evbm, struct event_msg *msg);
bool evbitmap_is_empty(struct evbitmap *evbm);
