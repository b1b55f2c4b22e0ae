// SPDX-License-Identifier: MIT
/*
 * VCPD: virtual core preemption data, one per vcore, shared read-write.
 *
 * VCPD v lies at procinfo.vcpd_base + v * procinfo.vcpd_stride; while vcore v
 * runs, the user's GS base is that address (set by the kernel at every start).
 * The FPU area follows the fixed part at VCPD_FPU_OFF, in XSAVE standard form,
 * procinfo.fpu_size bytes.
 *
 * V1  notif_disabled is set throughout vcore context.  When the kernel must
 *     save a running context it goes to vcore_ctx if set, else to uthread_ctx.
 * V2  notif_pending means that there is or may be a message.  Set only after
 *     the message is posted; the user clears it before it drains.
 * V3  VC_K_LOCK brackets the kernel's changes; readers wait for it.
 * V4  With VC_SCP_NOVCCTX set the kernel never notifies: the process has no
 *     vcore context yet.  A process starts with it; the runtime clears it.
 * V5  A fresh start begins at vcore_entry with rsp = vcore_stack, notifications
 *     disabled, rbx = vcoreid, FS base = vcore_tls_desc.
 */
#pragma once

#include <ros/common.h>
#include <ros/context.h>
#include <ros/mbox.h>

/* flags: atomic, shared with the kernel */
#define VC_K_LOCK	    0x01
#define VC_PREEMPTED	    0x02
#define VC_CAN_RCV_MSG	    0x04
#define VC_UTHREAD_STEALING 0x08
#define VC_SCP_NOVCCTX	    0x10

/* rflags: written by the user only */
#define VC_FPU_SAVED 0x1

#define VCPD_RUNTIME_SIZE 512
#define VCPD_FPU_OFF	  1152

struct preempt_data {
	uint64_t runtime[VCPD_RUNTIME_SIZE / 8]; /* the runtime's own words */
	uint64_t self;				 /* address of this VCPD */
	uint32_t vcoreid;
	uint32_t flags;		 /* atomic, VC_* */
	uint32_t rflags;
	uint32_t notif_disabled; /* atomic */
	uint32_t notif_pending;	 /* atomic */
	uint32_t pad;
	uint64_t vcore_entry;
	uint64_t vcore_stack;
	uint64_t vcore_tls_desc;
	struct event_mbox ev_mbox_public;
	struct event_mbox ev_mbox_private;
	struct user_context vcore_ctx;
	struct user_context uthread_ctx;
};
ROS_ASSERT_OFFSET(struct preempt_data, self, 512);
ROS_ASSERT_OFFSET(struct preempt_data, notif_disabled, 532);
ROS_ASSERT_OFFSET(struct preempt_data, vcore_entry, 544);
ROS_ASSERT_OFFSET(struct preempt_data, vcore_ctx, 728);
ROS_ASSERT_OFFSET(struct preempt_data, uthread_ctx, 920);
_Static_assert(sizeof(struct preempt_data) <= VCPD_FPU_OFF, "FPU area apart");
