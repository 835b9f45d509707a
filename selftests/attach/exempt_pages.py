# SPDX-License-Identifier: GPL-2.0
"""exempt_pages.py FILE CASE: write a list to the file `exempt`, a page at a time.

A list is applied as a whole or not at all, wherever its pages end. CASE is

  newline    the first of two pages ends with a newline
  bad        the same, and the second page does not parse
  full       the list fills two pages, the last one too
  forsaken   as full, but the writer does not close the file: nothing yet
"""
import os
import sys
import time

PAGE = 4096


def page(number):
    """One page of networks, one a line."""
    lines = [f"10.{number}.{i // 256}.{i % 256}/32" for i in range(200)]
    text = "\n".join(lines) + "\n"
    return (text + "\n" * (PAGE - len(text))).encode()


def networks(data):
    return data.decode().split()


def read(path):
    with open(path, "rb") as file:
        return networks(file.read())


def main():
    path, case = sys.argv[1:]
    before = read(path)
    pieces = [page(1), page(2)]
    if case == "newline":
        pieces[1] = b"192.0.2.0/24\n"
    elif case == "bad":
        pieces[1] = b"192.0.2.0/24 nonsense\n"
    fd = os.open(path, os.O_WRONLY)
    assert os.write(fd, pieces[0]) == PAGE
    time.sleep(0.3)
    assert read(path) == before, "the first page was applied alone"
    try:
        os.write(fd, pieces[1])
    except OSError:
        assert case == "bad", "the second page was refused"
    else:
        assert case != "bad", "the bad page was accepted"
    if case == "forsaken":
        time.sleep(0.3)
        assert read(path) == before, "a list was applied that may go on"
    os.close(fd)
    wanted = before if case == "bad" else networks(b"".join(pieces))
    assert read(path) == wanted, f"the list is {read(path)}"


main()
