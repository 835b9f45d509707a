# SPDX-License-Identifier: GPL-2.0
"""One request with its signature under control, one response with its signature checked."""
import struct
from dataclasses import dataclass, field, replace

from smb import crypto, wire
from smb.wire import Header

# How a request is signed:
#   good      as the protocol says
#   none      flag clear, Signature zero
#   garbage   flag set, one bit of the MAC flipped
#   zero      flag set, Signature zero
#   stripped  the right MAC, then the flag cleared
SIGN_MODES = ("good", "none", "garbage", "zero", "stripped")
BAD_MODES = SIGN_MODES[1:]


@dataclass
class Request:
    """A request; what is None is filled in when it is sent."""

    command: int
    body: bytes
    session: object = None      # whose SessionId and key
    tree_id: int = 0
    sign: str = "good"
    flags: int = 0
    message_id: int = None
    session_id: int = None      # other than session.id
    key: bytes = None           # other than the session's signing key on this connection
    async_id: int = None
    credit_charge: int = 1
    credits: int = 64

    def but(self, **changes):
        """A copy with some fields changed."""
        return replace(self, **changes)

    def signing_key(self):
        """The key to sign with and to check the response with, or None."""
        if self.key is not None:
            return self.key
        return self.session.channel_key if self.session else None

    def pack(self, algorithm, next_command=0):
        """The message as bytes, padded for what follows it in a compound, and signed."""
        session_id = self.session_id
        if session_id is None:
            session_id = self.session.id if self.session else 0
        header = Header(self.command, self.flags, self.message_id, session_id, self.tree_id,
                        credits=self.credits, credit_charge=self.credit_charge,
                        next_command=next_command)
        if self.async_id is not None:
            header.flags |= wire.ASYNC
            header.reserved, header.tree_id = self.async_id & 0xFFFFFFFF, self.async_id >> 32
        key = self.signing_key()
        if self.sign == "none" or (self.sign == "good" and not key):
            return self._bytes(header)
        header.flags |= wire.SIGNED
        if self.sign == "zero":
            return self._bytes(header)
        mac = crypto.signature(algorithm, key or bytes(16), self._bytes(header))
        if self.sign == "garbage":
            mac = bytes((mac[0] ^ 1,)) + mac[1:]
        if self.sign == "stripped":
            header.flags &= ~wire.SIGNED
        header.signature = mac
        return self._bytes(header)

    def _bytes(self, header):
        data = header.pack() + self.body
        return data.ljust(header.next_command, b"\0") if header.next_command else data


def pack_compound(requests, algorithm):
    """Several requests in one frame; NextCommand is filled in (3.2.4.1.4)."""
    frame = b""
    for request in requests[:-1]:
        size = wire.HEADER_SIZE + len(wire.pad8(request.body))
        frame += request.pack(algorithm, size)
    return frame + requests[-1].pack(algorithm)


@dataclass(repr=False)
class Response:
    """A response, and how it was protected."""

    header: Header
    raw: bytes
    encrypted_by: int = None    # SessionId of the transform header it came in
    request: Request = None
    mac_ok: bool = None         # None: not signed, or no key to check with
    interim: list = field(default_factory=list)

    @property
    def status(self):
        """NTSTATUS."""
        return self.header.status

    @property
    def ok(self):
        """Whether the status is SUCCESS."""
        return self.header.status == wire.Status.SUCCESS

    @property
    def signed(self):
        """Whether the SIGNED flag is set."""
        return bool(self.header.flags & wire.SIGNED)

    def check(self, algorithm, key):
        """Verify the signature, if there is one and a key for it (3.1.5.1)."""
        self.mac_ok = None
        if self.signed and key:
            self.mac_ok = crypto.signature(algorithm, key, self.raw) == self.header.signature
        return self.mac_ok

    @property
    def protection(self):
        """In words: encrypted, signed, badly signed, signed (no key), unsigned."""
        if self.encrypted_by is not None:
            return "encrypted"
        if not self.signed:
            return "unsigned"
        return {True: "signed", False: "badly signed", None: "signed (no key)"}[self.mac_ok]

    @property
    def protected(self):
        """Whether it was encrypted or correctly signed."""
        return self.encrypted_by is not None or self.mac_ok is True

    @property
    def body(self):
        """Everything after the header."""
        return self.raw[wire.HEADER_SIZE:]

    def unpack(self, fmt, offset=0):
        """struct.unpack_from on the body."""
        return struct.unpack_from("<" + fmt, self.body, offset)

    def __str__(self):
        name = wire.command_name(self.header.command)
        return f"{name} {wire.status_name(self.status)} {self.protection}"

    __repr__ = __str__
