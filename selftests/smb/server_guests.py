# SPDX-License-Identifier: GPL-2.0
"""Guests and anonymous users, before ksmbd with smbsign and "map to guest = bad user".

They have no secret, so they are let in only where policy says so. Then they need not sign; what
they do sign has to be right, and is answered with a signature.
"""
import struct

from smb import commands, options
from smb.client import Refused, Session, demand
from smb.ktap import Ktap
from smb.message import BAD_MODES
from smb.negotiate import CAP_MULTI_CHANNEL
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import Command, Status

POLICY = "/sys/fs/smbsign/server/allow_guest"
IPC = commands.tree_connect(r"\\server\IPC$")
ECHO = commands.empty(Command.ECHO)


def allow(value):
    """Set the policy."""
    with open(POLICY, "w", encoding="ascii") as file:
        file.write(value)


class Visit:
    """What users without a secret may do on one variant."""

    def __init__(self, ktap, variant):
        self.ktap, self.variant = ktap, variant

    def check(self, name, response, status, protection):
        """Judge one response: its status and its protection."""
        passed = response.status == status and response.protection == protection
        self.ktap.result(passed, f"{self.variant}: {name}", "" if passed else str(response))

    def visitor(self, user, **how):
        """A session of a user without a password, and the answer that made it."""
        session = Session(self.variant.connect(), user)
        return session, session.setup(**how)

    def run(self):
        """Everything, with the policy that it is about."""
        allow("1")
        for kind, user in (("anonymous", ""), ("guest", "nosuchuser")):
            self.unsigned(kind, user)
        self.signed()
        self.binding()
        self.revoked()

    def unsigned(self, kind, user):
        """Nothing signed is asked of them."""
        session, answer = self.visitor(user)
        self.check(f"{kind} session", answer, Status.SUCCESS, "unsigned")
        self.check(f"{kind} tree connect", session.call(IPC, sign="none"),
                   Status.SUCCESS, "unsigned")
        session.conn.close()

    def signed(self):
        """An anonymous user's key is the one that was agreed on: no secret, but no other will do."""
        session, _ = self.visitor("")
        self.check("anonymous tree connect, signed", session.call(IPC), Status.SUCCESS, "signed")
        for mode in BAD_MODES[1:3]:
            self.check(f"anonymous tree connect, {mode}", session.call(IPC, sign=mode),
                       Status.ACCESS_DENIED, "signed")
        agreed = session.channel_key
        session.use_key(b"another session key"[:16])
        answer = session.call(IPC)
        answer.check(session.conn.algorithm, agreed)
        self.check("anonymous tree connect by another key", answer,
                   Status.ACCESS_DENIED, "signed")
        self.check("anonymous tree connect, unsigned again", session.call(IPC, sign="none"),
                   Status.SUCCESS, "unsigned")
        session.conn.close()

    def binding(self):
        """MS-SMB2 3.3.5.5: there is no channel for them."""
        session, _ = self.visitor("")
        first = session.conn
        if self.variant.dialect >= "3.0" and first.answer.capabilities & CAP_MULTI_CHANNEL:
            with self.variant.connect(client_guid=first.client_guid) as conn:
                self.check("binding an anonymous session", session.bind(conn)[1],
                           Status.NOT_SUPPORTED, "unsigned")
        first.close()

    def revoked(self):
        """Policy changes, and holds for those who are there."""
        session, _ = self.visitor("")
        demand(session.call(IPC))
        allow("0")
        for mode in ("good", "none"):
            answer = session.call(ECHO, sign=mode)
            self.check(f"anonymous echo {mode}, no longer allowed", answer, Status.ACCESS_DENIED,
                       "signed" if mode == "good" else "unsigned")
        session.conn.close()
        session, answer = self.visitor("")
        self.check("anonymous session, not allowed", answer, Status.ACCESS_DENIED, "unsigned")
        session.conn.close()


def main():
    """Visit every variant; one that breaks down does not stop the others."""
    ktap = Ktap()
    for variant in options.variants(options.parser(__doc__).parse_args()):
        try:
            Visit(ktap, variant).run()
        except (ConnectionClosed, NoAnswer, Refused, ValueError, struct.error) as error:
            ktap.result(False, f"{variant}: goes to the end", repr(error))
    allow("0")
    ktap.finish()


if __name__ == "__main__":
    main()
