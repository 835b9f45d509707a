#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write a file over a properly logged-in session, the WRITE itself neither signed nor encrypted.

Exit status 0 if the server has written it, 1 if not; 2 if it did not get so far.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "smb"))

import options  # noqa: E402  (found by the line above)
from attack import Victim, judge  # noqa: E402
from client import Refused  # noqa: E402
from transport import ConnectionClosed, NoAnswer  # noqa: E402


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
