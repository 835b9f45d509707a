# SPDX-License-Identifier: GPL-2.0
"""Work on a mount through a proxy that alters a share of all replies, and check every result.

What an operation says it has done must be done, and what it reads must be right; it may fail.
Afterwards the same mount must work.
"""
import argparse
import collections
import contextlib
import errno
import os
import random
import sys
import threading
import time

from client import files, share
from client.share import Mount
from lib.faults import Faults
from smb import proxy
from smb.ktap import Ktap
from smb.proxy import Proxy, Rule
from smb.wire import Status


FILES, LARGEST = 16, 100000
# Longer than anything that ends: what is told then is a hang.
HANG = 600
# What a name holds after an operation on it has failed, and when it is not there.
UNKNOWN, ABSENT = object(), None


class Work:
    """Operations on a few files, and what these hold as far as operations have said."""

    def __init__(self, mount, seed):
        self.mount, self.random = mount, random.Random(seed)
        self.held = {f"f{number}": UNKNOWN for number in range(FILES)}
        self.named = FILES
        self.done, self.failures, self.wrong = 0, collections.Counter(), []
        self.longest, self.began, self.what = 0, None, None

    def attempt(self, what, act, *arguments):
        """Run one operation; its result, or the OSError it failed with."""
        self.done += 1
        self.what, self.began = what, time.monotonic()
        try:
            return act(*arguments)
        except OSError as error:
            self.failures[f"{what} {errno.errorcode.get(error.errno, error)}"] += 1
            return error
        finally:
            self.longest = max(self.longest, time.monotonic() - self.began)
            self.began = None

    def change(self, what, name, after, act, *arguments):
        """Run an operation that makes a name hold something else."""
        failed = isinstance(self.attempt(what, act, *arguments), OSError)
        self.held[name] = UNKNOWN if failed else after

    def path(self, name):
        """Where it is on the mount."""
        return self.mount.path(name)

    def rewrite(self, name):
        """Replace a file, so that what it holds is known."""
        data = self.random.randbytes(self.random.randrange(LARGEST))
        self.change("rewrite", name, data, files.rewrite, self.path(name), data)

    def write(self, name, old):
        """Write some bytes somewhere."""
        offset = self.random.randrange(len(old) + 1)
        data = self.random.randbytes(self.random.randrange(1, LARGEST // 8))
        after = old[:offset] + data + old[offset + len(data):]
        how = self.random.choice((files.write, files.write_synced, files.write_direct))
        self.change(how.__name__, name, after, how, self.path(name), offset, data)

    def write_mapped(self, name, old):
        """The same in memory; a file cannot grow that way."""
        if not old:
            return self.rewrite(name)
        offset = self.random.randrange(len(old))
        data = self.random.randbytes(self.random.randrange(1, len(old) - offset + 1))
        return self.change("write_mapped", name, old[:offset] + data + old[offset + len(data):],
                           files.in_child, files.write_mapped, self.path(name), offset, data)

    def truncate(self, name, old):
        """Make a file shorter or longer."""
        size = self.random.randrange(LARGEST)
        self.change("truncate", name, old[:size].ljust(size, b"\0"), os.truncate, self.path(name),
                    size)

    def rename(self, name, old):
        """Give a file another name, which another file may have had."""
        other = self.random.choice(sorted(set(self.held) - {name}))
        self.change("rename", other, old, os.rename, self.path(name), self.path(other))
        if self.held[other] is UNKNOWN:
            self.retire(name)
            self.retire(other)
        else:
            self.held[name] = ABSENT

    def retire(self, name):
        """Go on with a new name.

        Where the answer to a rename is lost, but the server has done it, cifs takes both names
        for one file, on any lost connection and without smbsign, too.
        """
        del self.held[name]
        self.held[f"f{self.named}"] = UNKNOWN
        self.named += 1

    def unlink(self, name, _):
        """Delete a file."""
        self.change("unlink", name, ABSENT, os.unlink, self.path(name))

    def read(self, name, known):
        """Read a file, from the server half of the time."""
        how = self.random.choice((files.read, files.read_direct, files.read_mapped))
        act = [files.in_child, how] if how is files.read_mapped else [how]
        chance = self.random.random()
        if chance < 0.02:
            share.drop_caches()
        elif chance < 0.5:
            act.insert(0, files.forget_and)
        got = self.attempt(how.__name__, *act, self.path(name))
        self.compare(name, "content", got, known)

    def size(self, name, known):
        """Ask how large a file is."""
        got = self.attempt("stat", lambda: os.stat(self.path(name)).st_size)
        self.compare(name, "size", got, len(known))

    def compare(self, name, what, got, known):
        """A result that is there must be the truth."""
        if isinstance(got, OSError):
            if got.errno == errno.ENOENT:
                self.wrong.append(f"{name} is said not to exist")
        elif got != known:
            self.wrong.append(f"{what} of {name} is wrong after {self.done} operations")

    def look_for(self, name):
        """A file that is not there must not be found."""
        if self.attempt("look_for", os.path.lexists, self.path(name)):
            self.wrong.append(f"{name} is said to exist")

    def names(self):
        """List the directory."""
        got = self.attempt("readdir", lambda: set(os.listdir(self.mount.where)))
        if isinstance(got, OSError):
            return
        for name, content in self.held.items():
            if content is not UNKNOWN and (name in got) != (content is not ABSENT):
                self.wrong.append(f"the list is wrong about {name}")

    def step(self):
        """One operation."""
        name = self.random.choice(sorted(self.held))
        known = self.held[name]
        if self.random.random() < 0.03:
            self.names()
        elif known is UNKNOWN or (known is ABSENT and self.random.random() < 0.7):
            self.rewrite(name)
        elif known is ABSENT:
            self.look_for(name)
        else:
            self.random.choices(
                (self.write, self.write_mapped, self.truncate, self.rename, self.unlink,
                 self.read, self.size), (25, 8, 8, 6, 3, 40, 10))[0](name, known)

    def settle(self):
        """Make everything known, and read all of it."""
        for name, known in sorted(self.held.items()):
            if known is UNKNOWN:
                self.rewrite(name)
            if self.held[name] not in (UNKNOWN, ABSENT):
                self.read(name, self.held[name])
        self.names()

    def on_server(self):
        """What the server has must be the same, behind the back of all clients."""
        for name, known in self.held.items():
            if known is ABSENT:
                self.wrong += [f"{name} is on the server"] if share.exists(name) else []
            elif known is not UNKNOWN and share.get(name) != known:
                self.wrong.append(f"{name} is another on the server")


class Tamper:
    """Alters a reply in one of several ways."""

    STATUSES = (Status.SUCCESS, Status.OBJECT_NAME_NOT_FOUND, Status.END_OF_FILE,
                Status.NO_MORE_FILES, Status.ACCESS_DENIED, Status.USER_SESSION_DELETED)

    def __init__(self):
        self.ways = collections.Counter()
        self.last = {}

    def __call__(self, message):
        way = random.choices((self.flip, self.status, self.strip, self.old), (7, 1, 1, 1))[0]
        self.ways[way.__name__] += 1
        way(message)

    def watch(self, message):
        """Remember a genuine reply to each command; altering comes later."""
        self.last[message.command] = bytes(message.data)

    def flip(self, message):
        """One bit anywhere."""
        position = random.randrange(len(message.data) * 8)
        message.data[position // 8] ^= 1 << position % 8

    def status(self, message):
        """Another status."""
        proxy.set_status(random.choice([status for status in self.STATUSES
                                        if status != message.header.status]))(message)

    def strip(self, message):
        """No signature, and another byte at the end."""
        proxy.strip(proxy.alter())(message)

    def old(self, message):
        """What was answered to another request, under this one's MessageId."""
        message_id = message.header.message_id
        data = self.last.get(message.command)
        if data is None or data == bytes(message.data):
            return self.flip(message)
        message.data[:] = data
        message.header = type(message.header).unpack(data)
        return message.put_header(message_id=message_id)


def watch_for_hangs(work):
    """End the test when an operation does not end."""
    while True:
        time.sleep(5)
        began = work.began
        if began and time.monotonic() - began > HANG:
            print(f"not ok 1 integrity.hang - {work.what} after {work.done} operations", flush=True)
            os._exit(1)


def attacked(work, man, tamper, options):
    """All operations, under attack."""
    seen = Rule(tamper.watch, chance=0.1)
    attack = Rule(tamper, chance=options.share_altered)
    man.rules += [attack, seen]
    with Faults(options.faults) if options.faults else contextlib.nullcontext() as faults:
        for _ in range(options.operations):
            work.step()
            if not work.done % 500:
                print(f"# {work.done} operations, {attack.hits} replies altered", flush=True)
    man.rules.clear()
    if faults:
        print(f"# {faults.count} allocations failed")
    return attack


def main():
    """Run for a number of operations."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=1500)
    parser.add_argument("--share-altered", type=float, default=0.01)
    parser.add_argument("--options", default="vers=3.1.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, help="one of so many allocations of smbsign fails")
    options = parser.parse_args()
    ktap, tamper = Ktap(), Tamper()
    with Proxy() as man, Mount(man.port, options.options) as mount:
        work = Work(mount, options.seed)
        threading.Thread(target=watch_for_hangs, args=(work,), daemon=True).start()
        work.settle()
        ktap.result(mount.mounted and not work.failures, "integrity.before", str(work.failures))
        refused = share.counter("denied")
        work.done, began = 0, time.monotonic()
        attack = attacked(work, man, tamper, options)
        ktap.result(not work.wrong, "integrity.truth",
                    f"{work.done} operations in {time.monotonic() - began:.0f} s, the longest "
                    f"{work.longest:.1f} s; {attack.hits} of {attack.seen} replies altered: "
                    f"{dict(tamper.ways)}; failed: {dict(work.failures)}; {work.wrong[:5]}")
        ktap.result(0 < attack.hits <= 2 * (share.counter("denied") - refused) + 10,
                    "integrity.refused", f"{share.counter('denied') - refused} replies")
        work.failures.clear()
        work.settle()
        ktap.result(not work.failures and not work.wrong, "integrity.afterwards",
                    f"{dict(work.failures)}; {work.wrong[:5]}")
    work.on_server()
    ktap.result(not work.wrong, "integrity.on_server", str(work.wrong[:5]))
    ktap.finish()


if __name__ == "__main__":
    sys.exit(main())
