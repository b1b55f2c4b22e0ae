# SPDX-License-Identifier: MIT
USER_LIB_SRCS += $(addprefix posix/, dirs.c exec.c fdio.c files.c futex.c \
	ids.c itimer.c log.c memory.c musl_clock.c musl_glue.c \
	musl_glue_asm.S poll.c process.c select.c sigframe.c signals.c \
	sigpending.c sigreturn.S sigsend.c sigwait.c sockets.c stat.c \
	system.c table.c time.c wait.c)
