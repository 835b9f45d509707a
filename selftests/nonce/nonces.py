# SPDX-License-Identifier: GPL-2.0
"""Read a capture (a file, or standard input), and look for nonces that served two messages.

AES-GMAC makes its nonce of the MessageId, the role, and whether the message is a CANCEL request.
Two different messages, both signed by one key, with all of that the same, give the key away; there
is no excuse. Whoever made the capture knows the passwords, and so the key of each message is known.
Besides, everything has to be signed that the protocol does not excuse from it.

	nonces.py [--hostile ADDRESS] [FILE]

Connections to the server's address ADDRESS are an attacker's. What is sent there need not be signed,
nor what is answered, but what is signed is judged as everywhere.

Prints what was seen, one `name value` a line. Exit status 0 if there is nothing to object to.
"""
import argparse
import socket
import sys
import zlib
from collections import Counter

from lib.capture import Capture
from lib.keys import Keyring
from smb import crypto, wire
from smb.wire import Command, Status

PASSWORDS = {"alice": "secret", "bob": "secret"}
SHOWN = 20      # findings told in words, of each kind


class Nonces:
    """Which nonces were used, and for what."""

    def __init__(self, hostile=None):
        self.hostile = hostile
        self.keyring = Keyring(PASSWORDS)
        self.used = {}          # (key, MessageId, bits): what was signed
        self.session_ids = {}   # (connection, role): that of the element before
        self.seen = Counter()

    def add(self, message):
        """One message of the capture."""
        self.seen["messages"] += 1
        if message.header is None:
            self.seen["encrypted"] += 1
            return
        self._count(message)
        self.keyring.see(message)
        session_id = self._session_id(message)
        if message.signed:
            self._look(message, session_id)
        elif not message.excused() and message.connection.server != self.hostile:
            self._object("unsigned", message)
        self.keyring.forget(message)

    def _count(self, message):
        header = message.header
        if not message.from_server:
            self.seen[wire.command_name(header.command).lower()] += 1
            self.seen["binding_legs"] += message.binding
        elif header.status == Status.PENDING:
            self.seen["interim"] += 1
        elif header.message_id == wire.NO_MESSAGE_ID:
            self.seen["breaks"] += 1

    def _session_id(self, message):
        """The SessionId that is meant: a related element may refer to the one before."""
        place = message.connection.number, message.from_server
        if message.header.session_id != wire.RELATED_SESSION_ID:
            self.session_ids[place] = message.header.session_id
        return self.session_ids.get(place, 0)

    def _look(self, message, session_id):
        self.seen["signed"] += 1
        key = self._key(message, session_id)
        if key is None:
            self._strange(message)
            return
        self.seen[crypto.SIGNING_NAMES[key.algorithm]] += 1
        if key.algorithm == crypto.AES_GMAC:
            self._use(key, message)

    def _key(self, message, session_id):
        """The key that made the signature. Ordinary traffic of a session with one key, which the
        other end verifies, is taken to be by that: emulated CPUs are slow."""
        keys = self.keyring.candidates(message, session_id)
        established = (message.connection.number, session_id) in self.keyring.channels
        ordinary = message.header.command != Command.SESSION_SETUP and \
            message.header.status == Status.SUCCESS and message.connection.server != self.hostile
        if len(keys) == 1 and established and ordinary:
            return keys[0]
        return next((key for key in keys if key.made(message)), None)

    def _strange(self, message):
        """A signature by no key that there is: an attacker's, never an answer's."""
        if message.from_server or message.connection.server != self.hostile:
            self._object("unknown_key", message)
        else:
            self.seen["forged"] += 1

    def _use(self, key, message):
        header = message.header
        bits = 1 if message.from_server else 2 * (header.command == Command.CANCEL)
        what = header.signature, zlib.crc32(message.raw)
        before = self.used.setdefault((key.value, header.message_id, bits), what)
        if before != what:
            self._object("reused", message)

    def _object(self, name, message):
        self.seen[name] += 1
        if self.seen[name] <= SHOWN:
            print(f"# {name}: {message}", flush=True)


def check(stream, hostile=None):
    """All that there is to say about a capture: counts."""
    capture, nonces = Capture(stream), Nonces(hostile)
    for message in capture.messages():
        nonces.add(message)
    seen = nonces.seen
    seen["nonces"] = len(nonces.used)
    seen["connections"] = len(capture.connections)
    seen["sessions"] = len(nonces.keyring.sessions)
    seen["bytes"], seen["lost"] = capture.bytes, capture.lost()
    return seen


def main():
    """Check standard input, or the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hostile", type=socket.inet_aton)
    parser.add_argument("file", nargs="?")
    options = parser.parse_args()
    with open(options.file, "rb") if options.file else sys.stdin.buffer as stream:
        seen = check(stream, options.hostile)
    for name in sorted(seen):
        print(name, seen[name])
    bad = seen["reused"] + seen["unknown_key"] + seen["unsigned"] + seen["lost"]
    return 1 if bad or not seen["aes-gmac"] else 0


if __name__ == "__main__":
    sys.exit(main())
