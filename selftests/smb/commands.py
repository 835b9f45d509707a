# SPDX-License-Identifier: GPL-2.0
"""Request bodies of every SMB2 command after session setup, and what their responses hold (MS-SMB2 2.2)."""
import struct

from smb.message import Request
from smb.wire import HEADER_SIZE, RELATED_FILE_ID, Command, utf16

READ_DATA, WRITE_DATA, DELETE, READ_CONTROL = 0x1, 0x2, 0x10000, 0x20000
ALL_ACCESS = 0x001F01FF
OPEN, CREATE, OPEN_IF, OVERWRITE_IF = 1, 2, 3, 5    # CreateDisposition
DIRECTORY_FILE, DELETE_ON_CLOSE = 0x1, 0x1000       # CreateOptions
OPLOCK_NONE, OPLOCK_II, OPLOCK_EXCLUSIVE, OPLOCK_BATCH, OPLOCK_LEASE = 0, 1, 8, 9, 0xFF
LEASE_READ, LEASE_HANDLE, LEASE_WRITE = 1, 2, 4
INFO_FILE, INFO_FILESYSTEM, INFO_SECURITY = 1, 2, 3
FILE_STANDARD, FILE_RENAME, FILE_DISPOSITION = 5, 10, 13
OWNER_GROUP_DACL = 7
VALIDATE_NEGOTIATE_INFO, QUERY_NETWORK_INTERFACE_INFO = 0x00140204, 0x001401FC
SESSION_BINDING = 1                                 # SESSION_SETUP Flags


def session_setup(blob, flags=0, security_mode=1, capabilities=0, previous=0):
    """2.2.5"""
    fixed = struct.pack("<HBBIIHHQ", 25, flags, security_mode, capabilities, 0,
                        HEADER_SIZE + 24, len(blob), previous)
    return Request(Command.SESSION_SETUP, fixed + blob)


def empty(command):
    """LOGOFF, TREE_DISCONNECT, ECHO or CANCEL: no body to speak of (2.2.7, 2.2.11, 2.2.28, 2.2.30)."""
    return Request(command, struct.pack("<HH", 4, 0))


def tree_connect(path):
    r"""2.2.9; path is \\server\share."""
    name = utf16(path)
    return Request(Command.TREE_CONNECT,
                   struct.pack("<HHHH", 9, 0, HEADER_SIZE + 8, len(name)) + name)


def create(name, access=ALL_ACCESS, disposition=OPEN_IF, options=0, oplock=OPLOCK_NONE,
           contexts=b"", share=7):
    """2.2.13; contexts is the packed list of create contexts."""
    name = utf16(name)
    buffer = name or b"\0\0"
    context_offset = 0
    if contexts:
        buffer += bytes(-len(buffer) % 8)
        context_offset = HEADER_SIZE + 56 + len(buffer)
    fixed = struct.pack("<HBBIQQIIIIIHHII", 57, 0, oplock, 2, 0, 0, access, 0, share, disposition,
                        options, HEADER_SIZE + 56, len(name), context_offset, len(contexts))
    return Request(Command.CREATE, fixed + buffer + contexts)


def lease_context(key, state):
    """SMB2_CREATE_REQUEST_LEASE (2.2.13.2.8)."""
    data = key + struct.pack("<IIQ", state, 0, 0)
    return struct.pack("<IHHHHI4s4x", 0, 16, 4, 0, 24, len(data), b"RqLs") + data


def close(file_id=RELATED_FILE_ID):
    """2.2.15"""
    return Request(Command.CLOSE, struct.pack("<HHI16s", 24, 0, 0, file_id))


def flush(file_id=RELATED_FILE_ID):
    """2.2.17"""
    return Request(Command.FLUSH, struct.pack("<HHI16s", 24, 0, 0, file_id))


def read(file_id=RELATED_FILE_ID, length=4096, offset=0):
    """2.2.19"""
    return Request(Command.READ, struct.pack("<HBBIQ16sIIIHHB", 49, 0x50, 0, length, offset,
                                             file_id, 0, 0, 0, 0, 0, 0))


def write(file_id=RELATED_FILE_ID, data=b"", offset=0):
    """2.2.21"""
    fixed = struct.pack("<HHIQ16sIIHHI", 49, HEADER_SIZE + 48, len(data), offset, file_id,
                        0, 0, 0, 0, 0)
    return Request(Command.WRITE, fixed + data)


