# SPDX-License-Identifier: GPL-2.0
"""Forged authentication: rows S5 S6 S12 S16 S17 of the stock gaps, A2 to A10 of smbsign's own."""
import contextlib
import glob
import os
import signal
import time

from smb import commands, crypto, ntlm, spnego
from smb.attack import Skip, Verdict, Victim, attack, judge
from smb.client import Session, demand
from smb.message import BAD_MODES
from smb.negotiate import CAP_MULTI_CHANNEL, SIGNING_ENABLED, SIGNING_REQUIRED
from smb.wire import DIALECTS, Command, Status


def is_3x(variant):
    """Whether the dialect has channels."""
    return DIALECTS[variant.dialect] >= DIALECTS["3.0"]


def second_connection(target, victim, same_client=True, **how):
    """Another connection, from the same client unless told otherwise."""
    return target.connect(client_guid=victim.conn.client_guid if same_client else None, **how)


@attack("S5", is_3x)
def bind(target):
    """A channel for the victim's session without its key (3.3.5.5): bound when the last leg succeeds."""
    for mode in BAD_MODES:
        with Victim(target) as victim, second_connection(target, victim) as conn:
            yield f"bind {mode}", judge(lambda: victim.session.bind(conn, sign=mode)[1])
        with Victim(target) as victim, second_connection(target, victim, False) as conn:
            yield f"bind {mode}, other client", judge(
                lambda: victim.session.bind(conn, sign=mode)[1])


def tells(response, key):
    """How a response is protected, and whether a key that its sender need not have signed it."""
    macs = [crypto.signature(algorithm, key, response.raw) for algorithm in crypto.SIGNING_NAMES]
    return "(signed by the victim's key)" if response.header.signature in macs else "(no key used)"


def binding_of(stranger, victim, mode):
    """What comes back for one SESSION_SETUP of a stranger that binds the victim's session."""
    name = Session(stranger)
    name.id = victim.session.id
    leg = commands.session_setup(b"junk", flags=commands.SESSION_BINDING)
    verdict = judge(lambda: stranger.call(leg.but(session=name, sign=mode, key=bytes(16))))
    if verdict.response:
        verdict.detail = tells(verdict.response, victim.session.signing_key)
    return verdict


@attack("A2")
def stranger_binds(target):
    """Someone without a login names the victim's session: nothing may be signed by its key for that."""
    other = "2.1" if is_3x(target) else "3.1.1"
    with Victim(target) as victim:
        for dialect in (target.dialect, other):
            for mode in ("none", "garbage"):
                with target.connect(dialects=(dialect,)) as stranger:
                    yield f"bind {mode}, stranger of {dialect}", binding_of(stranger, victim, mode)


@attack("A3", lambda variant: variant.signing)
def gmac_has_one_channel(target):
    """Two bindings would sign under the same nonces: announced? signed? bound?"""
    with Victim(target) as victim:
        announced = bool(victim.conn.answer.capabilities & CAP_MULTI_CHANNEL)
        yield "multichannel", Verdict("announced" if announced else "not announced")
        for algorithm in (crypto.AES_GMAC, crypto.AES_CMAC):
            with second_connection(target, victim, signing=(algorithm,)) as conn:
                verdict = judge(lambda: victim.session.bind(conn)[1])
                verdict.detail = tells(verdict.response, victim.session.signing_key)
                yield f"bind with {crypto.SIGNING_NAMES[algorithm]}", verdict


@contextlib.contextmanager
def slow_daemon():
    """ksmbd's daemon, which it asks for users, does not answer. ksmbd gives up after 2 s."""
    found = [int(stat.split("/")[2]) for stat in glob.glob("/proc/[0-9]*/comm")
             if open(stat, encoding="ascii").read() == "ksmbd.mountd\n"]
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


def begin(session):
    """The first leg of a login; its second one, to be sent."""
    login = ntlm.Client(session.user, session.password)
    first = commands.session_setup(spnego.init_token(login.negotiate_message))
    answer = session.conn.call(first.but(session=session, sign="none"))
    session.id = answer.header.session_id
    offset, size = answer.unpack("HH", 4)
    blob = login.authenticate(spnego.find_ntlm(answer.raw[offset:offset + size]))
    token = spnego.response_token(blob, login.signature(spnego.MECH_TYPES))
    return commands.session_setup(token).but(session=session, sign="none")


def early_binding(target):
    """Bind a session that is about to become valid, behind a login that waits for the daemon."""
    user = target.options.user, target.options.password
    with target.connect() as first, target.connect(client_guid=first.client_guid) as second:
        victim, other = Session(first, *user), Session(second, *user)
        last, others_last = begin(victim), begin(other)
        name = Session(second)
        name.id = victim.id
        token = spnego.init_token(ntlm.Client(*user).negotiate_message)
        leg = commands.session_setup(token, flags=commands.SESSION_BINDING)
        with slow_daemon():
            login, = first.send(last)
            time.sleep(0.2)
            second.send(others_last)
            time.sleep(0.2)
            binding, = second.send(leg.but(session=name, sign="garbage", key=bytes(16)))
            time.sleep(0.4)
        demand(first.wait(login))
        return judge(lambda: second.wait(binding), lambda response: response is not None and (
            response.ok or response.status == Status.MORE_PROCESSING_REQUIRED))


