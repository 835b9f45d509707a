# SPDX-License-Identifier: GPL-2.0
"""SMB2 on the wire: packet header, compounds, numbers (MS-SMB2 2.2.1, 3.2.4.1.4)."""
import struct
from dataclasses import dataclass
from enum import IntEnum

SMB1_MAGIC, SMB2_MAGIC, TRANSFORM_MAGIC = b"\xffSMB", b"\xfeSMB", b"\xfdSMB"
HEADER_SIZE = 64
NO_MESSAGE_ID = 2**64 - 1       # MessageId of a break notification
RELATED_SESSION_ID = 2**64 - 1  # SessionId, TreeId and FileId of a related request
RELATED_TREE_ID = 2**32 - 1
RELATED_FILE_ID = b"\xff" * 16

RESPONSE, ASYNC, RELATED, SIGNED = 0x1, 0x2, 0x4, 0x8  # header Flags

DIALECTS = {"2.0.2": 0x0202, "2.1": 0x0210, "3.0": 0x0300, "3.0.2": 0x0302, "3.1.1": 0x0311}
DIALECT_WILDCARD = 0x02FF


class Malformed(ValueError):
    """What came is not SMB2."""


class Command(IntEnum):
    """SMB2 command codes (2.2.1)."""

    NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT = range(5)
    CREATE, CLOSE, FLUSH, READ, WRITE, LOCK, IOCTL, CANCEL, ECHO = range(5, 14)
    QUERY_DIRECTORY, CHANGE_NOTIFY, QUERY_INFO, SET_INFO, OPLOCK_BREAK = range(14, 19)


class Status(IntEnum):
    """The NTSTATUS values that these tests meet (MS-ERREF 2.3.1)."""

    SUCCESS = 0
    PENDING = 0x00000103
    NOTIFY_CLEANUP = 0x0000010B
    NOTIFY_ENUM_DIR = 0x0000010C
    BUFFER_OVERFLOW = 0x80000005
    NO_MORE_FILES = 0x80000006
    UNSUCCESSFUL = 0xC0000001
    NOT_IMPLEMENTED = 0xC0000002
    INFO_LENGTH_MISMATCH = 0xC0000004
    INVALID_HANDLE = 0xC0000008
    INVALID_PARAMETER = 0xC000000D
    NO_SUCH_FILE = 0xC000000F
    INVALID_DEVICE_REQUEST = 0xC0000010
    END_OF_FILE = 0xC0000011
    MORE_PROCESSING_REQUIRED = 0xC0000016
    NO_MEMORY = 0xC0000017
    ACCESS_DENIED = 0xC0000022
    BUFFER_TOO_SMALL = 0xC0000023
    OBJECT_NAME_INVALID = 0xC0000033
    OBJECT_NAME_NOT_FOUND = 0xC0000034
    OBJECT_NAME_COLLISION = 0xC0000035
    SHARING_VIOLATION = 0xC0000043
    FILE_LOCK_CONFLICT = 0xC0000054
    LOCK_NOT_GRANTED = 0xC0000055
    LOGON_FAILURE = 0xC000006D
    RANGE_NOT_LOCKED = 0xC000007E
    INSUFFICIENT_RESOURCES = 0xC000009A
    NOT_SUPPORTED = 0xC00000BB
    NETWORK_NAME_DELETED = 0xC00000C9
    BAD_NETWORK_NAME = 0xC00000CC
    REQUEST_NOT_ACCEPTED = 0xC00000D0
    INVALID_OPLOCK_PROTOCOL = 0xC00000E3
    CANCELLED = 0xC0000120
    FILE_CLOSED = 0xC0000128
    INVALID_DEVICE_STATE = 0xC0000184
    USER_SESSION_DELETED = 0xC0000203
    NOT_FOUND = 0xC0000225
    NETWORK_SESSION_EXPIRED = 0xC000035C
    REQUEST_OUT_OF_SEQUENCE = 0xC000042A


def status_name(status):
    """Name an NTSTATUS, or show it in hexadecimal."""
    return Status(status).name if status in Status._value2member_map_ else f"{status:#010x}"


def command_name(command):
    """Name a command, or show its number."""
    return Command(command).name if command in Command._value2member_map_ else f"command {command}"


@dataclass
class Header:
    """The 64-byte header, sync form (2.2.1.2); async_id overlays reserved + tree_id (2.2.1.1)."""

    command: int = 0
    flags: int = 0
    message_id: int = 0
    session_id: int = 0
    tree_id: int = 0
    reserved: int = 0xFEFF
    status: int = 0
    credits: int = 0
    credit_charge: int = 0
    next_command: int = 0
    signature: bytes = bytes(16)

    FORMAT = struct.Struct("<4sHHIHHIIQIIQ16s")

    def pack(self):
        """The header as bytes."""
        return self.FORMAT.pack(
            SMB2_MAGIC, HEADER_SIZE, self.credit_charge, self.status, self.command, self.credits,
            self.flags, self.next_command, self.message_id, self.reserved, self.tree_id,
            self.session_id, self.signature)

    @classmethod
    def unpack(cls, data):
        """The header at the start of data; Malformed if it is not one."""
        if len(data) < HEADER_SIZE or data[:4] != SMB2_MAGIC:
            raise Malformed("not an SMB2 header: " + data[:4].hex())
        (_, _, charge, status, command, credits, flags, next_command, message_id, reserved,
         tree_id, session_id, signature) = cls.FORMAT.unpack_from(data)
        return cls(command, flags, message_id, session_id, tree_id, reserved, status, credits,
                   charge, next_command, signature)

    @property
    def async_id(self):
        """The AsyncId, meaningful when flags has ASYNC."""
        return self.reserved | self.tree_id << 32


def pad8(data):
    """Zero-pad to a multiple of 8, as compounds and contexts are."""
    return data + bytes(-len(data) % 8)


def split_compound(data):
    """Cut one decrypted frame into its messages, padding included (3.2.5.1.9)."""
    while True:
        following = Header.unpack(data).next_command
        if not following:
            yield data
            return
        if following < HEADER_SIZE or following > len(data):
            raise Malformed(f"NextCommand {following} is outside of the frame")
        yield data[:following]
        data = data[following:]


def utf16(text):
    """A string as SMB2 sends it."""
    return text.encode("utf-16-le")
