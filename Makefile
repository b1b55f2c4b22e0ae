# Mitos: one non-recursive Makefile; each folder's files.mk says what is in it.
#
#   make            kernel and boot archive
#   make run        boots to a shell prompt (installs what is missing)
#   make test       host tests, then kernel and user tests in QEMU
#   make check      formatting, include direction, headers alone, doc paths
#   make sdk        build/sdk: mitos-cc, our sysroot
#   make bench      the benchmark here and on Linux, side by side
#   make help       every target

BUILD := build
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
SHELL := /bin/bash

include config.mk

KERNEL_SRCS :=
HOST_TESTS :=
TSAN_TESTS :=
TOOL_TESTS :=
# Each room appends to these; see CONTRIBUTING.md.
include $(sort $(wildcard */files.mk */*/files.mk */*/*/files.mk))

Q := $(if $(V),,@)
say = @printf '  %-7s %s\n' '$(1)' '$(2)'

# ---------------------------------------------------------------- kernel
CC := gcc
LD := ld
KFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-omit-frame-pointer \
	-mno-red-zone -mgeneral-regs-only -mcmodel=kernel -fno-pic -fno-pie \
	-fno-strict-aliasing -fno-common -fstack-protector-strong \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-optimize-sibling-calls -fno-delete-null-pointer-checks \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-address-of-packed-member -Wvla -Wframe-larger-than=1536 \
	-I kernel -I kernel/arch/x86_64/include -I abi -I . \
	$(foreach c,$(CONFIG),-DCONFIG_$(c)=$($(c)))
# A kernel with other switches than config.mk's goes into a folder of its own:
# `make kernel CHECKED=1` builds $(BUILD)/checked/mitos.elf, with all checks on.
KOUT := $(BUILD)$(if $(filter 1,$(CHECKED)),/checked)
KOBJS := $(patsubst %,$(KOUT)/obj/%.o,$(KERNEL_SRCS))

# The objects of one folder alone: make objs-kernel/mm
objs-%:
	$(Q)$(MAKE) $(filter $(KOUT)/obj/$*/%,$(KOBJS))

$(KOUT)/obj/%.c.o: %.c Makefile config.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(KFLAGS) -MMD -MP -c -o $@ $<

$(KOUT)/obj/%.S.o: %.S Makefile config.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(KFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

KLDS := kernel/arch/x86_64/kernel.ld
KLINK := $(LD) -n -nostdlib -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments --build-id=none -T $(KLDS) $(if $(PARTIAL),--unresolved-symbols=ignore-all)

# Linked twice: the symbol table of the first link goes into the second.
$(KOUT)/mitos.elf: $(KOBJS) $(KLDS) tools/ksyms.py
	$(call say,LD,$@)
	$(Q)python3 tools/ksyms.py --empty > $(KOUT)/ksyms0.S
	$(Q)$(CC) -c -o $(KOUT)/ksyms0.o $(KOUT)/ksyms0.S
	$(Q)$(KLINK) -o $(KOUT)/mitos.tmp.elf $(KOBJS) $(KOUT)/ksyms0.o
	$(Q)nm -n $(KOUT)/mitos.tmp.elf | python3 tools/ksyms.py > $(KOUT)/ksyms1.S
	$(Q)$(CC) -c -o $(KOUT)/ksyms1.o $(KOUT)/ksyms1.S
	$(Q)$(KLINK) -o $(KOUT)/mitos.debug.elf $(KOBJS) $(KOUT)/ksyms1.o
	$(Q)strip -g -o $@ $(KOUT)/mitos.debug.elf

kernel: $(KOUT)/mitos.elf
-include $(KOBJS:.o=.d)

# ------------------------------------------------------------ host tests
HOSTFLAGS := -std=gnu11 -g -O1 -DHOST=1 -I kernel -I kernel/host/include \
	-I abi -I . -Wall -Wextra -Werror -Wno-unused-parameter \
	-Wno-sign-compare $(foreach c,$(CONFIG),-DCONFIG_$(c)=$($(c)))
HOST_COMMON := kernel/host/test_main.c kernel/host/stubs.c

define host_test
$(BUILD)/host/$(1): $$(HOST_TEST_$(1)) $$(HOST_COMMON) $$(wildcard kernel/*/*.h abi/ros/*.h runtime/*.h)
	@mkdir -p $$(@D)
	$$(call say,HOSTCC,$$@)
	$$(Q)$$(CC) $$(HOSTFLAGS) -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -o $$@ \
		$$(HOST_TEST_$(1)) $$(HOST_COMMON) -lpthread
endef
define tsan_test
$(BUILD)/host/tsan-$(1): $$(TSAN_TEST_$(1)) $$(HOST_COMMON) $$(wildcard kernel/*/*.h abi/ros/*.h runtime/*.h)
	@mkdir -p $$(@D)
	$$(call say,HOSTCC,$$@)
	$$(Q)$$(CC) $$(HOSTFLAGS) -fsanitize=thread -o $$@ \
		$$(TSAN_TEST_$(1)) $$(HOST_COMMON) -lpthread
endef
$(foreach t,$(HOST_TESTS),$(eval $(call host_test,$(t))))
$(foreach t,$(TSAN_TESTS),$(eval $(call tsan_test,$(t))))
HOST_BINS := $(HOST_TESTS:%=$(BUILD)/host/%) $(TSAN_TESTS:%=$(BUILD)/host/tsan-%)

test-host: $(HOST_BINS)
	$(Q)tools/run-tests host $(HOST_BINS)

# ------------------------------------------------------------- the image
$(BUILD):
	@mkdir -p $@

all: kernel
image: all
setup:
	$(Q)tools/setup build run
setup-test:
	$(Q)tools/setup build run test

help:
	@sed -n '/^#   make/s/^#   //p' Makefile

clean:
	rm -rf $(BUILD)

.PHONY: all kernel image setup setup-test test-host help clean
