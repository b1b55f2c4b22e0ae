// SPDX-License-Identifier: MIT
/* System calls: the trap, and waiting for what has not come back with it. */
#include <parlib/syscall.h>

#include <parlib/event.h>
#include <parlib/uthread.h>

static char last_errstr[MAX_ERRSTR_LEN];

const char *current_errstr(void)
{
	return last_errstr;
}

uint32_t sys_interruptions;

/* What every call needs; errstr is the kernel's to write, on failure. */
static inline __attribute__((always_inline)) void
fill3(struct syscall *sc, uint32_t num, uint32_t flags, uint64_t a0,
      uint64_t a1, uint64_t a2)
{
	sc->num = num;
	sc->err = 0;
	sc->flags = flags;
	sc->arg0 = a0;
	sc->arg1 = a1;
	sc->arg2 = a2;
}

static inline __attribute__((always_inline)) void
fill_rest(struct syscall *sc, uint64_t a3, uint64_t a4, uint64_t a5)
{
	sc->arg3 = a3;
	sc->arg4 = a4;
	sc->arg5 = a5;
}

static long __attribute__((noinline)) failed(const struct syscall *sc)
{
	if (sc->errstr[0])
		memcpy(last_errstr, sc->errstr, sizeof(last_errstr));
	return -sc->err;
}

static inline long result(const struct syscall *sc)
{
	if (unlikely(sc->retval == -1 && sc->err))
		return failed(sc);
	return sc->retval;
}

/* Lets the kernel work on this core; its own calls never wait. */
static void enter_kernel_once(void)
{
	struct syscall sc;

	fill3(&sc, SYS_null, 0, 0, 0, 0);
	ros_trap(&sc, 1);
	cpu_relax();
}

void syscall_wait(struct syscall *sc)
{
	struct uthread *u = current_uthread();
	bool registered = false;
	uint32_t seq;

	if (!u || in_vcore_context()) {
		while (!syscall_done(sc))
			enter_kernel_once();
		return;
	}
	u->sysc = sc;
	for (;;) {
		seq = uthread_wake_seq(u);
		if (syscall_done(sc))
			break;
		if (!registered) {
			registered = register_evq(sc, sched_ops->sysc_evq(u));
			if (!registered) {
				/* Done, or nearly. */
				enter_kernel_once();
				continue;
			}
		}
		uthread_block_unless_woken(seq);
	}
	u->sysc = NULL;
}

static long __attribute__((noinline)) wait_and_get(struct syscall *sc)
{
	syscall_wait(sc);
	return result(sc);
}

static inline __attribute__((always_inline)) long submit(struct syscall *sc)
{
	long taken = ros_trap(sc, 1);

	if (unlikely(taken < 1))
		return taken ? taken : -EAGAIN;
	if (likely(syscall_done(sc)))
		return result(sc);
	return wait_and_get(sc);
}

/* Until it is over, or was ended for a reason that the caller must see. */
static __attribute__((noinline)) long again(struct syscall *sc, uint32_t before)
{
	long ret;

	do {
		if (sys_interruptions != before)
			return -EINTR;
		sc->err = 0;
		sc->flags = uthread_wait_flag;
		ret = submit(sc);
	} while (ret == -EINTR);
	return ret;
}

static inline __attribute__((always_inline)) long
submit_restart(struct syscall *sc)
{
	uint32_t before = sys_interruptions;
	long ret = submit(sc);

	return unlikely(ret == -EINTR) ? again(sc, before) : ret;
}

long sys_call3(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct syscall sc;

	fill3(&sc, num, uthread_wait_flag, a0, a1, a2);
	return submit(&sc);
}

long sys_call6(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	       uint64_t a4, uint64_t a5)
{
	struct syscall sc;

	fill3(&sc, num, uthread_wait_flag, a0, a1, a2);
	fill_rest(&sc, a3, a4, a5);
	return submit(&sc);
}

long sys_call3_restart(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct syscall sc;

	fill3(&sc, num, uthread_wait_flag, a0, a1, a2);
	return submit_restart(&sc);
}

long sys_call6_restart(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5)
{
	struct syscall sc;

	fill3(&sc, num, uthread_wait_flag, a0, a1, a2);
	fill_rest(&sc, a3, a4, a5);
	return submit_restart(&sc);
}

void syscall_submit(struct syscall *sc, uint32_t num, uint64_t a0, uint64_t a1,
		    uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	long taken;

	fill3(sc, num, 0, a0, a1, a2);
	fill_rest(sc, a3, a4, a5);
	sc->ev_q = NULL;
	taken = ros_trap(sc, 1);
	if (unlikely(taken < 1)) {
		/* Not the kernel's: it failed on the spot. */
		sc->retval = -1;
		sc->err = taken ? -taken : EAGAIN;
		sc->errstr[0] = 0;
		sc->flags = SC_DONE;
	}
}

bool sys_abort_sysc(struct syscall *sc)
{
	return ros_call(SYS_abort_sysc, sc) == 1;
}
