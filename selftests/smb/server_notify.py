# SPDX-License-Identifier: GPL-2.0
"""Does a CHANGE_NOTIFY wait until it is ended, and is it ended once, and only by who may?"""
import struct

from smb import commands, options, wire
from smb.client import Refused, demand
from smb.ktap import Ktap
from smb.message import BAD_MODES
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import Command, Status

REQUIRE = "/sys/fs/smbsign/server/require"
MOST = 512      # that wait on one connection
STORM = 200     # requests that are cancelled at once


def require(value):
    """Set the policy."""
    with open(REQUIRE, "w", encoding="ascii") as file:
        file.write(value)


class Watch:
    """One client that watches directories, on one variant."""

    def __init__(self, ktap, name, variant, encrypts):
        self.ktap, self.name = ktap, name
        self.variant, self.encrypts = variant, encrypts
        self.tree = self.new_tree()
        self.conn = self.tree.session.conn
        self.directory = self.open()

    def new_tree(self, session=None):
        """The share, of a new session if there is none."""
        session = session or self.variant.session()
        session.encrypt = self.encrypts
        return self.variant.tree(session)

    def open(self, tree=None):
        """A handle of a directory."""
        return (tree or self.tree).open("watched", options=commands.DIRECTORY_FILE)

    def check(self, name, passed, detail=""):
        """Judge anything."""
        self.ktap.result(passed, f"{self.name}: {name}", "" if passed else str(detail))

    def is_plain(self, answer):
        """Whether it is in plain text, though the session encrypts."""
        return self.encrypts and answer.encrypted_by is None

    def protected(self, answer):
        """As the session demands it."""
        return answer.protected and not self.is_plain(answer)

    def ended(self, name, request, status):
        """The final response to what waited: its status, its protection, and that it is asynchronous."""
        answer = self.conn.wait(request)
        self.check(name, answer.status == status and self.protected(answer) and
                   answer.header.flags & wire.ASYNC and not answer.header.credits, answer)

    def send(self, *requests):
        """Requests of the session, as it protects them."""
        session = self.tree.session if self.encrypts else None
        return self.conn.send(*requests, encrypt=session)

    def watch(self, tree=None, directory=None):
        """A CHANGE_NOTIFY that waits: the request, its AsyncId."""
        tree = tree or self.tree
        sent, = self.send(tree.on(commands.change_notify(directory or self.directory)))
        interim = self.conn.wait_interim(sent)
        if interim.signed or not interim.header.async_id or self.is_plain(interim):
            self.check("interim response", False, interim)
        return sent, interim.header.async_id

    def cancel(self, sent, async_id=None, **changes):
        """CANCEL it, by AsyncId or MessageId."""
        self.send(commands.empty(Command.CANCEL).but(
            **{"session": self.tree.session, "message_id": sent.message_id,
               "async_id": async_id, **changes}))

    def run(self):
        """What every server does."""
        sent, async_id = self.watch()
        self.cancel(sent, async_id)
        self.ended("cancelled by AsyncId", sent, Status.CANCELLED)
        sent, async_id = self.watch()
        echo = self.tree.session.call(commands.empty(Command.ECHO))
        self.check("other requests go on", echo.ok and echo.protected, echo)
        answer = self.tree.call(commands.close(self.directory))
        self.ended("its directory closed", sent, Status.NOTIFY_CLEANUP)
        self.check("close", answer.ok and self.protected(answer), answer)
        answer = self.tree.call(commands.change_notify(self.directory))
        self.check("no such directory",
                   answer.status == Status.FILE_CLOSED and self.protected(answer),
                   answer)
        self.directory = self.open()
        self.forged()
        self.lock()
        for name, end in (("tree disconnected", lambda tree: tree.disconnect()),
                          ("logged off", lambda tree: tree.session.logoff())):
            sent, _ = self.watch()
            answer = end(self.tree)
            self.ended(name, sent, Status.NOTIFY_CLEANUP)
            self.check(f"{name}, answer", answer.ok and self.protected(answer), answer)
            self.renew()

    def lock(self):
        """What else waits: for a byte-range lock, alone and behind what opens the file."""
        waiter = self.tree.open("locked")
        self.lock_waits("lock", "locked", commands.lock(waiter, flags=2))
        demand(self.tree.call(commands.close(waiter)))
        opened, _ = self.lock_waits(
            "lock in a compound", "locked too", commands.create("locked too"),
            commands.lock(flags=2).but(
                session_id=wire.RELATED_SESSION_ID, flags=wire.RELATED))
        demand(self.tree.call(commands.close(commands.created_file_id(opened))))

    def lock_waits(self, name, file, *requests):
        """The answers to requests of which the last one waits for a lock of a file."""
        holder = self.tree.open(file)
        demand(self.tree.call(commands.lock(holder)))
        sent = self.send(*(self.tree.on(request) for request in requests))
        interim = self.conn.wait_interim(sent[-1])
        self.check(f"interim response to a {name}",
                   not interim.signed and not self.is_plain(interim), interim)
        demand(self.tree.call(commands.close(holder)))
        answers = [self.conn.wait(one) for one in sent]
        self.check(name, all(answer.ok and self.protected(answer) for answer in answers), answers)
        return answers

    def forged(self):
        """Who has no key ends nothing."""
        sent, async_id = self.watch()
        if not self.encrypts:
            for mode in BAD_MODES:
                self.cancel(sent, async_id, sign=mode)
        self.waits_on("waits on after forged CANCELs")
        self.cancel(sent, async_id)
        self.ended("cancelled after forged CANCELs", sent, Status.CANCELLED)

    def waits_on(self, name):
        """Nothing has come, though all that was sent was served."""
        demand(self.tree.session.call(commands.empty(Command.ECHO)))
        self.check(name, not self.conn.arrived, self.conn.arrived)

    def run_own(self):
        """What smbsign does where ksmbd does not."""
        sent, _ = self.watch()
        self.cancel(sent)
        self.ended("cancelled by MessageId", sent, Status.CANCELLED)
        self.stranger()
        self.compound()
        self.storm()
        self.many()
        self.switched_off()

    def renew(self):
        """Begin anew with a connection of its own."""
        self.conn.close()
        self.tree = self.new_tree()
        self.conn = self.tree.session.conn
        self.directory = self.open()

    def switched_off(self):
        """Stock ksmbd is left nothing that it does not know: who waits has to begin anew."""
        sent, _ = self.watch()
        try:
            require("off")
            self.check("switched off", self.closed(sent), "the connection goes on")
            if self.variant.supported():
                self.renew()
                answer = self.tree.call(commands.change_notify(self.directory))
                self.check("stock behaviour", answer.status == Status.NOT_IMPLEMENTED, answer)
        finally:
            require("all")
        self.conn.close()

    def closed(self, sent):
        """Whether the connection ends without an answer."""
        try:
            self.conn.wait(sent)
        except ConnectionClosed:
            return True
        return False

    def stranger(self):
        """Another session of the connection does not end it."""
        sent, async_id = self.watch()
        stranger = self.variant.session(self.conn)
        stranger.encrypt = self.encrypts
        self.conn.send(commands.empty(Command.CANCEL).but(
            session=stranger, message_id=sent.message_id, async_id=async_id),
            encrypt=stranger if self.encrypts else None)
        self.waits_on("waits on after a CANCEL of another session")
        self.cancel(sent, async_id)
        self.ended("cancelled by its own session", sent, Status.CANCELLED)

    def compound(self):
        """Nothing waits in a compound; one that closes the directory ends what waits."""
        watch = commands.change_notify(self.directory)
        answers = self.tree.exchange([watch, commands.query_info(self.directory)])
        self.check("compound is not left waiting", answers[0].status == Status.NOT_IMPLEMENTED and
                   all(self.protected(answer) for answer in answers), answers)
        sent, _ = self.watch()
        answers = self.tree.exchange([commands.query_info(self.directory),
                                      commands.close(self.directory)])
        self.check("compound with close", all(answer.ok for answer in answers), answers)
        self.ended("closed in a compound", sent, Status.NOTIFY_CLEANUP)
        self.directory = self.open()

    def storm(self):
        """CANCEL right behind the request: each is answered, once, whichever is served first."""
        request = self.tree.on(commands.change_notify(self.directory))
        waiting = []
        for _ in range(STORM):
            sent, = self.send(request)
            self.cancel(sent)
            waiting.append(sent)
        answer = self.tree.call(commands.close(self.directory))
        self.check("close after a storm", answer.ok and self.protected(answer), answer)
        answers = [self.conn.wait(sent) for sent in waiting]
        wrong = [answer for answer in answers if not self.protected(answer) or answer.status not in
                 (Status.CANCELLED, Status.NOTIFY_CLEANUP, Status.FILE_CLOSED)]
        self.check("each of a storm is answered", not wrong, wrong[:3])
        demand(self.tree.session.call(commands.empty(Command.ECHO)))
        self.check("none of a storm is answered twice", not self.conn.arrived, self.conn.arrived)
        self.directory = self.open()

    def many(self):
        """As many as Windows lets wait, and no more."""
        sent = [self.watch()[0] for _ in range(MOST)]
        answer = self.tree.call(commands.change_notify(self.directory))
        self.check("one too many", answer.status == Status.INSUFFICIENT_RESOURCES and
                   self.protected(answer), answer)
        demand(self.tree.call(commands.close(self.directory)))
        answers = [self.conn.wait(one) for one in sent]
        self.check("all are ended", all(answer.status == Status.NOTIFY_CLEANUP and
                                        self.protected(answer)
                                        for answer in answers))
        self.directory = self.open()


def main():
    """Watch on every variant; one that breaks down does not stop the others."""
    parser = options.parser(__doc__)
    parser.add_argument("--own", action="store_true", help="ksmbd itself has no CHANGE_NOTIFY")
    arguments = parser.parse_args()
    ktap = Ktap()
    for variant in options.variants(arguments):
        for encrypts in (False, True) if variant.ciphers else (False,):
            name = f"{variant}{' encrypted' * encrypts}"
            try:
                watch = Watch(ktap, name, variant, encrypts)
                watch.run()
                if arguments.own:
                    watch.run_own()
            except (ConnectionClosed, NoAnswer, Refused, ValueError, struct.error) as error:
                ktap.result(False, f"{name}: goes to the end", repr(error))
    ktap.finish()


if __name__ == "__main__":
    main()
