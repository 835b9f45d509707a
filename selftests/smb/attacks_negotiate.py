# SPDX-License-Identifier: GPL-2.0
"""NEGOTIATE and its validation: rows S4 S10 S11 S13 S20; how answers are signed: rows S7 S9."""
from smb import commands, crypto, negotiate
from smb.attack import Verdict, Victim, attack, judge
from smb.message import BAD_MODES
from smb.negotiate import CAP_ENCRYPTION, SIGNING
from smb.wire import DIALECTS, Command


def is_311(variant):
    """Whether the dialect has negotiate contexts."""
    return variant.dialect == "3.1.1"


@attack("S4", lambda variant: variant.dialect in ("3.0", "3.0.2") and not variant.ciphers)
def poisoned_capabilities(target):
    """A stranger's CAP_ENCRYPTION shows up in the answer to a client that did not send it."""
    with target.connect(ciphers=(crypto.AES128_CCM,)), Victim(target) as victim:
        verdict = judge(lambda: victim.plain(victim.write(sign="none")), victim.forged)
        told = victim.conn.answer.capabilities & CAP_ENCRYPTION
        verdict.detail = "(told of encryption)" if told else ""
        yield "write none after a stranger's NEGOTIATE", verdict


@attack("S7")
def payload_signatures(target):
    """Answers that carry data from elsewhere than the header's buffer."""
    with Victim(target) as victim:
        read = commands.read(victim.file_id, offset=100)
        yield "read at end of file", Verdict("answered", victim.tree.call(read))
        security = commands.query_security(victim.file_id)
        yield "query security", Verdict("answered", victim.tree.call(security))


@attack("S9")
def error_signatures(target):
    """Errors that answer well signed requests."""
    with Victim(target) as victim:
        read = commands.read(victim.file_id)
        yield "wrong TreeId", Verdict("answered", victim.tree.call(read, tree_id=0x7777))
        yield "wrong FileId", Verdict("answered", victim.tree.call(commands.read(b"\x77" * 16)))
        malformed = read.but(body=read.body[:20])
        yield "short request", Verdict("answered", victim.tree.call(malformed))
        yield "unknown command", judge(
            lambda: victim.tree.call(commands.empty(Command.ECHO).but(command=0x20)))


@attack("S10", is_311)
def algorithm_choice(target):
    """What is chosen from an offer of one algorithm."""
    for algorithm, name in crypto.SIGNING_NAMES.items():
        with target.connect(signing=(algorithm,)) as conn:
            chosen = conn.answer.chosen(SIGNING)
            yield f"offer of {name}", Verdict("chose", None, crypto.SIGNING_NAMES.get(chosen, "none"))


@attack("S11", is_311)
def signing_contexts(target):
    """SIGNING_CAPABILITIES contexts against the rules of 3.3.5.4."""
    cmac = negotiate.list_context(SIGNING, [crypto.AES_CMAC])
    cases = {
        "no algorithm": [negotiate.list_context(SIGNING, [])],
        "two contexts": [cmac, cmac],
        "short DataLength": [negotiate.list_context(SIGNING, [crypto.AES_CMAC], length=2)],
        "count beyond DataLength": [negotiate.list_context(SIGNING, [crypto.AES_CMAC], count=9)],
    }
    for name, contexts in cases.items():
        yield name, judge(lambda: raw_negotiate(
            target, contexts=[negotiate.preauth_context(), *contexts]))
    with target.connect(signing=(0x77,)) as conn:
        chosen = conn.answer.chosen(SIGNING)
        yield "unknown algorithm", Verdict("chose", None, crypto.SIGNING_NAMES.get(chosen, "none"))


def raw_negotiate(target, **how):
    """A NEGOTIATE on a connection of its own."""
    with target.dial() as conn:
        return conn.negotiate(dialects=(target.dialect,), **how)


@attack("S13")
def validation(target):
    """VALIDATE_NEGOTIATE_INFO that betrays a changed NEGOTIATE, or is forged itself (3.3.5.15.12)."""
    for name, field, value in (("capabilities", 2, 0x7F), ("guid", 3, bytes(16)), ("mode", 1, 2),
                               ("dialect", 0, other_dialects(target))):
        with Victim(target) as victim:
            fields = list(victim.conn.offer)
            fields[field] = value
            yield f"validate other {name}", judge(
                lambda: victim.plain(victim.tree.on(commands.validate_negotiate(*fields))))
    for mode in BAD_MODES:
        with Victim(target) as victim:
            truth = commands.validate_negotiate(*victim.conn.offer)
            yield f"validate {mode}", judge(
                lambda: victim.plain(victim.tree.on(truth, sign=mode)))


def other_dialects(target):
    """An offer from which a server would not have chosen this dialect."""
    return [code for name, code in DIALECTS.items() if name != target.dialect]


@attack("S20")
def signed_negotiate(target):
    """NEGOTIATE with the SIGNED flag (3.3.5.2.4)."""
    for mode in ("garbage", "zero"):
        yield f"negotiate {mode}", judge(lambda: raw_negotiate(target, sign=mode))
