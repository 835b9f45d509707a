# SPDX-License-Identifier: GPL-2.0
"""What ksmbd answers past smbsign does not leave: past.py SKIP.KO FUNCTION

FUNCTION of smbsign is kept from running, as if ksmbd did not call what it stands for.
"""
import subprocess
import sys

from smb import commands
from smb.client import Connection, Session, demand
from smb.transport import ConnectionClosed
from smb.wire import Command


def main():
    """Exit status 0 if the connection ends instead."""
    conn = Connection("127.0.0.1")
    demand(conn.negotiate(("3.1.1",)))
    session = Session(conn, "alice", "secret")
    demand(session.setup())
    echo = commands.empty(Command.ECHO)
    demand(session.call(echo))
    subprocess.run(["insmod", sys.argv[1], f"function={sys.argv[2]}"], check=True)
    try:
        sys.exit(f"it left: {session.call(echo)}")
    except ConnectionClosed:
        print("the connection has ended")
    finally:
        subprocess.run(["rmmod", "skip"], check=True)


if __name__ == "__main__":
    main()
