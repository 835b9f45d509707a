#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does nonces.py find what it is there for? On captures that are made up here."""
import contextlib
import io
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "smb"))

import nonces  # noqa: E402  (found by the line above)
import wire  # noqa: E402
from ktap import Ktap  # noqa: E402
from negotiate import SIGNING, list_context, preauth_context  # noqa: E402
from wire import Command, Header, Status  # noqa: E402

CLIENT, SERVER = b"\x0a\0\0\x02", b"\x0a\0\0\x01"
SID = 77
READ, ECHO, LOCK = Command.READ, Command.ECHO, Command.LOCK


class Fake:
    """A capture of one client's connections, written frame by frame."""

    def __init__(self):
        self.data = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHIIII", 2, 4, 0, 0, 262144, 1)
        self.ports, self.sequence = {}, {}

    def segment(self, port, from_server, sequence, data, flags=0x10):
        """One TCP segment in its frame."""
        ends = (SERVER, CLIENT) if from_server else (CLIENT, SERVER)
        ports = (445, port) if from_server else (port, 445)
        tcp = struct.pack(">HHIIBBHHH", *ports, sequence % (1 << 32), 0, 0x50, flags, 0, 0, 0)
        packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, *ends)
        frame = bytes(12) + b"\x08\0" + packet + tcp + data
        self.data += struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame

    def connect(self, port):
        """SYN from both sides; sequence numbers soon wrap."""
        for from_server in False, True:
            self.segment(port, from_server, (1 << 32) - 50, b"", 2)
            self.sequence[port, from_server] = (1 << 32) - 49

    def frame(self, port, from_server, *messages):
        """Messages as they are framed, and where they belong in the stream."""
        data = b"".join(messages)
        data = struct.pack(">I", len(data)) + data
        at = self.sequence[port, from_server]
        self.sequence[port, from_server] = at + len(data)
        return at, data

    def send(self, port, from_server, *messages):
        """A frame in one segment."""
        self.segment(port, from_server, *self.frame(port, from_server, *messages))

    def negotiate(self, port, algorithm=nonces.AES_GMAC):
        """The answer that says which algorithm it is."""
        self.connect(port)
        contexts = [wire.pad8(preauth_context().pack()),
                    list_context(SIGNING, [algorithm]).pack()]
        body = struct.pack("<HHHH16sIIIIQQHHI", 65, 3, 0x311, 2, bytes(16), 0, 0, 0, 0, 0, 0,
                           128, 0, 128)
        self.send(port, True, message(Command.NEGOTIATE, 0, True, sign=0, sid=0, body=body) +
                  b"".join(contexts))

    def session(self, port, binding=False):
        """The legs of a SESSION_SETUP."""
        setup, more = Command.SESSION_SETUP, Status.MORE_PROCESSING_REQUIRED
        body = struct.pack("<HBB20x", 25, binding, 1)
        for number in 1, 2:
            self.send(port, False, message(setup, number, sid=SID if binding or number == 2 else 0,
                                           sign=100 * port + number if binding else 0, body=body))
            last = number == 2
            self.send(port, True, message(setup, number, True, status=0 if last else more,
                                          sign=(binding or last) and 100 * port + 10 + number))

    def checked(self):
        """What nonces.py says."""
        with contextlib.redirect_stdout(io.StringIO()):
            return nonces.check(io.BytesIO(self.data))


def message(command, number, from_server=False, sign=1, sid=SID, status=0, body=bytes(8), more=0,
            flags=0):
    """A message; sign is its signature, or 0."""
    flags |= wire.SIGNED * bool(sign) | wire.RESPONSE * from_server
    return Header(command, flags, number, sid, status=status, next_command=more,
                  signature=int(sign).to_bytes(16, "little")).pack() + body


def logged_in(*ports):
    """A capture with a session on the first port, bound to the others."""
    fake = Fake()
    for number, port in enumerate(ports or (1000,)):
        fake.negotiate(port)
        fake.session(port, binding=number > 0)
    return fake


def nothing_wrong():
    """Work, and all that may be mistaken for two messages with one nonce."""
    fake = logged_in(1000, 1001)
    for port in 1000, 1001:
        fake.send(port, False, message(READ, 3, sign=port))
        fake.send(port, True, message(READ, 3, True, sign=port + 7))
    fake.send(1000, False, message(LOCK, 4, sign=3))
    fake.send(1000, True, message(LOCK, 4, True, status=Status.PENDING, sign=0))
    fake.send(1000, False, message(Command.CANCEL, 4, sign=4))
    fake.send(1000, True, message(LOCK, 4, True, status=Status.CANCELLED, sign=5))
    fake.send(1000, True, message(Command.OPLOCK_BREAK, wire.NO_MESSAGE_ID, True, sign=0, sid=0))
    return fake.checked()


