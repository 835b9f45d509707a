# SPDX-License-Identifier: GPL-2.0
"""NEGOTIATE: requests with any contexts, and what the answer chose (MS-SMB2 2.2.3, 2.2.4)."""
import os
import struct
from dataclasses import dataclass, field

from smb.wire import DIALECTS, pad8

PREAUTH, ENCRYPTION, SIGNING = 1, 2, 8  # context types (2.2.3.1)

SIGNING_ENABLED, SIGNING_REQUIRED = 1, 2  # SecurityMode
# Capabilities
CAP_LEASING, CAP_LARGE_MTU, CAP_MULTI_CHANNEL, CAP_ENCRYPTION = 0x02, 0x04, 0x08, 0x40
CAPABILITIES = CAP_LEASING | CAP_LARGE_MTU | CAP_MULTI_CHANNEL


@dataclass
class Context:
    """One negotiate context; length overrides DataLength."""

    kind: int
    data: bytes
    length: int = None

    def pack(self):
        """The context as bytes, unpadded."""
        length = len(self.data) if self.length is None else self.length
        return struct.pack("<HHI", self.kind, length, 0) + self.data


def preauth_context():
    """PREAUTH_INTEGRITY_CAPABILITIES: SHA-512 and a salt (2.2.3.1.1)."""
    return Context(PREAUTH, struct.pack("<HHH", 1, 32, 1) + os.urandom(32))


def list_context(kind, values, count=None, length=None):
    """ENCRYPTION or SIGNING_CAPABILITIES: a count, and a list of 16-bit ids (2.2.3.1.2, .7)."""
    count = len(values) if count is None else count
    return Context(kind, struct.pack(f"<H{len(values)}H", count, *values), length)


def contexts(ciphers=None, signing=None):
    """The usual 3.1.1 contexts; None leaves the context out."""
    result = [preauth_context()]
    if ciphers is not None:
        result.append(list_context(ENCRYPTION, ciphers))
    if signing is not None:
        result.append(list_context(SIGNING, signing))
    return result


def request_body(dialects, security_mode, capabilities, client_guid, context_list):
    """The NEGOTIATE request after its header (2.2.3)."""
    codes = struct.pack(f"<{len(dialects)}H", *dialects)
    tail, start = b"", 0
    if DIALECTS["3.1.1"] in dialects:
        start = 64 + len(pad8(bytes(36) + codes))
        packed = [context.pack() for context in context_list]
        tail = b"".join(map(pad8, packed[:-1])) + b"".join(packed[-1:])
    fixed = struct.pack("<HHHHI16sIHH", 36, len(dialects), security_mode, 0, capabilities,
                        client_guid, start, len(context_list) if start else 0, 0)
    return pad8(fixed + codes) + tail if start else fixed + codes


@dataclass
class Answer:
    """A NEGOTIATE response, parsed (2.2.4)."""

    security_mode: int
    dialect: int
    server_guid: bytes
    capabilities: int
    max_transact: int
    token: bytes
    contexts: list = field(default_factory=list)

    @classmethod
    def parse(cls, message):
        """Parse a whole response message, header included."""
        (_, mode, dialect, count, guid, capabilities, transact, _, _, _, _, offset, size,
         start) = struct.unpack_from("<HHHH16sIIIIQQHHI", message, 64)
        answer = cls(mode, dialect, guid, capabilities, transact, message[offset:offset + size])
        if dialect == DIALECTS["3.1.1"]:
            answer.contexts = list(parse_contexts(message, start, count))
        return answer

    def chosen(self, kind):
        """The id that the server chose in its context of a kind, or None without such context."""
        for context in self.contexts:
            if context.kind == kind:
                return struct.unpack_from("<H", context.data, 2)[0]
        return None


def parse_contexts(message, start, count):
    """Walk a negotiate context list (2.2.3.1)."""
    for _ in range(count):
        kind, length = struct.unpack_from("<HH", message, start)
        yield Context(kind, message[start + 8:start + 8 + length])
        start += len(pad8(bytes(8 + length)))


def smb1_request(names=("SMB 2.???", "SMB 2.002")):
    """An SMB1 NEGOTIATE that offers SMB2 dialects by name (2.2.1, MS-CIFS 2.2.4.52)."""
    listing = b"".join(b"\x02" + name.encode() + b"\0" for name in names)
    header = struct.pack("<4sBIBHH8sHHHHH", b"\xffSMB", 0x72, 0, 0x18, 0xC853, 0, bytes(8), 0,
                         0xFFFF, 0, 0, 0)
    return header + struct.pack("<BH", 0, len(listing)) + listing
