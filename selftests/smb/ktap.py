# SPDX-License-Identifier: GPL-2.0
"""KTAP results (Documentation/dev-tools/ktap.rst)."""
import os
import sys
from fnmatch import fnmatchcase


def wanted(name):
    """Is a test among those that were asked for, by make's TEST=GROUP/NAME? Notes that one was."""
    glob = os.environ.get("SMBSIGN_TEST")
    if not glob:
        return True
    if not fnmatchcase(name, glob):
        return False
    with open(os.environ["SMBSIGN_TEST_FOUND"], "a", encoding="ascii") as file:
        file.write(f"{name}\n")
    return True


class Ktap:
    """Numbers results, prints them at once, and knows the exit status."""

    def __init__(self):
        self.count = self.failed = 0
        print("KTAP version 1", flush=True)

    def result(self, passed, name, detail=""):
        """One test: passed or not, with detail after the name."""
        self.count += 1
        self.failed += not passed
        word = "ok" if passed else "not ok"
        print(f"{word} {self.count} {name}" + (f" - {detail}" if detail else ""), flush=True)

    def skip(self, name, reason):
        """One test that could not run."""
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {reason}", flush=True)

    def finish(self):
        """Print the plan and exit; 1 if anything failed or nothing ran that should have."""
        if not self.count and os.environ.get("SMBSIGN_TEST"):
            print("1..0 # SKIP no such test here", flush=True)
            sys.exit(0)
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed or not self.count else 0)
