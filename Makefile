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
KOBJS := $(patsubst %,$(BUILD)/obj/%.o,$(KERNEL_SRCS))

$(BUILD)/obj/%.c.o: %.c Makefile config.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(KFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.S.o: %.S Makefile config.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(KFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

KLDS := kernel/arch/x86_64/kernel.ld
KLINK := $(LD) -n -nostdlib -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments --build-id=none -T $(KLDS)

# Linked twice: the symbol table of the first link goes into the second.
$(BUILD)/mitos.elf: $(KOBJS) $(KLDS) tools/ksyms.py
	$(call say,LD,$@)
	$(Q)python3 tools/ksyms.py --empty > $(BUILD)/ksyms0.S
	$(Q)$(CC) -c -o $(BUILD)/ksyms0.o $(BUILD)/ksyms0.S
	$(Q)$(KLINK) -o $(BUILD)/mitos.tmp.elf $(KOBJS) $(BUILD)/ksyms0.o
	$(Q)nm -n $(BUILD)/mitos.tmp.elf | python3 tools/ksyms.py > $(BUILD)/ksyms1.S
	$(Q)$(CC) -c -o $(BUILD)/ksyms1.o $(BUILD)/ksyms1.S
	$(Q)$(KLINK) -o $(BUILD)/mitos.debug.elf $(KOBJS) $(BUILD)/ksyms1.o
	$(Q)strip -g -o $@ $(BUILD)/mitos.debug.elf

kernel: $(BUILD)/mitos.elf
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
