#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Work on a mount through a proxy that alters a share of all replies, and check every result.

What an operation says it has done must be done, and what it reads must be right; it may fail.
"""
import argparse
import errno
import os
import random
import sys

import share
from ktap import Ktap
from proxy import Proxy, Rule
from share import Mount

FILES, LARGEST = 24, 200000


class Model:
    """What the files hold, as far as operations have said; None: unknown after a failure."""

    def __init__(self, mount):
        self.mount, self.content = mount, {}
        self.done = self.failed = 0
        self.wrong = []

    def attempt(self, act):
        """Run one operation; its result, or the OSError it failed with."""
        self.done += 1
        try:
            return act()
        except OSError as error:
            self.failed += 1
            return error

    def write(self, name):
        """Write some bytes somewhere, and have them confirmed."""
        old = self.content.get(name, b"")
        if old is None:
            return self.rewrite(name)
        offset = random.randrange(len(old) + 1)
        data = random.randbytes(random.randrange(1, LARGEST // 8))

        def act():
            descriptor = os.open(self.mount.path(name), os.O_RDWR | os.O_CREAT)
            try:
                os.pwrite(descriptor, data, offset)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if isinstance(self.attempt(act), OSError):
            self.content[name] = None
        else:
            self.content[name] = old[:offset] + data + old[offset + len(data):]
        return None

    def rewrite(self, name):
        """Replace a file, so that what it holds is known again."""
        data = random.randbytes(random.randrange(LARGEST))

        def act():
            with open(self.mount.path(name), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        self.content[name] = None if isinstance(self.attempt(act), OSError) else data

    def read(self, name):
        """Read a file, from the server half of the time."""
        if random.random() < 0.5:
            share.drop_caches()

        def act():
            with open(self.mount.path(name), "rb") as file:
                return file.read()
        self.compare(name, "content", self.attempt(act), self.content.get(name))

    def size(self, name):
        """Ask how large a file is."""
        known = self.content.get(name)
        self.compare(name, "size", self.attempt(lambda: os.stat(self.mount.path(name)).st_size),
                     None if known is None else len(known))

    def compare(self, name, what, got, known):
        """A result that is there must be the truth."""
        if isinstance(got, OSError):
            if got.errno == errno.ENOENT and known is not None:
                self.wrong.append(f"{name} is said not to exist")
        elif known is not None and got != known:
            self.wrong.append(f"{what} of {name} is wrong")

    def names(self):
        """List the directory."""
        got = self.attempt(lambda: set(os.listdir(self.mount.where)))
        if isinstance(got, OSError):
            return
        known = {name for name, content in self.content.items() if content is not None}
        if not known <= got:
            self.wrong.append(f"{known - got} are missing from the list")

    def step(self):
        """One operation."""
        name = f"f{random.randrange(FILES)}"
        choice = random.random()
        if choice < 0.02:
            self.names()
        elif choice < 0.4 or self.content.get(name) is None:
            self.write(name)
        elif choice < 0.8:
            self.read(name)
        else:
            self.size(name)


def tamper(message):
    """Flip one bit anywhere behind what frames the message."""
    position = random.randrange(4, len(message.data) * 8)
    if position // 8 in range(20, 24):
        return
    message.data[position // 8] ^= 1 << position % 8


def main():
    """Run for a number of operations."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=1000)
    parser.add_argument("--share-altered", type=float, default=0.01)
    parser.add_argument("--options", default="vers=3.1.1")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    ktap = Ktap()
    with Proxy() as man, Mount(man.port, options.options) as mount:
        model = Model(mount)
        for name in (f"f{number}" for number in range(FILES)):
            model.rewrite(name)
        man.rules.append(Rule(tamper, chance=options.share_altered))
        for _ in range(options.operations):
            model.step()
        altered = man.hits
        man.rules.clear()
        ktap.result(not model.wrong, "integrity.truth", f"{model.done} operations, {altered} "
                    f"replies altered, {model.failed} failed; {model.wrong[:5]}")
        model.failed, model.done = 0, 0
        for name in (f"f{number}" for number in range(FILES)):
            if model.content[name] is None:
                model.rewrite(name)
            model.read(name)
        ktap.result(not model.failed and not model.wrong, "integrity.afterwards",
                    f"{model.failed} of {model.done} failed; {model.wrong[:5]}")
        ktap.result(altered > 0 and share.counter("bad_signature") > 0, "integrity.attacked",
                    f"{share.counter('bad_signature')} refused")
    ktap.finish()


if __name__ == "__main__":
    sys.exit(main())