def lock(file_id=RELATED_FILE_ID, offset=0, length=1, flags=0x12):
    """2.2.26, one element; flags: exclusive and fail immediately."""
    return Request(Command.LOCK, struct.pack("<HHI16sQQII", 48, 1, 0, file_id, offset, length,
                                             flags, 0))


def ioctl(code, data=b"", file_id=RELATED_FILE_ID, max_output=4096):
    """2.2.31, an FSCTL."""
    fixed = struct.pack("<HHI16sIIIIIIII", 57, 0, code, file_id, HEADER_SIZE + 56, len(data), 0,
                        0, 0, max_output, 1, 0)
    return Request(Command.IOCTL, fixed + data)


def validate_negotiate(dialects, security_mode, capabilities, client_guid):
    """FSCTL_VALIDATE_NEGOTIATE_INFO (2.2.31.4)."""
    data = struct.pack(f"<I16sHH{len(dialects)}H", capabilities, client_guid, security_mode,
                       len(dialects), *dialects)
    return ioctl(VALIDATE_NEGOTIATE_INFO, data)


def query_interfaces():
    """FSCTL_QUERY_NETWORK_INTERFACE_INFO (2.2.31)."""
    return ioctl(QUERY_NETWORK_INTERFACE_INFO)


def query_directory(file_id=RELATED_FILE_ID, pattern="*", info=1):
    """2.2.33; info: FileDirectoryInformation."""
    name = utf16(pattern)
    fixed = struct.pack("<HBBI16sHHI", 33, info, 0, 0, file_id, HEADER_SIZE + 32, len(name), 65536)
    return Request(Command.QUERY_DIRECTORY, fixed + name)


def change_notify(file_id=RELATED_FILE_ID, completion=0x17):
    """2.2.35"""
    return Request(Command.CHANGE_NOTIFY, struct.pack("<HHI16sII", 32, 0, 4096, file_id,
                                                      completion, 0))


def query_info(file_id=RELATED_FILE_ID, kind=INFO_FILE, info=FILE_STANDARD, additional=0):
    """2.2.37"""
    return Request(Command.QUERY_INFO, struct.pack("<HBBIHHIII16s", 41, kind, info, 4096, 0, 0, 0,
                                                   additional, 0, file_id))


def query_security(file_id=RELATED_FILE_ID):
    """2.2.37 for owner, group and DACL."""
    return query_info(file_id, INFO_SECURITY, 0, OWNER_GROUP_DACL)


def set_info(data, info, file_id=RELATED_FILE_ID):
    """2.2.39, file information."""
    fixed = struct.pack("<HBBIHHI16s", 33, INFO_FILE, info, len(data), HEADER_SIZE + 32, 0, 0,
                        file_id)
    return Request(Command.SET_INFO, fixed + data)


def rename(new_name, file_id=RELATED_FILE_ID):
    """FileRenameInformation (MS-FSCC 2.4.42.2)."""
    name = utf16(new_name)
    return set_info(struct.pack("<B7xQI", 0, 0, len(name)) + name, FILE_RENAME, file_id)


def delete(file_id=RELATED_FILE_ID):
    """FileDispositionInformation (MS-FSCC 2.4.11)."""
    return set_info(b"\1", FILE_DISPOSITION, file_id)


def oplock_ack(file_id, level):
    """2.2.24.1"""
    return Request(Command.OPLOCK_BREAK, struct.pack("<HBBI16s", 24, level, 0, 0, file_id))


def lease_ack(key, state):
    """2.2.24.2"""
    return Request(Command.OPLOCK_BREAK, struct.pack("<HHI16sIQ", 36, 0, 0, key, state, 0))


def created_file_id(response):
    """FileId of a CREATE response (2.2.14)."""
    return response.unpack("16s", 64)[0]


def read_data(response):
    """Data of a READ response (2.2.20)."""
    offset, length = response.unpack("BxI", 2)
    return response.raw[offset:offset + length]


def output_buffer(response):
    """Output of a QUERY_INFO or QUERY_DIRECTORY response (2.2.38, 2.2.34)."""
    offset, length = response.unpack("HI", 2)
    return response.raw[offset:offset + length]


def ioctl_output(response):
    """Output of an IOCTL response (2.2.32)."""
    offset, length = response.unpack("II", 32)
    return response.raw[offset:offset + length]


def directory_names(response):
    """Names in a listing of FileDirectoryInformation (MS-FSCC 2.4.10)."""
    names, data = [], output_buffer(response)
    while data:
        following, = struct.unpack_from("<I", data)
        size, = struct.unpack_from("<I", data, 60)
        names.append(data[64:64 + size].decode("utf-16-le"))
        data = data[following:] if following else b""
    return names
