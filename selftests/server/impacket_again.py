# SPDX-License-Identifier: GPL-2.0
"""Log in with impacket as nobody, which is refused, then as a user on the same connection: row A11."""
import sys

from impacket.smbconnection import SessionError, SMBConnection


def main():
    """The refusal, then the share's files; any other failure is an exception."""
    conn = SMBConnection("127.0.0.1", "127.0.0.1")
    try:
        conn.login("", "")
        sys.exit("nobody was let in")
    except SessionError as error:
        print(error)
    conn.login("alice", "secret")
    # impacket 0.12 trips over its own idea of directory leases (smb3.py, create).
    conn.getSMBServer()._Connection["SupportsDirectoryLeasing"] = False
    names = [entry.get_longname() for entry in conn.listPath("pub", "*")]
    conn.logoff()
    if "." not in names:
        sys.exit(f"the share has {names}")


if __name__ == "__main__":
    main()
