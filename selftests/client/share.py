# SPDX-License-Identifier: GPL-2.0
"""Mounting a share through a proxy, and looking at it with a time limit."""
import os
import re
import subprocess
import time

SHARE = os.environ.get("SHARE_DIR", "/tmp/share/pub")
OPTIONS = "actimeo=0"    # for all mounts
POLICY = "/sys/fs/smbsign/client"
STATS = f"{POLICY}/stats"
# How many times slower this machine is than it may be.
SLOW = int(os.environ.get("SMBSIGN_SLOW") or 1)
LIMIT = 180
WAIT = 60


class TooLong(Exception):
    """Something did not end in time: a hang."""


def run(*command, limit=LIMIT):
    """Run a command; its exit status, and what it printed."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit * SLOW, check=False)
    except subprocess.TimeoutExpired as error:
        raise TooLong(" ".join(command)) from error
    if done.returncode:
        # The error comes last, maybe behind megabytes of a file.
        said = done.stdout[-200:].decode("ascii", errors="replace").strip()
        print("#", "".join(c if c.isprintable() else " " for c in said), flush=True)
    return done.returncode, done.stdout


def drop_caches():
    """Forget pages, dentries and inodes, without a word in the kernel's log."""
    for value in "43":
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write(value)


def counter(name):
    """A counter of smbsign; 0 if it is not loaded."""
    try:
        with open(f"{STATS}/{name}", encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


def smbsign_loaded():
    """Whether it is here."""
    return os.path.exists(POLICY)


def policy(name, value):
    """Set a policy of the client."""
    with open(f"{POLICY}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def log_lines(text):
    """Lines of the kernel's log with a text in them."""
    with open("/dev/kmsg", "rb", buffering=0) as file:
        os.set_blocking(file.fileno(), False)
        lines = []
        while (line := file.read(8192)) is not None:
            lines.append(line.decode(errors="replace"))
    return [line for line in lines if text in line]


def log_room():
    """Wait until smbsign may log again: after ten lines in five seconds it keeps silent."""
    while True:
        stamps = [int(line.split(",")[2]) / 1e6 for line in log_lines("smbsign: client: ")]
        now = time.clock_gettime(time.CLOCK_MONOTONIC)
        if sum(now - stamp < 6 for stamp in stamps) < 5:
            return
        time.sleep(0.5)


def until(condition, limit=WAIT):
    """Wait for something; whether it came."""
    end = time.monotonic() + limit * SLOW
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Mount:
    """The share, mounted as long as it is used in a with statement."""

    def __init__(self, port, options="vers=3.1.1", where="/mnt/smbsign-test",
                 user=("alice", "secret"), host="127.0.0.1"):
        self.port, self.options, self.where = port, options, where
        self.user, self.host = user, host
        self.status = self.error = None

    def __enter__(self):
        os.makedirs(self.where, exist_ok=True)
        self.status, output = run(
            "mount", "-t", "cifs", f"//{self.host}/pub", self.where, "-o",
            f"port={self.port},{self.credentials()}{OPTIONS},{self.options}")
        error = re.search(rb"mount error\((\d+)\)", output)
        self.error = int(error.group(1)) if error else None
        return self

    def credentials(self):
        """Mount options that say who it is, which has None for nobody."""
        return f"user={self.user[0]},pass={self.user[1]}," if self.user else ""

    def __exit__(self, *_):
        if self.mounted:
            run("umount", "-f", "-l", self.where)

    @property
    def mounted(self):
        """Whether mounting succeeded."""
        return self.status == 0

    def path(self, name):
        """A file on the mount."""
        return os.path.join(self.where, name)

    def cat(self, name, limit=LIMIT):
        """Content of a file from the server, or None if reading it fails."""
        drop_caches()
        status, output = run("cat", self.path(name), limit=limit)
        return None if status else output

    def ls(self):
        """Names on the mount, or None if listing them fails."""
        drop_caches()
        status, output = run("ls", self.where)
        return None if status else output.decode().split()

    def size(self, name):
        """Size of a file, or None."""
        drop_caches()
        status, output = run("stat", "-c", "%s", self.path(name))
        return None if status else int(output)

    def read_direct(self, name, size, room):
        """Memory of a task that has read the start of a file past the page cache.

        None if reading fails. Otherwise there are UNTOUCHED bytes where it did not want any.
        """
        status, output = run("python3", "-c", READ_DIRECT, self.path(name), str(size), str(room))
        return None if status else output

    @staticmethod
    def pread(held, size=4096):
        """What a task reads at the start of a file that it keeps open."""
        return os.pread(held.descriptor, size, 0)

    def write(self, name, data):
        """Whether a file was written, synchronously."""
        status, _ = run("python3", "-c", WRITE, self.path(name), data)
        return status == 0


UNTOUCHED = b"-"

READ_DIRECT = f"""
import mmap, os, sys
size, room = map(int, sys.argv[2:])
memory = mmap.mmap(-1, room)
memory[:] = {UNTOUCHED} * room
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
got = os.preadv(fd, [memoryview(memory)[:size]], 0)
sys.stdout.buffer.write(memory[:] if got == size else memory[:got])
"""

WRITE = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o644)
os.write(fd, sys.argv[2].encode())
os.fsync(fd)
os.close(fd)
"""


def put(name, data):
    """A file on the server."""
    path = os.path.join(SHARE, name)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o666)
    return data


def get(name):
    """Content of a file on the server."""
    with open(os.path.join(SHARE, name), "rb") as file:
        return file.read()


def exists(name):
    """Whether a file is on the server."""
    return os.path.exists(os.path.join(SHARE, name))
