# SPDX-License-Identifier: GPL-2.0
"""A7, A11, A12: what an honest client gets told that is refused something, or asks for much."""
from smb import commands, negotiate, wire
from smb.attack import Verdict, Victim, attack
from smb.client import Session
from smb.transport import ConnectionClosed, NoAnswer
from smb.wire import Command

MANY = 127                          # mounts, with which this was seen to go wrong
ERROR_LEN = wire.HEADER_SIZE + 9    # 2.2.2; ksmbd pads it in compounds, also the last one


def answered(response):
    """The answer, and whether it is one error and nothing else."""
    odd = len(response.raw) not in (ERROR_LEN, len(wire.pad8(bytes(ERROR_LEN))))
    return Verdict("answered", response, f"({len(response.raw)} bytes)" if odd else "")


@attack("A7")
def missing_share(target):
    """TREE_CONNECT to a share that is not there, alone and in compounds."""
    missing = commands.tree_connect(r"\\server\missing")
    echo = commands.empty(Command.ECHO)
    for name, frame in (("alone", [missing]), ("first", [missing, echo]),
                        ("middle", [echo, missing, echo]), ("last", [echo, missing])):
        session = target.session()
        responses = session.exchange(frame)
        yield f"missing share, {name}", answered(responses[frame.index(missing)])
        if echo in frame:
            yield f"missing share, {name}, echo", Verdict(
                "answered", responses[0 if name == "last" else -1])
        session.conn.close()


@attack("A7")
def interfaces(target):
    """FSCTL_QUERY_NETWORK_INTERFACE_INFO, with little room for an answer."""
    with Victim(target) as victim:
        request = commands.ioctl(commands.QUERY_NETWORK_INTERFACE_INFO, max_output=8)
        yield "interfaces", Verdict("answered", victim.tree.call(request))


@attack("A7", lambda variant: str(variant) == "3.1.1 gmac")
def interfaces_of_many(target):
    """The same of a session with many tree connections, for all of them at once."""
    request = commands.ioctl(commands.QUERY_NETWORK_INTERFACE_INFO)
    session = target.session()
    trees = [target.tree(session) for _ in range(MANY)]
    with session.conn as conn:
        sent = [conn.send(tree.on(request))[0] for tree in trees]
        said = {str(Verdict("answered", answer, "" if answer.unpack("I", 36)[0] else "(none)"))
                for answer in map(conn.wait, sent)}
        yield "interfaces of many", Verdict(", ".join(sorted(said)))


@attack("A7", lambda variant: not variant.ciphers)
def connection_limit(target):
    """TREE_CONNECT to a share that may have one connection, and has it."""
    first, second = target.session(), target.session()
    with first.conn, second.conn:
        few = first.tree("few")
        connect = commands.tree_connect(few.path)
        yield "connection limit", answered(second.call(connect))
        echo = commands.empty(Command.ECHO)
        yield "connection limit, first", answered(second.exchange([connect, echo])[0])
        few.disconnect()
        yield "connection limit, below it", Verdict("answered", second.call(connect))


@attack("A11")
def credits_of_refusals(target):
    """A client with one credit has to have one after each refusal (3.3.1.2)."""
    with Victim(target) as victim:
        refused = victim.plain(victim.write(sign="none"))
        yield "unsigned write", Verdict("grants", None, str(refused.header.credits))
    with target.connect() as conn:
        session = Session(conn, "")
        final = session.setup()
        yield "anonymous login", Verdict("grants", None, "some" if final.header.credits else "none")
        again = Session(conn, target.options.user, target.options.password)
        yield "login after it", Verdict("answered", again.setup())


@attack("A12", lambda variant: variant.dialect == "2.0.2")
def smb1(target):
    """A NEGOTIATE of SMB1 that offers nothing newer: an answer, and that soon."""
    with target.dial() as conn:
        conn.transport.send(negotiate.smb1_request(["NT LM 0.12"]))
        try:
            frame = conn.transport.receive()
        except (ConnectionClosed, NoAnswer) as error:
            yield "NEGOTIATE", Verdict(type(error).__name__)
            return
        yield "NEGOTIATE", Verdict("answered", None, f"{frame[:5].hex()} {frame[32:].hex()}")
