# SPDX-License-Identifier: GPL-2.0
"""Copy a file to the share and back with impacket, in the dialect that is named."""
import io
import os
import sys

from impacket.smb3structs import SMB2_DIALECT_21, SMB2_DIALECT_30, SMB2_DIALECT_311
from impacket.smbconnection import SMBConnection

DIALECTS = {"2.1": SMB2_DIALECT_21, "3.0": SMB2_DIALECT_30, "3.1.1": SMB2_DIALECT_311}


def main():
    """Copy, list, delete; any failure is an exception."""
    data = os.urandom(300000)
    conn = SMBConnection("127.0.0.1", "127.0.0.1", preferredDialect=DIALECTS[sys.argv[1]])
    conn.login("alice", "secret")
    # impacket 0.12 trips over its own idea of directory leases (smb3.py, create).
    conn.getSMBServer()._Connection["SupportsDirectoryLeasing"] = False
    if not conn.isSigningRequired():
        sys.exit("the server does not say that signing is required")
    conn.putFile("pub", "impacket", io.BytesIO(data).read)
    names = [entry.get_longname() for entry in conn.listPath("pub", "*")]
    back = io.BytesIO()
    conn.getFile("pub", "impacket", back.write)
    conn.deleteFile("pub", "impacket")
    conn.logoff()
    if "impacket" not in names or back.getvalue() != data:
        sys.exit(f"the file came back otherwise, or is not among {names}")


if __name__ == "__main__":
    main()
