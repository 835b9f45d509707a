# SPDX-License-Identifier: GPL-2.0
"""Allocations of smbsign that fail, on a kernel with fault injection.

	with Faults(7) as faults:	every 7th one fails
	    ...
	faults.count			how many have failed

An allocation is smbsign's if smbsign is among its nearest callers. That are also some of ksmbd's and
cifs' own, where smbsign has called the function that it took the place of.
"""
import os

FAILSLAB = "/sys/kernel/debug/failslab"
# Callers that are looked at: some belong to the allocator, and to the crypto API.
DEPTH = 10
MOST = 1000000


def available():
    """Whether this kernel can do that."""
    return os.path.exists(os.path.join(FAILSLAB, "require-start"))


def text():
    """Where smbsign's functions are: their first byte, and the one behind them."""
    with open("/proc/kallsyms", encoding="ascii") as file:
        symbols = [line.split() for line in file if line.endswith("[smbsign]\n")]
    functions = [int(symbol[0], 16) for symbol in symbols if symbol[1] in "tT"]
    return min(functions), max(functions) + 1


class Faults:
    """Every so many-th allocation of smbsign fails."""

    def __init__(self, interval):
        self.interval, self.count = interval, 0

    def _set(self, **values):
        for name, value in values.items():
            with open(os.path.join(FAILSLAB, name.replace("_", "-")), "w", encoding="ascii") as file:
                file.write(str(value))

    def __enter__(self):
        start, end = text()
        self._set(require_start=start, require_end=end, stacktrace_depth=DEPTH, times=MOST,
                  interval=self.interval, verbose=0, ignore_gfp_wait="N", probability=100)
        return self

    def __exit__(self, *_):
        self._set(probability=0)
        with open(os.path.join(FAILSLAB, "times"), encoding="ascii") as file:
            self.count = MOST - int(file.read())
