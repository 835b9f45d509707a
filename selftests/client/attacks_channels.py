# SPDX-License-Identifier: GPL-2.0
"""Several channels of one session, each of which signs its first messages by the session's key."""
import glob
import struct

from client.attacks import FORGED, SAFE, TRUTH, USELESS, attack
from client.share import Mount, policy, put, until
from smb import wire
from smb.proxy import REQUEST, Proxy, Rule
from smb.wire import Command

GMAC, SIGNING_CAPABILITIES = 2, 8
SECOND = "/mnt/smbsign-second"
CHANNELS = "multichannel,max_channels=2"
# A second channel goes to another address of the server.
ANY = "0.0.0.0"


def contexts(message):
    """The negotiate contexts of a request: type and data."""
    start, count = struct.unpack_from("<IH", message.data, wire.HEADER_SIZE + 28)
    for _ in range(count):
        kind, size = struct.unpack_from("<HH", message.data, start)
        yield kind, bytes(message.data[start + 8:start + 8 + size])
        start += 8 + size
        start += -start % 8


class Offers:
    """What the NEGOTIATE requests that pass by offer to sign with."""

    def __init__(self):
        self.seen = []
        self.rule = Rule(self.note, Command.NEGOTIATE, REQUEST)

    def note(self, message):
        """One request: the algorithms of its contexts."""
        for kind, data in contexts(message):
            if kind == SIGNING_CAPABILITIES:
                self.seen.append(struct.unpack_from(f"<{data[0]}H", data, 2))

    @property
    def gmac(self):
        """Whether any of them has AES-GMAC."""
        return any(GMAC in offer for offer in self.seen)


def attribute(connection, name):
    """A connection's file in sysfs."""
    with open(f"{connection}/{name}", encoding="ascii") as file:
        return file.read().strip()


class Connections:
    """Those that the client makes from now on; cifs may keep older ones for a while."""

    def __init__(self):
        self.before = self.there()

    @staticmethod
    def there():
        """Those that sysfs shows."""
        return set(glob.glob("/sys/fs/smbsign/connections/*"))

    def algorithms(self):
        """What they sign with."""
        return [attribute(connection, "algorithm") for connection in self.there() - self.before
                if attribute(connection, "role") == "client"]


def extra_channel():
    """Whether cifs has a second channel."""
    with open("/proc/fs/cifs/DebugData", encoding="ascii") as file:
        return "Extra Channels: 1" in file.read()


@attack("B1", "channels.offer", f"vers=3.1.1,sign,{CHANNELS}")
def channels_offer(options):
    """A mount with several channels must not offer AES-GMAC, now or when it connects anew."""
    put("channels", TRUTH)
    offers, new = Offers(), Connections()
    with Proxy(offers.rule, host=ANY) as man, Mount(man.port, options) as mount:
        if mount.cat("channels") != TRUTH or not until(extra_channel):
            return USELESS
        used = new.algorithms()
        seen = len(offers.seen)
        man.cut()
        if TRUTH not in [mount.cat("channels") for _ in range(3)] or len(offers.seen) == seen:
            return USELESS
    return FORGED if offers.gmac or "aes-gmac" in used or len(used) != 2 else SAFE


@attack("B1", "channels.late", "vers=3.1.1,sign")
def channels_late(options):
    """A second mount wants several channels, on a connection that has AES-GMAC: it gets one."""
    put("channels", TRUTH)
    offers, new = Offers(), Connections()
    with Proxy(offers.rule, host=ANY) as man, Mount(man.port, options) as mount:
        if mount.cat("channels") != TRUTH or not offers.gmac:
            return USELESS
        with Mount(man.port, f"{options},{CHANNELS}", SECOND) as second:
            if second.cat("channels") != TRUTH:
                return "the second mount does not work"
            if len(offers.seen) != 1:
                return USELESS
            if extra_channel() or new.algorithms() != ["aes-gmac"]:
                return FORGED
            # From then on there may be channels, and so no AES-GMAC.
            offers.seen.clear()
            man.cut()
            works = until(lambda: mount.cat("channels") == second.cat("channels") == TRUTH)
    return FORGED if offers.gmac or not offers.seen else SAFE if works else "no way back"


@attack("B1", "channels.only_gmac", f"vers=3.1.1,sign,{CHANNELS}")
def channels_only_gmac(options):
    """Where AES-GMAC is all that is allowed, there is one channel."""
    put("channels", TRUTH)
    new = Connections()
    try:
        policy("algorithms", "aes-gmac")
        with Mount(445, options) as mount:
            if mount.cat("channels") != TRUTH:
                return "the mount does not work"
            return SAFE if not extra_channel() and new.algorithms() == ["aes-gmac"] else FORGED
    finally:
        policy("algorithms", "aes-gmac aes-cmac hmac-sha256")


@attack("B1", "channels.accepted", f"vers=3.1.1,sign,{CHANNELS}")
def channels_accepted(options):
    """No attack: the administrator accepts both together, and has both."""
    put("channels", TRUTH)
    new = Connections()
    try:
        policy("gmac_multichannel", 1)
        with Mount(445, options) as mount:
            if mount.cat("channels") != TRUTH or not until(extra_channel):
                return "the mount does not work"
            used = new.algorithms()
            return SAFE if used == ["aes-gmac"] * 2 else f"{used}"
    finally:
        policy("gmac_multichannel", 0)
