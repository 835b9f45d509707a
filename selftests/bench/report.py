# SPDX-License-Identifier: GPL-2.0-only
"""Make tables of what `measure` has measured.

	report.py copies MIB TICKS-PER-SECOND FILE
	report.py engine FILE
"""

import statistics
import sys


def samples_of(path):
    """{server: {config: {"write"|"read": [(s, cpu ticks)], "found": ..., "refused": ...}}}"""
    servers = {}
    with open(path, encoding="ascii", errors="replace") as lines:
        for line in lines:
            config, server, kind, *rest = line.split()
            entry = servers.setdefault(server, {}).setdefault(config, {})
            if kind in ("found", "refused"):
                entry[kind] = " ".join(rest)
            else:
                start, ticks, end, more = map(float, rest)
                entry.setdefault(kind, []).append((end - start, more - ticks))
    return servers


def speed(entry, kind, mib):
    return statistics.median(mib / seconds for seconds, _ in entry[kind])


def cpu(entry, kind, mib, hertz):
    return statistics.median(ticks / hertz / mib * 1024 for _, ticks in entry[kind])


def ratio(entry, other, kind, mib):
    if not other or kind not in other:
        return "-"
    return "%.2f" % (speed(entry, kind, mib) / speed(other, kind, mib))


def copies(mib, hertz, path):
    for server, configs in samples_of(path).items():
        unsigned, stock = configs.get("unsigned"), configs.get("stock-signed")
        print("\nserver: %s" % {"samba": "Samba's smbd", "ksmbd": "ksmbd"}.get(server, server))
        print("%-26s | %-32s | %-32s" % ("", "write", "read"))
        print("%-12s %-13s" % ("", "on the wire") + 2 * (
            " | %6s %9s %6s %8s" % ("MiB/s", "CPU s/GiB", "/uns.", "/stock")))
        for config, entry in configs.items():
            found = entry.get("found", "?")
            if "read" not in entry:
                print("%-12s %-13s | not measured: %s" % (config, "-", entry.get("refused", "failed")))
                continue
            cells = ["%6.1f %9.2f %6s %8s" % (
                speed(entry, kind, mib), cpu(entry, kind, mib, hertz),
                ratio(entry, unsigned, kind, mib), ratio(entry, stock, kind, mib))
                for kind in ("write", "read")]
            print("%-12s %-13s | %s | %s" % (config, found, *cells))


def engine(path):
    rows, methods = {}, []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            size, method, *rest = line.split()
            if method not in methods:
                methods.append(method)
            rows.setdefault(int(size), {})[method] = rest
    print("%8s" % "bytes" + "".join(" | %24s" % method for method in methods))
    print("%8s" % "" + " | %11s %7s %4s" % ("ns", "MB/s", "%") * len(methods))
    for size, row in rows.items():
        print("%8d" % size + "".join(" | %11s %7s %4s" % tuple(row[method]) for method in methods))


if sys.argv[1] == "copies":
    copies(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    engine(sys.argv[2])
