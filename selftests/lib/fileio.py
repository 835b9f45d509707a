# SPDX-License-Identifier: GPL-2.0
"""Reading and writing a part of a file: buffered, direct (O_DIRECT) or mapped (mmap)."""
import mmap
import os


def difference(left, right):
    """Where two strings of bytes differ."""
    at = next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
    return f"lengths {len(left)}, {len(right)}, first at {at}: " \
        f"{left[at:at + 8].hex()} {right[at:at + 8].hex()}"


def aligned(data):
    """A buffer that direct I/O can use."""
    buffer = mmap.mmap(-1, max(1, len(data)))
    buffer[:len(data)] = data
    return buffer


def put(path, how, offset, data):
    """Write, and have it written."""
    flags = os.O_RDWR | (os.O_DIRECT if how == "direct" else 0)
    descriptor = os.open(path, flags)
    try:
        if how == "mapped":
            if data:
                with mmap.mmap(descriptor, offset + len(data)) as area:
                    area[offset:] = data
                    area.flush()
        elif how == "direct":
            with aligned(data) as buffer, memoryview(buffer) as view:
                while data:
                    with view[:len(data)] as rest:
                        done = os.pwritev(descriptor, [rest], offset)
                    offset, data = offset + done, data[done:]
                    view[:len(data)] = data
        else:
            while data:
                done = os.pwrite(descriptor, data, offset)
                offset, data = offset + done, data[done:]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def get(path, how, offset, size):
    """Read, and not from the cache."""
    flags = os.O_RDONLY | (os.O_DIRECT if how == "direct" else 0)
    descriptor = os.open(path, flags)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        if how == "mapped":
            end = min(offset + size, os.fstat(descriptor).st_size)
            if end <= offset:
                return b""
            with mmap.mmap(descriptor, end, prot=mmap.PROT_READ) as area:
                return area[offset:end]
        parts = []
        while size:
            if how == "direct":
                with mmap.mmap(-1, size) as buffer:
                    done = os.preadv(descriptor, [buffer], offset)
                    part = buffer[:done]
            else:
                part = os.pread(descriptor, size, offset)
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)
