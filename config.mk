# Switches of the build; each is 0 or 1 and reaches the code as CONFIG_X, to be
# used as `if (IS_ENABLED(CONFIG_X))`.  `make LOCKDEP=1` overrides one; CHECKED=1
# turns on what a test build wants.
CHECKED ?= 0

# Lock order, sleeping rules and interrupt context are checked at run time, freed
# objects are poisoned.
LOCKDEP ?= $(CHECKED)
# Kernel self tests are linked in (run with the kernel argument `ktest`).
KTEST ?= $(CHECKED)
# Allocations and waits can be told to fail (kernel argument `failalloc=N`).
FAULT_INJECT ?= $(CHECKED)

CONFIG := LOCKDEP KTEST FAULT_INJECT
