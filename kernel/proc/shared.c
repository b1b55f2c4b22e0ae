// SPDX-License-Identifier: MIT
/*
 * The pages a process shares with the kernel: procinfo, procdata, vcore 0's
 * VCPD, and the two that all processes share, time and core maps.
 *
 * A single-core process sees one common, empty core map; it gets one of its own
 * when it becomes a many-core process.
 */
#include <proc/proc_priv.h>

#include <arch/machine.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <lib/log.h>
#include <mm/frame.h>
#include <mm/slab.h>
#include <proc/time.h>
#include <ros/errno.h>
#include <vm/vm.h>

static struct frame **scp_coremap; /* [nr_coremap] */
static size_t nr_coremap;
static size_t stride;

#define VCORES_OFF (ROS_SHARED_BASE + ROS_COREMAP_OFF)
#define VCPD_BASE  (ROS_SHARED_BASE + ROS_VCPD_OFF)

size_t vcpd_stride(void)
{
	return stride;
}

static size_t vcoremap_bytes(void)
{
	return ROUND_UP(nr_cores * sizeof(struct vcore_map), 64UL);
}

void shared_init(void)
{
	size_t bytes = vcoremap_bytes() + nr_cores * sizeof(struct pcore_map);

	/* A VCPD never shares its page with another vcore's. */
	stride = ROUND_UP(VCPD_FPU_OFF + fpu_size(), PGSIZE);
	nr_coremap = ROUND_UP(bytes, PGSIZE) / PGSIZE;
	scp_coremap = kzalloc(nr_coremap * sizeof(*scp_coremap), MM_WAIT);
	if (!scp_coremap)
		panic("no memory for the core maps");
	for (size_t i = 0; i < nr_coremap; i++) {
		scp_coremap[i] = frame_alloc(MM_ZERO);
		if (!scp_coremap[i])
			panic("no memory for the core maps");
	}
}

static void procinfo_fill(struct procinfo *pi)
{
	pi->version = ROS_ABI_VERSION;
	pi->size = sizeof(*pi);
	pi->procdata = ROS_SHARED_BASE + ROS_PROCDATA_OFF;
	pi->timepage = ROS_SHARED_BASE + ROS_TIME_OFF;
	pi->vcpd_base = VCPD_BASE;
	pi->vcoremap = VCORES_OFF;
	pi->pcoremap = VCORES_OFF + vcoremap_bytes();
	pi->vcpd_stride = stride;
	pi->fpu_size = fpu_size();
	pi->xsave_mask = fpu_mask();
	pi->tsc_freq = tsc_freq;
	pi->max_vcores = nr_cores;
	pi->num_pcores = nr_cores;
}

static void vcpd_fill(struct preempt_data *v, uint32_t vcoreid)
{
	v->self = proc_vcpd_user(vcoreid);
	v->vcoreid = vcoreid;
	v->flags = VC_SCP_NOVCCTX | VC_CAN_RCV_MSG;
}

static unsigned int vcpd_order(void)
{
	unsigned int order = 0;

	while (PGSIZE << order < stride)
		order++;
	return order;
}

int shared_create(struct proc *p)
{
	struct frame *vcpd = frames_alloc(vcpd_order(), MM_ZERO);

	p->pi = page_alloc(MM_ZERO);
	p->pd = page_alloc(MM_ZERO);
	if (!vcpd || !p->pi || !p->pd)
		goto no_memory;
	p->vcpd0 = frame_to_virt(vcpd);
	procinfo_fill(p->pi);
	p->pd->version = ROS_ABI_VERSION;
	vcpd_fill(p->vcpd0, 0);
	return 0;
no_memory:
	if (vcpd)
		frames_free(vcpd, vcpd_order());
	shared_destroy(p);
	return fail(ENOMEM, "no memory for a process's shared pages");
}

/* Nothing is mapped any more. */
void shared_destroy(struct proc *p)
{
	if (p->pi)
		page_free(p->pi);
	if (p->pd)
		page_free(p->pd);
	if (p->vcpd0)
		for (size_t i = 0; i < 1UL << vcpd_order(); i++)
			frame_put(virt_to_frame(p->vcpd0) + i);
	p->pi = NULL;
	p->pd = NULL;
	p->vcpd0 = NULL;
}

int proc_map_shared(struct proc *p, struct aspace *as)
{
	const uint32_t ro = ROS_PROT_READ, rw = ROS_PROT_READ | ROS_PROT_WRITE;
	struct frame *vcpd = virt_to_frame(p->vcpd0);
	int err;

	err = vm_map_kernel_page(as, ROS_SHARED_BASE + ROS_PROCINFO_OFF,
				 virt_to_frame(p->pi), ro);
	if (!err)
		err = vm_map_kernel_page(as, ROS_SHARED_BASE + ROS_TIME_OFF,
					 time_page_frame(), ro);
	if (!err)
		err = vm_map_kernel_page(as, ROS_SHARED_BASE + ROS_PROCDATA_OFF,
					 virt_to_frame(p->pd), rw);
	for (size_t i = 0; !err && i < nr_coremap; i++)
		err = vm_map_kernel_page(as, VCORES_OFF + i * PGSIZE,
					 scp_coremap[i], ro);
	for (size_t i = 0; !err && i < stride / PGSIZE; i++)
		err = vm_map_kernel_page(as, VCPD_BASE + i * PGSIZE, vcpd + i,
					 rw);
	return err;
}

/*
 * The child goes on in the middle of a call with its memory as the parent's
 * was: so do the pages that are shared with us.  Its own identity is in
 * procinfo.
 */
void shared_fork(struct proc *child, struct proc *parent)
{
	memcpy(child->pd, parent->pd, sizeof(*child->pd));
	signal_publish(child);
	memcpy(child->vcpd0, parent->vcpd0, sizeof(*child->vcpd0));
	child->pi->program_end = parent->pi->program_end;
	child->foreign_entry = parent->foreign_entry;
}

/* A new program: ignored and blocked signals stay. */
void shared_exec(struct proc *p)
{
	uint64_t ignored = user_word(p->pd->sig_ignored);
	uint64_t blocked = user_word(p->pd->sig_blocked);

	page_zero(p->pd);
	p->pd->version = ROS_ABI_VERSION;
	p->pd->sig_ignored = ignored;
	p->pd->sig_blocked = blocked;
	signal_publish(p);
	memset(p->vcpd0, 0, stride);
	vcpd_fill(p->vcpd0, 0);
	p->foreign_entry = 0;
}

struct preempt_data *proc_vcpd(struct proc *p, uint32_t vcoreid)
{
	return vcoreid == 0 ? p->vcpd0 : NULL;
}

uintptr_t proc_vcpd_user(uint32_t vcoreid)
{
	return VCPD_BASE + vcoreid * stride;
}
