# SPDX-License-Identifier: GPL-2.0
"""Messages that look as if they could pass for a reply, or for a break."""
import struct
import threading
import time

from client import share
from client.attacks import FORGED, LIE, SAFE, TRUTH, USELESS, attack, refused, verdict
from client.attacks_state import VALIDATE, HeldFile, credits_left
from client.share import Mount, get, policy, put, until
from smb import proxy, wire
from smb.proxy import REQUEST, Proxy, Rule
from smb.wire import Command, Status

ALGORITHMS = ("aes-gmac", "aes-cmac", "hmac-sha256")
OTHER = "/mnt/smbsign-other"
# A READ of so many bytes is as long as a reply that brings so many.
MIRRORED = 33
# More than a client needs to end a connection, less than it waits for a server.
SOON = 5
LEASE_READ, LEASE_HANDLE, LEASE_WRITE = 1, 2, 4


def reflect(message):
    """Send a request back to the client, and not on to the server."""
    message.link.to_client(message.data)
    return True


def by_each_algorithm(options, act):
    """What comes of an attack with each of the algorithms that a mount can have."""
    if "3.1.1" not in options or not share.smbsign_loaded():
        return act(options)
    try:
        for algorithm in ALGORITHMS:
            policy("algorithms", algorithm)
            outcome = act(options)
            if outcome != SAFE:
                return f"{outcome} with {algorithm}"
        return SAFE
    finally:
        policy("algorithms", " ".join(ALGORITHMS))


def reflected_read(options, read):
    """The client's own READ of a file comes back, once: the file must be read all the same."""
    data = put("mirrored", bytes(range(MIRRORED)))
    with Proxy(Rule(reflect, Command.READ, REQUEST, count=1)) as man:
        with Mount(man.port, options) as mount:
            return verdict(man, read(mount) != data)


@attack("B2", "reflect.read")
def reflect_read(options):
    """A READ whose bytes would become the content of a file."""
    return by_each_algorithm(options, lambda options: reflected_read(
        options, lambda mount: mount.cat("mirrored")))


@attack("B2", "reflect.direct")
def reflect_direct(options):
    """The same past the page cache."""
    return by_each_algorithm(options, lambda options: reflected_read(
        options, lambda mount: mount.read_direct("mirrored", MIRRORED, MIRRORED)))


@attack("B2", "reflect.write")
def reflect_write(options):
    """The client's own WRITE comes back, once: it must be written all the same."""
    def act(options):
        put("mirrored", b"-" * 32)
        with Proxy(Rule(reflect, Command.WRITE, REQUEST, count=1)) as man:
            with Mount(man.port, options) as mount:
                done = mount.write("mirrored", "w" * 32)
                return verdict(man, not done or get("mirrored") != b"w" * 32)
    return by_each_algorithm(options, act)


@attack("B2", "reflect.break", "vers=2.0,sign")
def reflect_break(options):
    """The client's own acknowledgement of a break comes back: the server has not heard of it."""
    return by_each_algorithm(options, reflected_break)


@attack("B2", "reflect.lease")
def reflect_lease(options):
    """The same of a lease."""
    return by_each_algorithm(options, reflected_break)


def reflected_break(options):
    """Have another client break what a file held open grants, and reflect the acknowledgement."""
    put("mirrored", TRUTH)
    acknowledged = Rule(reflect, Command.OPLOCK_BREAK, REQUEST, count=1)
    with Proxy() as man, Mount(man.port, options) as mount:
        with Mount(445, "vers=3.1.1", OTHER) as other, HeldFile(man, mount, "mirrored"):
            link = man.links[-1]
            man.rules.append(acknowledged)
            writer = threading.Thread(target=other.write, args=("mirrored", "news"))
            writer.start()
            if not until(lambda: acknowledged.hits):
                return USELESS
            end = time.monotonic() + SOON
            while not link.ended and time.monotonic() < end:
                time.sleep(0.05)
            ended = link.ended
            man.cut()
            writer.join()
    return SAFE if ended else FORGED


