# SPDX-License-Identifier: MIT
"""Test scripts: functions named test_*, each a TAP line.

    def test_sort():
        check(run("sort", stdin=b"b\\na\\n").out == b"a\\nb\\n")
    tap.main(globals())

Arguments of the script choose tests whose names contain one of them.
"""

import sys
import time
import traceback


class Failed(Exception):
    pass


def equal(got, want, about=""):
    if got != want:
        raise Failed(f"got {got!r:.2000}\nwanted {want!r:.2000}\n{about}")


def check(what, about=""):
    if not what:
        raise Failed(str(about))


def note(what):
    for line in what.splitlines():
        print("#", line)


def run_one(number, test):
    start = time.monotonic()
    try:
        test()
        good = True
    except Failed as err:
        good = False
        note(traceback.format_tb(err.__traceback__)[-2])
        note(str(err))
    except Exception:
        good = False
        note(traceback.format_exc())
    print("ok" if good else "not ok", number, test.__name__[5:],
          f"# {time.monotonic() - start:.1f} s", flush=True)
    return good


def main(names):
    wanted = sys.argv[1:]
    tests = [value for name, value in names.items()
             if name.startswith("test_") and callable(value)
             and (not wanted or any(word in name for word in wanted))]
    good = [run_one(i + 1, test) for i, test in enumerate(tests)]
    print(f"1..{len(good)}")
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    sys.exit(not all(good))
