# SPDX-License-Identifier: GPL-2.0
"""Attacks on reads past the page cache, whose data goes straight to a task's memory."""
import struct

from client.attacks import FAILED, attack, verdict
from client.share import UNTOUCHED, Mount, put
from smb import wire
from smb.proxy import Proxy, Rule
from smb.wire import Command

DATA_LENGTH = wire.HEADER_SIZE + 4
DATA = wire.HEADER_SIZE + 16
PAGE = 4096


def resize(size):
    """Make a reply to READ bring so many bytes."""
    def act(message):
        message.put(DATA_LENGTH, struct.pack("<I", size))
        message.data[DATA:] = message.data[DATA:DATA + size].ljust(size, b"!")
    return act


def read_resized(options, asked, sent):
    """Read a part of a file directly, when the reply has another size, once."""
    data = put("direct", bytes(range(250)) * 200)
    room = -(-asked // PAGE) * PAGE
    with Proxy(Rule(resize(sent), Command.READ, status=0, count=1)) as man:
        with Mount(man.port, options) as mount:
            got = mount.read_direct("direct", asked, room)
            if got is None and man.hits:
                return FAILED
            return verdict(man, got != data[:asked].ljust(room, UNTOUCHED))


@attack("C2", "direct.longer")
def longer(options):
    """More data than was asked for: 6.1 lets it overwrite what is behind the task's buffer."""
    return read_resized(options, 500, 1000)


@attack("C2", "direct.shorter")
def shorter(options):
    """Less data than there is: the read must be right all the same."""
    return read_resized(options, 20000, 100)
