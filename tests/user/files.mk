# SPDX-License-Identifier: MIT
USER_TESTS += poll process signals sigstorm
