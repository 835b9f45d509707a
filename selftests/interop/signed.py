# SPDX-License-Identifier: GPL-2.0
"""What tshark makes of a capture: the algorithm, and that everything is signed.

	signed.py CAPTURE ALGORITHM [LARGEST]

ALGORITHM: gmac, cmac or hmac as SigningAlgorithmId says; or none if that is not negotiated. LARGEST:
what the largest message has to have at least, in bytes.
"""
import subprocess
import sys

from lib.capture import Capture
from smb import wire
from smb.wire import Command

ALGORITHMS = {"hmac": "0x0000", "cmac": "0x0001", "gmac": "0x0002", "none": ""}
FIELDS = ("cmd", "sesid", "msg_id", "flags.response", "flags.signature", "nt_status",
          "negotiate_context.signing_id")
PENDING = "0x00000103"
NO_MESSAGE_ID = str(wire.NO_MESSAGE_ID)


def dissected(path):
    """Frames of the capture as tshark sees them: a dictionary of lists."""
    command = ["tshark", "-r", path, "-Y", "smb2", "-T", "fields", "-E", "separator=|"]
    for field in FIELDS:
        command += ["-e", f"smb2.{field}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    for line in done.stdout.decode().splitlines():
        yield {field: value.split(",") if value else []
               for field, value in zip(FIELDS, line.split("|"))}


def excused(frame, command, session):
    """Whether the protocol leaves a message of a frame unsigned."""
    if PENDING in frame["nt_status"] or NO_MESSAGE_ID in frame["msg_id"]:
        return True
    return int(command) <= Command.SESSION_SETUP or \
        (int(command) == Command.ECHO and int(session, 0) == 0)


def judge(path, algorithm):
    """What is wrong with the capture, by tshark; and a count of what is not."""
    wrong, answered, count = [], [], {"signed": 0, "excused": 0}
    for frame in dissected(path):
        if frame["flags.response"][0] in ("1", "True") and frame["cmd"] == ["0"]:
            answered += frame["negotiate_context.signing_id"]
        for command, session, flag in zip(frame["cmd"], frame["sesid"], frame["flags.signature"]):
            if flag in ("1", "True"):
                count["signed"] += 1
            elif excused(frame, command, session):
                count["excused"] += 1
            else:
                wrong.append(f"not signed: {frame}")
    if set(answered) != {ALGORITHMS[algorithm]} - {""}:
        wrong.append(f"SigningAlgorithmId {answered}")
    return wrong, count


def by_hand(path):
    """Without tshark: messages that are signed, and the largest request and answer, in bytes."""
    size, signed = [0, 0], 0
    with open(path, "rb") as stream:
        capture = Capture(stream)
        for message in capture.messages():
            size[message.from_server] = max(size[message.from_server], len(message.raw))
            if message.header is None or not message.signed and not message.excused():
                raise ValueError(f"not signed: {message}")
            signed += message.signed
    if capture.lost():
        raise ValueError("the capture has holes")
    return signed, size


def main():
    """Judge the file that is named."""
    path, algorithm = sys.argv[1:3]
    wrong, count = judge(path, algorithm)
    signed, size = by_hand(path)
    print(f"{signed} signed messages, the largest", *size)
    if not count["signed"]:
        wrong.append("tshark sees no signed message")
    if min(size) < int((sys.argv[3:] or ["0"])[0]):
        wrong.append("no message as large as wanted")
    print(*wrong[:20], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
