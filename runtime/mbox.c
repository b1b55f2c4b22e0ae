// SPDX-License-Identifier: MIT
/* A mailbox of any kind behind one set of functions. */
#include <parlib/event.h>

#include <parlib/alloc.h>
#include <parlib/ceq.h>
#include <parlib/evbitmap.h>
#include <parlib/ucq.h>

#include "runtime_priv.h"

uintptr_t ucq_page_alloc(void)
{
	return (uintptr_t)rt_pages_alloc(1);
}

void ucq_page_free(uintptr_t page)
{
	if (!vcore_owns_page(page))
		rt_pages_free((void *)page, 1);
}

void event_mbox_init(struct event_mbox *ev_mbox, int mbox_type)
{
	ev_mbox->type = mbox_type;
	switch (mbox_type) {
	case EV_MBOX_UCQ:
		ucq_init(&ev_mbox->ucq);
		break;
	case EV_MBOX_BITMAP:
		evbitmap_init(&ev_mbox->evbm);
		break;
	case EV_MBOX_CEQ:
		if (!ceq_init(&ev_mbox->ceq, CEQ_OR, CEQ_DEFAULT_SZ,
			      CEQ_DEFAULT_SZ))
			runtime_panic("no memory for an event queue");
		break;
	default:
		runtime_panic("event_mbox_init: no such kind of mailbox");
	}
}

void event_mbox_cleanup(struct event_mbox *ev_mbox)
{
	switch (ev_mbox->type) {
	case EV_MBOX_UCQ:
		ucq_free_pgs(&ev_mbox->ucq);
		break;
	case EV_MBOX_CEQ:
		ceq_cleanup(&ev_mbox->ceq);
		break;
	}
	ev_mbox->type = 0;
}

bool extract_one_mbox_msg(struct event_mbox *ev_mbox, struct event_msg *ev_msg)
{
	switch (ev_mbox->type) {
	case EV_MBOX_UCQ:
		return get_ucq_msg(&ev_mbox->ucq, ev_msg);
	case EV_MBOX_BITMAP:
		return get_evbitmap_msg(&ev_mbox->evbm, ev_msg);
	case EV_MBOX_CEQ:
		return get_ceq_msg(&ev_mbox->ceq, ev_msg);
	}
	return false;
}

bool mbox_is_empty(struct event_mbox *ev_mbox)
{
	switch (ev_mbox->type) {
	case EV_MBOX_UCQ:
		return ucq_is_empty(&ev_mbox->ucq);
	case EV_MBOX_BITMAP:
		return evbitmap_is_empty(&ev_mbox->evbm);
	case EV_MBOX_CEQ:
		return ceq_is_empty(&ev_mbox->ceq);
	}
	return true;
}
