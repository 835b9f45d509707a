# SPDX-License-Identifier: GPL-2.0
"""Write and read parts of files of all sizes at odd offsets through a mount, by all ways to do it.

	sizes.py MOUNT SERVER-DIRECTORY

What is written is looked at on the server's disk, and read back from the server.
"""
import os
import random
import sys

from lib.fileio import difference, get, put
from smb.ktap import Ktap

MIB = 1 << 20
SIZES = 0, 1, 7, 4095, 4096, 4097, 65535
# Large ones once for each way: time is what there is least of.
LARGE = MIB + 1, 4 * MIB
OFFSETS = 0, 1, 4097
WAYS = {"buffered": 0, "direct": 4097, "mapped": 1}
TAIL = 5        # bytes of the file that follow the part


class Differs(Exception):
    """It is not what it has to be."""


def same(got, wanted, what):
    """Differs, unless both are the same."""
    if got != wanted:
        raise Differs(f"{what}: {difference(got, wanted)}")


def one(mount, directory, way, offset, size):
    """Write a part of a file that was there before, and read it back."""
    name = f"{way}.{offset}.{size}"
    path, behind = os.path.join(mount, name), os.path.join(directory, name)
    wanted = bytearray(random.randbytes(offset + size + TAIL))
    with open(behind, "wb") as file:
        file.write(wanted)
    os.chmod(behind, 0o666)
    same(get(path, way, offset, size), bytes(wanted[offset:offset + size]), f"{name} as it was")
    wanted[offset:offset + size] = data = random.randbytes(size)
    put(path, way, offset, data)
    with open(behind, "rb") as file:
        same(file.read(), bytes(wanted), f"{name} on the server's disk")
    same(get(path, way, offset, size), data, f"{name} read back")
    # Beyond its end there is nothing.
    same(get(path, way, offset + size, size + TAIL + 1), bytes(wanted[-TAIL:]), f"{name}, its end")
    same(get(path, way, len(wanted), 4096), b"", f"{name}, behind its end")
    os.unlink(path)


def main():
    """Every way, offset and size."""
    mount, directory = sys.argv[1:]
    random.seed(0)
    ktap = Ktap()
    for way, offset_of_large in WAYS.items():
        for offset in OFFSETS:
            wrong = []
            for size in SIZES + LARGE * (offset == offset_of_large):
                try:
                    one(mount, directory, way, offset, size)
                except (Differs, OSError) as error:
                    wrong.append(str(error))
            ktap.result(not wrong, f"sizes.{way}.{offset}", "; ".join(wrong))
    ktap.finish()


if __name__ == "__main__":
    main()
