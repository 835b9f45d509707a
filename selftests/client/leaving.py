# SPDX-License-Identifier: GPL-2.0
"""smbsign goes, or is switched off, while a server says nothing any more: row B10.

Each trial needs smbsign, loads it again when it is gone, and leaves it loaded.
"""
import os
import subprocess
import sys
import time

from client import share
from client.share import Mount, put, until
from smb.ktap import Ktap, wanted
from smb.proxy import Proxy, Rule

BOUND = 40      # seconds; on a soft mount cifs waits twice ten for a server that is gone
ALL = os.urandom(64 << 10)
TRIALS = {}


def trial(name, options):
    """Register what leads to the silence, and how smbsign goes."""
    def add(function):
        TRIALS[name] = (options, function)
        return function
    return add


class Silence:
    """A server that answers one READ in part, and then says nothing more on that connection."""

    def __init__(self, part):
        self.part, self.link = part, None

    def __call__(self, message):
        """Begin with the first large reply."""
        if self.link is None and len(message.data) > len(ALL) // 2:
            self.link = message.link
            frame = len(message.data).to_bytes(4, "big") + bytes(message.data)
            with self.link.lock:
                self.link.client.sock.sendall(frame[:int(len(frame) * self.part)])
        return message.link is self.link


def leave(options, part, gone, command):
    """How long smbsign took to go while a task reads from a server that is silent, or gone."""
    put("half", ALL)
    silence = Silence(part)
    with Proxy() as man, Mount(man.port, options) as mount:
        if not mount.mounted:
            return "no mount"
        share.drop_caches()
        man.rules += [Rule(silence), Rule(silence, encrypted=True)]
        with subprocess.Popen(["cat", mount.path("half")], stdout=subprocess.DEVNULL) as reader:
            try:
                if not until(lambda: silence.link):
                    return "no READ"
                if gone:
                    man.refuse()
                    silence.link.cut()
                time.sleep(0.5)
                began = time.monotonic()
                status, _ = share.run(*command, limit=60)
                took = time.monotonic() - began
            finally:
                man.rules.clear()
                reader.kill()
                share.run("umount", "-f", "-l", mount.where)
                man.cut()
                mount.status = None
            reader.wait(share.WAIT)
    return f"status {status}" if status else took


def module_there():
    """Load it if it is not here, and have its policy be the default."""
    if not share.smbsign_loaded():
        share.run("insmod", os.environ["SMBSIGN_KO"])
    share.policy("require", "all")


RMMOD = "rmmod", "smbsign"
OFF = "sh", "-c", f"echo off > {share.POLICY}/require"


@trial("half.plain", "vers=3.1.1,sign")
def half_plain(options):
    """Half of a reply that cifs receives for a READ; stock cifs could go on with the connection."""
    share.policy("algorithms", "aes-cmac")
    return leave(options, 0.5, False, RMMOD)


@trial("half.sealed", "vers=3.1.1,seal")
def half_sealed(options):
    """Half of an encrypted one, and no more connections."""
    return leave(options, 0.5, True, RMMOD)


@trial("none", "vers=3.0,sign,cache=none")
def none(options):
    """Nothing of it: the task waits in what tries again to read."""
    return leave(options, 0, False, RMMOD)


@trial("half.off", "vers=3.1.1,sign")
def half_off(options):
    """Half of a reply, no more connections, and policy is switched off."""
    return leave(options, 0.5, True, OFF)


def main():
    """Run all trials, or those named."""
    ktap = Ktap()
    for name, (options, act) in TRIALS.items():
        if not wanted(name):
            continue
        module_there()
        try:
            outcome = act(options)
        except (share.TooLong, subprocess.TimeoutExpired) as error:
            outcome = f"HANG in {error}"
        good = isinstance(outcome, float) and outcome < BOUND
        took = f"{outcome:.1f} s" if isinstance(outcome, float) else outcome
        ktap.result(good, f"B10.{name}", f"{took}, {options}")
    module_there()
    ktap.finish()


if __name__ == "__main__":
    sys.exit(main())
