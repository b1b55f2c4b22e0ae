// SPDX-License-Identifier: MIT
/*
 * What the entry stubs call: system calls, exceptions of user mode, interrupts,
 * faults of the kernel on user memory.  Contexts: arch/trap.h
 */
#include <arch/trap.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <core/irq.h>
#include <core/kmsg.h>
#include <core/kthread.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <lib/log.h>
#include <main/main.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <sys/sys.h>
#include <vm/vm.h>

/* Linux's si_code values. */
#define FPE_INTDIV    1
#define FPE_FLTINV    7
#define ILL_ILLOPN    2
#define TRAP_BRKPT    1
#define TRAP_TRACE    2
#define SEGV_MAPERR   1
#define SEGV_ACCERR   2
#define BUS_ADRALN    1
#define BUS_ADRERR    2
#define SI_KERNEL     0x80
#define SYS_SECCOMP   1

/* Back to the user context in user_frame, or to whatever comes first. */
static __always_inline void __noreturn leave(void)
{
	irq_disable();
	if (likely(!this_cpu(need_resched) && !kmsg_pending()))
		proc_return_to_user();
	core_loop();
}

__attribute__((hot)) void trap_syscall(struct user_context *frame)
{
	rcu_kernel_enter();
	sys_enter(owner_proc(), (struct syscall *)frame->rdi, frame->rsi);
	leave();
}

/*
 * The running kthread works for p, in no call; should it block then the user
 * context waits until it is done (KSC_HOLD).
 */
static void work_begin(struct proc *p)
{
	struct kthread *k = cur_kthread_get();

	k->usysc = NULL;
	k->sc_num = 0;
	k->sc_flags = SC_WAIT | KSC_HOLD;
	k->proc = p;
	k->as = p->as;
}

/* Goes back to user mode if the context is still this core's. */
static void __noreturn work_end(void)
{
	struct kthread *k = cur_kthread_get();

	if (unlikely(k->sc_flags & KSC_BLOCKED))
		sys_leave();
	k->proc = NULL;
	k->as = NULL;
	leave();
}

void trap_foreign_syscall(struct user_context *frame)
{
	struct proc *p = owner_proc();
	uint64_t entry;

	rcu_kernel_enter();
	entry = p->foreign_entry;
	if (entry) {
		/* The instruction itself put rip and rflags there. */
		frame->rip = entry;
		leave();
	}
	work_begin(p);
	frame->rax = -ENOSYS;
	signal_fault(p, ROS_SIGSYS, SYS_SECCOMP, frame->rip);
	work_end();
}

/* A fault that vm could not resolve. */
static void fault_signal(struct proc *p, int err, uintptr_t va)
{
	if (err == -EFAULT)
		signal_fault(p, ROS_SIGSEGV, SEGV_MAPERR, va);
	else if (err == -EACCES)
		signal_fault(p, ROS_SIGSEGV, SEGV_ACCERR, va);
	else
		signal_fault(p, ROS_SIGBUS, BUS_ADRERR, va);
}

/* vm_fault() until there is memory, or the process is chosen to give its
 * own. */
static int resolve_fault(struct proc *p, struct aspace *as, uintptr_t va,
			 uint32_t error)
{
	int err;

	for (;;) {
		err = vm_fault(as, va, error);
		if (likely(err != -ENOMEM))
			return err;
		err = oom_make_room(p);
		if (err)
			return err;
	}
}

static void user_page_fault(struct proc *p, uintptr_t va, uint32_t error)
{
	int err;

	trace(TR_FAULT, va, error);
	/* A supervisor's access from user mode is of a descriptor table, or an
	 * emulator's fault (IRETQ in QEMU before 9.1): nothing can resolve
	 * it. */
	err = va < USER_END && (error & PF_USER) ?
		      resolve_fault(p, p->as, va, error) :
		      -EFAULT;
	/* Aborted: the instruction is tried again, if it still matters. */
	if (unlikely(err) && err != -EINTR && !proc_is_dying(p))
		fault_signal(p, err, va);
}

static const struct {
	uint8_t sig, code;
} exception_signal[32] = {
	[VEC_DE] = { ROS_SIGFPE, FPE_INTDIV },
	[VEC_DB] = { ROS_SIGTRAP, TRAP_TRACE },
	[VEC_BP] = { ROS_SIGTRAP, TRAP_BRKPT },
	[VEC_OF] = { ROS_SIGSEGV, SI_KERNEL },
	[VEC_BR] = { ROS_SIGSEGV, SI_KERNEL },
	[VEC_UD] = { ROS_SIGILL, ILL_ILLOPN },
	[VEC_NM] = { ROS_SIGSEGV, SI_KERNEL },
	[VEC_TS] = { ROS_SIGBUS, SI_KERNEL },
	[VEC_NP] = { ROS_SIGBUS, SI_KERNEL },
	[VEC_SS] = { ROS_SIGBUS, SI_KERNEL },
	[VEC_GP] = { ROS_SIGSEGV, SI_KERNEL },
	[VEC_MF] = { ROS_SIGFPE, FPE_FLTINV },
	[VEC_AC] = { ROS_SIGBUS, BUS_ADRALN },
	[VEC_XF] = { ROS_SIGFPE, FPE_FLTINV },
};

/* The instruction is the address, but for those the CPU gives none for. */
static void other_exception(struct proc *p, const struct user_context *frame)
{
	unsigned int vec = frame->vector;
	int sig = vec < 32 ? exception_signal[vec].sig : 0;

	trace(TR_FAULT, frame->rip, vec);
	if (!sig) {
		log("process %d (%s): unexpected exception %u at 0x%lx", p->pid,
		    p->name, vec, frame->rip);
		sig = ROS_SIGSEGV;
	}
	signal_fault(p, sig, vec < 32 ? exception_signal[vec].code : 0,
		     vec == VEC_GP ? 0 : frame->rip);
}

void trap_user_exception(struct user_context *frame, uintptr_t fault_va)
{
	struct proc *p = owner_proc();

	rcu_kernel_enter();
	work_begin(p);
	if (likely(frame->vector == VEC_PF))
		user_page_fault(p, fault_va, frame->error);
	else
		other_exception(p, frame);
	work_end();
}

void trap_irq(struct user_context *frame, unsigned int vector)
{
	irq_dispatch(vector);
}

void trap_user_irq_exit(void)
{
	if (unlikely(this_cpu(need_resched) || kmsg_pending()))
		core_loop();
	lockdep_assert_none_held("return to user mode");
}

int trap_kernel_user_fault(uintptr_t va, uint64_t error)
{
	struct kthread *k = cur_kthread_get();

	/* An interrupt has no business in user memory but by nofault copies. */
	if (!k->as || in_irq())
		return -EFAULT;
	might_sleep();
	trace(TR_FAULT, va, error);
	return resolve_fault(k->proc, k->as, va, error | PF_USER);
}

static const struct core_ops ops = {
	.blocked = sys_blocked,
	.resume = proc_kthread_resume,
	.user = sys_core_user,
	.idle = proc_core_idle,
	.wake_core = proc_wake_core,
	.no_stacks = oom_no_stacks,
};

void core_ops_init(void)
{
	core_set_ops(&ops);
}
