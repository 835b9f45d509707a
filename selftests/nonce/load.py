# SPDX-License-Identifier: GPL-2.0
"""Mixed work on several mounts of one share at once, with every byte checked, for some seconds.

	load.py --seconds N --dir SERVER-DIRECTORY --steady MOUNT... [--cut MOUNT...] [--hostile ADDRESS]

On the steady mounts no operation may fail. On those whose connections are cut, any may, but what
succeeds has to be true. At the server's address ADDRESS attackers try to get messages signed.
Prints a line for each worker; exit status 0 if all went well.
"""
import argparse
import ctypes
import errno
import fcntl
import os
import random
import signal
import struct
import sys
import time
import traceback
from collections import Counter, namedtuple

from lib.fileio import difference, get, put
from smb import commands, crypto, ntlm, options as smb_options, spnego, wire
from smb.attacks_malformed import chained, malformed
from smb.client import demand
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import Command, Status

ODD = 0, 1, 7, 4095, 4096, 4097, 65535, 65537, 300001
FILES, LARGEST = 5, 1 << 20
CIFS_IOC_NOTIFY = 0x4005CF09        # _IOW(0xCF, 9, struct smb3_notify)
NOTIFY_NAMES = 0x1
Victim = namedtuple("Victim", "session conn")


class Wrong(Exception):
    """What came back is not what was put there."""


class Worker:
    """A process that does one kind of work until its time is over."""

    name = "?"
    least = 1   # steps, however slow the machine is

    def __init__(self, options):
        self.options = options
        self.end = time.monotonic() + options.seconds
        self.random = random.Random(f"{options.seed} {self.name}")
        self.count = Counter()

    def run(self):
        """Work; the exit status."""
        status = 0
        try:
            self.begin()
            while self.count["steps"] < self.least or time.monotonic() < self.end:
                self.step()
                self.count["steps"] += 1
            self.finish()
        except Exception as error:  # pylint: disable=broad-except
            line = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{self.name}: {error!r} in {line.name}, \"{line.line}\"", flush=True)
            status = 1
        print(f"worker {self.name}:", *(f"{key} {value}" for key, value in self.count.items()),
              flush=True)
        return status

    def begin(self):
        """Before the first step."""

    def step(self):
        """One piece of work."""

    def finish(self):
        """After the last step."""

    def require(self, condition, what):
        """Wrong unless the condition holds."""
        if not condition:
            raise Wrong(what)


