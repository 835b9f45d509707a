# SPDX-License-Identifier: GPL-2.0
"""Does nonces.py find what it is there for? On captures that are made up here."""
import contextlib
import io
import os
import struct

from nonce import nonces
from smb import commands, crypto, ntlm, wire
from smb.ktap import Ktap
from smb.negotiate import SIGNING, list_context, preauth_context
from smb.wire import Command, Header, Status

CLIENT, SERVER = b"\x0a\0\0\x02", b"\x0a\0\0\x01"
HOSTILE = b"\x0a\0\0\x63"     # another address of the server
SID = 77
READ, ECHO, LOCK = Command.READ, Command.ECHO, Command.LOCK


class Fake:
    """A capture of one client's connections, written frame by frame."""

    def __init__(self):
        self.data = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHIIII", 2, 4, 0, 0, 262144, 1)
        self.sequence, self.hashes, self.hostile = {}, {}, set()
        self.algorithms = {}
        self.key = None             # of the session, once there is one

    def segment(self, port, from_server, sequence, data, flags=0x10):
        """One TCP segment in its frame."""
        server = HOSTILE if port in self.hostile else SERVER
        ends = (server, CLIENT) if from_server else (CLIENT, server)
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

    def negotiate(self, port, algorithm=crypto.AES_GMAC):
        """The answer that says which algorithm it is."""
        self.connect(port)
        self.algorithms[port] = algorithm
        contexts = [wire.pad8(preauth_context().pack()),
                    list_context(SIGNING, [algorithm]).pack()]
        body = struct.pack("<HHHH16sIIIIQQHHI", 65, 3, 0x311, 2, bytes(16), 0, 0, 0, 0, 0, 0,
                           128, 0, 128)
        answer = message(Command.NEGOTIATE, 0, True, sign=0, sid=0, body=body) + b"".join(contexts)
        self.send(port, True, answer)
        self.hashes[port] = crypto.preauth_update(bytes(64), answer)

    def session(self, port, binding=False):
        """The legs of a SESSION_SETUP, signed as they have to be; the key of the connection."""
        login = ntlm.Client("alice", "secret")
        challenge = struct.pack("<8sIHHII8sQHHI8s", ntlm.SIGNATURE, 2, 0, 0, 56, ntlm.FLAGS,
                                os.urandom(8), 0, 0, 0, 56, bytes(8))
        value, sid = self.hashes[port], SID if binding else 0
        key = self.key if binding else None

        def leg(number, from_server, status, body, sid):
            flags = wire.RESPONSE * from_server
            raw = Header(Command.SESSION_SETUP, flags | wire.SIGNED * bool(key), number, sid,
                         status=status).pack() + body
            if key:
                raw = signed(raw, self.algorithms[port], key)
            self.send(port, from_server, raw)
            return crypto.preauth_update(value, raw)

        for number, token in (1, login.negotiate_message), (2, login.authenticate(challenge)):
            value = leg(number, False, 0, commands.session_setup(token, flags=binding).body, sid)
            sid = SID
            if number == 1:
                value = leg(1, True, Status.MORE_PROCESSING_REQUIRED,
                            struct.pack("<HHHH", 9, 0, 72, len(challenge)) + challenge, SID)
        key = crypto.derive_keys(0x311, login.exported_key, value).signing
        leg(2, True, 0, struct.pack("<HHHH", 9, 0, 72, 0), SID)
        self.key = self.key or key
        return key

    def checked(self):
        """What nonces.py says."""
        with contextlib.redirect_stdout(io.StringIO()):
            return nonces.check(io.BytesIO(self.data), HOSTILE)


def message(command, number, from_server=False, sign=1, sid=SID, status=0, body=bytes(8), more=0,
            flags=0):
    """A message; sign is its signature, or 0."""
    flags |= wire.SIGNED * bool(sign) | wire.RESPONSE * from_server
    return Header(command, flags, number, sid, status=status, next_command=more,
                  signature=int(sign).to_bytes(16, "little")).pack() + body


def signed(raw, algorithm, key):
    """A message with its signature."""
    return raw[:48] + crypto.signature(algorithm, key, raw) + raw[64:]


def logged_in(*ports, algorithm=crypto.AES_GMAC):
    """A capture with a session on the first port, bound to the others."""
    fake = Fake()
    for number, port in enumerate(ports or (1000,)):
        fake.negotiate(port, algorithm)
        fake.session(port, binding=number > 0)
    return fake


