# SPDX-License-Identifier: GPL-2.0
"""Every answer of ksmbd is signed, also while a command switches or unloads smbsign: answers.py COMMAND...

Of dialects whose signatures ksmbd can make by itself, so that no connection has to end.
"""
import subprocess
import sys

from smb import commands
from smb.client import Connection, Session, demand
from smb.ktap import Ktap

DIALECTS = ("2.1", "3.0", "3.1.1")
AFTERWARDS = 20     # answers


class Asker:
    """A client that signs its requests. Stock ksmbd does not sign answers to ECHO."""

    def __init__(self, dialect):
        conn = Connection("127.0.0.1")
        demand(conn.negotiate((dialect,)))
        session = Session(conn, "alice", "secret")
        demand(session.setup())
        self.tree = session.tree("pub")
        self.question = commands.query_info(self.tree.open(f"answers{dialect}"))
        self.asked, self.wrong = 0, ""

    def ask(self):
        """One question; the first answer that is wrong is noted."""
        answer = self.tree.call(self.question)
        self.asked += 1
        if not (answer.ok and answer.protected):
            self.wrong = self.wrong or f"answer {self.asked}: {answer}"


def main():
    """Ask each in turn while the command runs, and some more."""
    askers = {dialect: Asker(dialect) for dialect in DIALECTS}
    left = AFTERWARDS
    with subprocess.Popen(sys.argv[1:]) as command:
        while left:
            for asker in askers.values():
                asker.ask()
            left -= command.poll() is not None
    ktap = Ktap()
    ktap.result(command.returncode == 0, "answers.command")
    for dialect, asker in askers.items():
        ktap.result(not asker.wrong, f"answers.{dialect}", asker.wrong)
        print(f"# {asker.asked} answers")
    ktap.finish()


if __name__ == "__main__":
    main()
