# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The tests' python modules are packages here, one a folder: `python3 -m smb.server_attacks`
# runs selftests/smb/server_attacks.py. Source this, as ktap.sh and module.sh do.

PYTHONPATH=$(dirname "$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")")
# No module is taken from where the caller stands, and nothing is written to a checkout.
export PYTHONPATH PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
