# SPDX-License-Identifier: MIT
USER_TESTS += poll process signals sigstorm
USER_TESTS += alarm events taps
# Those that hold on Linux as well.
USER_HOST_TESTS := poll process signals
# /proc holds on both.
USER_TESTS += procfs
USER_HOST_TESTS += procfs
