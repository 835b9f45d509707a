# SPDX-License-Identifier: GPL-2.0
"""Attacks on what a client believes about its connection, sessions and caches, not on one reply."""
import errno
import os
import re
import struct
import threading

from client import kernel, share
from client.attacks import FORGED, LIE, SAFE, TRUTH, USELESS, attack, verdict
from client.share import Mount, policy, put, until
from smb import crypto, ntlm, proxy, wire
from smb.proxy import REQUEST, Proxy, Rule
from smb.wire import Command

SIGNING_REQUIRED, CAP_ENCRYPTION = 2, 0x40
# Offsets in messages: NEGOTIATE's reply and request, the reply to FSCTL_VALIDATE_NEGOTIATE_INFO
REPLY_MODE, REPLY_CAPABILITIES = wire.HEADER_SIZE + 2, wire.HEADER_SIZE + 24
REQUEST_MODE = wire.HEADER_SIZE + 4
VALIDATE = struct.pack("<I", 0x00140204)
BOB = ("bob", "terces")
# Where a server is refused, cifs may connect anew as often while it waits.
CONNECTIONS = 100
# As many forged ECHO replies are believed before it counts as for ever.
PATIENCE = 12
# How often a share is unmounted under a flood, and the buckets of smbsign's table of connections.
UNMOUNTS = 12
FLOOD = 1000
CONNECTION_BUCKETS = 64


def mask(message, offset, bits):
    """Clear bits of a 32 bit number."""
    value = struct.unpack_from("<I", message.data, offset)[0]
    message.put(offset, struct.pack("<I", value & ~bits))


@attack("C7", "seal.reconnect", "vers=3.0,seal")
def seal_reconnect(options):
    """The server's encryption taken away when a connection is set up again."""
    put("sealed", TRUTH)

    def no_encryption(message):
        mask(message, REPLY_CAPABILITIES, CAP_ENCRYPTION)

    def confirm(message):
        mask(message, struct.unpack_from("<I", message.data, wire.HEADER_SIZE + 32)[0],
             CAP_ENCRYPTION)
    with Proxy() as man, Mount(man.port, options) as mount:
        if not mount.mounted or mount.cat("sealed") != TRUTH:
            return USELESS
        man.rules += (Rule(no_encryption, Command.NEGOTIATE),
                      Rule(confirm, Command.IOCTL, status=0,
                           where=lambda message: VALIDATE in message.body[:8]),
                      Rule(proxy.replace(TRUTH[:8], LIE[:8]), Command.READ))
        man.cut()
        forged = (mount.cat("sealed") or b"").startswith(LIE[:8])
        outcome = verdict(man, forged or man.rules[2].seen)
        if outcome != SAFE:
            return outcome
        if len(man.links) > CONNECTIONS:
            return f"{len(man.links)} connections"
        man.rules.clear()
        return SAFE if mount.cat("sealed") == TRUTH else "no way back"


class KeyThief:
    """Learns the signing keys of a user whose password is known, from what passes by (NTLMv2)."""

    def __init__(self, user, password, dialect):
        self.user, self.password, self.dialect = user, password, dialect
        self.keys = {}

    def rules(self):
        """What has to pass by."""
        return (Rule(self.authenticate, Command.SESSION_SETUP, REQUEST),)

    def authenticate(self, message):
        """The client's answer, which has the session key in it for who knows the password."""
        token = bytes(message.data[message.data.find(ntlm.SIGNATURE):])
        if token[8:12] != b"\3\0\0\0":
            return

        def field(offset):
            size, _, start = struct.unpack_from("<HHI", token, offset)
            return token[start:start + size]
        user = field(36).decode("utf-16-le")
        if user != self.user:
            return
        owf = ntlm.ntowf_v2(user, self.password, field(28).decode("utf-16-le"))
        session_key = ntlm.rc4(crypto.hmac.digest(owf, field(20)[:16], "md5"), field(52))
        self.keys[message.header.session_id] = crypto.derive_keys(self.dialect, session_key).signing

    def sign_as(self, message):
        """Make a message one of the user's session, whose key is known."""
        session_id, key = list(self.keys.items())[-1]
        message.put_header(session_id=session_id)
        algorithm = crypto.signing_algorithm(self.dialect)
        message.put_header(signature=crypto.signature(algorithm, key, bytes(message.data)))


def other_users_key(options, dialect):
    """Another user's session on the same connection: his key under alice's reply."""
    data = put("alices", TRUTH * 400000)
    thief = KeyThief(*BOB, dialect)

    def forge(message):
        message.data[:] = message.data.replace(TRUTH, LIE)
        thief.sign_as(message)
    with Proxy(*thief.rules()) as man, Mount(man.port, options) as mount:
        with Mount(man.port, options, "/mnt/smbsign-bob", BOB) as bobs:
            if not mount.mounted or not bobs.mounted or len(man.links) != 1 or not thief.keys:
                return USELESS
            rule = Rule(forge, Command.READ, where=lambda message: TRUTH in message.data)
            man.rules.append(rule)
            got = mount.cat("alices", limit=120)
            if not rule.hits:
                return USELESS
            return FORGED if got is not None and got != data else SAFE


