# SPDX-License-Identifier: GPL-2.0
"""Attack ksmbd while allocations of smbsign fail: nothing forged is executed, and all works again then.

	server.py --dir SERVER-DIRECTORY [--interval N...] [--seconds N]
"""
import sys
import time
from collections import Counter

from lib.faults import Faults
from smb import commands, options as smb_options
from smb.attack import Victim, judge
from smb.client import Refused, demand
from smb.ktap import Ktap
from smb.message import BAD_MODES
from smb.transport import ConnectionClosed, NoAnswer


def attacked(target, seen):
    """One session, with some honest work, a second channel, and all forged writes."""
    try:
        with Victim(target) as victim:
            with target.connect(client_guid=victim.conn.client_guid) as second:
                seen[f"binding {victim.session.bind(second)[1].ok}"] += 1
            for mode in BAD_MODES:
                seen[judge(lambda: victim.plain(victim.write(sign=mode)), victim.forged).outcome] += 1
            demand(victim.session.reauthenticate())
            demand(victim.session.logoff())
            seen["whole"] += 1
    except (ConnectionClosed, NoAnswer, Refused, OSError) as error:
        seen[type(error).__name__] += 1


def works(target):
    """Without faults an honest client is served, and a forged write is not."""
    with Victim(target) as victim:
        demand(victim.tree.call(commands.write(victim.file_id, b"honest")))
        return judge(lambda: victim.plain(victim.write(sign="none"))).outcome != "executed"


def main():
    """Each interval for some seconds, on one dialect after the other."""
    parser = smb_options.parser(__doc__.splitlines()[0])
    parser.add_argument("--dir", required=True)
    parser.add_argument("--interval", nargs="+", type=int, default=(1, 7, 60, 200))
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    options.timeout, ktap = 5, Ktap()
    targets = list(smb_options.variants(options))
    tried = Counter()
    for interval in options.interval:
        seen, end = Counter(), time.monotonic() + options.seconds
        with Faults(interval) as faults:
            while time.monotonic() < end:
                targets.append(targets.pop(0))
                attacked(targets[0], seen)
        ktap.result(not seen["executed"] and faults.count, f"faults.every_{interval}",
                    f"{faults.count} failed; {dict(seen)}")
        tried += seen
        ktap.result(works(targets[0]), f"faults.every_{interval}.afterwards")
    # So that the faults did not keep the attacks from being made.
    ktap.result(tried["refused"] + tried["disconnected"] > 0, "faults.attacks_were_made", str(tried))
    ktap.finish()


if __name__ == "__main__":
    sys.exit(main())
