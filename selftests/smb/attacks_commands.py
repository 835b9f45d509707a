# SPDX-License-Identifier: GPL-2.0
"""every-command: each SMB2 command that needs a session, badly signed, alone and in compounds.

CANCEL is row S24, in attacks_messages.py.
"""
import os

from smb import commands
from smb.attack import FORGED, Victim, attack, judge
from smb.client import demand
from smb.wire import Command, Status

UNLOCK = 4      # 2.2.26.1
MODES = "none", "garbage", "zero"
COVERED = [command for command in Command
           if command not in (Command.NEGOTIATE, Command.SESSION_SETUP, Command.CANCEL)]


def requests(victim):
    """For each command: a request that an open session would obey, and whether it was obeyed.

    Where only the answer can tell, the second is None.
    """
    tree, file_id = victim.tree, victim.file_id
    new = victim.own("forged")

    def appeared():
        return os.path.exists(victim.path(new))

    return {
        Command.LOGOFF: (commands.empty(Command.LOGOFF), victim.lost),
        Command.TREE_CONNECT: (commands.tree_connect(tree.path), None),
        Command.TREE_DISCONNECT: (commands.empty(Command.TREE_DISCONNECT), victim.lost),
        Command.CREATE: (commands.create(new), appeared),
        Command.CLOSE: (commands.close(file_id), victim.lost),
        Command.FLUSH: (commands.flush(file_id), None),
        Command.READ: (commands.read(file_id), None),
        Command.WRITE: (commands.write(file_id, FORGED), victim.forged),
        Command.LOCK: (commands.lock(file_id), lambda: locked(victim)),
        Command.IOCTL: (commands.query_interfaces(), None),
        Command.ECHO: (commands.empty(Command.ECHO), None),
        Command.QUERY_DIRECTORY: (commands.query_directory(file_id), None),
        Command.CHANGE_NOTIFY: (commands.change_notify(b"\x77" * 16), None),  # else it waits
        Command.QUERY_INFO: (commands.query_info(file_id), None),
        Command.SET_INFO: (commands.rename(new, file_id), appeared),
        Command.OPLOCK_BREAK: (commands.oplock_ack(file_id, 0), None),
    }


def locked(victim):
    """Whether somebody locked the victim's file."""
    file_id = victim.tree.open(victim.name)
    granted = victim.tree.call(commands.lock(file_id)).status != Status.LOCK_NOT_GRANTED
    if granted:     # closing it would give the lock back some time later
        demand(victim.tree.call(commands.lock(file_id, flags=UNLOCK)))
    demand(victim.tree.call(commands.close(file_id)))
    return not granted


def obeyed(effect):
    """How judge() sees a command: by its effect, else by any answer but a refusal."""
    if effect:
        return lambda _: effect()
    return lambda response: response is not None and response.status != Status.ACCESS_DENIED


# How the forged command is sent: what it is called, its signature, and in which frame.
FRAMES = [(mode, mode, lambda bad, good: [bad]) for mode in MODES] + [
    ("none, then good", "none", lambda bad, good: [bad, good]),
    ("none, after good", "none", lambda bad, good: [good, bad]),
]


@attack("every-command")
def every_command(target):
    """Each command alone, then before and after a well signed QUERY_INFO in a compound."""
    victim = Victim(target)
    try:
        for command in COVERED:
            for what, mode, arrange in FRAMES:
                verdict = one(victim, command, mode, arrange)
                yield f"{command.name.lower()} {what}", verdict
                victim = spared(victim, verdict) or Victim(target)
    finally:
        victim.conn.close()


def one(victim, command, mode, arrange):
    """One forged command against a victim to whom nothing has happened yet."""
    request, effect = requests(victim)[command]
    bad = victim.tree.on(request, sign=mode)
    frame = arrange(bad, victim.tree.on(commands.query_info(victim.file_id)))
    return judge(lambda: victim.compound(frame, frame.index(bad)), obeyed(effect))


def spared(victim, verdict):
    """The victim, if nothing but a plain refusal came of the attack; then it goes on as before."""
    if verdict.outcome == "refused" and not verdict.detail and verdict.response and \
            verdict.response.status == Status.ACCESS_DENIED:
        demand(victim.session.call(commands.empty(Command.ECHO)))
        return victim
    victim.conn.close()
    return None