@attack("C8", "other.key.2.1", "vers=2.1,sign")
def other_key_21(options):
    """SMB 2.1."""
    return other_users_key(options, 0x0210)


@attack("C8", "other.key.3.0", "vers=3.0,sign")
def other_key_30(options):
    """SMB 3.0."""
    return other_users_key(options, 0x0300)


@attack("C13", "mode", "vers=3.1.1")
def mode(options):
    """Does a mount without "sign" tell the server that it requires signing, each time?"""
    modes = []

    def note_negotiate(message):
        modes.append(struct.unpack_from("<H", message.data, REQUEST_MODE)[0])

    def note_setup(message):
        modes.append(message.data[wire.HEADER_SIZE + 3])
    put("mode", TRUTH)
    man = Proxy(Rule(note_negotiate, Command.NEGOTIATE, REQUEST),
                Rule(note_setup, Command.SESSION_SETUP, REQUEST))
    with man, Mount(man.port, options) as mount:
        man.cut()
        if mount.cat("mode") != TRUTH or man.rules[0].hits < 2:
            return USELESS
    return verdict(man, any(not value & SIGNING_REQUIRED for value in modes))


@attack("C15", "second.mount", "vers=2.1")
def second_mount(options):
    """A mount with "sign" on the session of one without; signing is taken away on a reconnect.

    The server does not require it, but it seems so at first.
    """
    put("second", TRUTH)

    def require(message):
        message.put(REPLY_MODE, b"\x03\0")
    with Proxy(Rule(require, Command.NEGOTIATE)) as man, Mount(man.port, options) as first:
        with Mount(man.port, f"{options},sign", "/mnt/smbsign-second") as second:
            if not first.mounted or not second.mounted or second.cat("second") != TRUTH:
                return USELESS
            man.rules[0] = Rule(proxy.replace(TRUTH[:8], LIE[:8]), Command.READ)
            man.cut()
            return verdict(man, (second.cat("second") or b"").startswith(LIE[:8]))


class HeldFile:
    """A file that is kept open, and its FileId as it was seen to pass by."""

    def __init__(self, man, mount, name):
        self.file_id = None
        rules = man.rules if man else []
        rules.append(Rule(self.note, Command.CREATE, status=0))
        rule = rules[-1]
        self.descriptor = os.open(mount.path(name), os.O_RDWR)
        rules.remove(rule)

    def note(self, message):
        """The reply to CREATE; the last one is the file's."""
        self.file_id = message.body[64:80]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)


def credits_left():
    """How many credits cifs believes it has."""
    with open("/proc/fs/cifs/DebugData", encoding="ascii") as file:
        return int(re.search(r"Number of credits: (\d+)", file.read()).group(1))


def break_frame(file_id, message_id, granted):
    """An oplock break."""
    header = wire.Header(Command.OPLOCK_BREAK, wire.RESPONSE, message_id, credits=granted)
    return header.pack() + struct.pack("<HBBI", 24, 0, 0, 0) + file_id


def forge_break(link, file_id, message_id, granted):
    """Send a client an oplock break that the server knows nothing of."""
    link.to_client(break_frame(file_id, message_id, granted))


