# SPDX-License-Identifier: GPL-2.0
"""Ask for a file's attributes, without end and whatever comes of it."""
import os
import sys

while True:
    try:
        os.stat(sys.argv[1])
    except OSError:
        pass
