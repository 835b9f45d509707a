# SPDX-License-Identifier: GPL-2.0
"""The signing keys of the sessions in a capture, for one who knows the passwords.

Each SESSION_SETUP by NTLM gives its session key away to him; with what was hashed before it, that
gives the signing key of the connection (MS-SMB2 3.1.4.2), and of the session if it is the first.
"""
import struct
from dataclasses import dataclass

from smb import crypto, ntlm, spnego
from smb.wire import HEADER_SIZE, Command, Status

CHALLENGE, AUTHENTICATE = 2, 3  # MessageType of NTLM
# Sessions that had one SessionId, whose keys an answer may still be signed by.
REMEMBERED = 3


@dataclass(frozen=True)
class Key:
    """A signing key, and what it signs by."""

    value: bytes
    algorithm: int

    def made(self, message):
        """Whether the signature of a message is by this key."""
        return crypto.signature(self.algorithm, self.value, message.raw) == message.header.signature


class Authentication:
    """The legs of one authentication, so far."""

    def __init__(self, preauth_hash):
        self.preauth_hash = preauth_hash
        self.challenge = self.session_key = None
        self.binding = False

    def add(self, message):
        """Another leg; the last answer is none."""
        self.preauth_hash = crypto.preauth_update(self.preauth_hash, message.raw)


def security_buffer(message):
    """What a SESSION_SETUP carries for the authentication: an NTLM message, or None."""
    at = 4 if message.from_server else 12
    offset, size = struct.unpack_from("<HH", message.raw, HEADER_SIZE + at)
    return spnego.find_ntlm(message.raw[offset:offset + size])


def session_key(authenticate, passwords):
    """The session key that an AUTHENTICATE message agrees on (MS-NLMP 3.3.2); None for a stranger."""
    def value(at):
        size, _, offset = struct.unpack_from("<HHI", authenticate, at)
        return authenticate[offset:offset + size]

    user = value(36).decode("utf-16le")
    if user not in passwords or len(value(20)) < 16:
        return None
    response_key = ntlm.ntowf_v2(user, passwords[user], value(28).decode("utf-16le"))
    base = ntlm.hmac.digest(response_key, value(20)[:16], "md5")
    flags, = struct.unpack_from("<I", authenticate, 60)
    return ntlm.rc4(base, value(52)) if flags & ntlm.KEY_EXCH else base


class Keyring:
    """All keys that were agreed on so far."""

    def __init__(self, passwords):
        self.passwords = passwords
        self.negotiated = {}    # connection: the hash after NEGOTIATE
        self.asked = {}         # (connection, MessageId): the authentication of a request
        self.unfinished = {}    # (connection, SessionId): the authentication that goes on
        self.channels = {}      # (connection, SessionId): the key there
        self.sessions = {}      # SessionId: Session.SigningKey, the last one first

    def see(self, message):
        """Learn what a message tells."""
        if message.header.command == Command.NEGOTIATE:
            number = message.connection.number
            before = self.negotiated.get(number, bytes(64))
            self.negotiated[number] = crypto.preauth_update(before, message.raw)
        elif message.header.command == Command.SESSION_SETUP:
            (self._answer if message.from_server else self._request)(message)

    def forget(self, message):
        """Drop what ends with a message, which was still signed by it."""
        header = message.header
        if message.from_server and (header.command, header.status) == (Command.LOGOFF, Status.SUCCESS):
            self.channels.pop((message.connection.number, header.session_id), None)

    def candidates(self, message, session_id):
        """The keys that may have made the signature of a message, each once."""
        own = self.channels.get((message.connection.number, session_id))
        keys = self.sessions.get(session_id, [])
        # Where the session has a key, only the last one of another session may be meant.
        return list(dict.fromkeys([own] + keys[:1] if own else keys))

    def _request(self, message):
        number, header = message.connection.number, message.header
        token = security_buffer(message) or b""
        legs = None
        if token[8:9] == bytes((AUTHENTICATE,)):
            legs = self.unfinished.pop((number, header.session_id), None)
        legs = legs or Authentication(self.negotiated.get(number, bytes(64)))
        legs.add(message)
        legs.binding = message.binding
        if legs.challenge:
            legs.session_key = session_key(token, self.passwords)
        self.asked[number, header.message_id] = legs

    def _answer(self, message):
        number, header = message.connection.number, message.header
        legs = self.asked.pop((number, header.message_id), None)
        if not legs:
            return
        if header.status == Status.MORE_PROCESSING_REQUIRED:
            legs.add(message)
            legs.challenge = security_buffer(message)
            self.unfinished[number, header.session_id] = legs
        elif header.status == Status.SUCCESS and legs.session_key:
            self._agreed(message, legs)

    def _agreed(self, message, legs):
        """A new session or channel; keys of one that authenticates again stay."""
        connection, session_id = message.connection, message.header.session_id
        if (connection.number, session_id) in self.channels:
            return
        keys = crypto.derive_keys(connection.dialect, legs.session_key, legs.preauth_hash)
        key = Key(keys.signing, crypto.signing_algorithm(connection.dialect, connection.algorithm))
        self.channels[connection.number, session_id] = key
        if not legs.binding:
            self.sessions.setdefault(session_id, []).insert(0, key)
            del self.sessions[session_id][REMEMBERED:]
