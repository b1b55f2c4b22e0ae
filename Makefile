# Mitos: one non-recursive Makefile; each folder's files.mk says what is in it.
#
#   make            kernel and boot archive
#   make run        boots to a shell prompt (installs what is missing)
#   make test       host tests, then kernel and user tests in QEMU
#   make test-quick the same on 2 cores, without what takes long
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
USER_LIB_SRCS :=
USER_PROGS :=
USER_TESTS :=
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
objs-kernel/%:
	$(Q)$(MAKE) $(filter $(KOUT)/obj/kernel/$*/%,$(KOBJS))
objs-drivers/%:
	$(Q)$(MAKE) $(filter $(KOUT)/obj/drivers/$*/%,$(KOBJS))

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
	--no-warn-rwx-segments --build-id=none -T $(KLDS) \
	$(if $(PARTIAL),--unresolved-symbols=ignore-all)

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
# Each test is compiled twice over: for the address and undefined-behaviour
# sanitizers, and, if it is among TSAN_TESTS, for the thread sanitizer.  What it
# does not name itself comes from an archive of lib, the stand-ins for mm and
# arch, and core's sleeping locks (kernel/host/host.h).
HOSTFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -fno-builtin-log \
	-D_GNU_SOURCE -DHOST=1 -I kernel -I kernel/host/include \
	-I kernel/arch/x86_64/include -I abi -I runtime/include -I . \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-maybe-uninitialized $(foreach c,$(CONFIG),-DCONFIG_$(c)=$($(c)))
HOSTSAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
HOSTSAN_tsan := -fsanitize=thread
HOST_LIB := $(filter-out %_test.c,$(wildcard kernel/host/*.c)) \
	$(addprefix kernel/lib/, strext.c bitmap.c idpool.c hash.c rbtree.c radix.c) \
	kernel/sync/spinlock.c $(HOST_CORE_SRCS)
HOST_LIB_ASAN := $(HOST_LIB:%=$(BUILD)/host/asan/%.o)
HOST_LIB_TSAN := $(HOST_LIB:%=$(BUILD)/host/tsan/%.o)

# A pattern rule with two targets would be taken to make both at once.
define host_object
$(BUILD)/host/$(1)/%.o: % Makefile config.mk
	@mkdir -p $$(@D)
	$$(call say,HOSTCC,$$<)
	$$(Q)$$(CC) $$(HOSTFLAGS) $$(HOSTSAN_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach s,asan tsan,$(eval $(call host_object,$(s))))

$(BUILD)/host/asan/lib.a: $(HOST_LIB_ASAN)
$(BUILD)/host/tsan/lib.a: $(HOST_LIB_TSAN)
$(BUILD)/host/%/lib.a:
	$(Q)rm -f $@ && ar rcs $@ $^

# Arguments: the binary, asan or tsan, its sources.
define host_test
$(BUILD)/host/$(1): $(3:%=$(BUILD)/host/$(2)/%.o) $(BUILD)/host/$(2)/lib.a
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(CC) $$(HOSTSAN_$(2)) -o $$@ $$^ -lpthread
-include $(3:%=$(BUILD)/host/$(2)/%.d)
endef
$(foreach t,$(HOST_TESTS),$(eval $(call host_test,$(t),asan,$(HOST_TEST_$(t)))))
$(foreach t,$(TSAN_TESTS),$(eval $(call host_test,tsan-$(t),tsan,$(TSAN_TEST_$(t)))))
-include $(HOST_LIB_ASAN:.o=.d) $(HOST_LIB_TSAN:.o=.d)
HOST_BINS := $(HOST_TESTS:%=$(BUILD)/host/%) $(TSAN_TESTS:%=$(BUILD)/host/tsan-%)

test-host: $(HOST_BINS)
	$(Q)tools/run-tests host $(HOST_BINS)

# -------------------------------------------------------------- user land
# libmitos.a: runtime and POSIX layer, freestanding; goes into the SDK.
SDK := $(BUILD)/sdk
SYSROOT := $(SDK)/sysroot
ULFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fPIE \
	-mgeneral-regs-only -fno-common -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fomit-frame-pointer \
	-fno-strict-aliasing -fvisibility=hidden \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-I abi -I runtime/include -I runtime -I posix -I .
ULOBJS := $(patsubst %,$(BUILD)/obj/%.o,$(USER_LIB_SRCS))

$(ULOBJS): $(BUILD)/obj/%.o: % Makefile
	@mkdir -p $(@D)
	$(call say,UCC,$<)
	$(Q)$(CC) $(ULFLAGS) $(if $(filter %.S,$<),-D__ASSEMBLY__) \
		-MMD -MP -c -o $@ $<
-include $(ULOBJS:.o=.d)

$(BUILD)/libmitos.a: $(ULOBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/musl/done: libc/build libc/config.mak.in third_party/sources.txt \
		tools/get-src $(wildcard libc/overlay/*.h libc/overlay/include/*.h)
	$(call say,MUSL,$(BUILD)/musl)
	$(Q)tools/get-src musl $(BUILD)/src
	$(Q)rm -rf $(SYSROOT)
	$(Q)libc/build $(BUILD)/src/musl $(BUILD)/musl $(SYSROOT)
	$(Q)touch $@

TRIPLE := x86_64-mitos-linux-musl
SDK_DONE := $(SDK)/.done
$(SDK_DONE): $(BUILD)/musl/done $(BUILD)/libmitos.a libc/mitos-cc.in \
		libc/mitos.specs.in $(wildcard abi/ros/*.h runtime/include/parlib/*.h)
	$(call say,SDK,$(SDK))
	$(Q)mkdir -p $(SDK)/bin $(SYSROOT)/include/ros $(SYSROOT)/include/parlib
	$(Q)cp $(BUILD)/libmitos.a $(SYSROOT)/lib/
	$(Q)cp libc/mitos.specs.in $(SYSROOT)/lib/mitos.specs
	$(Q)cp abi/ros/*.h $(SYSROOT)/include/ros/
	$(Q)cp runtime/include/parlib/*.h $(SYSROOT)/include/parlib/
	$(Q)install -m 755 libc/mitos-cc.in $(SDK)/bin/mitos-cc
	$(Q)ln -sf mitos-cc $(SDK)/bin/$(TRIPLE)-gcc
	$(Q)ln -sf mitos-cc $(SDK)/bin/$(TRIPLE)-cc
	$(Q)for t in ar ranlib nm strip objdump objcopy readelf ld as; do \
		ln -sf "$$(command -v $$t)" $(SDK)/bin/$(TRIPLE)-$$t; done
	$(Q)touch $@
sdk: $(SDK_DONE)

MITOS_CC := $(SDK)/bin/mitos-cc
UFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter \
	-Wno-sign-compare
PROGS := $(USER_PROGS:%=$(BUILD)/prog/%)
TESTPROGS := $(USER_TESTS:%=$(BUILD)/prog/%)

# cmd/NAME.c and tests/user/NAME.c: one file, one program.
$(BUILD)/prog/%: cmd/%.c $(SDK_DONE)
	@mkdir -p $(@D)
	$(call say,PROG,$<)
	$(Q)$(MITOS_CC) $(UFLAGS) -MMD -MP -o $@.debug $< && strip -o $@ $@.debug
$(BUILD)/prog/%: tests/user/%.c $(SDK_DONE)
	@mkdir -p $(@D)
	$(call say,PROG,$<)
	$(Q)$(MITOS_CC) $(UFLAGS) -MMD -MP -o $@.debug $< && strip -o $@ $@.debug
-include $(wildcard $(BUILD)/prog/*.d)

BUSYBOX := $(BUILD)/busybox/busybox
$(BUSYBOX): cmd/busybox.config cmd/build-busybox $(SDK_DONE)
	$(call say,BUSYBOX,$@)
	$(Q)tools/get-src busybox $(BUILD)/src
	$(Q)cmd/build-busybox $(BUILD)/src/busybox $(BUILD)/busybox $(MITOS_CC)

# ------------------------------------------------------------- the image
$(BUILD)/manifest: $(BUSYBOX) $(PROGS) Makefile
	$(Q)(for p in $(USER_PROGS); do \
		echo "file /bin/$$p $(BUILD)/prog/$$p 0755"; done; \
	echo "file /bin/busybox $(BUSYBOX) 0755"; \
	grep -vxE '/(linuxrc|sbin/init)' $(BUILD)/busybox/busybox.links | \
		sed 's|.*|link & /bin/busybox|'; \
	for d in dev proc tmp; do echo "dir /$$d 0755"; done) > $@

$(BUILD)/boot.cpio: $(BUILD)/manifest tools/mkboot.py $(shell find rootfs -type f)
	$(call say,IMAGE,$@)
	$(Q)python3 tools/mkboot.py $@ --root rootfs --manifest $(BUILD)/manifest

# ----------------------------------------------------------------- tests
# The tests' own programs, laid over the image by --add.
TEST_ROOT := $(BUILD)/tests/root
$(TEST_ROOT)/done: $(TESTPROGS) $(RAW_TESTS:%=$(BUILD)/raw/%)
	$(Q)rm -rf $(TEST_ROOT) && mkdir -p $(TEST_ROOT)/tests
	$(Q)cp $(TESTPROGS) $(TEST_ROOT)/tests/
	$(Q)for p in $(RAW_TESTS); do \
		cp $(BUILD)/raw/$$p $(TEST_ROOT)/tests/raw-$$p; done
	$(Q)touch $@

# What user tests expect is what Linux does, with the same libc: it is tried.
HOST_MUSL := $(BUILD)/tests/musl-gcc
$(HOST_MUSL): tests/harness/musl-gcc
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@
$(BUILD)/tests/host/%: tests/user/%.c tests/user/tap.h $(HOST_MUSL)
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(Q)$(HOST_MUSL) $(UFLAGS) -static -o $@ $<
HOST_USER_BINS := $(USER_HOST_TESTS:%=$(BUILD)/tests/host/%)
# The same busybox as in the image, for this machine.
$(BUILD)/busybox-host/busybox: $(BUSYBOX) $(HOST_MUSL)
	$(call say,BUSYBOX,$@)
	$(Q)cmd/build-busybox $(BUILD)/src/busybox $(@D) $(HOST_MUSL)

test-build:
	$(Q)$(MAKE) CHECKED=1 kernel
	$(Q)$(MAKE) kernel image $(TEST_ROOT)/done $(HOST_BINS) \
		$(HOST_USER_BINS) $(BUILD)/busybox-host/busybox

define newline


endef
define TOOL_TEST_COMMANDS :=
$(foreach t,$(TOOL_TESTS),$(t) $(TOOL_TEST_$(t))$(newline))
endef
test test-quick: export TOOL_TEST_COMMANDS := $(TOOL_TEST_COMMANDS)
test test-quick: setup-test
	$(Q)$(MAKE) -s --no-print-directory -j$$(nproc) test-build || \
		{ echo "0 passed, 1 failed"; exit 1; }
	$(Q)BUILD="$(BUILD)" HOST_BINS="$(HOST_BINS)" RAW_TESTS="$(RAW_TESTS)" \
		USER_TESTS="$(USER_TESTS)" USER_HOST_TESTS="$(USER_HOST_TESTS)" \
		tests/harness/all $(patsubst test%,%,$(@:test-%=%))

all: kernel image
image: $(BUILD)/boot.cpio
setup:
	$(Q)tools/setup build run
setup-test:
	$(Q)tools/setup build run test

run: setup
	$(Q)$(MAKE) all
	$(Q)./mitos run

help:
	@sed -n '/^#   make/s/^#   //p' Makefile

clean:
	rm -rf $(BUILD)

.PHONY: all kernel image sdk run setup setup-test test-host test test-quick \
	test-build help clean
