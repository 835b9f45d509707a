# SPDX-License-Identifier: GPL-2.0
"""Attack mounts of this machine, and say what came of it.

--expect stock: cifs.ko alone; the rows that are known to fail must, or the attacks prove nothing.
--expect safe: with smbsign.ko; no attack may reach its goal.
"""
import argparse
import fnmatch
import importlib
import sys
import time

from client import share
from client.attacks import ATTACKS, FAILED, FORGED, SAFE
from smb.ktap import Ktap, wanted

for module in ("direct", "wait", "state", "patience", "verdict", "channels", "kerberos"):
    importlib.import_module(f"client.attacks_{module}")     # each fills ATTACKS

# What stock kernels answer correctly, so that there is no failure to show.
STOCK_SAFE = {"write.once", "session.deleted", "dropped", "replayed", "no.mac"}


def passed(options, name, outcome):
    """Whether the outcome is what is expected."""
    if options.expect == "stock":
        return outcome == FORGED or name in STOCK_SAFE
    return outcome == SAFE or (outcome == FAILED and name in options.may_fail.split(","))


def main():
    """Run all attacks, or those that match."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--expect", choices=("stock", "safe"), required=True)
    parser.add_argument("--dialect", help="instead of the one an attack is written for")
    parser.add_argument("--options", default="", help="mount options to add")
    parser.add_argument("--module", help="only those defined in client.MODULE")
    parser.add_argument("--may-fail", default="", help="NAME,NAME: may end with an error")
    parser.add_argument("names", nargs="*", default=["*"])
    options = parser.parse_args()
    ktap = Ktap()
    for name, (row, mount_options, act) in ATTACKS.items():
        if not any(fnmatch.fnmatch(name, pattern) for pattern in options.names):
            continue
        if not wanted(name) and not wanted(f"{row}.{name}"):
            continue
        if options.module and act.__module__ != f"client.{options.module}":
            continue
        if options.dialect and "vers=" in mount_options:
            head, _, tail = mount_options.partition("vers=")
            mount_options = head + f"vers={options.dialect}" + tail[len(tail.split(",")[0]):]
        if options.options:
            mount_options += "," + options.options
        share.log_room()
        start = time.monotonic()
        try:
            outcome = act(mount_options)
        except share.TooLong as error:
            outcome = f"HANG in {error}"
        ktap.result(passed(options, name, outcome), f"{row}.{name}",
                    f"{outcome}, {mount_options}, {time.monotonic() - start:.1f} s")
    ktap.finish()


if __name__ == "__main__":
    sys.exit(main())
