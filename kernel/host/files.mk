# SPDX-License-Identifier: MIT
# core's sleeping locks run on the host as they are.
HOST_CORE_SRCS := $(filter kernel/core/wait%.c kernel/core/mutex.c \
	kernel/core/rwlock.c kernel/core/sem%.c kernel/core/condvar.c \
	kernel/core/sleep%.c, $(wildcard kernel/core/*.c))

HOST_TESTS += host
HOST_TEST_host := kernel/host/host_test.c
TSAN_TESTS += host
TSAN_TEST_host := kernel/host/host_test.c
