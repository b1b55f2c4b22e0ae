KERNEL_SRCS += $(addprefix kernel/proc/, call.c core_user.c cred.c evq.c exec.c \
	exit.c fork.c group.c mbox.c mbox_bitmap.c mbox_ceq.c mbox_ucq.c \
	monitor.c notify.c proc.c run.c shared.c signal.c stop.c table.c time.c \
	usage.c wait.c yield.c)
ifeq ($(KTEST),1)
KERNEL_SRCS += $(addprefix kernel/test/, kt_proc.c kt_proc_user.S)
endif

HOST_TESTS += mbox handshake
TSAN_TESTS += mbox
HOST_TEST_mbox := kernel/proc/mbox_test.c kernel/proc/mbox.c \
	kernel/proc/mbox_ucq.c kernel/proc/mbox_bitmap.c kernel/proc/mbox_ceq.c \
	runtime/ucq.c runtime/evbitmap.c runtime/ceq.c
TSAN_TEST_mbox := $(HOST_TEST_mbox)
HOST_TEST_handshake := kernel/proc/handshake_test.c
