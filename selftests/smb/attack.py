# SPDX-License-Identifier: GPL-2.0
"""What all attacks share: the victim, the verdict, the list of attacks."""
import itertools
import os
from dataclasses import dataclass

from smb import commands, wire
from smb.client import demand
from smb.message import Response
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import Command, Malformed, Status

ORIGINAL, FORGED = b"original", b"FORGED!!"

ATTACKS = []  # (name, condition on the variant, function)


class Skip(Exception):
    """The attack makes no sense against this server; says why."""


@dataclass
class Verdict:
    """What a server did about an attack.

    executed: the forged request took effect; refused: it did not, and an error came back;
    ignored: it did not, and nothing came back; disconnected: it did not, and the connection is
    gone; answered: for probes of how a server answers a legitimate request.
    """

    outcome: str
    response: Response = None
    detail: str = ""

    def __str__(self):
        words = [self.outcome]
        if self.response:
            words += [wire.status_name(self.response.status), self.response.protection]
        return " ".join(words + [self.detail] * bool(self.detail))


def attack(name, only=lambda variant: True):
    """Decorator: list a generator of (sub-name, Verdict) as an attack on the variants it is for."""
    def add(function):
        ATTACKS.append((name, only, function))
        return function
    return add


def judge(act, executed=lambda response: response is not None and response.ok):
    """Carry out an attack, then look whether it took effect."""
    response, outcome, detail = None, "refused", ""
    try:
        response = act()
    except ConnectionClosed:
        outcome = "disconnected"
    except NoAnswer:
        outcome = "ignored"
    except Malformed:
        detail = "(malformed answer)"
    return Verdict("executed" if executed(response) else outcome, response, detail)


class Victim:
    """A properly signing client with an open file, whose connection the attacker writes to.

    Its files are its own: what an earlier victim held may not be released yet.
    """

    numbers = itertools.count()

    def __init__(self, target, conn=None):
        self.target, self.number = target, next(self.numbers)
        self.name = self.own("victim")
        self.session = target.session(conn)
        self.tree = target.tree(self.session)
        self.conn = self.session.conn
        self.tree.write_file(self.name, ORIGINAL)
        self.file_id = self.tree.open(self.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.conn.close()

    def own(self, name):
        """A file name that only this victim uses."""
        return f"{name}-{self.number}"

    def path(self, name):
        """Where the server keeps a file."""
        return os.path.join(self.target.options.dir, name)

    def changed(self, name):
        """Whether a file on the server's disk is not what the victim wrote."""
        with open(self.path(name), "rb") as file:
            return file.read() != ORIGINAL

    def forged(self, _=None):
        """Whether the victim's open file was changed."""
        return self.changed(self.name)

    def write(self, **changes):
        """The forged WRITE."""
        return self.tree.on(commands.write(self.file_id, FORGED), **changes)

    def plain(self, request):
        """Send one request unencrypted."""
        return self.conn.call(request)

    def compound(self, requests, index):
        """Send a compound unencrypted; the response to one of its elements."""
        return self.conn.wait(self.conn.send(*requests)[index])

    def lost(self):
        """Whether the victim's session stopped serving it, over a connection that still stands."""
        try:
            return not self.session.call(commands.empty(Command.ECHO)).ok or \
                not self.tree.call(commands.query_info(self.file_id)).ok
        except ConnectionClosed:
            return False
        except NoAnswer:
            return True

    def oplock(self):
        """Hold a batch oplock that another client is just breaking: FileId, that client's tree."""
        name = self.own("oplock")
        held = demand(self.tree.call(commands.create(name, oplock=commands.OPLOCK_BATCH)))
        if held.body[2] != commands.OPLOCK_BATCH:
            raise Skip("no batch oplock granted")
        other = self.target.tree()
        other.session.conn.send(other.on(commands.create(name)))
        self.conn.wait_break()
        return commands.created_file_id(held), other

    def blocked_lock(self):
        """A lock request that waits for another one: what holds the lock, the request, its AsyncId."""
        holder, waiter = self.tree.open(self.own("lock")), self.tree.open(self.own("lock"))
        demand(self.tree.call(commands.lock(holder)))
        sent, = self.conn.send(self.tree.on(commands.lock(waiter, flags=2)))
        interim = self.conn.wait_interim(sent)
        assert interim.status == Status.PENDING
        return holder, sent, interim.header.async_id
