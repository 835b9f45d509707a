# SPDX-License-Identifier: GPL-2.0
"""What a man in the middle does to a mount, row by row of smbsign/Documentation/gaps.rst.

Each attack is a function of the mount options; it returns what came of it: FORGED, what the
attacker wanted reached the application; SAFE, it got the truth or an error; FAILED, it got an
error where the truth was to be had; or USELESS, the attack did not happen, so the test says nothing.
"""
import errno
import os
import struct

from client import share
from client.share import Mount, get, put
from smb import proxy, wire
from smb.proxy import REQUEST, Proxy, Rule
from smb.wire import Command, Status

FORGED, SAFE, FAILED, USELESS = "FORGED", "SAFE", "FAILED", "USELESS"
SPOIL = proxy.alter(wire.HEADER_SIZE - 1)
TRUTH, LIE = b"the truth, all of it\n", b"a LIE!!!!, all of it\n"
ATTACKS = {}


def attack(row, name, default="vers=3.1.1,sign", since=(6, 1)):
    """Register an attack, on kernels since a version."""
    def add(function):
        if tuple(int(number) for number in os.uname().release.split(".")[:2]) >= since:
            ATTACKS[name] = (row, default, function)
        return function
    return add


def verdict(proxy_, forged):
    """What came of rules that had to be applied."""
    if forged:
        return FORGED
    return SAFE if proxy_.hits else USELESS


def refused(man, mount, tries=1, error=errno.EKEYREJECTED):
    """What came of a mount that has to be refused: one error, one line in the log for each try."""
    if mount.mounted:
        return FORGED
    lines = share.log_lines(f"127.0.0.1:{man.port}: ")
    if (mount.error != error or not 1 <= len(lines) <= tries
            or any("STATUS_INVALID_SIGNATURE (0xc000a000)" not in line for line in lines)):
        return f"{mount.error} and {len(lines)} lines in the log"
    return verdict(man, False)


def mount_refused(options, rule, host="127.0.0.1", **expected):
    """Mount while a rule holds, which has to be refused."""
    with Proxy(rule) as man, Mount(man.port, options, host=host) as mount:
        return refused(man, mount, **expected)


@attack("C4", "mount.setup")
def mount_setup(options):
    """The signature of the reply that ends SESSION_SETUP."""
    return mount_refused(options, Rule(SPOIL, Command.SESSION_SETUP, status=0))


@attack("C1", "mount.tree")
def mount_tree(options):
    """The signature of a reply to TREE_CONNECT."""
    return mount_refused(options, Rule(SPOIL, Command.TREE_CONNECT))


@attack("C1", "mount.share")
def mount_share(options):
    """The same, of the share itself, not IPC$."""
    return mount_refused(options, Rule(SPOIL, Command.TREE_CONNECT, skip=1))


@attack("C11", "mount.validate", "vers=3.0,sign")
def mount_validate(options):
    """The signature of the reply that validates NEGOTIATE."""
    return mount_refused(options, Rule(SPOIL, Command.IOCTL), tries=4)


@attack("C14", "mount.unable")
def mount_unable(options):
    """A server that says it cannot sign."""
    def unable(message):
        message.put(wire.HEADER_SIZE + 2, b"\0\0")
    return mount_refused(options, Rule(unable, Command.NEGOTIATE), error=errno.EOPNOTSUPP)


@attack("C1", "again.setup")
def again_setup(options):
    """The same while cifs connects anew, once: it must come back."""
    return connect_anew(options, Command.SESSION_SETUP)


@attack("C1", "again.tree")
def again_tree(options):
    """TREE_CONNECT while cifs connects anew, once: it must come back."""
    return connect_anew(options, Command.TREE_CONNECT)


@attack("C16", "again.negotiate")
def again_negotiate(options):
    """NEGOTIATE while cifs connects anew, once: it must come back."""
    return connect_anew(options, Command.NEGOTIATE, rename_context(b"\x01\0", b"\0\x01"))


@attack("C11", "again.validate", "vers=3.0,sign,hard")
def again_validate(options):
    """FSCTL_VALIDATE_NEGOTIATE_INFO while a hard mount connects anew, once: it must come back."""
    return connect_anew(options, Command.IOCTL)


