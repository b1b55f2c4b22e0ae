# What the tree must keep to, whatever it does: a script a rule, each of which
# says what it wants.  Run one alone, e.g. `tools/check-includes`.
.PHONY: check setup-check check-headers check-symbols
setup-check:
	$(Q)tools/setup check

check-headers:
	$(Q)tools/check-headers '$(CC)' '$(KFLAGS)' '$(ULFLAGS)' '$(HOSTFLAGS)'
check-symbols: $(BUILD)/libmitos.a
	$(Q)tools/check-symbols $<

check: setup-check
	$(Q)fail=0; \
	for c in format words includes docs; do tools/check-$$c || fail=1; done; \
	tools/gen-syscalls --check || fail=1; \
	$(MAKE) --no-print-directory check-headers || fail=1; \
	$(MAKE) --no-print-directory check-symbols || fail=1; \
	exit $$fail
