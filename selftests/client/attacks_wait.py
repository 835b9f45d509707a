# SPDX-License-Identifier: GPL-2.0
"""Replies that do not come, while others do: a task must not wait for them without end."""
import select
import subprocess
import time

from client import share
from client.attacks import FAILED, SAFE, TRUTH, USELESS, attack, verdict
from client.share import Mount, put, until
from smb import proxy, wire
from smb.proxy import Proxy, Rule
from smb.wire import Command, Status

# More of its replies than smbsign waits for any other.
ECHOES = 14
OTHER = "/mnt/smbsign-other"
TRY_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


@attack("C21", "missing", "vers=3.1.1,sign,echo_interval=3")
def missing(options):
    """A reply that never comes: asked for again."""
    return read_once(options, proxy.drop, Command.READ)


@attack("C21", "pending", "vers=3.1.1,sign,echo_interval=1")
def pending(options):
    """In its place comes STATUS_PENDING, which is not signed."""
    return read_once(options, pend, Command.CREATE)


@attack("C21", "pending.read", "vers=3.1.1,sign,echo_interval=1")
def pending_read(options):
    """The same of a READ, which cifs receives by other means."""
    return read_once(options, pend, Command.READ)


@attack("B10", "error.short", "vers=3.1.1,sign,echo_interval=3")
def error_short(options):
    """An error in place of a READ's reply, of which less comes than was announced: cifs gives up on it."""
    return read_once(options, error_cut_short, Command.READ)


@attack("C21", "pending.lock", "vers=3.1.1,sign,echo_interval=1")
def pending_lock(options):
    """The same of a lock that is not to be waited for: it may fail, but has to end."""
    put("locked", TRUTH)
    man = Proxy(Rule(pend, Command.LOCK, status=0, count=1))
    with Mount(445, "vers=3.1.1", OTHER) as other, man, Mount(man.port, options) as mount:
        # Else cifs would not ask the server.
        with open(other.path("locked"), "rb"):
            share.run("python3", "-c", TRY_LOCK, mount.path("locked"))
    return verdict(man, False)


def pend(message):
    """Make a reply the interim one."""
    message.put_header(status=Status.PENDING, flags=wire.RESPONSE | wire.ASYNC,
                       signature=bytes(16))


def error_cut_short(message):
    """An unsigned error of 4096 bytes, of which 200 come, and then the end of the connection."""
    message.put_header(status=Status.ACCESS_DENIED, signature=bytes(16))
    frame = (4096).to_bytes(4, "big") + bytes(message.data[:200]).ljust(200, b"\0")
    with message.link.lock:
        message.link.client.sock.sendall(frame)
    time.sleep(0.3)
    message.link.cut()
    return True


def read_once(options, act, command):
    """Read a file while something is done to a reply, once."""
    put("awaited", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        # No part of a compound, all of which would be lost with it.
        man.rules.append(Rule(act, command, status=0, count=1,
                              where=lambda message: not message.header.next_command))
        got = mount.cat("awaited")
        return FAILED if got is None and man.hits else verdict(man, got != TRUTH)


@attack("C21", "lock", "vers=3.1.1,sign,echo_interval=1")
def lock(options):
    """No attack: a lock that somebody else has for long, which is waited for."""
    return wait_for_lock(options)


@attack("C21", "lock.sealed", "vers=3.1.1,seal,echo_interval=1")
def lock_sealed(options):
    """The same when all is encrypted."""
    return wait_for_lock(options)


class Locker:
    """A task that locks a file, waits for that if it has to, and holds it until told to end."""

    SCRIPT = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""

    def __init__(self, path):
        self.task = subprocess.Popen(["python3", "-c", self.SCRIPT, path], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.task.kill()
        self.end()

    def waits(self):
        """Whether it has said nothing yet."""
        return not select.select([self.task.stdout], [], [], 0)[0]

    def has(self):
        """Whether it gets the lock."""
        return self.task.stdout.readline() == b"locked\n"

    def end(self):
        """Unlock the file."""
        self.task.stdin.close()
        self.task.wait(share.LIMIT)
        self.task.stdout.close()


def wait_for_lock(options):
    """Have a task wait for a lock through many echoes, on one and the same connection."""
    put("locked", TRUTH)
    echoes = Rule(lambda _: None, Command.ECHO)
    with Mount(445, "vers=3.1.1", OTHER) as other, Proxy() as man:
        with Mount(man.port, options) as mount, Locker(other.path("locked")) as holder:
            if not mount.mounted or not holder.has():
                return USELESS
            with Locker(mount.path("locked")) as waiter:
                links = list(man.links)
                man.rules.append(echoes)
                if not until(lambda: echoes.hits >= ECHOES) or not waiter.waits():
                    return USELESS
                same = links == man.links and not any(link.ended for link in links)
                holder.end()
                return SAFE if same and waiter.has() else FAILED
