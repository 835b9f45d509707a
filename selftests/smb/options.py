# SPDX-License-Identifier: GPL-2.0
"""What server_good.py and server_attacks.py are told, and how they reach the server."""
import argparse
import os
from dataclasses import dataclass

from smb import crypto
from smb.client import Connection, Refused, Session, demand
from smb.wire import DIALECTS, Status

CIPHERS = (crypto.AES128_GCM, crypto.AES128_CCM)
SIGNING = (crypto.AES_GMAC, crypto.AES_CMAC, crypto.HMAC_SHA256)


def parser(description):
    """The options that every program has."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--host", default="127.0.0.1")
    result.add_argument("--port", type=int, default=445)
    result.add_argument("--user", default="alice")
    result.add_argument("--password", default="secret")
    result.add_argument("--share", default="pub")
    result.add_argument("--timeout", type=float, default=20)
    result.add_argument("--dialects", nargs="+", choices=DIALECTS, default=list(DIALECTS))
    return result


@dataclass
class Variant:
    """One way to connect: dialect, ciphers offered or not, signing algorithms offered or not."""

    options: argparse.Namespace
    dialect: str
    ciphers: tuple = None
    signing: tuple = None

    def __str__(self):
        return self.dialect + " cipher" * bool(self.ciphers) + " gmac" * bool(self.signing)

    def supported(self):
        """Whether the server speaks the dialect at all."""
        with self.dial() as conn:
            return conn.negotiate((self.dialect,)).status != Status.NOT_SUPPORTED

    def connect(self, client_guid=None, **how):
        """A negotiated connection; how overrides the NEGOTIATE options."""
        conn = self.dial(client_guid)
        demand(conn.negotiate(**{"dialects": (self.dialect,), "ciphers": self.ciphers,
                                 "signing": self.signing, **how}))
        return conn

    def dial(self, client_guid=None):
        """A connection without NEGOTIATE yet."""
        slow = int(os.environ.get("SMBSIGN_SLOW") or 1)
        return Connection(self.options.host, self.options.port, self.options.timeout * slow,
                          client_guid)

    def session(self, conn=None, **how):
        """A session of the right user, not encrypted; how is for setup()."""
        session = Session(conn or self.connect(), self.options.user, self.options.password)
        demand(session.setup(**how))
        return session

    def tree(self, session=None):
        """The share, connected. ksmbd asks a daemon for it, and on a busy machine gives up after 2 s."""
        session = session or self.session()
        try:
            return session.tree(self.options.share)
        except Refused as refusal:
            if refusal.response.status != Status.BAD_NETWORK_NAME:
                raise
            return session.tree(self.options.share)


def variants(options):
    """All variants of the chosen dialects."""
    for dialect in options.dialects:
        yield Variant(options, dialect)
        if DIALECTS[dialect] >= DIALECTS["3.0"]:
            yield Variant(options, dialect, CIPHERS)
        if dialect == "3.1.1":
            yield Variant(options, dialect, None, SIGNING)
            yield Variant(options, dialect, CIPHERS, SIGNING)
