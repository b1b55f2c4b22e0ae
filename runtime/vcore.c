// SPDX-License-Identifier: MIT
/* Vcore context: setting it up, entering it, giving the core back. */
#include <parlib/vcore.h>

#include <parlib/alloc.h>
#include <parlib/event.h>
#include <parlib/ucq.h>
#include <parlib/uthread.h>
#include <ros/mman.h>

#include "runtime_priv.h"

#define VCORE_STACK_SIZE 16384

static uint8_t vcore0_stack[VCORE_STACK_SIZE] __attribute__((aligned(16)));
static bool vcore_ready;

bool vcore_lib_ready(void)
{
	return vcore_ready;
}

/* The mailboxes' first pages: two each, in one piece. */
#define NR_MBOX_PAGES 4
static uintptr_t mbox_pages;

bool vcore_owns_page(uintptr_t page)
{
	return page - mbox_pages < NR_MBOX_PAGES * PGSIZE;
}

static void mbox_setup(struct event_mbox *mbox, uintptr_t pages)
{
	mbox->type = EV_MBOX_UCQ;
	ucq_init_raw(&mbox->ucq, pages, pages + PGSIZE);
}

/* Everything of a vcore that the kernel and the assembly look at.  The pages
 * are zero. */
static void vcpd_setup(struct preempt_data *v)
{
	v->vcore_entry = (uint64_t)__kernel_vcore_entry;
	v->vcore_stack = (uint64_t)vcore0_stack + sizeof(vcore0_stack);
	v->vcore_tls_desc = read_fsbase();
	mbox_setup(&v->ev_mbox_public, mbox_pages);
	mbox_setup(&v->ev_mbox_private, mbox_pages + 2 * PGSIZE);
}

/* From now on the kernel may interrupt us with a message (V4 in ros/vcpd.h). */
static void vcpd_open(struct preempt_data *v)
{
	__atomic_store_n(&v->notif_disabled, 0, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&v->flags, ~VC_SCP_NOVCCTX, __ATOMIC_SEQ_CST);
}

void vcore_lib_init(void)
{
	struct preempt_data *v = vcpd_mine();

	if (vcore_ready)
		return;
	vcore_ready = true;
	mbox_pages = (uintptr_t)rt_pages_alloc(NR_MBOX_PAGES);
	if (!mbox_pages)
		runtime_panic("no memory for a vcore's mailboxes");
	vcpd_setup(v);
	event_lib_init();
	thread0_init();
	gs_write64(VCORE_CURRENT_UTHREAD, &thread0_uth);
	vcpd_open(v);
}

/*
 * The mailboxes are copies, perhaps made while a message was half written: they
 * start anew, empty, as what was in them was for the parent.
 */
static void mbox_pages_clear(void)
{
	if (ros_call(SYS_madvise, mbox_pages, NR_MBOX_PAGES * PGSIZE,
		     ROS_MADV_DONTNEED))
		memset((void *)mbox_pages, 0, NR_MBOX_PAGES * PGSIZE);
}

void vcore_fork_child(void)
{
	struct preempt_data *v = vcpd_mine();

	if (!vcore_ready)
		return;
	__atomic_fetch_or(&v->flags, VC_SCP_NOVCCTX, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->notif_pending, 0, __ATOMIC_SEQ_CST);
	mbox_pages_clear();
	vcpd_setup(v);
	gs_write64(VCORE_IN_CONTEXT, 0);
	gs_write64(VCORE_CURRENT_UTHREAD, &thread0_uth);
	vcpd_open(v);
}

/*
 * fresh: the kernel started us, and if a thread is current the kernel has just
 * saved it; otherwise its u_ctx is up to date.
 */
void vcore_main(int fresh)
{
	struct uthread *u = current_uthread();
	struct preempt_data *v = vcpd_mine();

	if (fresh && u) {
		uint64_t pc = v->uthread_ctx.rip;

		if (pc < (uint64_t)__pop_ctx_start ||
		    pc >= (uint64_t)__pop_ctx_end)
			u->u_ctx = v->uthread_ctx;
	}
	for (;;) {
		handle_events(v->vcoreid);
		if (current_uthread())
			run_current_uthread();
		sched_ops->sched_entry();
	}
}

void vcore_yield(bool preempt_pending)
{
	ros_call(SYS_proc_yield, preempt_pending);
}

void cpu_relax_vc(uint32_t other)
{
	cpu_relax();
}
