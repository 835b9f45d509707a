#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Attack an SMB server along the rows S of the stock gaps, and compare what it does with what it should."""
import struct
from fnmatch import fnmatchcase

import attacks_commands  # noqa: F401  (these four fill ATTACKS)
import attacks_messages  # noqa: F401
import attacks_negotiate  # noqa: F401
import attacks_sessions  # noqa: F401
import options
from attack import ATTACKS, Skip
from client import Refused
from expectations import EXPECTATIONS, expected
from ktap import Ktap
from transport import ConnectionClosed, NoAnswer

BROKEN = (ConnectionClosed, NoAnswer, Refused, ValueError, struct.error, OSError)


def run(ktap, target, server, only):
    """All chosen attacks on one variant."""
    for name, condition, function in ATTACKS:
        if not condition(target) or not any(fnmatchcase(name, pattern) for pattern in only):
            continue
        try:
            for what, verdict in function(target):
                wanted = expected(server, f"{name} {what}", str(target))
                full = f"{name} {what} [{target}]"
                passed = wanted is None or fnmatchcase(str(verdict), wanted)
                ktap.result(passed, full, f"{verdict}" + ("" if passed else f", expected {wanted}"))
        except Skip as reason:
            ktap.skip(f"{name} [{target}]", str(reason))
        except BROKEN as error:
            ktap.result(False, f"{name} [{target}] goes to the end", repr(error))


def main():
    """Run, print KTAP."""
    parser = options.parser(__doc__)
    parser.add_argument("--dir", required=True, help="where the server keeps the share")
    parser.add_argument("--only", nargs="+", default=["*"], help="attacks, by name or glob")
    parser.add_argument("--expect", choices=EXPECTATIONS, help="whose behaviour to demand")
    arguments = parser.parse_args()
    ktap = Ktap()
    for target in options.variants(arguments):
        if not target.supported():
            ktap.skip(str(target), "the server does not speak it")
            continue
        run(ktap, target, arguments.expect, arguments.only)
    ktap.finish()


if __name__ == "__main__":
    main()
