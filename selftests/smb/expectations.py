# SPDX-License-Identifier: GPL-2.0
"""What each server does about each attack: rows of globs, the first that matches counts.

(attack, variant, verdict). No row, no expectation.
"""
from fnmatch import fnmatchcase

SMBSIGN = (
    ("S8 *", "*", "disconnected"),
    ("S12 * none", "*", "disconnected"),
    ("*", "*", "refused ACCESS_DENIED signed*"),
)

EXPECTATIONS = {"smbsign": SMBSIGN, "stock-6.12": (), "stock-7.3": ()}


def expected(server, attack, variant):
    """The glob that a verdict has to match, or None."""
    for attacks, variants, verdict in EXPECTATIONS.get(server, ()):
        if fnmatchcase(attack, attacks) and fnmatchcase(variant, variants):
            return verdict
    return None
