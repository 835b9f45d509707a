# SPDX-License-Identifier: GPL-2.0
"""Write a file over a properly logged-in session, the WRITE itself neither signed nor encrypted.

Exit status 0 if the server has written it, 1 if not; 2 if it did not get so far.
"""
import sys

from smb import options
from smb.attack import Victim, judge
from smb.client import Refused
from smb.transport import ConnectionClosed, NoAnswer


def main():
    """Log in as a client that offers to encrypt, as all current ones do, and write."""
    parser = options.parser(__doc__)
    parser.add_argument("--dir", required=True, help="where the server keeps the share")
    arguments = parser.parse_args()
    target = options.Variant(arguments, "3.1.1", options.CIPHERS)
    try:
        with Victim(target) as victim:
            verdict = judge(lambda: victim.plain(victim.write(sign="none")), victim.forged)
    except (ConnectionClosed, NoAnswer, Refused, OSError) as error:
        print("not reached:", repr(error))
        return 2
    print(verdict)
    return 0 if verdict.outcome == "executed" else 1


if __name__ == "__main__":
    sys.exit(main())
