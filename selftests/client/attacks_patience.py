# SPDX-License-Identifier: GPL-2.0
"""What the client's patience may cost: see the states in smbsign/client/patience.h."""
import errno
import mmap
import os
import threading
import time

from client import share
from client.attacks import FORGED, SAFE, TRUTH, USELESS, attack
from client.attacks_state import forge_break
from client.share import Mount, policy, put
from smb import proxy, wire
from smb.proxy import Proxy, Rule
from smb.wire import Command

NOBODY = None
DRIP = 0.3          # seconds between two forged breaks
CUTS = 45           # connections that end by an unasked frame
SCRIBBLE = 5        # seconds
BIG = 1 << 20


@attack("B5", "swallowed", "vers=3.1.1,sign,echo_interval=1")
def swallowed(options):
    """All replies are swallowed while forged breaks come: what waits must not wait for ever."""
    put("swallowed", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        link = man.links[-1]
        swallow = Rule(proxy.drop, where=lambda message: message.link is link)
        man.rules.append(swallow)

        def drip():
            while not link.ended:
                try:
                    forge_break(link, bytes(16), 0xffffffffffffffff, 0)
                except (OSError, proxy.ConnectionClosed):
                    return
                time.sleep(DRIP)
        breaks = threading.Thread(target=drip)
        breaks.start()
        try:
            got = mount.cat("swallowed", limit=60)
        finally:
            man.rules.clear()
            link.cut()
            breaks.join()
        if not swallow.hits:
            return USELESS
        return SAFE if got == TRUTH else "an error"


@attack("B6", "unasked", "vers=3.1.1,sign,hard")
def unasked(options):
    """One frame that nobody asked for on each connection: no more than if it were cut."""
    put("unasked", TRUTH)
    seen = set()

    def intrude(message):
        if message.link in seen:
            return
        seen.add(message.link)
        header = wire.Header(Command.READ, wire.RESPONSE, message.header.message_id + 4242)
        timer = threading.Timer(0.02, send, (message.link, header.pack() + bytes(17)))
        timer.start()

    def send(link, frame):
        try:
            link.to_client(frame)
        except (OSError, proxy.ConnectionClosed):
            pass
    with Proxy(Rule(intrude, Command.READ)) as man, Mount(man.port, options) as mount:
        for count in range(CUTS):
            if mount.cat("unasked") != TRUTH:
                return f"an error after {count}"
        return SAFE if len(seen) > CUTS / 2 else USELESS


def scribble(memory):
    """Write to memory until killed."""
    pattern = b"scribble" * (len(memory) // 8)
    while True:
        memory[:] = pattern


@attack("B7", "scribble")
def scribbling(options):
    """A task writes to the memory that it reads to: its affair, not that of the connection."""
    data = put("scribble", os.urandom(BIG))
    memory = mmap.mmap(-1, BIG)
    with Proxy() as man, Mount(man.port, options) as mount:
        file = os.open(mount.path("scribble"), os.O_RDONLY | os.O_DIRECT)
        child = os.fork()
        if child == 0:
            scribble(memory)
        failed = 0
        end = time.monotonic() + SCRIBBLE
        try:
            while time.monotonic() < end:
                try:
                    os.preadv(file, [memory], 0)
                except OSError as error:
                    if error.errno != errno.EIO:
                        return f"errno {error.errno}"
                    failed += 1
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(file)
        print(f"# {failed} of its reads failed, {share.counter('bad_signature')} bad signatures")
        if len(man.links) != 1:
            return f"{len(man.links)} connections"
        return SAFE if mount.cat("scribble") == data else "no way back"


def nobody_mounts(options):
    """Mount without credentials while guests are not allowed, and while they are."""
    put("nobody", TRUTH)
    with Mount(445, options, user=NOBODY) as mount:
        if mount.mounted:
            return FORGED
        if mount.error != errno.EACCES:
            return f"error {mount.error}"
    policy("allow_guest", 1)
    try:
        with Mount(445, options, user=NOBODY) as mount:
            return SAFE if mount.cat("nobody") == TRUTH else "not allowed"
    finally:
        policy("allow_guest", 0)


@attack("B12", "nobody.guest", "vers=3.1.1,guest")
def nobody_guest(options):
    """No attack: mount -o guest, whose session nobody can sign."""
    return nobody_mounts(options)


@attack("B12", "nobody.none", "vers=3.1.1,sec=none")
def nobody_none(options):
    """No attack: the same as sec=none."""
    return nobody_mounts(options)


@attack("B12", "nobody.2.1", "vers=2.1,guest")
def nobody_21(options):
    """No attack: the same by an older dialect."""
    return nobody_mounts(options)


@attack("B14", "guest.made", "vers=3.1.1")
def guest_made(options):
    """A mount with a password of which the server makes a guest's, though guests are allowed."""
    policy("allow_guest", 1)
    try:
        with Mount(445, options, user=("ghost", "boo")) as mount:
            if mount.mounted:
                return FORGED
            return SAFE if mount.error == errno.EACCES else f"error {mount.error}"
    finally:
        policy("allow_guest", 0)
