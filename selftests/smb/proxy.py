# SPDX-License-Identifier: GPL-2.0
"""A man in the middle: passes SMB2 frames on, and does to some of them what rules say.

A rule chooses messages by direction, command, status, payload, and count, and hands them to an
action. Actions change a message, or take it and send what they like to either side. Frames in a
transform header are opaque; rules see them with command None.
"""
import random
import socket
import threading
from dataclasses import dataclass, field

from smb import wire
from smb.transport import ConnectionClosed, NoAnswer, Transport
from smb.wire import Header

REQUEST, REPLY = "request", "reply"
TRANSFORM_HEADER_SIZE = 52
PATIENCE = 10


@dataclass
class Message:
    """One message of a frame, on its way."""

    direction: str
    data: bytearray
    link: "Link"
    header: Header = None    # None: encrypted

    @property
    def command(self):
        """Its command, or None if it is encrypted."""
        return self.header.command if self.header else None

    @property
    def body(self):
        """What follows the header."""
        return bytes(self.data[wire.HEADER_SIZE:])

    def put(self, offset, data):
        """Overwrite bytes in place."""
        self.data[offset:offset + len(data)] = data

    def put_header(self, **fields):
        """Overwrite fields of the header."""
        for name, value in fields.items():
            setattr(self.header, name, value)
        self.put(0, self.header.pack())

    def answer(self, status=0, body=b"\x09\0\0\0\0\0\0\0\0", **fields):
        """Send the client a reply of our own to this request."""
        header = Header(self.header.command, wire.RESPONSE | wire.SIGNED, self.header.message_id,
                        self.header.session_id, self.header.tree_id, status=status, credits=1,
                        credit_charge=self.header.credit_charge, signature=b"\x5a" * 16)
        for name, value in fields.items():
            setattr(header, name, value)
        self.link.to_client(header.pack() + body)


@dataclass
class Rule:
    """Which messages, and what to do with them. An action returns True if it has taken one."""

    action: object
    command: int = None     # or any
    direction: str = REPLY
    status: int = None
    where: object = None    # a predicate, for whatever else there is to choose by
    encrypted: bool = False
    skip: int = 0           # matching messages to let pass first
    count: int = None       # then this many, or all
    chance: float = 1.0     # then each with this probability
    hits: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    def matches(self, message):
        """Whether the rule is about this message."""
        if message.direction != self.direction or (message.header is None) != self.encrypted:
            return False
        if not self.encrypted:
            if self.command is not None and message.header.command != self.command:
                return False
            if self.status is not None and message.header.status != self.status:
                return False
        if self.where and not self.where(message):
            return False
        self.seen += 1
        return (self.seen > self.skip and (self.count is None or self.hits < self.count)
                and random.random() < self.chance)

    def apply(self, message):
        """Do it, if it is."""
        if not self.matches(message):
            return False
        self.hits += 1
        return self.action(message)


class Link:
    """One connection of a client, and ours to the server."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.held, self.lock, self.ended = None, threading.Lock(), False
        self.pumps = 2

    def run(self):
        """Pump both directions until either ends; the threads that do so."""
        ways = (self.client, self.server, REQUEST), (self.server, self.client, REPLY)
        pumps = [threading.Thread(target=self.pump, args=way, daemon=True) for way in ways]
        for pump in pumps:
            pump.start()
        return pumps

    def to_client(self, frame):
        """Send the client a frame."""
        with self.lock:
            self.client.send(bytes(frame))

    def pump(self, source, target, direction):
        """Pass frames of one direction on."""
        try:
            while True:
                try:
                    frame = source.receive()
                except NoAnswer:
                    continue
                frame = self.treat(frame, direction)
                if frame is None:
                    continue
                if target is self.client:
                    self.to_client(frame)
                else:
                    target.send(frame)
        except (ConnectionClosed, OSError):
            self.cut()
        finally:
            self.leave()

    def leave(self):
        """The last pump closes both sockets, which a client that comes back often runs out of."""
        with self.lock:
            self.pumps -= 1
            if self.pumps == 0:
                self.client.close()
                self.server.close()

    def treat(self, frame, direction):
        """Show each message of a frame to the rules; None if one of them took the frame."""
        if frame[:4] != wire.SMB2_MAGIC:
            message = Message(direction, bytearray(frame), self)
            taken = any(rule.apply(message) for rule in self.proxy.rules)
            return None if taken else bytes(message.data)
        parts, taken = [], False
        for part in wire.split_compound(frame):
            message = Message(direction, bytearray(part), self, Header.unpack(part))
            taken = any(rule.apply(message) for rule in self.proxy.rules) or taken
            parts.append(bytes(message.data))
        return None if taken else b"".join(parts)

    def cut(self):
        """End both connections."""
        self.ended = True
        for side in (self.client, self.server):
            try:
                side.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Proxy:
    """Listens on a port of its own, as long as it is used in a with statement."""

    def __init__(self, *rules, server=("127.0.0.1", 445), host="127.0.0.1"):
        self.rules, self.server, self.links, self.pumps = list(rules), server, [], []
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        self.acceptor = None

    def __enter__(self):
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()
        return self

    def __exit__(self, *_):
        # Python may crash at its end over threads that are still there.
        self.refuse()
        self.listener.close()
        self.cut()
        for pump in self.pumps:
            pump.join(PATIENCE)

    def refuse(self):
        """Take no more connections."""
        if self.acceptor:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.acceptor.join(PATIENCE)
            self.acceptor = None

    def accept(self):
        """Take connections."""
        while True:
            try:
                sock, _ = self.listener.accept()
                link = Link(self, Transport(sock), Transport.connect(*self.server))
            except OSError:
                return
            self.links.append(link)
            self.pumps += link.run()

    def cut(self):
        """End all connections, as a broken network would."""
        for link in self.links:
            link.cut()
        self.links = []

    @property
    def hits(self):
        """How often any rule was applied."""
        return sum(rule.hits for rule in self.rules)


# Actions

def alter(offset=-1, mask=0x01):
    """Flip bits of one byte."""
    def act(message):
        message.data[offset] ^= mask
    return act


def replace(old, new):
    """Replace bytes by others of the same length."""
    assert len(old) == len(new)

    def act(message):
        message.data[:] = message.data.replace(old, new)
    return act


def strip(then=None):
    """Take the signature off, after another action."""
    def act(message):
        if then:
            then(message)
        header = Header.unpack(message.data)
        header.flags &= ~wire.SIGNED
        header.signature = bytes(16)
        message.put(0, header.pack())
    return act


def set_status(status):
    """Change the status."""
    return lambda message: message.put_header(status=status)


def drop(_):
    """Lose it."""
    return True


def replay(message):
    """Send it twice."""
    send = message.link.to_client if message.direction == REPLY else message.link.server.send
    send(bytes(message.data))


def reorder(message):
    """Hold it back until the next one, which overtakes it."""
    held, message.link.held = message.link.held, None
    if held is None:
        message.link.held = bytes(message.data)
        return True
    message.link.to_client(message.data)
    message.link.to_client(held)
    return True


def cut(message):
    """End the connection in its place."""
    message.link.cut()
    return True
