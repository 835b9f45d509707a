# SPDX-License-Identifier: GPL-2.0
"""Forged authentication: stock-gaps.md rows S5 S6 S12 S16 S17."""
import commands
import crypto
from attack import Skip, Victim, attack, judge
from client import Session
from message import BAD_MODES
from negotiate import CAP_MULTI_CHANNEL, SIGNING_ENABLED, SIGNING_REQUIRED
from wire import DIALECTS


def is_3x(variant):
    """Whether the dialect has channels."""
    return DIALECTS[variant.dialect] >= DIALECTS["3.0"]


def second_connection(target, victim, same_client=True, **how):
    """Another connection, from the same client unless told otherwise."""
    if not victim.conn.answer.capabilities & CAP_MULTI_CHANNEL:
        raise Skip("the server has no multichannel")
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