@attack("A4", lambda variant: is_3x(variant) and not variant.signing and not variant.ciphers)
def bind_too_early(target):
    """A binding is not judged by a state that may have changed when it is executed."""
    for number in range(3):
        yield f"bind garbage before the session is valid, {number}", early_binding(target)


@attack("A6", lambda variant: is_3x(variant) and variant.ciphers and not variant.signing)
def plain_on_channel(target):
    """A session that was told to encrypt: is plain text taken on a channel bound later?"""
    with Victim(target) as victim:
        demand(victim.session.reauthenticate())
        with second_connection(target, victim) as conn:
            channel, last = victim.session.bind(conn)
            demand(last)
            write = victim.write().but(session=channel)
            yield "plain write on a channel", judge(lambda: conn.call(write), victim.forged)


def remembered():
    """Sessions that smbsign has on all connections together, once that has settled."""
    end = time.monotonic() + 3
    while True:
        files = glob.glob("/sys/fs/smbsign/connections/*/sessions")
        count = sum(int(open(file, encoding="ascii").read()) for file in files)
        if not count or time.monotonic() > end:
            return Verdict(f"{count} sessions remembered")
        time.sleep(0.1)


@attack("A10", lambda variant: is_3x(variant) and not variant.signing and not variant.ciphers)
def ended_elsewhere(target):
    """What is remembered of a session ends with it on all connections."""
    with Victim(target) as victim, second_connection(target, victim) as conn:
        channel, last = victim.session.bind(conn)
        demand(last)
        demand(channel.call(commands.empty(Command.LOGOFF)))
        yield "LOGOFF on another channel", remembered()


@attack("S17", lambda variant: variant.signing)
def bind_other_algorithm(target):
    """A channel that would sign with another algorithm than the session does."""
    with Victim(target) as victim:
        others = [a for a in crypto.SIGNING_NAMES if a != victim.conn.algorithm]
        for algorithm in others:
            with second_connection(target, victim, signing=(algorithm,)) as conn:
                if conn.algorithm != algorithm:
                    raise Skip("the server negotiates no signing algorithm")
                yield f"bind with {crypto.SIGNING_NAMES[algorithm]}", judge(
                    lambda: victim.session.bind(conn)[1])


@attack("S6")
def reauthenticate(target):
    """SESSION_SETUP on the victim's session: junk to kill it, or to put another key holder in."""
    for mode in BAD_MODES:
        for password in (target.options.password, "wrong"):
            with Victim(target) as victim:
                intruder = Session(victim.conn, target.options.user, password)
                intruder.id, intruder.channel_key = victim.session.id, victim.session.channel_key
                kind = "right password" if password != "wrong" else "wrong password"
                yield f"reauthenticate {mode}, {kind}", judge(
                    lambda: intruder.reauthenticate(sign=mode),
                    lambda response: (response is not None and response.ok) or victim.lost())


@attack("S12", lambda variant: variant.dialect == "3.1.1")
def tree_connect(target):
    """The first TREE_CONNECT of a 3.1.1 session, not protected: nothing vouches for NEGOTIATE (3.3.5.7)."""
    path = rf"\\server\{target.options.share}"
    for mode in BAD_MODES:
        session = target.session()
        yield f"tree connect {mode}", judge(
            lambda: session.conn.call(commands.tree_connect(path).but(session=session, sign=mode)))
        session.conn.close()


@attack("S16")
def no_secret(target):
    """Guest and anonymous sessions have no secret to sign with. Can they make a file?"""
    for kind, user in (("guest", "nosuchuser"), ("anonymous", "")):
        with target.connect() as conn:
            yield f"{kind} unsigned", use_share(target, Session(conn, user), SIGNING_ENABLED)
        with target.connect(security_mode=SIGNING_REQUIRED) as conn:
            yield f"{kind} zero key", use_share(target, Session(conn, user), SIGNING_REQUIRED)


def use_share(target, session, security_mode):
    """Log in without a secret, then make a file."""
    verdict = judge(lambda: session.setup(security_mode=security_mode))
    if verdict.outcome != "executed":
        return verdict
    session.use_key(bytes(16))
    sign = "none" if security_mode == SIGNING_ENABLED else "good"
    connect = commands.tree_connect(rf"\\server\{target.options.share}")

    def create():
        tree = session.call(connect, sign=sign)
        if not tree.ok:
            return tree
        return session.call(commands.create("by nobody"), sign=sign, tree_id=tree.header.tree_id)

    verdict = judge(create)
    verdict.detail = f"(session granted with flags {session.flags})"
    return verdict