def downgraded(options, dialect):
    """A lower dialect only is offered to the server, and the request to validate it is altered.

    The server answers that with ACCESS_DENIED, which it signs.
    """
    def lower(message):
        count = struct.unpack_from("<H", message.body, 2)[0]
        message.put(wire.HEADER_SIZE + 36, struct.pack("<H", dialect) * count)
        message.put(wire.HEADER_SIZE + 28, bytes(8))
    spoiled = Rule(proxy.alter(-1), Command.IOCTL, REQUEST,
                   where=lambda message: VALIDATE in message.body[:8])
    with Proxy(Rule(lower, Command.NEGOTIATE, REQUEST), spoiled) as man:
        with Mount(man.port, options) as mount:
            return refused(man, mount, tries=6) if spoiled.hits else USELESS


@attack("B3", "denied.2.1", "sign")
def denied_21(options):
    """SMB 2.1."""
    return downgraded(options, 0x0210)


@attack("B3", "denied.3.0.2", "sign")
def denied_302(options):
    """SMB 3.0.2."""
    return downgraded(options, 0x0302)


class Lease(HeldFile):
    """A file that is kept open, and the key of its lease as it was seen to pass by."""

    def __init__(self, man, mount, name):
        self.key = None
        rule = Rule(self.note_key, Command.CREATE, REQUEST, where=lambda m: b"RqLs" in m.data)
        man.rules.append(rule)
        super().__init__(man, mount, name)
        man.rules.remove(rule)

    def note_key(self, message):
        """The request's context; the last one is the file's."""
        context = message.data.find(b"RqLs") - 16
        start = context + struct.unpack_from("<H", message.data, context + 10)[0]
        self.key = bytes(message.data[start:start + 16])

    def forge_break(self, link, state, epoch=0x7000, extra=b"", granted=0):
        """A break that the server knows nothing of, and that wants no acknowledgement."""
        header = wire.Header(Command.OPLOCK_BREAK, wire.RESPONSE, wire.NO_MESSAGE_ID,
                             credits=granted)
        body = struct.pack("<HHI16sII12x", 44, epoch, 0, self.key, 0, state)
        link.to_client(header.pack() + body + extra)