class Files(Worker):
    """Reads and writes at odd places, compared with a model; in the end with the server's disk."""

    def __init__(self, options, mount, how, may_fail=False):
        self.name = f"{os.path.basename(mount)}.{how}"
        super().__init__(options)
        self.mount, self.how, self.may_fail = mount, how, may_fail
        self.content = {}       # None: not known, as something failed

    def path(self, name):
        """A file of this worker, on the mount."""
        return os.path.join(self.mount, f"{self.name}.{name}")

    def step(self):
        name = f"f{self.random.randrange(FILES)}"
        known = self.content.get(name)
        act = self.replace
        if known is not None:
            act = self.random.choice((self.replace, self.write, self.write, self.read, self.read,
                                      self.cut_off, self.rename, self.look))
        try:
            act(name)
        except OSError as error:
            if not self.may_fail:
                raise
            # It may have been done or not.
            self.content[name] = None
            self.count["failed"] += 1
            self.count[errno.errorcode.get(error.errno, "?")] += 1

    def size(self):
        """Odd sizes, and now and then a large one."""
        return self.random.choice(ODD + (self.random.randrange(LARGEST),))

    def replace(self, name):
        """A new file."""
        data = self.random.randbytes(self.size())
        self.content[name] = None
        with open(self.path(name), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.content[name] = data
        self.count["bytes"] += len(data)

    def write(self, name):
        """Some bytes within the file, or beyond its end."""
        old, data = self.content[name], self.random.randbytes(self.size())
        offset = self.random.choice((0, len(old), self.random.randrange(len(old) + 1)))
        if self.how == "mapped":
            data = data[:len(old) - offset]
        self.content[name] = None
        put(self.path(name), self.how, offset, data)
        if data:
            old = old[:offset] + data + old[offset + len(data):]
        self.content[name] = old
        self.count["bytes"] += len(data)

    def read(self, name):
        """A part of it, from the server."""
        known = self.content[name]
        offset = self.random.randrange(len(known) + 1)
        size = self.random.choice((len(known), self.size()))
        data = get(self.path(name), self.how, offset, size)
        self.require(data == known[offset:offset + size],
                     f"{name} differs at {offset}, {size}: {difference(data, known[offset:offset + size])}")
        self.count["bytes"] += len(data)

    def cut_off(self, name):
        """Another size."""
        old, size = self.content[name], self.size()
        self.content[name] = None
        os.truncate(self.path(name), size)
        self.content[name] = old[:size] + bytes(size - len(old[:size]))

    def rename(self, name):
        """Over another file."""
        other, data = f"f{self.random.randrange(FILES)}", self.content[name]
        if other == name:
            return
        self.content[name] = self.content[other] = None
        os.rename(self.path(name), self.path(other))
        self.content[other] = data

    def look(self, name):
        """Its name and size."""
        self.require(os.stat(self.path(name)).st_size == len(self.content[name]), f"size of {name}")
        self.require(os.path.basename(self.path(name)) in os.listdir(self.mount),
                     f"{name} is not listed")

    def finish(self):
        for name, known in self.content.items():
            if known is None:
                continue
            with open(os.path.join(self.options.dir, f"{self.name}.{name}"), "rb") as file:
                self.require(file.read() == known, f"{name} on the server's disk")


class Counting(Worker):
    """A number in a file that two clients increment by turns, under a byte-range lock."""

    def __init__(self, options, mount):
        self.name = f"{os.path.basename(mount)}.counting"
        super().__init__(options)
        # Open all the time, and so on both mounts before one of them asks for a lock: locks that
        # cifs has kept to itself under a lease are lost when ksmbd breaks it.
        self.file = os.open(os.path.join(mount, "counter"), os.O_RDWR | os.O_CREAT, 0o666)

    def step(self):
        fcntl.lockf(self.file, fcntl.LOCK_EX, 8)
        number, = struct.unpack("<Q", os.pread(self.file, 8, 0) or bytes(8))
        # So that another client has to wait, and gets an interim answer.
        time.sleep(self.random.random() / 20)
        os.pwrite(self.file, struct.pack("<Q", number + 1), 0)
        os.fsync(self.file)
        fcntl.lockf(self.file, fcntl.LOCK_UN, 8)


class Passing(Worker):
    """What one client has written and closed, the other reads: leases break all the time."""

    def __init__(self, options, mounts):
        self.name = "passing"
        super().__init__(options)
        self.paths = [os.path.join(mount, "passed") for mount in mounts]

    def step(self):
        data = self.random.randbytes(self.random.choice(ODD))
        self.paths.reverse()
        with open(self.paths[0], "wb") as file:
            file.write(data)
        with open(self.paths[1], "rb") as file:
            got = file.read()
        self.require(got == data, difference(got, data))


class Watching(Worker):
    """CHANGE_NOTIFY on a directory; another mount makes the changes."""

    def __init__(self, options, mount, other):
        self.name = f"{os.path.basename(mount)}.watching"
        super().__init__(options)
        self.watched = os.path.join(mount, "watched")
        self.changed = os.path.join(other, "watched")

    def begin(self):
        os.makedirs(self.watched, exist_ok=True)
        self.child = os.fork()
        if not self.child:
            self.watch()

    def watch(self):
        """Wait for changes, again and again; ksmbd tells none."""
        descriptor = os.open(self.watched, os.O_RDONLY | os.O_DIRECTORY)
        request = ctypes.create_string_buffer(struct.pack("<IB", NOTIFY_NAMES, 0), 5)
        while True:
            try:
                fcntl.ioctl(descriptor, CIFS_IOC_NOTIFY, request)
            except OSError:
                time.sleep(1)

    def step(self):
        path = os.path.join(self.changed, "new")
        with open(path, "wb"):
            pass
        os.unlink(path)
        time.sleep(0.2)

    def finish(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


class Raw(Worker):
    """What cifs does not do, by a client of our own."""

    algorithm, host = crypto.AES_GMAC, "127.0.0.1"

    def __init__(self, options):
        super().__init__(options)
        arguments = smb_options.parser("").parse_args(["--host", self.host])
        self.variant = smb_options.Variant(arguments, "3.1.1", None, (self.algorithm,))

    def good(self, answer, status=Status.SUCCESS):
        """The answer has to be this, and signed."""
        self.require(answer.status == status and answer.protected, str(answer))


class Cancelling(Raw):
    """Sessions that come and go, and authenticate again; what waits, and is cancelled."""

    name = "cancelling"

    def step(self):
        session = self.variant.session()
        tree = self.variant.tree(session)
        holder, waiter = tree.open("cancelled"), tree.open("cancelled")
        directory = tree.open("noticed", options=commands.DIRECTORY_FILE)
        demand(tree.call(commands.lock(holder)))
        self.cancel(tree, commands.lock(waiter, flags=2))
        self.good(session.reauthenticate())
        self.cancel(tree, commands.change_notify(directory))
        self.good(session.logoff())
        session.conn.close()

    def cancel(self, tree, request):
        """A request that waits until it is cancelled."""
        conn = tree.session.conn
        sent, = conn.send(tree.on(request))
        interim = conn.wait_interim(sent)
        conn.send(commands.empty(Command.CANCEL).but(
            session=tree.session, message_id=sent.message_id, async_id=interim.header.async_id))
        self.good(conn.wait(sent), Status.CANCELLED)


class Binding(Raw):
    """A session whose second channel is cut and bound anew."""

    name, algorithm = "binding", crypto.AES_CMAC

    def step(self):
        session = self.variant.session()
        for _ in range(2):
            with self.variant.connect(client_guid=session.conn.client_guid) as second:
                channel, bound = session.bind(second)
                self.good(bound)
                demand(channel.call(commands.empty(Command.ECHO)))
        self.good(session.logoff())
        session.conn.close()


class Attacker(Raw):
    """Whether anything gets signed that must not be, nonces.py sees; here nothing is demanded."""

    dialects = "3.1.1", "3.0", "2.1"

    def provoke(self, conn, frames, patience):
        """Send frames, and let as many answers come, if they do."""
        conn.transport.sock.settimeout(patience)
        try:
            for frame in frames:
                conn.transport.send(frame)
            for _ in frames:
                conn.transport.receive()
                self.count["answers"] += 1
        except (ConnectionClosed, NoAnswer) as error:
            self.count[type(error).__name__] += 1
        conn.close()


class Injecting(Attacker):
    """Malformed messages in the midst of a session's own, unsigned and behind replayed ones."""

    name, least = "injecting", 10   # as many kinds there are

    def step(self):
        tree = self.variant.tree()
        demand(tree.call(commands.empty(Command.ECHO)))
        victim = Victim(tree.session, tree.session.conn)
        kinds = [frames for _, frames in malformed(victim)]
        replay = chained(victim.conn.last_frame, wire.Header(Command.ECHO).pack())
        kinds.append([replay, replay[:-1] + b"\1"])
        self.provoke(victim.conn, kinds[self.count["steps"] % len(kinds)], 1)


class Strangers(Attacker):
    """Bindings to the sessions of others, by two who never logged in, under one MessageId."""

    name, least = "strangers", 4

    def begin(self):
        self.session = self.variant.session()

    def step(self):
        victim = self.random.choice((self.session.id, self.random.randrange(1, 40)))
        message_id, sign = self.random.randrange(1, 9), self.random.choice(("none", "garbage"))
        for tree_id in 1, 2:    # as the two answers have to differ
            variant = smb_options.Variant(self.variant.options, self.random.choice(self.dialects),
                                          None, self.variant.signing)
            conn = variant.connect()
            token = spnego.init_token(ntlm.Client("", "").negotiate_message)
            request = commands.session_setup(token, flags=commands.SESSION_BINDING).but(
                session_id=victim, message_id=message_id, tree_id=tree_id, sign=sign, key=bytes(16))
            self.provoke(conn, [request.pack(conn.algorithm)], 5)

    def finish(self):
        self.good(self.session.call(commands.empty(Command.ECHO)))


def workers(options):
    """All of them; there are at least two steady mounts, of different clients."""
    for number, mount in enumerate(options.steady):
        yield Files(options, mount, ("buffered", "direct", "mapped")[number % 3])
    yield Files(options, options.steady[0], "direct")
    for mount in options.steady[0], options.steady[-1]:
        yield Counting(options, mount)
    yield Passing(options, [options.steady[0], options.steady[-1]])
    yield Watching(options, options.steady[0], options.steady[-1])
    yield Cancelling(options)
    yield Binding(options)
    for mount in options.cut:
        yield Files(options, mount, "buffered", may_fail=True)
    if options.hostile:
        Attacker.host = options.hostile
        yield Injecting(options)
        yield Strangers(options)


def counted(options, children):
    """Whether the number is what those who counted say, and what the server has."""
    with open(os.path.join(options.dir, "counter"), "rb") as file:
        number, = struct.unpack("<Q", file.read(8))
    print(f"counter {number}, increments {children}")
    return number == children


def main():
    """Run all workers at once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--steady", nargs="+", required=True)
    parser.add_argument("--cut", nargs="+", default=())
    parser.add_argument("--hostile")
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    children = {}
    for worker in list(workers(options)):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            status = worker.run()
            os.write(writer, struct.pack("<Q", worker.count["steps"]))
            sys.stdout.flush()
            os._exit(status)
        children[child] = worker, reader
    bad = increments = 0
    for child, (worker, reader) in children.items():
        status = os.waitpid(child, 0)[1]
        if status:
            print(f"{worker.name} failed: {status}")
        bad += status != 0
        if isinstance(worker, Counting):
            increments += struct.unpack("<Q", os.read(reader, 8))[0]
    if not counted(options, increments):
        bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
