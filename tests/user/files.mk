# SPDX-License-Identifier: MIT
USER_TESTS += poll process signals sigstorm
# Those that hold on Linux as well.
USER_HOST_TESTS := poll process signals
