# SPDX-License-Identifier: GPL-2.0
"""Compare the ABI document of /sys/fs/smbsign with the live tree and the module's parameters.

check.py DOCUMENT MODULE.KO, while the module is loaded with its defaults.
"""
import os
import re
import subprocess
import sys

from smb.ktap import Ktap

ROOT = "/sys/fs/smbsign"
FIELDS = ["What", "Date", "KernelVersion", "Contact", "Description"]
MODES = {"RO": 0o444, "RW": 0o644, None: 0o755}


class Stanza:
    """One stanza: a path, perhaps with <placeholders>, and what is said about it."""

    def __init__(self, text):
        self.fields = re.findall(r"^(\w+):", text, re.M)
        self.what = re.match(r"What:\s*(\S+)", text).group(1)
        self.mode = (re.search(r"^Description:\n\s+\((R[OW])\)", text, re.M) or [None, None])[1]
        default = re.search(r"^\t\tDefault:[ \t]*(.*)$", text, re.M)
        self.default = default and default.group(1)
        self.indented = all(line.startswith("\t\t") for line in
                            text.split("Description:\n")[1].splitlines() if line)
        pattern = re.sub(r"<[^<>/]+>", "[^/]+", re.sub(r"[.+]", r"\\\g<0>", self.what))
        self.live = [path for path in live() if re.fullmatch(pattern, path) and
                     os.path.isfile(path) == bool(self.mode)]


def live():
    """Every directory and file there is."""
    for directory, _, files in os.walk(ROOT):
        yield directory
        for name in files:
            yield os.path.join(directory, name)


def check_stanza(ktap, stanza):
    """One stanza against the tree."""
    ktap.result(stanza.fields == FIELDS and stanza.indented, f"{stanza.what} is well formed")
    ktap.result(bool(stanza.live), f"{stanza.what} is there")
    for path in stanza.live:
        mode = os.stat(path).st_mode & 0o7777
        ktap.result(mode == MODES[stanza.mode], f"{path} has its mode", f"{mode:o}")
        if not stanza.mode:
            continue
        with open(path, encoding="ascii") as file:
            value = file.read()
        ktap.result(value.endswith("\n") and value.count("\n") == 1, f"{path} is one line")
        if stanza.mode == "RW":
            ktap.result(value.strip() == stanza.default, f"{path} has its default", value.strip())


def parameters(module):
    """Names of the module's parameters."""
    output = subprocess.run(["modinfo", "-F", "parm", module], check=True,
                            capture_output=True, text=True).stdout
    return sorted(line.split(":")[0] for line in output.splitlines())


def main():
    """Compare, print KTAP."""
    document, module = sys.argv[1:]
    ktap = Ktap()
    with open(document, encoding="ascii") as file:
        stanzas = [Stanza(text) for text in re.split(r"\n(?=What:)", file.read())]
    literal = {stanza.what for stanza in stanzas}
    for stanza in stanzas:
        stanza.live = [path for path in stanza.live if path == stanza.what or path not in literal]
        check_stanza(ktap, stanza)
    for path in live():
        found = [stanza.what for stanza in stanzas if path in stanza.live]
        ktap.result(len(found) == 1, f"{path} is documented once", " ".join(found))
    wanted = sorted("_".join(path.split("/")[-2:]) for stanza in stanzas if stanza.mode == "RW"
                    for path in stanza.live if path.count("/") == ROOT.count("/") + 2)
    found = parameters(module)
    ktap.result(found == wanted, "parameters are those of the files", " ".join(found))
    ktap.finish()


if __name__ == "__main__":
    main()
