# SPDX-License-Identifier: GPL-2.0
"""Memory of the running kernel, read through /proc/kcore."""
import struct

PAGE_SIZE = 4096
PT_LOAD = 1


def address_of(symbol, module):
    """Where a symbol of a module is."""
    with open("/proc/kallsyms", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[2] == symbol and words[3:] == [f"[{module}]"]:
                return int(words[0], 16)
    raise LookupError(f"no symbol {symbol} in {module}")


def read(address, size):
    """Bytes of kernel memory."""
    with open("/proc/kcore", "rb", buffering=0) as file:
        header = file.read(PAGE_SIZE)
        start, = struct.unpack_from("<Q", header, 32)
        entry_size, entries = struct.unpack_from("<HH", header, 54)
        for number in range(entries):
            kind, _, offset, virtual, _, length = struct.unpack_from(
                "<IIQQQQ", header, start + number * entry_size)
            if kind == PT_LOAD and virtual <= address < virtual + length:
                file.seek(offset + address - virtual)
                return file.read(size)
    raise LookupError(f"no memory at {address:#x}")
