KERNEL_SRCS += $(addprefix kernel/core/, \
	kmsg.c kthread.c kthread_stack.c core_loop.c irq.c alarm.c rcu.c \
	wait.c semaphore.c mutex.c rwlock.c condvar.c \
	log.c console.c monitor.c monitor_cmds.c \
	panic.c backtrace.c ksyms.c trace.c)
ifeq ($(KTEST),1)
KERNEL_SRCS += $(addprefix kernel/test/, \
	kt_core.c kt_kmsg.c kt_kthread.c kt_wait.c kt_alarm.c kt_rcu.c)
endif
