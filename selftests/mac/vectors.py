# SPDX-License-Identifier: GPL-2.0-only
"""Compare the signatures in FILE, of modules/mac_bench, with those of other code.

A line is ALGORITHM LAYOUT BYTES OFFSET MESSAGE-ID NONCE-BITS SIGNATURE. Prints KTAP,
one test for each algorithm and layout.
"""

import hashlib
import hmac
import struct
import sys

from Cryptodome.Cipher import AES
from Cryptodome.Hash import CMAC

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
PERIOD = 65521
PATTERN = bytes((i * 131 + (i >> 8) * 17) & 0xFF for i in range(PERIOD))
# Fewer would mean that the module tests less than it did when this was written.
GROUPS, LEAST = 12, 22


def message(length):
    """The same bytes as message_fill() in vectors.c has."""
    return (PATTERN * (length // PERIOD + 1))[:length]


def gmac(data, message_id, bits):
    cipher = AES.new(KEY, AES.MODE_GCM, nonce=struct.pack("<QI", message_id, bits))
    cipher.update(data)
    return cipher.digest()


def signature(alg, data, message_id, bits):
    if alg == "aes-gmac":
        return gmac(data, message_id, bits)
    if alg == "aes-cmac":
        return CMAC.new(KEY, data, ciphermod=AES).digest()
    return hmac.new(KEY, data, hashlib.sha256).digest()[:16]


def check(line, cache):
    """None, or what is wrong with the line."""
    fields = line.split()
    if len(fields) != 7:
        return "makes no sense"
    alg, _, length, _, message_id, bits, found = fields
    # The other algorithms know no nonce.
    key = (alg, length, message_id, bits) if alg == "aes-gmac" else (alg, length)
    if key not in cache:
        cache[key] = signature(alg, message(int(length)), int(message_id), int(bits)).hex()
    return None if found == cache[key] else "expected " + cache[key]


def main():
    groups, cache = {}, {}
    with open(sys.argv[1], encoding="ascii") as lines:
        for line in lines:
            groups.setdefault(".".join(line.split()[:2]), []).append(line.strip())
    print("KTAP version 1")
    print("1..%d" % (len(groups) + 1))
    failed = 0
    for number, (name, lines) in enumerate(sorted(groups.items()), 1):
        wrong = [(line, why) for line in lines for why in [check(line, cache)] if why]
        for line, why in wrong[:5]:
            print("# %s: %s" % (line, why))
        bad = bool(wrong) or len(lines) < LEAST
        failed += bad
        print("%s %d %s # %d messages" % ("not ok" if bad else "ok", number, name, len(lines)))
    complete = len(groups) == GROUPS
    print("%s %d all_groups" % ("ok" if complete else "not ok", len(groups) + 1))
    return 1 if failed or not complete else 0


if __name__ == "__main__":
    sys.exit(main())
