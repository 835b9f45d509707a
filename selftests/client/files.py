# SPDX-License-Identifier: GPL-2.0
"""Ways to read and write a file. Each raises OSError if it has failed, or may have."""
import contextlib
import errno
import mmap
import os

CHUNK = 1 << 16


@contextlib.contextmanager
def opened(path, flags):
    """A file descriptor; closing it may tell that writing has failed."""
    descriptor = os.open(path, flags, 0o666)
    try:
        yield descriptor
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    os.close(descriptor)


def put(descriptor, offset, data):
    """Write all of it."""
    while data:
        done = os.pwrite(descriptor, data, offset)
        offset, data = offset + done, data[done:]


def write(path, offset, data):
    """Through the page cache; closing the file writes it back."""
    with opened(path, os.O_RDWR) as descriptor:
        put(descriptor, offset, data)


def write_synced(path, offset, data):
    """Through the page cache, and to the server's disk."""
    with opened(path, os.O_RDWR) as descriptor:
        put(descriptor, offset, data)
        os.fsync(descriptor)


def write_direct(path, offset, data):
    """Past the page cache."""
    with opened(path, os.O_RDWR | os.O_DIRECT) as descriptor:
        put(descriptor, offset, data)


def rewrite(path, data):
    """Replace it, or make it."""
    with opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
        put(descriptor, 0, data)
        os.fsync(descriptor)


def write_mapped(path, offset, data):
    """In memory."""
    with opened(path, os.O_RDWR) as descriptor, mmap.mmap(descriptor, 0) as memory:
        memory[offset:offset + len(data)] = data
        memory.flush()


def forget_and(act, *arguments):
    """Take a file, the last argument, out of the page cache first."""
    with opened(arguments[-1], os.O_RDONLY) as descriptor:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return act(*arguments)


def get(descriptor):
    """Read it to its end."""
    parts = []
    while True:
        part = os.read(descriptor, CHUNK)
        if not part:
            return b"".join(parts)
        parts.append(part)


def read(path):
    """Through the page cache."""
    with opened(path, os.O_RDONLY) as descriptor:
        return get(descriptor)


def read_direct(path):
    """Past the page cache."""
    with opened(path, os.O_RDONLY | os.O_DIRECT) as descriptor:
        return get(descriptor)


def read_mapped(path):
    """In memory."""
    with opened(path, os.O_RDONLY) as descriptor:
        if not os.fstat(descriptor).st_size:
            return b""
        with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as memory:
            return bytes(memory)


def in_child(act, *arguments):
    """Do it in a process of its own, as a page that cannot be read kills it: EFAULT here."""
    source, target = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(source)
            data, status = act(*arguments) or b"", 0
            while data:
                data = data[os.write(target, data):]
        except OSError as error:
            status = error.errno
        finally:
            os._exit(status)
    os.close(target)
    with open(source, "rb") as file:
        data = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        number = errno.EFAULT if status < 0 else status
        raise OSError(number, os.strerror(number))
    return data
