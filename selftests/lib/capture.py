# SPDX-License-Identifier: GPL-2.0
"""SMB2 messages out of a capture of tcpdump: from a file, or from a pipe while it runs.

Knows pcap with the link types of Ethernet, of loopback and of `-i any`, IPv4, and TCP that was
seen out of order or twice. What a capture has lost is counted, never guessed.
"""
import struct
from dataclasses import dataclass

from smb import wire
from smb.negotiate import SIGNING, Answer
from smb.wire import Command, Header, Status

PORT = 445
# Link type: where the EtherType stands, and where the packet begins.
LINKS = {1: (12, 14), 113: (14, 16), 276: (0, 20)}
FIN, SYN, RST = 1, 2, 4
# Segments that may wait for one before them, until that one counts as lost.
PATIENCE = 64


def packets(stream):
    """The IPv4 packets of a capture."""
    head = stream.read(24)
    if len(head) < 24:
        return
    magic, link = head[:4], struct.unpack_from("<I", head, 20)[0] & 0xFFFF
    if magic not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        raise ValueError("not a pcap of this machine's byte order")
    kind, begin = LINKS[link]
    while len(record := stream.read(16)) == 16:
        size, = struct.unpack_from("<I", record, 8)
        frame = stream.read(size)
        if frame[kind:kind + 2] == b"\x08\x00" and len(frame) > begin + 20:
            yield memoryview(frame)[begin:]


@dataclass
class Segment:
    """What a TCP segment brings."""

    source: tuple
    target: tuple
    sequence: int
    flags: int
    data: memoryview

    @classmethod
    def of(cls, packet):
        """Out of an IPv4 packet, or None if it is no TCP."""
        if packet[9] != 6:
            return None
        tcp = packet[4 * (packet[0] & 15):]
        size = struct.unpack_from(">H", packet, 2)[0] or len(packet)
        ports = struct.unpack_from(">HHI", tcp)
        begin = 4 * (tcp[12] >> 4)
        end = size - 4 * (packet[0] & 15)
        return cls((bytes(packet[12:16]), ports[0]), (bytes(packet[16:20]), ports[1]), ports[2],
                   tcp[13], tcp[begin:end])


class Stream:
    """One direction of a connection: segments in, frames out."""

    def __init__(self):
        self.expected = None
        self.waiting = []       # segments that came before their turn
        self.buffer = bytearray()
        self.lost = 0

    def add(self, sequence, data):
        """Take a segment; the frames that are complete now."""
        if self.expected is None:
            self.expected = sequence
        if sequence == self.expected and not self.waiting:
            self.buffer += data
            self.expected = (sequence + len(data)) % (1 << 32)
        else:
            self.waiting.append((sequence, bytes(data)))
            while self._take():
                pass
        frames = self._frames()
        if len(self.waiting) > PATIENCE:
            self._skip()
        return frames

    def _ahead(self, segment):
        """How far a segment is ahead of what is expected; negative if it begins before."""
        return (segment[0] - self.expected + (1 << 31)) % (1 << 32) - (1 << 31)

    def _take(self):
        """Append a segment whose turn it is; whether there was one."""
        for segment in self.waiting:
            ahead = self._ahead(segment)
            if ahead <= 0:
                self.waiting.remove(segment)
                fresh = segment[1][-ahead:]
                self.buffer += fresh
                self.expected = (self.expected + len(fresh)) % (1 << 32)
                return True
        return False

    def _skip(self):
        """Go on behind a hole, with a segment that begins a frame."""
        self.lost += 1
        self.buffer.clear()
        self.waiting.sort(key=self._ahead)
        while self.waiting and not plausible(self.waiting[0][1]):
            self.waiting.pop(0)
        if self.waiting:
            self.expected = self.waiting[0][0]

    def _frames(self):
        frames, at = [], 0
        while len(self.buffer) >= at + 4:
            size = int.from_bytes(self.buffer[at + 1:at + 4], "big")
            if len(self.buffer) < at + 4 + size:
                break
            frames.append(bytes(self.buffer[at + 4:at + 4 + size]))
            at += 4 + size
        del self.buffer[:at]
        return frames


