# SPDX-License-Identifier: MIT
TOOL_TESTS += launcher
TOOL_TEST_launcher := python3 tests/launcher/run.py
