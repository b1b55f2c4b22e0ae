// SPDX-License-Identifier: MIT
/* Events: taking messages out and giving them to their handlers. */
#include <parlib/event.h>

#include <parlib/alloc.h>
#include <parlib/spinlock.h>

#include "runtime_priv.h"

struct ev_handler {
	struct ev_handler *next;
	handle_event_t func;
	void *data;
};

static struct spin_pdr_lock lock;
static struct ev_handler *ev_handlers[MAX_NR_EVENT];

int register_ev_handler(unsigned int ev_type, handle_event_t handler,
			void *data)
{
	struct ev_handler *h;

	if (ev_type >= MAX_NR_EVENT)
		return -EINVAL;
	h = rt_alloc(sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->func = handler;
	h->data = data;
	spin_pdr_lock(&lock);
	h->next = ev_handlers[ev_type];
	/* Release pairs with the acquire in run_ev_handlers(). */
	__atomic_store_n(&ev_handlers[ev_type], h, __ATOMIC_RELEASE);
	spin_pdr_unlock(&lock);
	return 0;
}

/* The node is not freed: a vcore may be reading it. */
int deregister_ev_handler(unsigned int ev_type, handle_event_t handler,
			  void *data)
{
	int ret = -EINVAL;

	if (ev_type >= MAX_NR_EVENT)
		return -EINVAL;
	spin_pdr_lock(&lock);
	for (struct ev_handler **h = &ev_handlers[ev_type]; *h;
	     h = &(*h)->next)
		if ((*h)->func == handler && (*h)->data == data) {
			__atomic_store_n(h, (*h)->next, __ATOMIC_RELEASE);
			ret = 0;
			break;
		}
	spin_pdr_unlock(&lock);
	return ret;
}

static void run_ev_handlers(struct event_msg *msg)
{
	struct ev_handler *h;

	if (msg->ev_type >= MAX_NR_EVENT)
		return;
	for (h = __atomic_load_n(&ev_handlers[msg->ev_type], __ATOMIC_ACQUIRE);
	     h; h = __atomic_load_n(&h->next, __ATOMIC_ACQUIRE))
		h->func(msg, msg->ev_type, h->data);
}

bool handle_one_mbox_msg(struct event_mbox *ev_mbox)
{
	struct event_msg msg;

	if (!extract_one_mbox_msg(ev_mbox, &msg))
		return false;
	run_ev_handlers(&msg);
	return true;
}

int handle_mbox(struct event_mbox *ev_mbox)
{
	int n = 0;

	while (handle_one_mbox_msg(ev_mbox))
		n++;
	return n;
}

/* Row 6 of the ordering pairs: clear, then drain; the kernel posts, then looks
 * at alert_pending. */
void handle_event_q(struct event_queue *ev_q)
{
	__atomic_store_n(&ev_q->ev_alert_pending, 0, __ATOMIC_SEQ_CST);
	if (ev_q->ev_handler)
		ev_q->ev_handler(ev_q);
	else if (ev_q->ev_mbox)
		handle_mbox(ev_q->ev_mbox);
}

static void handle_ev_event(struct event_msg *msg, unsigned int ev_type,
			    void *data)
{
	struct event_queue *ev_q = msg->ev_arg3;

	if (ev_q && __atomic_load_n(&ev_q->ev_gen, __ATOMIC_ACQUIRE) ==
			    msg->ev_gen)
		handle_event_q(ev_q);
}

void handle_vcpd_mbox(uint32_t rem_vcoreid)
{
	handle_mbox(&vcpd_of(rem_vcoreid)->ev_mbox_public);
}

/* Row 3: pending is cleared before the mailboxes are drained; a sender posts
 * before it sets pending. */
int handle_events(uint32_t vcoreid)
{
	struct preempt_data *v = vcpd_of(vcoreid);
	int n = 0;

	while (__atomic_load_n(&v->notif_pending, __ATOMIC_RELAXED)) {
		__atomic_store_n(&v->notif_pending, 0, __ATOMIC_SEQ_CST);
		n += handle_mbox(&v->ev_mbox_private);
		n += handle_mbox(&v->ev_mbox_public);
	}
	return n;
}

void send_self_vc_msg(struct event_msg *ev_msg)
{
	ros_call(SYS_self_notify, vcore_id(), ev_msg->ev_type, ev_msg, true);
}

/* Nothing was lost if there is nothing: the loop in handle_events() looks. */
void ev_might_not_return(void)
{
	__atomic_store_n(&vcpd_mine()->notif_pending, 1, __ATOMIC_SEQ_CST);
}

bool register_evq(struct syscall *sysc, struct event_queue *ev_q)
{
	uint32_t flags;

	__atomic_store_n(&sysc->ev_q, ev_q, __ATOMIC_RELEASE);
	flags = __atomic_load_n(&sysc->flags, __ATOMIC_ACQUIRE);
	for (;;) {
		if (flags & (SC_DONE | SC_PROGRESS))
			return false;
		if (flags & SC_K_LOCK) {
			cpu_relax();
			flags = __atomic_load_n(&sysc->flags, __ATOMIC_ACQUIRE);
			continue;
		}
		if (__atomic_compare_exchange_n(&sysc->flags, &flags,
						flags | SC_UEVENT, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_ACQUIRE))
			return true;
	}
}

void deregister_evq(struct syscall *sysc)
{
	uint32_t flags = __atomic_load_n(&sysc->flags, __ATOMIC_ACQUIRE);

	for (;;) {
		if (flags & SC_K_LOCK) {
			cpu_relax();
			flags = __atomic_load_n(&sysc->flags, __ATOMIC_ACQUIRE);
			continue;
		}
		if (__atomic_compare_exchange_n(&sysc->flags, &flags,
						flags & ~SC_UEVENT, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_ACQUIRE))
			break;
	}
	sysc->ev_q = NULL;
}

void event_lib_init(void)
{
	register_ev_handler(EV_EVENT, handle_ev_event, NULL);
}
