# SPDX-License-Identifier: MIT
USER_TESTS += exec files memory pipes poll process signals sigstorm stress
USER_TESTS += alarm events rights taps usage
# Those that hold on Linux as well.
USER_HOST_TESTS := exec files memory pipes poll process signals
# /proc holds on both.
USER_TESTS += procfs
USER_HOST_TESTS += procfs
# Memory that fails, and that ends.
USER_TESTS += failalloc exhaust