def same_again():
    """The very same message twice."""
    fake = logged_in()
    for _ in range(2):
        fake.send(1000, False, message(READ, 3, sign=3))
    return fake.checked()


def request_reused(signatures=(3, 4), bodies=(bytes(8), bytes(8)), command=READ, from_server=False):
    """Two messages with one MessageId."""
    fake = logged_in()
    for signature, body in zip(signatures, bodies):
        fake.send(1000, from_server, message(command, 3, from_server, sign=signature, body=body))
    return fake.checked()


def in_compound():
    """The second element of a compound uses what a single message has used."""
    fake = logged_in()
    fake.send(1000, False, message(READ, 4, sign=3))
    fake.send(1000, False, message(ECHO, 3, more=72, sign=5), message(READ, 4, sign=4))
    return fake.checked()


def other_algorithm():
    """AES-CMAC has no nonce."""
    fake = Fake()
    fake.negotiate(1000, algorithm=1)
    fake.session(1000)
    for signature in 3, 4:
        fake.send(1000, False, message(READ, 3, sign=signature))
    return fake.checked()


def new_connection():
    """The same port again, and so another connection."""
    fake = logged_in(1000)
    fake.send(1000, False, message(READ, 3, sign=3))
    fake.negotiate(1000)
    fake.session(1000)
    fake.send(1000, False, message(READ, 3, sign=4))
    return fake.checked()


def torn(*order):
    """A reuse in three frames that came in segments of 50 bytes, in disorder."""
    fake = logged_in()
    start, data = fake.frame(1000, False, message(READ, 3, sign=3))
    for number in 4, 3:
        data += fake.frame(1000, False, message(READ, number, sign=9))[1]
    pieces = [(start + at, data[at:at + 50]) for at in range(0, len(data), 50)]
    for index in order or range(len(pieces)):
        fake.segment(1000, False, *pieces[index])
    return fake.checked()


def hole():
    """A segment is missing for ever."""
    fake = logged_in()
    fake.frame(1000, False, message(READ, 3))
    for number in range(4, 100):
        fake.send(1000, False, message(ECHO, number, sign=number))
    return fake.checked()


def unsigned(**what):
    """One message that is not signed."""
    fake = logged_in()
    fake.send(1000, what.get("from_server", False), message(READ, 3, sign=0, **what))
    return fake.checked()


def main():
    """What has to be found, what must not."""
    ktap = Ktap()

    def expect(name, seen, **wanted):
        wanted = {"reused": 0, "unsigned": 0, "lost": 0, "leg_met_leg": 0, "leg_met_session": 0,
                  **wanted}
        got = {key: seen[key] for key in wanted}
        ktap.result(got == wanted, f"nonces.{name}", "" if got == wanted else f"{got}")

    expect("nothing_wrong", nothing_wrong(), gmac=12, nonces=12, interim=1, breaks=1, cancel=1,
           binding_legs=2, connections=2, sessions=1)
    expect("same_again", same_again())
    expect("request_reused", request_reused(), reused=1)
    expect("answer_reused", request_reused(from_server=True), reused=1)
    expect("cancel_reused", request_reused(command=Command.CANCEL), reused=1)
    expect("other_content", request_reused((3, 3), (bytes(8), b"altered!")), reused=1)
    expect("in_compound", in_compound(), reused=1)
    expect("other_algorithm", other_algorithm(), gmac=0)
    expect("new_connection", new_connection(), connections=2)
    expect("third_channel", logged_in(1000, 1001, 1002).checked(), leg_met_leg=3)
    expect("torn", torn(), reused=1)
    expect("disorder", torn(2, 0, 0, 4, 3, 1, 2), reused=1)
    expect("hole", hole(), lost=1)
    expect("unsigned_request", unsigned(), unsigned=1)
    expect("unsigned_answer", unsigned(from_server=True), unsigned=1)
    expect("unsigned_error", unsigned(from_server=True, status=Status.ACCESS_DENIED), unsigned=1)
    ktap.finish()


if __name__ == "__main__":
    main()