def nothing_wrong():
    """Work, and all that may be mistaken for two messages with one nonce."""
    fake = logged_in()
    fake.send(1000, False, message(READ, 3))
    fake.send(1000, True, message(READ, 3, True, sign=7))
    fake.send(1000, False, message(LOCK, 4, sign=3))
    fake.send(1000, True, message(LOCK, 4, True, status=Status.PENDING, sign=0))
    fake.send(1000, False, message(Command.CANCEL, 4, sign=4))
    fake.send(1000, True, signed(message(LOCK, 4, True, status=Status.CANCELLED), crypto.AES_GMAC,
                                 fake.key))
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
    """AES-CMAC has no nonce, so there may be channels."""
    fake = logged_in(1000, 1001, algorithm=crypto.AES_CMAC)
    for number in 3, 3:
        fake.send(1000, False, signed(message(READ, number, body=fake.data[-8:]), crypto.AES_CMAC,
                                      fake.key))
    return fake.checked()


def strangers(algorithms, key=None):
    """Bindings that nobody signed, and are refused with a signature by the victim's key or another."""
    fake = logged_in()
    for port, algorithm in enumerate(algorithms, 2000):
        fake.hostile.add(port)
        fake.negotiate(port, algorithm)
        fake.send(port, False, message(Command.SESSION_SETUP, 7, sign=0,
                                       body=commands.session_setup(b"", flags=1).body))
        refusal = message(Command.SESSION_SETUP, 7, True, status=Status.ACCESS_DENIED,
                          body=bytes((port % 256,)) * 8)
        fake.send(port, True, signed(refusal, crypto.AES_GMAC, key or fake.key))
    return fake.checked()


def logged_off():
    """The answer to a LOGOFF on a channel is signed by what it ends."""
    fake = logged_in(1000)
    fake.negotiate(1001)
    key = fake.session(1001, binding=True)
    fake.send(1001, True, signed(message(Command.LOGOFF, 3, True), crypto.AES_GMAC, key))
    return fake.checked()


def forged_request():
    """An attacker's signature counts as nothing."""
    fake = logged_in()
    fake.hostile.add(2000)
    fake.negotiate(2000)
    fake.send(2000, False, message(Command.SESSION_SETUP, 7, sign=99,
                                   body=commands.session_setup(b"", flags=1).body))
    return fake.checked()


def malformed():
    """A NextCommand that leads nowhere, and what a server must not answer to it."""
    fake = logged_in()
    for tree in 1, 2:
        fake.send(1000, False, message(ECHO, 3, sign=0, more=4))
        refusal = message(ECHO, 3, True, status=Status.INVALID_PARAMETER, body=bytes((tree,)) * 8)
        fake.send(1000, True, signed(refusal, crypto.AES_GMAC, fake.key))
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
        wanted = {"reused": 0, "unsigned": 0, "lost": 0, "unknown_key": 0, "forged": 0, **wanted}
        got = {key: seen[key] for key in wanted}
        ktap.result(got == wanted, f"nonces.{name}", "" if got == wanted else f"{got}")

    gmac, cmac = crypto.AES_GMAC, crypto.AES_CMAC
    expect("nothing_wrong", nothing_wrong(), nonces=6, interim=1, breaks=1, cancel=1,
           connections=1, sessions=1, **{"aes-gmac": 6})
    expect("same_again", same_again())
    expect("request_reused", request_reused(), reused=1)
    expect("answer_reused", request_reused(from_server=True), reused=1)
    expect("cancel_reused", request_reused(command=Command.CANCEL), reused=1)
    expect("other_content", request_reused((3, 3), (bytes(8), b"altered!")), reused=1)
    expect("in_compound", in_compound(), reused=1)
    expect("other_algorithm", other_algorithm(), binding_legs=2, nonces=0, **{"aes-cmac": 7})
    expect("new_connection", new_connection(), connections=2)
    expect("second_channel", logged_in(1000, 1001).checked(), binding_legs=2, nonces=5)
    # Its first request is the same again; the challenge and what answers it are not.
    expect("third_channel", logged_in(1000, 1001, 1002).checked(), reused=2)
    expect("strangers", strangers([gmac, gmac]), reused=1)
    expect("strangers_of_other_algorithm", strangers([cmac, cmac]), reused=1)
    expect("unknown_key", strangers([gmac], bytes(16)), unknown_key=1)
    expect("logged_off", logged_off(), nonces=6)
    expect("forged_request", forged_request(), forged=1)
    expect("malformed", malformed(), unsigned=2, reused=1)
    expect("torn", torn(), reused=1)
    expect("disorder", torn(2, 0, 0, 4, 3, 1, 2), reused=1)
    expect("hole", hole(), lost=1)
    expect("unsigned_request", unsigned(), unsigned=1)
    expect("unsigned_answer", unsigned(from_server=True), unsigned=1)
    expect("unsigned_error", unsigned(from_server=True, status=Status.ACCESS_DENIED), unsigned=1)
    ktap.finish()


if __name__ == "__main__":
    main()
