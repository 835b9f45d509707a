# SPDX-License-Identifier: GPL-2.0
"""Policy switched off and on, and the module unloaded and loaded, under I/O on a live mount.

Applications must see no wrong data, nothing may hang, and it must go on without errors. What is
under way when its connection ends may fail, as it may with stock cifs: its handle is gone.
"""
import argparse
import os
import sys
import threading
import time

from client import share
from client.share import Mount, run
from smb.ktap import Ktap

REQUIRE = "/sys/fs/smbsign/client/require"
WAIT = 120


class Load(threading.Thread):
    """Writes a file, reads it back past the cache, and compares, until told to stop."""

    def __init__(self, mount, number):
        super().__init__(daemon=True)
        self.path = mount.path(f"load{number}")
        self.stopped = False
        self.rounds = self.failed = 0
        self.errors, self.wrong = [], 0

    def run(self):
        """Round after round."""
        while not self.stopped:
            data = os.urandom(300000)
            try:
                self.once(data)
            except OSError as error:
                self.errors.append(str(error))
                self.failed = self.rounds + 1
            self.rounds += 1

    def once(self, data):
        """One round."""
        with open(self.path, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            self.wrong += read_all(descriptor) != data
        finally:
            os.close(descriptor)


def read_all(descriptor):
    """All of a file. Python's own make the end of it of EAGAIN."""
    pieces = []
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def require(value):
    """Set policy."""
    with open(REQUIRE, "w", encoding="ascii") as file:
        file.write(value)


def goes_on(loads):
    """Whether each of them does some rounds without an error, from now on."""
    begun = [load.rounds for load in loads]
    end = time.monotonic() + WAIT
    while any(load.rounds < max(load.failed, rounds) + 3
              for load, rounds in zip(loads, begun)):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def under_load(ktap, mount, name, act):
    """Do something several times while files are written and read."""
    loads = [Load(mount, number) for number in range(3)]
    for load in loads:
        load.start()
    start = time.monotonic()
    try:
        act()
    except share.TooLong as error:
        ktap.result(False, name, f"HANG in {error}")
        return
    took = time.monotonic() - start
    recovered = goes_on(loads)
    for load in loads:
        load.stopped = True
    for load in loads:
        load.join(120)
    errors = [error for load in loads for error in load.errors]
    good = recovered and not any(load.wrong or load.is_alive() for load in loads)
    ktap.result(good, name, f"{sum(load.rounds for load in loads)} rounds in {took:.0f} s, "
                f"{len(errors)} errors {errors[:2]}, {sum(load.wrong for load in loads)} wrong")


def switch_policy(times):
    """Off and on."""
    for _ in range(times):
        require("off")
        time.sleep(1)
        require("all")
        time.sleep(2)


def reload(module, parameters, times):
    """Out and in."""
    for _ in range(times):
        if run("rmmod", "smbsign")[0]:
            raise share.TooLong("rmmod")
        time.sleep(1)
        run("insmod", module, *parameters)
        time.sleep(3)


def main():
    """Both, on one mount."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", default=os.environ.get("SMBSIGN_KO"))
    parser.add_argument("--options", default="vers=3.1.1")
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("parameters", nargs="*", help="for the module")
    options = parser.parse_args()
    ktap = Ktap()
    with Mount(445, options.options) as mount:
        under_load(ktap, mount, "switch.policy", lambda: switch_policy(options.times))
        under_load(ktap, mount, "switch.module",
                   lambda: reload(options.module, options.parameters, options.times))
    ktap.finish()


if __name__ == "__main__":
    sys.exit(main())
