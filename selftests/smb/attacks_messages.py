# SPDX-License-Identifier: GPL-2.0
"""Forged messages on an authenticated session: rows of gaps.rst, S1 S2 S3 S8 S14 S15 S18 S24; and A16."""
from smb import commands
from smb.attack import FORGED, ORIGINAL, Skip, Verdict, Victim, attack, judge
from smb.client import ENCRYPT_DATA, demand
from smb.message import BAD_MODES
from smb.transport import ConnectionClosed
from smb.wire import DIALECTS, Command, Status


@attack("S1", lambda variant: not variant.ciphers)
@attack("S2", lambda variant: variant.ciphers)
def forged_write(target):
    """A WRITE without a right signature."""
    for mode in BAD_MODES:
        with Victim(target) as victim:
            yield f"write {mode}", judge(
                lambda: victim.plain(victim.write(sign=mode)), victim.forged)


@attack("S3", lambda variant: variant.ciphers)
def plain_on_encrypted(target):
    """Plain text, even well signed, where the server demanded encryption (3.3.5.2.9)."""
    for mode in ("good", "none"):
        with Victim(target) as victim:
            if not victim.session.flags & ENCRYPT_DATA:
                raise Skip("the server demands no encryption")
            yield f"plain write {mode}", judge(
                lambda: victim.plain(victim.write(sign=mode)), victim.forged)


@attack("S8")
def replay(target):
    """Messages that were signed for another moment: the MessageId window (3.3.5.2.3)."""
    with Victim(target) as victim:
        old, = victim.conn.send(victim.write())
        frame = victim.conn.last_frame
        demand(victim.conn.wait(old))
        demand(victim.plain(victim.tree.on(commands.write(victim.file_id, ORIGINAL))))
        yield "replayed write", judge(lambda: resend(victim.conn, frame, old), victim.forged)
    with Victim(target) as victim:
        used = victim.conn.next_id - 1
        yield "used MessageId", judge(
            lambda: victim.plain(victim.write(message_id=used)), victim.forged)
    with Victim(target) as victim:
        yield "MessageId beyond the window", judge(
            lambda: victim.plain(victim.write(message_id=victim.conn.next_id + 100000)),
            victim.forged)


def resend(conn, frame, request):
    """Put captured bytes on the wire again."""
    conn.transport.send(frame)
    return conn.wait(request)


@attack("S14")
def compounds(target):
    """Two WRITEs in a compound, one or both badly signed: only well signed ones may be executed."""
    for modes in (("good", "none"), ("good", "garbage"), ("good", "zero"), ("none", "good"),
                  ("garbage", "good"), ("none", "garbage"), ("none", "none")):
        with Victim(target) as victim:
            names = victim.name, victim.own("second")
            victim.tree.write_file(names[1], ORIGINAL)
            file_ids = victim.file_id, victim.tree.open(names[1])
            requests = [victim.tree.on(commands.write(file_id, FORGED), sign=mode)
                        for file_id, mode in zip(file_ids, modes)]
            bad = [index for index, mode in enumerate(modes) if mode != "good"]
            verdict = judge(lambda: victim.compound(requests, bad[0]),
                            lambda _: any(victim.changed(names[index]) for index in bad))
            if len(bad) == 1:
                done = victim.changed(names[1 - bad[0]])
                verdict.detail += f"(the good one {'executed' if done else 'lost'})"
            yield "compound " + "+".join(modes), verdict


@attack("S15")
def oplock_acknowledgement(target):
    """An acknowledgement that the holder never sent. If it counts, the holder's own one fails."""
    for mode in BAD_MODES:
        with Victim(target) as victim:
            file_id, other = victim.oplock()
            ack = victim.tree.on(commands.oplock_ack(file_id, commands.OPLOCK_NONE))
            yield f"oplock ack {mode}", judge(
                lambda: victim.plain(ack.but(sign=mode)),
                lambda _: acknowledged(victim, ack))
            other.session.conn.close()


@attack("S15", lambda variant: DIALECTS[variant.dialect] >= DIALECTS["2.1"])
def lease_acknowledgement(target):
    """The same for a lease."""
    for mode in BAD_MODES:
        with Victim(target) as victim:
            key = b"lease key of %-3s" % mode[:3].encode()
            state = commands.LEASE_READ | commands.LEASE_HANDLE | commands.LEASE_WRITE
            held = demand(victim.tree.call(commands.create(
                victim.own("lease"), oplock=commands.OPLOCK_LEASE,
                contexts=commands.lease_context(key, state))))
            if held.body[2] != commands.OPLOCK_LEASE:
                raise Skip("no lease granted")
            other = target.tree()
            other.session.conn.send(other.on(commands.create(victim.own("lease"))))
            victim.conn.wait_break()
            ack = victim.tree.on(commands.lease_ack(key, commands.LEASE_READ))
            yield f"lease ack {mode}", judge(
                lambda: victim.plain(ack.but(sign=mode)),
                lambda _: acknowledged(victim, ack))
            other.session.conn.close()


def acknowledged(victim, ack):
    """Whether the server takes the victim's own acknowledgement for a second one."""
    try:
        return not victim.plain(ack).ok
    except ConnectionClosed:
        return False


@attack("S18", lambda variant: variant.ciphers)
def foreign_transform(target):
    """A request in the name of one session, encrypted with the key of another (3.3.5.2.1.1)."""
    with Victim(target) as victim:
        attacker = target.session(victim.conn)
        for mode in ("none", "garbage"):
            yield f"foreign transform {mode}", judge(
                lambda: victim.conn.exchange(victim.write(sign=mode), encrypt=attacker)[0],
                victim.forged)


@attack("A16", lambda variant: variant.ciphers)
def sealed_refusal(target):
    """What answers an encrypted request is never in plain text, whatever session it names (3.3.4.1.4)."""
    def told(victim, **changes):
        request = victim.write(sign="none", **changes)
        verdict = judge(lambda: victim.conn.call(request, encrypt=victim.session), lambda _: False)
        plain = verdict.response and verdict.response.encrypted_by is None
        return Verdict("told in plain text" if plain else "told nothing else")

    with Victim(target) as victim:
        yield "encrypted write of another session", told(victim, session_id=2**40)
    with Victim(target) as victim:
        demand(target.session(victim.conn).logoff())
        yield "encrypted write after the LOGOFF of another session", told(victim)


@attack("S24")
def cancel(target):
    """A CANCEL that the victim never sent: is its waiting lock cancelled, or granted in the end?"""
    for mode in BAD_MODES:
        yield f"cancel {mode}", cancelled(target, sign=mode)
    yield "cancel of no session", cancelled(target, sign="none", session_id=2**40)


def cancelled(target, **forgery):
    """What one CANCEL does to a lock that waits."""
    with Victim(target) as victim:
        holder, sent, async_id = victim.blocked_lock()
        forged = commands.empty(Command.CANCEL).but(
            session=victim.session, message_id=sent.message_id, async_id=async_id, **forgery)
        verdict = judge(lambda: after_cancel(victim, forged, holder, sent),
                        lambda response: response and response.status == Status.CANCELLED)
    if verdict.response and verdict.response.ok:
        return Verdict("ignored")
    return verdict


def after_cancel(victim, forged, holder, sent):
    """Send the CANCEL, see that the server got past it, release the lock: what became of the waiter."""
    victim.conn.send(forged)
    demand(victim.session.call(commands.empty(Command.ECHO)))
    demand(victim.tree.call(commands.lock(holder, flags=4)))
    return victim.conn.wait(sent)
