# SPDX-License-Identifier: GPL-2.0
"""Direct TCP transport: length-prefixed frames over a socket (MS-SMB2 2.1)."""
import socket


class ConnectionClosed(Exception):
    """The peer closed or reset the connection."""


class NoAnswer(Exception):
    """Nothing came within the time-out, and the connection is still open."""


class Transport:
    """A connected socket that speaks whole frames."""

    def __init__(self, sock, timeout=20):
        self.sock, self.pending = sock, b""
        sock.settimeout(timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @classmethod
    def connect(cls, host, port=445, timeout=20):
        """Open a TCP connection."""
        return cls(socket.create_connection((host, port), timeout), timeout)

    def send(self, frame):
        """Send one frame."""
        try:
            self.sock.sendall(len(frame).to_bytes(4, "big") + frame)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ConnectionClosed from error

    def receive(self):
        """Receive one frame; a time-out in its middle loses nothing."""
        self._fill(4)
        size = 4 + int.from_bytes(self.pending[1:4], "big")
        self._fill(size)
        frame, self.pending = self.pending[4:size], self.pending[size:]
        return frame

    def _fill(self, size):
        while len(self.pending) < size:
            try:
                data = self.sock.recv(1 << 16)
            except socket.timeout as error:
                raise NoAnswer from error
            except ConnectionResetError as error:
                raise ConnectionClosed from error
            if not data:
                raise ConnectionClosed
            self.pending += data

    def close(self):
        """Drop the connection."""
        self.sock.close()