def plausible(data):
    """Whether a frame seems to begin here."""
    return data[:1] == b"\0" and data[5:8] == b"SMB"


class Connection:
    """A TCP connection that was seen, and what was negotiated on it."""

    def __init__(self, number, server):
        self.number = number
        self.server = server    # its address, as four bytes
        self.streams = Stream(), Stream()
        self.dialect = self.algorithm = None
        self.keyed = set()      # SessionIds that have a key here

    def lost(self):
        """Holes in the capture of it."""
        return sum(stream.lost for stream in self.streams)


@dataclass
class Message:
    """One SMB2 message; header is None if it was encrypted."""

    connection: Connection
    from_server: bool
    header: Header
    raw: bytes

    @property
    def signed(self):
        """Whether it says that it is signed."""
        return bool(self.header.flags & wire.SIGNED)

    @property
    def binding(self):
        """Whether it is a SESSION_SETUP request that binds a channel."""
        return (self.header.command == Command.SESSION_SETUP and not self.from_server and
                bool(self.raw[wire.HEADER_SIZE + 2] & 1))

    def excused(self):
        """Whether the protocol leaves it unsigned: there is no key yet, or no one who asked."""
        header = self.header
        if header.command == Command.NEGOTIATE or header.message_id == wire.NO_MESSAGE_ID:
            return True
        if self.from_server and header.status == Status.PENDING:
            return True
        # 3.2.4.1.1: what belongs to no session has no key; that can only be an ECHO.
        if header.command == Command.ECHO and not header.session_id:
            return True
        return (header.command == Command.SESSION_SETUP and not self.binding and
                header.session_id not in self.connection.keyed)

    def __str__(self):
        who = "answer" if self.from_server else "request"
        return (f"{wire.command_name(self.header.command)} {who}, connection "
                f"{self.connection.number}, session {self.header.session_id:#x}, MessageId "
                f"{self.header.message_id}, {wire.status_name(self.header.status)}")


class Capture:
    """All messages of a capture, in the order in which they were complete."""

    def __init__(self, stream, port=PORT):
        self.stream, self.port = stream, port
        self.open, self.connections = {}, []
        self.bytes = 0

    def lost(self):
        """Holes in the capture."""
        return sum(connection.lost() for connection in self.connections)

    def messages(self):
        """Every message."""
        for packet in packets(self.stream):
            segment = Segment.of(packet)
            if segment is None or self.port not in (segment.source[1], segment.target[1]):
                continue
            from_server = segment.source[1] == self.port
            connection = self._connection(segment, from_server)
            if not len(segment.data):
                continue
            self.bytes += len(segment.data)
            for frame in connection.streams[from_server].add(segment.sequence, segment.data):
                yield from self._split(connection, from_server, frame)

    def _connection(self, segment, from_server):
        name = (segment.target, segment.source) if from_server else (segment.source, segment.target)
        if segment.flags & SYN and not from_server or name not in self.open:
            self.open[name] = Connection(len(self.connections), name[1][0])
            self.connections.append(self.open[name])
        connection = self.open[name]
        if segment.flags & SYN:
            connection.streams[from_server].expected = (segment.sequence + 1) % (1 << 32)
        return connection

    def _split(self, connection, from_server, frame):
        if frame[:4] != wire.SMB2_MAGIC:
            yield Message(connection, from_server, None, frame)
            return
        while frame:
            header = Header.unpack(frame)
            size = header.next_command or len(frame)
            # What does not lead to another header is one message, however it is meant.
            if frame[size:size + 4] != wire.SMB2_MAGIC or len(frame) < size + wire.HEADER_SIZE:
                size = len(frame)
            message = Message(connection, from_server, header, frame[:size])
            frame = frame[size:]
            if from_server:
                self._learn(message)
            yield message

    @staticmethod
    def _learn(message):
        """What a later message is to be judged by."""
        header, connection = message.header, message.connection
        if header.status != Status.SUCCESS:
            return
        if header.command == Command.NEGOTIATE:
            answer = Answer.parse(message.raw)
            connection.dialect, connection.algorithm = answer.dialect, answer.chosen(SIGNING)
        elif header.command == Command.SESSION_SETUP:
            connection.keyed.add(header.session_id)
