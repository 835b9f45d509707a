# SPDX-License-Identifier: GPL-2.0
"""What each server does about each attack: rows of globs, the first that matches counts.

(attack, variant, verdict). The stock tables were measured with ksmbd of Linux 6.12.117 and 7.3.4 on
a share with "server signing = mandatory" (S3: and "smb3 encryption = mandatory"; S16: and "map to
guest = bad user"). "*cipher*" are the variants whose NEGOTIATE offers a cipher.
"""
from fnmatch import fnmatchcase

DENIED = "refused ACCESS_DENIED unsigned*"  # as stock ksmbd says it

SMBSIGN = (
    ("A1 *", "*", "disconnected (0 answers, 0 with a signature)"),   # 3.3.5.2.7
    ("A7 missing share, *, echo", "*", "answered SUCCESS signed"),
    ("A7 missing share, *", "*", "answered BAD_NETWORK_NAME signed"),
    ("A7 interfaces", "*", "answered BUFFER_TOO_SMALL signed"),
    ("A7 interfaces of many", "*", "answered SUCCESS signed"),
    ("A7 connection limit, below it", "*", "answered SUCCESS signed"),
    ("A7 connection limit*", "*", "answered ACCESS_DENIED signed"),
    ("A11 unsigned write", "*", "grants 1"),
    ("A11 anonymous login", "*", "grants some"),
    ("A11 login after it", "*", "answered SUCCESS *signed"),
    ("A12 *", "*", "answered ff534d4272 01ffff0000"),
    ("A14 *", "*", "disconnected"),
    ("A15 *", "*", "refused (signed: nothing else)"),
    ("A16 *", "*", "told nothing else"),
    ("A2 bind none*", "*", "refused INVALID_PARAMETER unsigned (no key used)"),     # 3.3.5.5
    ("A2 *", "* gmac", "refused NOT_SUPPORTED unsigned (no key used)"),
    ("A2 *", "*", "refused ACCESS_DENIED unsigned (no key used)"),
    ("A3 multichannel", "*", "not announced"),
    ("A3 *", "*", "refused NOT_SUPPORTED unsigned (no key used)"),
    ("A4 *", "*", "refused * unsigned"),
    ("A10 *", "*", "0 sessions remembered"),
    ("S4 *", "*", "refused ACCESS_DENIED signed*"),
    ("S5 bind none*", "*", "refused INVALID_PARAMETER unsigned"),   # 3.3.5.5: SIGNED has to be set
    ("S5 bind stripped*", "*", "refused INVALID_PARAMETER unsigned"),
    ("S5 *", "* gmac", "refused NOT_SUPPORTED unsigned"),       # AES-GMAC means one channel
    ("S5 *", "*", "refused ACCESS_DENIED unsigned"),            # signed by no key that proves itself
    ("S7 *", "*", "answered * signed"),
    ("S8 *", "*", "disconnected"),                              # 3.3.5.2.3
    ("S9 *", "*", "* signed"),
    ("S10 offer of hmac-sha256", "*", "chose hmac-sha256"),
    ("S10 offer of aes-cmac", "*", "chose aes-cmac"),
    ("S10 offer of aes-gmac", "*", "chose aes-gmac"),
    ("S11 unknown algorithm", "*", "chose aes-cmac"),           # 3.3.5.4
    ("S11 *", "*", "refused INVALID_PARAMETER unsigned"),
    ("S12 tree connect none", "*", "disconnected"),             # 3.3.5.7
    ("S12 tree connect stripped", "*", "disconnected"),
    ("S13 validate other *", "*", "disconnected"),              # 3.3.5.15.12
    ("S16 *", "*", "refused * unsigned"),                       # there is no key
    ("S17 *", "*", "refused NOT_SUPPORTED unsigned"),           # the victim's is AES-GMAC
    ("S18 *", "*", "disconnected"),
    ("S20 *", "*", "refused INVALID_PARAMETER *"),              # 3.3.5.2.4
    ("S24 *", "*", "ignored"),                                  # 3.3.5.16: CANCEL has no answer
    ("every-command tree_connect none", "3.1.1*", "disconnected"),
    ("every-command tree_connect none, then good", "3.1.1*", "disconnected"),
    ("*", "*", "refused ACCESS_DENIED signed*"),
)

