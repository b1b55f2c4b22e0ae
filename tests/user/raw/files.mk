# Programs without a library: build/raw/NAME.
RAW_TESTS := calls hostile
RAW_FLAGS := -std=gnu11 -O2 -g -static -nostdlib -nostartfiles \
	-ffreestanding -fno-stack-protector -fcf-protection=none -fno-pie \
	-no-pie -Wall -Wextra -Werror -Wno-unused-parameter \
	-Wno-sign-compare -Wno-array-bounds -Wno-stringop-overflow -I abi

$(BUILD)/raw/%: tests/user/raw/%.c tests/user/raw/raw.c tests/user/raw/raw.h \
		$(wildcard abi/ros/*.h)
	@mkdir -p $(@D)
	@printf '  %-7s %s\n' RAW $@
	$(Q)gcc $(RAW_FLAGS) -o $@.debug $< tests/user/raw/raw.c
	$(Q)strip -o $@ $@.debug

.SECONDARY: $(RAW_TESTS:%=$(BUILD)/raw/%)

# A boot archive in which such a program is the first process.
$(BUILD)/raw/%.cpio: $(BUILD)/raw/%
	$(Q)printf 'file /bin/init %s 0755\ndir /dev 0755\ndir /tmp 0755\n' $< \
		> $@.manifest
	$(Q)python3 tools/mkboot.py $@ --manifest $@.manifest
