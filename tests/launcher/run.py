#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the launcher's tests; the last line is `N passed, N failed`.

Arguments choose tests whose name contains one of them.
"""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)),
                                   "tools")]


class Report(unittest.TestResult):
    """One line for each test, and what went wrong below it."""

    passed = 0
    broken = 0

    def addSuccess(self, test):
        self.passed += 1
        self._line("ok", test)

    def addFailure(self, test, err):
        self._broken(test, err)

    def addError(self, test, err):
        self._broken(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self._broken(subtest, err)

    def _broken(self, test, err):
        self.broken += 1
        self._line("not ok", test)
        for line in self._exc_info_to_string(err, test).splitlines():
            print("#", line)

    def _line(self, verdict, test):
        number = self.passed + self.broken
        name = test.id().replace("test_", "").replace("_", " ")
        print(f"{verdict} {number} - {name}", flush=True)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main(wanted):
    found = unittest.defaultTestLoader.discover(HERE, pattern="test_*.py")
    chosen = unittest.TestSuite(
        test for test in flatten(found)
        if not wanted or any(word in test.id() for word in wanted))
    report = Report()
    chosen.run(report)
    print(f"{report.passed} passed, {report.broken} failed")
    return 1 if report.broken or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