# Before, nothing is asked while a connection is set up again; in 6.12 with multichannel only.
@attack("C1", "again.interfaces", "vers=3.1.1,sign,hard,multichannel", since=(6, 12))
def again_interfaces(options):
    """FSCTL_QUERY_NETWORK_INTERFACE_INFO, which comes last when a hard mount connects anew."""
    return connect_anew(options, Command.IOCTL)


@attack("C1", "again.cut", "vers=3.1.1,sign,hard,multichannel", since=(6, 12))
def again_cut(options):
    """The same, when the connection ends with it."""
    return connect_anew(options, Command.IOCTL, proxy.cut)


def connect_anew(options, command, act=SPOIL):
    """Cut a connection, and alter a reply when it is set up again."""
    put("anew", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules.append(Rule(act, command, status=0, count=1))
        man.cut()
        return verdict(man, mount.cat("anew") != TRUTH)


@attack("C1", "names")
def names(options):
    """Directory entries with other names."""
    put("genuine.txt", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules.append(Rule(proxy.replace(wire.utf16("genuine"), wire.utf16("f0rged!")),
                              Command.QUERY_DIRECTORY))
        return verdict(man, "f0rged!.txt" in (mount.ls() or ()))


@attack("C1", "sizes")
def sizes(options):
    """A file that has another size."""
    put("sized", b"x" * 0x1111)
    old, new = struct.pack("<Q", 0x1111), struct.pack("<Q", 0x2222)
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules.append(Rule(proxy.replace(old, new)))
        man.rules[0].where = lambda message: old in message.data
        return verdict(man, mount.size("sized") == 0x2222)


@attack("C1", "statuses")
def statuses(options):
    """A file that is there and said not to be."""
    put("there", TRUTH)

    def hide(message):
        message.put_header(status=Status.OBJECT_NAME_NOT_FOUND)
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules.append(Rule(hide, Command.CREATE, count=1))
        return verdict(man, mount.cat("there") != TRUTH)


@attack("C2", "read.small")
def read_small(options):
    """Other content in a file that one READ takes to its end."""
    put("small", TRUTH)
    with Proxy(Rule(proxy.replace(TRUTH[:8], LIE[:8]), Command.READ)) as man:
        with Mount(man.port, options) as mount:
            return verdict(man, (mount.cat("small") or b"").startswith(LIE[:8]))


@attack("C2", "read.large")
def read_large(options):
    """One byte in the middle of a large file."""
    data = put("large", bytes(range(256)) * 32768)
    rule = Rule(proxy.alter(-1000), Command.READ, where=lambda message: len(message.data) > 60000)
    with Proxy(rule) as man, Mount(man.port, options) as mount:
        return verdict(man, mount.cat("large", limit=120) not in (None, data))


@attack("C2", "read.once")
def read_once(options):
    """The same, once: the file must be read all the same."""
    data = put("once", bytes(range(256)) * 32768)
    rule = Rule(proxy.alter(-1000), Command.READ, where=lambda message: len(message.data) > 60000,
                count=1)
    with Proxy(rule) as man, Mount(man.port, options) as mount:
        return verdict(man, mount.cat("once", limit=120) != data)


@attack("C3", "write")
def write(options):
    """A WRITE that never arrives and is confirmed."""
    put("written", b"-" * 32)

    def swallow(message):
        size = struct.unpack_from("<I", message.body, 4)[0]
        message.answer(body=struct.pack("<HHIIHH", 17, 0, size, 0, 0, 0) + b"\0")
        return True
    with Proxy(Rule(swallow, Command.WRITE, REQUEST)) as man, Mount(man.port, options) as mount:
        done = mount.write("written", "w" * 32)
        return verdict(man, done and get("written") != b"w" * 32)


@attack("C3", "write.once")
def write_once(options):
    """The confirmation of a WRITE altered, once: it must be written all the same."""
    put("rewritten", b"-" * 32)
    with Proxy(Rule(proxy.alter(66), Command.WRITE, count=1)) as man:
        with Mount(man.port, options) as mount:
            done = mount.write("rewritten", "w" * 32)
            return verdict(man, not done or get("rewritten") != b"w" * 32)


@attack("C1", "names.once")
def names_once(options):
    """A directory entry with another name, once: the list must be right all the same."""
    put("genuine.txt", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules.append(Rule(proxy.replace(wire.utf16("genuine"), wire.utf16("f0rged!")),
                              Command.QUERY_DIRECTORY, count=1))
        names = mount.ls()
        if names is None and man.hits:
            return FAILED
        return verdict(man, "genuine.txt" not in (names or ()))


@attack("C5", "strip")
def strip(options):
    """The signature taken off, and other content."""
    put("strip", TRUTH)
    rule = Rule(proxy.strip(proxy.replace(TRUTH[:8], LIE[:8])), Command.READ, status=0)
    with Proxy(rule) as man, Mount(man.port, options) as mount:
        return verdict(man, (mount.cat("strip") or b"").startswith(LIE[:8]))


@attack("C6", "plain.reply", "vers=3.1.1,seal")
def plain_reply(options):
    """Encrypted requests swallowed, plain replies without any key injected."""
    put("sealed", TRUTH)

    def forge(message):
        for message_id in range(300):
            header = wire.Header(Command.READ, wire.RESPONSE, message_id, credits=1)
            body = struct.pack("<HBBIII", 17, 80, 0, len(LIE), 0, 0) + LIE
            message.link.to_client(header.pack() + body)
        return True
    with Proxy() as man, Mount(man.port, options) as mount:
        if not mount.mounted:
            return USELESS
        # A READ is the only request of this size. Not all of them: each forgery ends a connection,
        # and 6.1 repeats a READ without end as long as connections end under it, stock too.
        size = proxy.TRANSFORM_HEADER_SIZE + wire.HEADER_SIZE + 49
        man.rules.append(Rule(forge, None, REQUEST, encrypted=True, count=3,
                              where=lambda message: len(message.data) == size))
        return verdict(man, mount.cat("sealed") == LIE)


@attack("C9", "guest")
def guest(options):
    """A session that the man in the middle makes a guest's."""
    def make_guest(message):
        message.put(wire.HEADER_SIZE + 2, b"\x01\0")
    return mount_refused(options, Rule(make_guest, Command.SESSION_SETUP, status=0),
                         error=errno.EACCES)


@attack("C11", "downgrade.validate", "vers=3.0,sign")
def downgrade_validate(options):
    """NEGOTIATE altered, and the request to validate it answered with "not supported"."""
    def capabilities(message):
        message.put(wire.HEADER_SIZE + 24, b"\0\0\0\0")

    def unsupported(message):
        message.answer(Status.NOT_SUPPORTED)
        return True
    man = Proxy(Rule(capabilities, Command.NEGOTIATE),
                Rule(unsupported, Command.IOCTL, REQUEST,
                     where=lambda message: b"\x04\x02\x14\0" in message.body[:16]))
    with man, Mount(man.port, options) as mount:
        return verdict(man, mount.mounted)


@attack("C12", "downgrade.2.1", "sign")
def downgrade_21(options):
    """Only SMB 2.1 is offered to the server, so there is nothing that shows it."""
    def only_21(message):
        count = struct.unpack_from("<H", message.body, 2)[0]
        message.put(wire.HEADER_SIZE + 36, struct.pack("<H", 0x0210) * count)
        message.put(wire.HEADER_SIZE + 28, bytes(8))
    with Proxy(Rule(only_21, Command.NEGOTIATE, REQUEST)) as man:
        with Mount(man.port, options) as mount:
            return verdict(man, mount.mounted)


@attack("C14", "signing.optional", "vers=2.1")
def signing_optional(options):
    """The server's SIGNING_REQUIRED taken away, and other content."""
    put("optional", TRUTH)
    man = Proxy(Rule(lambda message: message.put(wire.HEADER_SIZE + 2, b"\x01\0"),
                     Command.NEGOTIATE),
                Rule(proxy.replace(TRUTH[:8], LIE[:8]), Command.READ))
    with man, Mount(man.port, options) as mount:
        return verdict(man, (mount.cat("optional") or b"").startswith(LIE[:8]))


@attack("C16", "algorithm")
def algorithm(options):
    """A signing algorithm that was not offered: the cipher's context renamed."""
    return negotiate_context(options, b"\x02\0", b"\x08\0")


@attack("C17", "preauth")
def preauth(options):
    """No preauth integrity context."""
    return negotiate_context(options, b"\x01\0", b"\0\x01")


def rename_context(old, new):
    """Give a context of NEGOTIATE another type."""
    def act(message):
        start = struct.unpack_from("<I", message.data, wire.HEADER_SIZE + 60)[0]
        for _ in range(struct.unpack_from("<H", message.data, wire.HEADER_SIZE + 6)[0]):
            if message.data[start:start + 2] == old:
                message.put(start, new)
                return
            start += 8 + struct.unpack_from("<H", message.data, start + 2)[0]
            start += -start % 8
    return act


def negotiate_context(options, old, new):
    """Rename a context of the reply to NEGOTIATE; the answer is refused for that."""
    before = []

    def setup(message):
        before.append(message)
    man = Proxy(Rule(rename_context(old, new), Command.NEGOTIATE),
                Rule(setup, Command.SESSION_SETUP, REQUEST))
    with man, Mount(man.port, options) as mount:
        return FORGED if before else refused(man, mount)


@attack("C19", "signloosely", "vers=3.1.1,signloosely")
def signloosely(options):
    """Other content on a mount that says it signs, loosely."""
    return read_small(options)


@attack("C20", "sec.resets.sign", "vers=3.1.1,sign,sec=ntlmssp")
def sec_resets_sign(options):
    """Other content on a mount whose sec= took back the sign before it."""
    return read_small(options)


@attack("C10", "session.deleted")
def session_deleted(options):
    """A forged USER_SESSION_DELETED in place of a reply: at worst a reconnect."""
    put("deleted", TRUTH)

    def forge(message):
        message.answer(Status.USER_SESSION_DELETED, signature=bytes(16))
        return True
    with Proxy() as man, Mount(man.port, options) as mount:
        man.rules.append(Rule(forge, Command.READ, REQUEST, count=1))
        return verdict(man, mount.cat("deleted") != TRUTH)


@attack("C10", "dropped")
def dropped(options):
    """The connection cut in the middle of a READ: stock, must go on working."""
    data = put("dropped", bytes(range(256)) * 4096)
    with Proxy(Rule(proxy.cut, Command.READ, count=1)) as man, Mount(man.port, options) as mount:
        return verdict(man, mount.cat("dropped") != data)


@attack("C16", "negotiate.once")
def negotiate_once(options):
    """A reply to NEGOTIATE altered, once, while reconnecting: the mount must recover."""
    put("again", TRUTH)
    with Proxy() as man, Mount(man.port, options) as mount:
        # A byte of ServerGuid: nothing of it is looked at, but it is part of the hash.
        man.rules.append(Rule(proxy.alter(wire.HEADER_SIZE + 9), Command.NEGOTIATE, count=1))
        man.cut()
        return verdict(man, TRUTH not in [mount.cat("again") for _ in range(3)])


@attack("C1", "close")
def close(options):
    """The reply to CLOSE with which umount begins: stock 6.1 crashes if that has to be sent again."""
    return close_at_umount(options, SPOIL)


@attack("C10", "close.cut")
def close_cut(options):
    """The same, when the connection ends with it."""
    return close_at_umount(options, proxy.cut)


def close_at_umount(options, act):
    """Do something to a reply to CLOSE when a file that is kept open is closed by umount."""
    put("closed", TRUTH)
    with Proxy() as man:
        with Mount(man.port, options) as mount:
            if mount.cat("closed") != TRUTH:
                return USELESS
            man.rules.append(Rule(act, Command.CLOSE, count=1))
        return verdict(man, share.log_lines("still in use"))


@attack("C5", "replayed")
def replayed(options):
    """Replies that come twice, and in another order."""
    data = put("replayed", bytes(range(256)) * 4096)
    with Proxy(Rule(proxy.replay, Command.READ, count=2)) as man, Mount(man.port, options) as mount:
        return verdict(man, mount.cat("replayed") != data)