@attack("C18", "break.id", "vers=2.0,sign")
def break_id(options):
    """A forged oplock break, in a message that is no notification."""
    put("broken", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        with HeldFile(man, mount, "broken") as held:
            acknowledged = Rule(lambda _: None, Command.OPLOCK_BREAK, REQUEST)
            man.rules.append(acknowledged)
            link = man.links[-1]
            forge_break(link, held.file_id, 0x4242, 1)
            if not until(lambda: acknowledged.hits or link.ended):
                return USELESS
            if acknowledged.hits:
                return FORGED
        return SAFE if mount.cat("broken") == TRUTH else "no way back"


@attack("C18", "break.credits", "vers=2.0,sign")
def break_credits(options):
    """Credits in a forged notification, which nobody can tell from a real one."""
    put("broken", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        with HeldFile(man, mount, "broken") as held:
            acknowledged = Rule(lambda _: None, Command.OPLOCK_BREAK, REQUEST)
            man.rules.append(acknowledged)
            forge_break(man.links[-1], held.file_id, 0xffffffffffffffff, 5000)
            if not until(lambda: acknowledged.hits or man.links[-1].ended):
                return USELESS
            forged = credits_left() >= 5000
        if mount.cat("broken") != TRUTH:
            return "no way back"
        return FORGED if forged else SAFE


def connections_known():
    """How many connections smbsign has entries for, by the buckets of its table in memory."""
    table = kernel.read(kernel.address_of("client_conns", "smbsign"), 8 * CONNECTION_BUCKETS)
    return sum(bucket != 0 for bucket in struct.unpack(f"<{CONNECTION_BUCKETS}Q", table))


def break_flood(link):
    """Send a client forged oplock breaks, as fast as can be, until its connection ends."""
    frame = break_frame(bytes(16), 0xffffffffffffffff, 0)
    frames = (len(frame).to_bytes(4, "big") + frame) * FLOOD
    try:
        while not link.ended:
            link.client.sock.sendall(frames)
    except OSError:
        pass


@attack("B4", "break.unmount", "vers=3.1.1,sign")
def break_unmount(options):
    """A flood of forged breaks while a mount goes: nothing is kept of its connection after it."""
    put("unmounted", TRUTH)
    floods = []

    def flood(message):
        floods.append(threading.Thread(target=break_flood, args=(message.link,)))
        floods[-1].start()
    with Proxy(Rule(flood, Command.TREE_DISCONNECT, REQUEST)) as man:
        for _ in range(UNMOUNTS):
            with Mount(man.port, options) as mount:
                if mount.cat("unmounted") != TRUTH or not connections_known():
                    return USELESS
            if not until(lambda: all(link.ended for link in man.links)):
                return "no end of a connection"
    for thread in floods:
        thread.join()
    if not until(lambda: not connections_known(), limit=5):
        return f"{connections_known()} entries are left"
    policy("require", "off")
    policy("require", "all")
    return SAFE if floods else USELESS


@attack("C21", "echo", "vers=3.1.1,sign,echo_interval=2")
def echo(options):
    """A server that is gone, and whose ECHO replies are forged: it must be noticed."""
    put("echo", TRUTH)
    hole, pretended = [], []

    def swallow(message):
        hole.append(message.link)
        return True

    def pretend(message):
        message.answer(body=struct.pack("<HH", 4, 0), flags=wire.RESPONSE, signature=bytes(16))
        pretended.append(message)
        if len(pretended) == PATIENCE:
            man.rules.clear()
            man.cut()
        return True

    def lost(message):
        return message.link in hole
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules += (Rule(swallow, Command.READ, REQUEST, count=1),
                      Rule(pretend, Command.ECHO, REQUEST, where=lost),
                      Rule(proxy.drop, where=lost))
        got = mount.cat("echo", limit=180)
        if len(pretended) >= PATIENCE:
            return FORGED
        return SAFE if pretended and got == TRUTH else USELESS


@attack("C9", "smb1", "vers=1.0")
def smb1(options):
    """SMB1: not one message of it."""
    with Proxy(Rule(lambda _: None, None, REQUEST, encrypted=True)) as man:
        with Mount(man.port, options) as mount:
            if man.hits:
                return FORGED
            lines = share.log_lines(f"127.0.0.1:{man.port}: ")
            if mount.error != errno.EOPNOTSUPP or len(lines) != 1:
                return f"{mount.error} and {len(lines)} lines in the log"
            return SAFE


def guest_mount(options, forbid, allow):
    """A mount of a guest that policy allows, and no longer does, and does again."""
    put("guests", TRUTH)
    allow()
    with Proxy() as man, Mount(man.port, f"{options},guest", user=None) as mount:
        if mount.cat("guests") != TRUTH:
            return USELESS
        forbid()
        rule = Rule(lambda _: None, Command.READ, REQUEST)
        man.rules.append(rule)
        if mount.cat("guests") is not None or rule.hits:
            return FORGED
        allow()
        return SAFE if mount.cat("guests") == TRUTH else "no way back"


@attack("C9", "guest.forbidden", "vers=3.1.1")
def guest_forbidden(options):
    """A guest's mount that is there when guests are no longer allowed."""
    try:
        return guest_mount(options, lambda: policy("allow_guest", 0),
                           lambda: policy("allow_guest", 1))
    finally:
        policy("allow_guest", 0)


@attack("C9", "guest.required", "vers=3.1.1")
def guest_required(options):
    """A guest's mount that is there when signing is required."""
    try:
        return guest_mount(options, lambda: policy("require", "all"),
                           lambda: policy("require", "off"))
    finally:
        policy("require", "all")


@attack("C23", "no.mac")
def no_mac(options):
    """Is every request of a session signed, also when connections come and go?"""
    bad = []

    def look(message):
        header = message.header
        if header.command in (Command.NEGOTIATE, Command.SESSION_SETUP) or not header.session_id:
            return
        if not header.flags & wire.SIGNED or header.signature in (bytes(16), b"BSRSPYL ".ljust(16)):
            bad.append(header)
    put("mac", TRUTH)
    with Proxy(Rule(look, None, REQUEST)) as man, Mount(man.port, options) as mount:
        busy = threading.Thread(target=lambda: [mount.write("mac.copy", str(number) * 3000)
                                                for number in range(12)])
        busy.start()
        while busy.is_alive():
            man.cut()
            busy.join(0.7)
        return verdict(man, bad)