def raised(options):
    """A forged break gives the client leave to cache what others write."""
    put("raised", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        with Mount(445, "vers=3.1.1", OTHER) as other:
            with HeldFile(None, other, "raised"), Lease(man, mount, "raised") as lease:
                # Now nobody may cache it.
                if not other.write("raised", TRUTH.decode()) or mount.pread(lease) != TRUTH:
                    return USELESS
                lease.forge_break(man.links[-1], LEASE_READ | LEASE_HANDLE | LEASE_WRITE)
                time.sleep(1)
                if mount.pread(lease) != TRUTH:
                    return USELESS
                news = LIE.decode()
                if not other.write("raised", news):
                    return USELESS
                return SAFE if mount.pread(lease) == news.encode() else FORGED


@attack("B8", "raise.2.1", "vers=2.1,sign")
def raise_21(options):
    """SMB 2.1, whose leases have no epoch."""
    return raised(options)


@attack("B8", "raise.3.1.1")
def raise_311(options):
    """SMB 3.1.1."""
    return raised(options)


@attack("B8", "raise.epoch")
def raise_epoch(options):
    """A forged break that is far ahead of all genuine ones, and changes nothing: those must count."""
    put("raised", TRUTH)
    everything = LEASE_READ | LEASE_HANDLE | LEASE_WRITE
    with Proxy() as man, Mount(man.port, options) as mount:
        with Mount(445, "vers=3.1.1", OTHER) as other, Lease(man, mount, "raised") as lease:
            lease.forge_break(man.links[-1], everything)
            time.sleep(1)
            if mount.pread(lease) != TRUTH:
                return USELESS
            news = LIE.decode()
            if not other.write("raised", news):
                return USELESS
            return SAFE if mount.pread(lease) == news.encode() else FORGED


@attack("B9", "break.long", "vers=3.1.1,sign")
def break_long(options):
    """A forged break that takes cifs' large buffer: its credits must not count."""
    put("broken", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        with Lease(man, mount, "broken") as lease:
            lease.forge_break(man.links[-1], 0, extra=bytes(600), granted=20000)
            time.sleep(1)
            forged = credits_left() >= 20000
        if mount.cat("broken") != TRUTH:
            return "no way back"
        return FORGED if forged else SAFE


def tolerated(options, status, command, signature=bytes(16)):
    """An error without a signature that honest servers send, too: no alarm, and no more than a cut."""
    put("ended", TRUTH)

    def forge(message):
        message.answer(status, signature=signature)
        return True
    with Proxy() as man, Mount(man.port, options) as mount:
        before = share.counter("denied"), share.counter("tolerated")
        man.rules.append(Rule(forge, command, REQUEST, count=1))
        got = [mount.cat("ended") for _ in range(3)]
        counted = share.counter("denied") - before[0], share.counter("tolerated") - before[1]
        if TRUTH not in got or not man.hits:
            return "no way back" if man.hits else USELESS
        want = (0, 1) if signature == bytes(16) else (1, 0)
        return SAFE if counted == want else f"denied, tolerated: {counted}"


def alarmed(options, rule):
    """Something in place of a reply, once: an alarm, and a file is read all the same."""
    put("forged", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        before = share.counter("denied")
        man.rules.append(rule)
        got = mount.cat("forged")
        if got != TRUTH or not man.hits:
            return "no way back" if man.hits else USELESS
        alarms = share.counter("denied") - before
        return SAFE if alarms == share.smbsign_loaded() else f"{alarms} alarms"


@attack("B15", "transform.stranger", "vers=3.1.1,seal")
def transform_stranger(options):
    """What is encrypted for a session that the client does not have."""
    def forge(message):
        message.link.to_client(bytes(message.data[:44]) + bytes(8) + bytes(message.data[52:]))
        return True
    return alarmed(options, Rule(forge, encrypted=True, count=1))


@attack("B15", "transform.short", "vers=3.1.1,seal")
def transform_short(options):
    """What is encrypted and too short for a message."""
    def forge(message):
        message.link.to_client(bytes(message.data[:36]) + b"\x10\0\0\0" +
                               bytes(message.data[40:52 + 16]))
        return True
    return alarmed(options, Rule(forge, encrypted=True, count=1))


@attack("B15", "short")
def short(options):
    """What ends within the header."""
    return alarmed(options, Rule(end_in_header, Command.READ, status=0, count=1))


# On 6.1 cifs does not try a CREATE again.
@attack("B15", "short.create", since=(6, 12))
def short_create(options):
    """The same of what cifs has in memory when it is judged."""
    return alarmed(options, Rule(end_in_header, Command.CREATE, status=0, count=1))


def end_in_header(message):
    """All but the last byte of the header, as a whole message."""
    message.put_header(next_command=0)
    message.link.to_client(bytes(message.data[:wire.HEADER_SIZE - 1]))
    return True


@attack("B13", "ended.read")
def ended_read(options):
    """USER_SESSION_DELETED, which no server can sign, in place of a READ's reply."""
    return tolerated(options, Status.USER_SESSION_DELETED, Command.READ)


@attack("B13", "ended.create")
def ended_create(options):
    """NETWORK_SESSION_EXPIRED in place of another reply."""
    return tolerated(options, Status.NETWORK_SESSION_EXPIRED, Command.CREATE)


@attack("B13", "ended.share")
def ended_share(options):
    """NETWORK_NAME_DELETED."""
    return tolerated(options, Status.NETWORK_NAME_DELETED, Command.CREATE)


@attack("B13", "ended.not")
def ended_not(options):
    """The same with somebody's signature: that is an alarm."""
    return tolerated(options, Status.NETWORK_NAME_DELETED, Command.CREATE, b"\x5a" * 16)
