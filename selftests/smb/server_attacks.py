# SPDX-License-Identifier: GPL-2.0
"""Attack an SMB server along the rows S of the stock gaps, and compare what it does with what it should."""
import importlib
import struct
from fnmatch import fnmatchcase

from smb import options
from smb.attack import ATTACKS, Skip
from smb.client import Refused
from smb.expectations import EXPECTATIONS, expected
from smb.ktap import Ktap, wanted
from smb.transport import ConnectionClosed, NoAnswer

for module in ("answers", "chosen", "commands", "malformed", "messages", "negotiate", "sessions"):
    importlib.import_module(f"smb.attacks_{module}")    # each fills ATTACKS

BROKEN = (ConnectionClosed, NoAnswer, Refused, ValueError, struct.error, OSError)


def chosen(arguments):
    """The attacks asked for; S4 comes last, because it leaves the server changed."""
    for attack in sorted(ATTACKS, key=lambda attack: attack[0] == "S4"):
        if any(fnmatchcase(attack[0], glob) for glob in arguments.only) and \
                not any(fnmatchcase(attack[0], glob) for glob in arguments.skip) and \
                wanted(attack[0]):
            yield attack


def run(ktap, target, server, attacks):
    """All chosen attacks on one variant."""
    for name, condition, function in attacks:
        if not condition(target):
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
    parser.add_argument("--skip", nargs="+", default=[], help="attacks not to run")
    parser.add_argument("--expect", choices=EXPECTATIONS, help="whose behaviour to demand")
    arguments = parser.parse_args()
    attacks = list(chosen(arguments))
    ktap = Ktap()
    for target in options.variants(arguments):
        if not target.supported():
            ktap.skip(str(target), "the server does not speak it")
            continue
        run(ktap, target, arguments.expect, attacks)
    ktap.finish()


if __name__ == "__main__":
    main()
