// SPDX-License-Identifier: MIT
/*
 * What takes the place of musl's own assembly, with musl_glue_asm.S: the
 * objects clone, vfork, __set_thread_area, __unmapself, restore and syscall_cp,
 * which libc/config.mak.in leaves out.  The only file here that knows musl.
 */
#include "linux.h"

#include <parlib/arch.h>

#define LX_FORK	 57
#define LX_EXIT	 60
#define LX_EXIT_GROUP 231

#define CLONE_VM     0x100
#define CLONE_VFORK  0x4000
#define CLONE_THREAD 0x10000

#define GLOBAL __attribute__((visibility("default")))

/* musl's: sets errno. */
long __syscall_ret(unsigned long ret);

/* musl_glue_asm.S */
void clone_child_run(int (*fn)(void *), void *arg, void *stack)
	__attribute__((noreturn));

/*
 * pthread_create() asks for threads (not yet: EAGAIN), posix_spawn(), popen()
 * and system() for a child that borrows the memory until it execs.  The child
 * gets a copy instead: they report failures over a pipe or by exit codes, and
 * what they write to memory otherwise is for the child alone.
 */
GLOBAL int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	static bool named;
	long pid;

	if ((flags & CLONE_THREAD) ||
	    ((flags & CLONE_VM) && !(flags & CLONE_VFORK))) {
		if (!named)
			posix_log("posix: threads are not there yet\n");
		named = true;
		return -EAGAIN;
	}
	pid = linux_syscall(LX_FORK, 0, 0, 0, 0, 0, 0);
	if (pid == 0)
		clone_child_run(fn, arg, stack);
	return pid;
}

/* The child has a copy of the memory, and the parent does not wait for it. */
GLOBAL int vfork(void)
{
	return __syscall_ret(linux_syscall(LX_FORK, 0, 0, 0, 0, 0, 0));
}

GLOBAL int __set_thread_area(void *p)
{
	write_fsbase((uint64_t)p);
	return 0;
}

/* The end of a detached thread, whose stack goes with it.  The only thread
 * there is ends the process, and the stack with it. */
GLOBAL void __attribute__((noreturn)) __unmapself(void *base, size_t size)
{
	for (;;)
		linux_syscall(LX_EXIT_GROUP, 0, 0, 0, 0, 0, 0);
}