STOCK = (  # what both stock kernels do
    ("S2 write none", "*", "executed *"),
    ("S2 write stripped", "*", "executed *"),
    ("S3 *", "*", "executed *"),
    ("S4 *", "*", "executed * (told of encryption)"),
    ("S5 bind garbage", "*", "executed *"),
    ("S5 bind zero", "*", "executed *"),
    ("S5 bind garbage, *", "*", "refused USER_SESSION_DELETED *"),
    ("S5 bind zero, *", "*", "refused USER_SESSION_DELETED *"),
    ("S5 *", "*", "refused INVALID_PARAMETER unsigned"),
    ("S6 *, right password", "2.1", "executed SUCCESS badly signed"),   # the key changed
    ("S6 *, right password", "*", "executed SUCCESS signed"),
    ("S6 *, wrong password", "*", "executed LOGON_FAILURE unsigned"),   # the session is gone
    ("S9 wrong TreeId", "*", "answered NETWORK_NAME_DELETED unsigned"),
    ("S9 short request", "*", "answered INVALID_PARAMETER unsigned"),
    ("S9 unknown command", "*", "refused INVALID_PARAMETER unsigned"),
    ("S10 offer of aes-gmac", "*", "chose none"),
    ("S10 *", "*", "chose aes-cmac"),
    ("S11 unknown algorithm", "*", "chose none"),
    ("S11 *", "*", "executed SUCCESS unsigned"),
    ("S12 * none", "*cipher*", "executed *"),
    ("S12 * stripped", "*cipher*", "executed *"),
    ("S13 validate other *", "2.1", "refused NOT_SUPPORTED signed"),
    ("S13 validate other *", "*", "refused INVALID_PARAMETER signed"),
    ("S13 * none", "*cipher*", "executed *"),
    ("S13 * stripped", "*cipher*", "executed *"),
    ("S15 * none", "*cipher*", "executed *"),
    ("S15 * stripped", "*cipher*", "executed *"),
    ("S16 *", "*", "executed *"),
    ("S18 *", "*", "disconnected"),
    ("S20 *", "*", "executed *"),
    ("S24 * none", "*cipher*", "executed CANCELLED unsigned"),
    ("S24 * stripped", "*cipher*", "executed CANCELLED unsigned"),
    ("S24 * no session", "*", "refused USER_SESSION_DELETED unsigned"),
)

STOCK_612 = (
    ("S1 write none", "*", "executed *"),
    ("S1 write stripped", "*", "executed *"),
    ("S7 *", "*", "answered * badly signed"),
    ("S8 *", "*", "executed *"),
    ("S9 wrong FileId", "*", "answered FILE_CLOSED badly signed"),
    ("S12 * none", "*", "executed *"),
    ("S12 * stripped", "*", "executed *"),
    ("S13 validate none", "2.1", "refused NOT_SUPPORTED signed"),
    ("S13 validate stripped", "2.1", "refused NOT_SUPPORTED signed"),
    ("S13 validate none", "*", "executed *"),
    ("S13 validate stripped", "*", "executed *"),
    ("S14 compound good+*", "*", "refused (malformed answer)*"),
    ("S14 compound none+*", "*", "executed *"),         # the second one's garbage is not looked at
    ("S15 *", "*", "executed *"),
    ("S24 * none", "*", "executed CANCELLED unsigned"),
    ("S24 * stripped", "*", "executed CANCELLED unsigned"),
    ("every-command oplock_break *", "*", "executed *"),
    ("every-command echo none, *", "*", "refused (malformed answer)"),
    ("every-command echo *", "*", "executed *"),        # ECHO needs no session
    ("every-command * none", "*", "executed *"),
    ("every-command * none, after good", "*", "refused (malformed answer)"),
    ("every-command tree_connect none, then good", "*", "refused (malformed answer)"),
    ("every-command * none, then good", "*", "executed *"),
) + STOCK + (("*", "*", DENIED),)

STOCK_73 = (
    ("S7 *", "*", "answered * signed"),
    ("S8 *", "*", "disconnected"),
    ("S9 wrong FileId", "*", "answered FILE_CLOSED signed"),
    ("S14 compound none+*", "*cipher*", "executed *"),
    ("every-command * none", "*cipher*", "executed *"),
    ("every-command * none, then good", "*cipher*", "executed *"),
) + STOCK + (("*", "*", DENIED),)

EXPECTATIONS = {"smbsign": SMBSIGN, "stock-6.12": STOCK_612, "stock-7.3": STOCK_73}


def expected(server, attack, variant):
    """The glob that a verdict has to match, or None if no server was named."""
    for attacks, variants, verdict in EXPECTATIONS.get(server, ()):
        if fnmatchcase(attack, attacks) and fnmatchcase(variant, variants):
            return verdict
    return None
