# SPDX-License-Identifier: GPL-2.0
"""A1: messages that are not what SMB2 calls a message. MS-SMB2 3.3.5.2.7 ends their connection.

What a server answers to them it must not sign: an attacker who gets two signatures under one
MessageId by AES-GMAC computes the key (or gets a signed error for a request that is yet to come,
with the other algorithms).
"""
import struct

from smb import commands
from smb.attack import FORGED, Verdict, Victim, attack
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import HEADER_SIZE, NO_MESSAGE_ID, Command, Header, Malformed, split_compound

NEXT_COMMAND = 20   # offset in the header


def element(command, message_id, session_id, next_command=0, tree_id=0, body=b"\4\0\0\0"):
    """An unsigned element, with a NextCommand of the attacker's choice."""
    return Header(command, message_id=message_id, session_id=session_id, tree_id=tree_id,
                  credits=1, credit_charge=1, next_command=next_command).pack() + body


def chained(frame, tail):
    """A captured message, with something behind it."""
    frame += bytes(-len(frame) % 8)
    following = struct.pack("<I", len(frame))
    return frame[:NEXT_COMMAND] + following + frame[NEXT_COMMAND + 4:] + tail


def malformed(victim):
    """Names and frames: each is malformed in another way."""
    session, used, fresh = victim.session.id, victim.conn.next_id - 1, victim.conn.next_id

    def echo(message_id, next_command=0, tree_id=0):
        return element(Command.ECHO, message_id, session, next_command, tree_id)

    good = echo(fresh, 72) + bytes(4)
    yield "NextCommand 4, used MessageId", [echo(used, 4)]
    yield "NextCommand 4, used MessageId, twice", [echo(used, 4, 1), echo(used, 4, 2)]
    yield "NextCommand 4, fresh MessageId", [echo(fresh, 4)]
    yield "NextCommand beyond the end", [echo(fresh, 72)[:HEADER_SIZE + 4]]
    yield "NextCommand no multiple of 8", [echo(fresh, 68) + echo(fresh + 1)]
    yield "second element cut short", [good + echo(fresh + 1)[:HEADER_SIZE - 1]]
    yield "second element of another protocol", [good + b"\xffSMB" + echo(fresh + 1)[4:]]
    yield "second element of NextCommand 4", [good + echo(fresh + 1, 4)]
    yield "signed element, malformed one", [chained(victim.conn.last_frame, echo(used, 4))]


def answers(conn):
    """Whatever comes until the connection ends, or nothing more comes; and whether it ended."""
    came = []
    while True:
        try:
            came.extend(split_compound(conn.transport.receive()))
        except ConnectionClosed:
            return came, True
        except NoAnswer:
            return came, False


def judged(victim, frames):
    """Send frames: what the server made of them."""
    try:
        for frame in frames:
            victim.conn.transport.send(frame)
        came, ended = answers(victim.conn)
    except ConnectionClosed:
        came, ended = [], True
    except Malformed:
        return Verdict("executed", None, "(malformed answer)")
    came = [Header.unpack(raw) for raw in came]
    signed = sum(any(header.signature) for header in came
                 if header.message_id != NO_MESSAGE_ID)
    outcome = "disconnected" if ended else "answered"
    if victim.forged():
        outcome = "executed"
    return Verdict(outcome, None, f"({len(came)} answers, {signed} with a signature)")


@attack("A1")
def malformed_messages(target):
    """Nothing that comes back may be signed, and the connection has to end."""
    with Victim(target) as victim:
        names = [name for name, _ in malformed(victim)]
    for name in names:
        with Victim(target) as victim:
            frames = dict(malformed(victim))[name]
            yield name, judged(victim, frames)


@attack("A1")
def replayed_write(target):
    """An old WRITE of the victim, with a malformed element behind it."""
    with Victim(target) as victim:
        victim.conn.wait(victim.conn.send(victim.write())[0])
        frame = victim.conn.last_frame
        victim.tree.call(commands.write(victim.file_id, b"original"))
        tail = element(Command.ECHO, victim.conn.next_id, victim.session.id, 4)
        assert FORGED in frame
        yield "replayed write, malformed one", judged(victim, [chained(frame, tail)])
