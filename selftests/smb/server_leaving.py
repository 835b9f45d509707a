# SPDX-License-Identifier: GPL-2.0
"""Clients whose server takes their connections away: rows A8 and A9.

	server_leaving.py lock          one waits for a byte-range lock, until the connection ends
	server_leaving.py many NUMBER   so many log in, and again when their connection has ended

Prints "ready" when the server may begin. Exit status 0 if nobody had to wait for long.
"""
import sys
import threading
import time

from smb import commands, options
from smb.client import Session, demand
from smb.transport import ConnectionClosed

LONGEST = 20    # seconds that a client may wait for its new session, on a slow machine


def variant(arguments):
    """Clients of SMB 3.1.1 with AES-GMAC, which ksmbd cannot go on with alone."""
    return options.Variant(arguments, "3.1.1", None, options.SIGNING)


def wait_for_lock(target):
    """The connection ends, and no answer comes, or that the lock was not granted."""
    tree = target.tree()
    holder, waiter = tree.open("leaving"), tree.open("leaving")
    demand(tree.call(commands.lock(holder)))
    conn = tree.session.conn
    sent, = conn.send(tree.on(commands.lock(waiter, flags=2)))
    conn.wait_interim(sent)
    print("ready", flush=True)
    try:
        return not conn.wait(sent).ok
    except ConnectionClosed:
        return True


class Client(threading.Thread):
    """Logs in, and again when the connection has ended."""

    def __init__(self, target):
        super().__init__()
        self.target, self.took = target, None
        self.session = target.session()

    def run(self):
        conn = self.session.conn
        try:
            conn.transport.receive()
        except ConnectionClosed:
            pass
        began = time.monotonic()
        with self.target.connect(client_guid=conn.client_guid) as again:
            session = Session(again, self.session.user, self.session.password)
            demand(session.setup(previous=self.session.id))
        self.took = time.monotonic() - began


def come_back(target, number):
    """How long it takes the slowest."""
    clients = [Client(target) for _ in range(number)]
    for client in clients:
        client.start()
    print("ready", flush=True)
    for client in clients:
        client.join()
    took = [client.took for client in clients]
    print(f"# {sum(one is None for one in took)} of {number} did not come back; the slowest took "
          f"{max(one or 0 for one in took):.1f} s")
    return None not in took and max(took) < LONGEST


def main():
    """As told."""
    parser = options.parser(__doc__.splitlines()[0])
    parser.add_argument("what", choices=("lock", "many"))
    parser.add_argument("number", type=int, nargs="?", default=100)
    arguments = parser.parse_args()
    arguments.timeout = 300
    target = variant(arguments)
    good = wait_for_lock(target) if arguments.what == "lock" else \
        come_back(target, arguments.number)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
