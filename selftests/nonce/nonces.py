#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Read a capture (a file, or standard input), and look for nonces that served two messages.

AES-GMAC makes its nonce of the MessageId, the role, and whether the message is a CANCEL request;
the key is that of a session and a connection. Two different messages, both signed, with all of
that the same, give the key away. Besides, everything has to be signed that the protocol does not
excuse from it.

Prints what was seen, one `name value` a line. Exit status 0 if there is nothing to object to.
"""
import os
import sys
import zlib
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from capture import Capture  # noqa: E402  (found by the line above)
import wire  # noqa: E402
from wire import Command, Status  # noqa: E402

AES_GMAC = 2    # SigningAlgorithmId
SHOWN = 20      # findings told in words, of each kind


class Nonces:
    """Which nonces were used, and for what."""

    def __init__(self):
        self.used = {}          # (SessionId, connection, MessageId, bits): what was signed
        self.legs = {}          # the same of Session.SigningKey on other connections
        self.binding = set()    # (connection, MessageId) of a request that binds
        self.home = {}          # SessionId: the connection that it was set up on
        self.seen = Counter()

    def add(self, message):
        """One message of the capture."""
        self.seen["messages"] += 1
        if message.header is None:
            self.seen["encrypted"] += 1
            return
        self._count(message)
        if message.signed:
            self.seen["signed"] += 1
            if message.connection.algorithm == AES_GMAC:
                self._look(message)
            else:
                self.seen["signed_otherwise"] += 1
        elif not message.excused():
            self._object("unsigned", message)

    def _count(self, message):
        header = message.header
        if not message.from_server:
            self.seen[wire.command_name(header.command).lower()] += 1
            self.seen["binding_legs"] += message.binding
        elif header.status == Status.PENDING:
            self.seen["interim"] += 1
        elif header.message_id == wire.NO_MESSAGE_ID:
            self.seen["breaks"] += 1

    def _look(self, message):
        header, number = message.header, message.connection.number
        self.seen["gmac"] += 1
        if message.binding:
            self.binding.add((number, header.message_id))
        leg = (number, header.message_id) in self.binding
        bits = 1 if message.from_server else 2 * (header.command == Command.CANCEL)
        nonce = header.session_id, number, header.message_id, bits
        self._use(self.used, nonce, message, "reused")
        if header.command == Command.SESSION_SETUP and header.status == Status.SUCCESS and \
                message.from_server and not leg:
            self.home[header.session_id] = number
        # The key of a binding's legs is that of the session, the last answer's is the channel's.
        if leg and not (message.from_server and header.status == Status.SUCCESS):
            home = self.home.get(header.session_id)
            nonce = header.session_id, home, header.message_id, bits
            if nonce in self.used and home != number:
                self._object("leg_met_session", message)
            self._use(self.legs, nonce, message, "leg_met_leg")

    def _use(self, used, nonce, message, name):
        what = message.header.signature, zlib.crc32(message.raw)
        before = used.setdefault(nonce, what)
        if before != what:
            self._object(name, message)

    def _object(self, name, message):
        self.seen[name] += 1
        if self.seen[name] <= SHOWN:
            print(f"# {name}: {message}", flush=True)


def check(stream):
    """All that there is to say about a capture: counts."""
    capture, nonces = Capture(stream), Nonces()
    for message in capture.messages():
        nonces.add(message)
    seen = nonces.seen
    seen["nonces"] = len(nonces.used)
    seen["connections"], seen["sessions"] = len(capture.connections), len(nonces.home)
    seen["bytes"], seen["lost"] = capture.bytes, capture.lost()
    return seen


def main():
    """Check standard input, or the file that is named."""
    with open(sys.argv[1], "rb") if sys.argv[1:] else sys.stdin.buffer as stream:
        seen = check(stream)
    for name in sorted(seen):
        print(name, seen[name])
    # A rebound channel signs its legs under the MessageIds of the one before: the protocol's own
    # hazard, told as leg_met_leg but not counted against us.
    bad = seen["reused"] + seen["leg_met_session"] + seen["unsigned"] + seen["lost"]
    return 1 if bad or not seen["gmac"] else 0


if __name__ == "__main__":
    sys.exit(main())
