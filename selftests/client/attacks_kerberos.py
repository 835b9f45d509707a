# SPDX-License-Identifier: GPL-2.0
"""Attacks on a mount with Kerberos, where nothing but signatures tells who the server is."""
import socket

from client.attacks import LIE, SPOIL, TRUTH, USELESS, attack, mount_refused, verdict
from client.share import Mount, put
from smb import proxy
from smb.proxy import Proxy, Rule
from smb.wire import Command

HOST = socket.gethostname()
OPTIONS = "vers=3.1.1,sign,sec=krb5,cruid=0"


@attack("C22", "krb5.setup", OPTIONS)
def krb5_setup(options):
    """A server that took the ticket and cannot sign: the reply that ends SESSION_SETUP."""
    return mount_refused(options, Rule(SPOIL, Command.SESSION_SETUP, status=0), host=HOST)


@attack("C22", "krb5.read", f"{OPTIONS},cache=none")
def krb5_read(options):
    """Other content."""
    put("kerberos", TRUTH)
    with Proxy() as man, Mount(man.port, options, host=HOST) as mount:
        if mount.cat("kerberos") != TRUTH:
            return USELESS
        man.rules.append(Rule(proxy.replace(TRUTH[:8], LIE[:8]), Command.READ))
        return verdict(man, (mount.cat("kerberos") or b"").startswith(LIE[:8]))
