# SPDX-License-Identifier: GPL-2.0-only
"""Say how the SMB messages in a capture of the loopback interface are protected."""

import struct
import sys

SIGNING = {0: "HMAC-SHA256", 1: "AES-CMAC", 2: "AES-GMAC"}
NEGOTIATE, SESSION_SETUP, TREE_CONNECT = 0, 1, 3
STATUS_PENDING = 0x103


def payloads(data):
    """TCP payloads that begin an SMB message, as far as they were captured."""
    at = 24
    while at + 16 <= len(data):
        captured = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        if frame[12:14] != b"\x08\x00" or frame[23:24] != b"\x06":
            continue
        tcp = 14 + 4 * (frame[14] & 15)
        payload = frame[tcp + 4 * (frame[tcp + 12] >> 4):]
        if payload[5:8] == b"SMB":
            yield payload[4:]


def answered_algorithm(message):
    """Of the NEGOTIATE response: the algorithm's name; AES-CMAC is the default of 3.x."""
    dialect, count = struct.unpack_from("<HH", message, 68)
    if dialect < 0x300:
        return "HMAC-SHA256"
    offset = struct.unpack_from("<I", message, 124)[0]
    for _ in range(count if dialect == 0x311 else 0):
        kind, length = struct.unpack_from("<HH", message, offset)
        if kind == 8:
            return SIGNING.get(struct.unpack_from("<H", message, offset + 10)[0], "unknown")
        offset += (8 + length + 7) & ~7
    return "AES-CMAC"


def main():
    alg, signed, plain, sealed = "nothing", 0, 0, 0
    with open(sys.argv[1], "rb") as capture:
        data = capture.read()
    for message in payloads(data):
        if message[0] == 0xFD:
            sealed += 1
            continue
        if len(message) < 64:
            continue
        status, command, flags = struct.unpack_from("<IH2xI", message, 8)
        if command == NEGOTIATE and flags & 1:
            alg = answered_algorithm(message)
        # TREE_CONNECT of 3.1.1 is signed where nothing else is; interim answers never are.
        elif command not in (NEGOTIATE, SESSION_SETUP, TREE_CONNECT) and not (
                flags & 1 and status == STATUS_PENDING):
            signed += bool(flags & 8)
            plain += not flags & 8
    if sealed and not signed and not plain:
        print("encrypted")
    elif signed and not plain:
        print(alg)
    elif plain and not signed and not sealed:
        print("none")
    else:
        print("%s, %d signed, %d not, %d encrypted" % (alg, signed, plain, sealed))


if __name__ == "__main__":
    main()
