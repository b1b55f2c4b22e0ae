# SPDX-License-Identifier: MIT
# The benchmark on both systems.  BENCH_ROWS="stat fork_exit_wait" selects rows;
# BENCH_LINUX=0 takes Linux' figures from tests/bench/linux.txt.
BENCH_SRCS := $(addprefix tests/bench/, main.c measure.c calls.c threads.c \
	pipes.c epoll.c processes.c memory.c files.c sockets.c clocks.c crowd.c \
	serve.c)
BENCH_OUT := $(BUILD)/bench
BENCH_MITOS := $(addprefix $(BENCH_OUT)/root/bench/, osbench native)
BENCH_LINUX_PROGS := $(addprefix $(BENCH_OUT)/linux/, osbench init)
BENCH_FLAGS := -O2 -static -Wall -Wextra -Werror -Wno-sign-compare \
	-Wno-unused-parameter
BENCH_LINUX ?= 1
BENCH_ROWS ?=

$(BENCH_OUT)/root/bench/osbench: $(BENCH_SRCS) tests/bench/bench.h $(BUILD)/sdk/.done
	@mkdir -p $(@D)
	$(BUILD)/sdk/bin/mitos-cc $(BENCH_FLAGS) -o $(BENCH_OUT)/osbench.debug \
		$(BENCH_SRCS) -pthread && strip -o $@ $(BENCH_OUT)/osbench.debug
$(BENCH_OUT)/root/bench/native: tests/bench/native.c $(BUILD)/sdk/.done
	@mkdir -p $(@D)
	$(BUILD)/sdk/bin/mitos-cc $(BENCH_FLAGS) -s -o $@ $<
$(BENCH_OUT)/linux/osbench: $(BENCH_SRCS) tests/bench/bench.h
	@mkdir -p $(@D)
	musl-gcc $(BENCH_FLAGS) -s -o $@ $(BENCH_SRCS) -pthread
$(BENCH_OUT)/linux/init: tests/bench/linux-init.c
	@mkdir -p $(@D)
	musl-gcc $(BENCH_FLAGS) -s -o $@ $<

bench:
	@tools/setup build run bench
	@$(MAKE) kernel image $(BENCH_MITOS) \
		$(if $(filter 0,$(BENCH_LINUX)),,$(BENCH_LINUX_PROGS))
	@BUILD="$(BUILD)" tests/bench/run --linux $(BENCH_LINUX) $(BENCH_ROWS)

.PHONY: bench
