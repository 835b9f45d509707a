# SPDX-License-Identifier: GPL-2.0
"""Make a tree of files like a source tree: make_tree.py DIRECTORY FILES"""
import os
import random
import sys


def main():
    """Text of some KiB in most of them; one empty, one large."""
    root, count = sys.argv[1], int(sys.argv[2])
    random.seed(1)
    words = [f"word{number}" for number in range(500)]
    for number in range(count):
        where = os.path.join(root, f"d{number % 17}", f"e{number % 5}")
        os.makedirs(where, exist_ok=True)
        with open(os.path.join(where, f"file {number}.c"), "w", encoding="ascii") as file:
            file.write(" ".join(random.choices(words, k=random.randrange(1500))))
    for name, size in ("README", 1000), ("empty", 0), ("large", 3000001):
        with open(os.path.join(root, name), "wb") as file:
            file.write(random.randbytes(size))


if __name__ == "__main__":
    main()
