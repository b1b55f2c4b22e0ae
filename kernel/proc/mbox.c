// SPDX-License-Identifier: MIT
/* A mailbox of whatever type. */
#include <proc/mbox.h>

#include <proc/umem.h>
#include <ros/errno.h>

int mbox_post(struct mbox_env *env, uintptr_t mbox,
	      const struct event_msg *msg)
{
	uint32_t type;
	int err;

	err = umem_load_u32(&type, mbox + offsetof(struct event_mbox, type));
	if (err)
		return err;
	switch (type) {
	case EV_MBOX_UCQ:
		return ucq_post(env, mbox + offsetof(struct event_mbox, ucq),
				msg);
	case EV_MBOX_BITMAP:
		return evbitmap_post(mbox + offsetof(struct event_mbox, evbm),
				     msg);
	case EV_MBOX_CEQ:
		return ceq_post(mbox + offsetof(struct event_mbox, ceq), msg);
	}
	return -EINVAL;
}
