# SPDX-License-Identifier: GPL-2.0
"""Does a server serve a client that signs everything, and sign every answer correctly?"""
import struct

from smb import commands, options
from smb.client import GUEST, Refused, demand, related
from smb.ktap import Ktap
from smb.negotiate import CAP_MULTI_CHANNEL
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import Command, Status

LARGE = 256 * 1024


class Walk:
    """One client's way through all commands on one variant."""

    def __init__(self, ktap, variant):
        self.ktap, self.variant = ktap, variant

    def step(self, name, response, status=Status.SUCCESS):
        """Judge one response: its status and its protection."""
        self.check(name, response.status == status and response.protected, str(response))
        return response

    def check(self, name, passed, detail=""):
        """Judge anything else."""
        self.ktap.result(passed, f"{self.variant}: {name}", "" if passed else detail)

    def run(self):
        """Everything, in the order a client would do it."""
        conn = self.variant.connect()
        if self.variant.signing:
            self.check("algorithm chosen was offered", conn.algorithm in self.variant.signing)
        session = self.variant.session(conn)
        self.step("session setup", session.legs[-1])
        self.check("not a guest", not session.flags & GUEST, f"flags {session.flags:#x}")
        tree = self.variant.tree(session)
        self.step("tree connect", tree.response)
        self.step("echo", session.call(commands.empty(Command.ECHO)))
        self.validate(tree)
        self.files(tree)
        self.large(tree)
        self.compounds(tree)
        self.directory(tree)
        self.blocked_lock(tree)
        self.oplock(tree)
        self.channels(tree)
        self.step("reauthenticate", session.reauthenticate())
        self.step("echo after it", session.call(commands.empty(Command.ECHO)))
        self.step("tree disconnect", tree.disconnect())
        self.step("tree gone", tree.call(commands.create("good")), Status.NETWORK_NAME_DELETED)
        self.step("logoff", session.logoff())
        conn.close()

    def validate(self, tree):
        """A truthful VALIDATE_NEGOTIATE_INFO; 3.1.1 has none, and servers need not serve 2.x."""
        conn = tree.session.conn
        if self.variant.dialect not in ("3.0", "3.0.2"):
            return
        self.step("validate negotiate", tree.call(commands.validate_negotiate(*conn.offer)))

    def files(self, tree):
        """One file from creation to deletion."""
        created = self.step("create", tree.call(commands.create("good")))
        file_id = commands.created_file_id(created)
        self.step("write", tree.call(commands.write(file_id, b"0123456789")))
        self.step("flush", tree.call(commands.flush(file_id)))
        data = self.step("read", tree.call(commands.read(file_id)))
        self.check("read gives what was written", commands.read_data(data) == b"0123456789")
        self.step("read at end of file", tree.call(commands.read(file_id, offset=10)),
                  Status.END_OF_FILE)
        self.step("query info", tree.call(commands.query_info(file_id)))
        self.step("query security", tree.call(commands.query_security(file_id)))
        self.step("lock", tree.call(commands.lock(file_id)))
        self.step("rename", tree.call(commands.rename("good2", file_id)))
        self.step("delete", tree.call(commands.delete(file_id)))
        self.step("close", tree.call(commands.close(file_id)))
        self.step("handle gone", tree.call(commands.read(file_id)), Status.FILE_CLOSED)
        self.step("name gone", tree.call(commands.create("good2", disposition=commands.OPEN)),
                  Status.OBJECT_NAME_NOT_FOUND)

    def large(self, tree):
        """Payloads of several pages, and of several credits where the dialect has them."""
        size = 65536 if self.variant.dialect == "2.0.2" else LARGE
        charge = size // 65536
        data = bytes(range(256)) * (size // 256)
        file_id = tree.open("large", options=commands.DELETE_ON_CLOSE)
        self.step("large write", tree.call(commands.write(file_id, data), credit_charge=charge))
        answer = self.step("large read", tree.call(commands.read(file_id, size),
                                                   credit_charge=charge))
        self.check("large read gives what was written", commands.read_data(answer) == data)
        demand(tree.call(commands.close(file_id)))

    def compounds(self, tree):
        """Related and unrelated compounds; each element's answer is signed by itself."""
        names = "create", "write", "read", "query security", "close"
        answers = tree.exchange(related(
            commands.create("compound", options=commands.DELETE_ON_CLOSE),
            commands.write(data=b"odd"), commands.read(), commands.query_security(),
            commands.close()))
        for name, answer in zip(names, answers):
            self.step(f"related compound: {name}", answer)
        wanted = Status.SUCCESS, Status.FILE_CLOSED, Status.SUCCESS
        file_id = tree.open("compound", options=commands.DELETE_ON_CLOSE)
        query = commands.query_info(file_id)
        answers = tree.exchange([query, commands.read(b"\x7f" * 16), query])
        demand(tree.call(commands.close(file_id)))
        for answer, status in zip(answers, wanted):
            name = Command(answer.header.command).name.lower()
            self.step(f"unrelated compound: {name}", answer, status)

    def directory(self, tree):
        """List a directory to its end."""
        demand(tree.call(commands.create("dir", options=commands.DIRECTORY_FILE)))
        tree.write_file(r"dir\a", b"")
        file_id = tree.open("dir", options=commands.DIRECTORY_FILE, access=commands.READ_DATA)
        answer = self.step("query directory", tree.call(commands.query_directory(file_id)))
        self.check("listing", sorted(commands.directory_names(answer)) == [".", "..", "a"])
        self.step("no more files", tree.call(commands.query_directory(file_id)),
                  Status.NO_MORE_FILES)
        demand(tree.call(commands.close(file_id)))

    def blocked_lock(self, tree):
        """A lock that has to wait gets an interim response; CANCEL ends it."""
        holder, waiter = tree.open("lock"), tree.open("lock")
        demand(tree.call(commands.lock(holder)))
        conn = tree.session.conn
        sent, = conn.send(tree.on(commands.lock(waiter, flags=2)))
        interim = conn.wait_interim(sent)
        self.check("blocked lock is pending", interim.status == Status.PENDING, str(interim))
        cancel = commands.empty(Command.CANCEL).but(
            session=tree.session, message_id=sent.message_id, async_id=interim.header.async_id)
        conn.send(cancel)
        self.step("cancelled lock", conn.wait(sent), Status.CANCELLED)
        for file_id in holder, waiter:
            demand(tree.call(commands.close(file_id)))

    def channels(self, tree):
        """Further connections for the same session, whatever their client is called."""
        first = tree.session.conn
        if self.variant.dialect < "3.0" or not first.answer.capabilities & CAP_MULTI_CHANNEL:
            return
        for name, guid in (("channel", first.client_guid), ("channel of another client", None),
                           ("channel of the first client again", first.client_guid)):
            self.channel(tree, name, guid)

    def channel(self, tree, name, guid):
        """Another connection serves the session too, with its own key."""
        with self.variant.connect(client_guid=guid) as conn:
            channel, response = tree.session.bind(conn)
            self.step(f"{name}: first leg", channel.legs[0], Status.MORE_PROCESSING_REQUIRED)
            self.step(f"{name}: bind", response)
            self.step(f"{name}: create", channel.call(
                commands.create(name, options=commands.DELETE_ON_CLOSE), tree_id=tree.id))
            self.step(f"{name}: echo on the first", tree.session.call(commands.empty(Command.ECHO)))

    def oplock(self, tree):
        """Another client's open breaks a batch oplock; the acknowledgement is answered."""
        held = demand(tree.call(commands.create("oplock", oplock=commands.OPLOCK_BATCH)))
        file_id = commands.created_file_id(held)
        self.check("oplock granted", held.body[2] == commands.OPLOCK_BATCH, f"{held.body[2]}")
        other = self.variant.tree()
        conn = other.session.conn
        opening, = conn.send(other.on(commands.create("oplock")))
        notice = tree.session.conn.wait_break()
        self.check("break notification", notice.unpack("16s", 8)[0] == file_id, str(notice))
        self.check("break notification is not signed", notice.header.signature == bytes(16))
        self.step("oplock ack", tree.call(commands.oplock_ack(file_id, commands.OPLOCK_II)))
        self.step("create that broke it", conn.wait(opening))
        demand(tree.call(commands.close(file_id)))
        conn.close()


def main():
    """Walk every variant; one that breaks down does not stop the others."""
    ktap = Ktap()
    for variant in options.variants(options.parser(__doc__).parse_args()):
        try:
            if variant.supported():
                Walk(ktap, variant).run()
            else:
                ktap.skip(str(variant), "the server does not speak it")
        except (ConnectionClosed, NoAnswer, Refused, ValueError, struct.error) as error:
            ktap.result(False, f"{variant}: goes to the end", repr(error))
    ktap.finish()


if __name__ == "__main__":
    main()
