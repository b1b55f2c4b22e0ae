# Switches of the build; each is 0 or 1 and reaches the code as CONFIG_X, to be
# used as `if (IS_ENABLED(CONFIG_X))`.  `make LOCKDEP=0` overrides one.

# Lock order, sleeping rules and interrupt context are checked at run time.
LOCKDEP ?= 1
# Kernel self tests are linked in (run with the kernel argument `ktest`).
KTEST ?= 1
# Allocations and waits can be told to fail (kernel argument `failalloc=N`).
FAULT_INJECT ?= 1

CONFIG := LOCKDEP KTEST FAULT_INJECT
