# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kerberos ticket for one sign-in, from username and password."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path

from .errors import DirectoryError, SignInRefused, kinit_problem
from .options import DirectoryOptions


def principal(username: str) -> str:
    """The principal: the realm in capitals, which people do not write in a user principal name."""
    name, at, realm = username.rpartition("@")
    return f"{name}@{realm.upper()}" if at else username


@contextlib.contextmanager
def ticket(options: DirectoryOptions) -> t.Iterator[None]:
    """A context in which Kerberos finds a ticket of the options' account; without a username, the existing one.

    The ticket is in a private folder that is removed afterwards. ``kinit`` gets the password on its standard input,
    never on its command line. Raises DirectoryError. Sets KRB5CCNAME of this process meanwhile, where the Kerberos
    library looks.
    """
    if not options.username or not options.password:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="hybrid_photos_") as folder:
        cache = f"FILE:{Path(folder) / 'ticket'}"
        _kinit(options, cache)
        before = os.environ.get("KRB5CCNAME")
        os.environ["KRB5CCNAME"] = cache
        try:
            yield
        finally:
            if before is None:
                del os.environ["KRB5CCNAME"]
            else:
                os.environ["KRB5CCNAME"] = before


def _kinit(options: DirectoryOptions, cache: str) -> None:
    try:
        done = subprocess.run(
            ["kinit", "-c", cache, principal(options.username or "")],
            input=f"{options.password}\n".encode(),
            capture_output=True,
            timeout=options.timeout,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError as error:
        raise DirectoryError(
            "auth_protocol kerberos with username and password needs the program kinit: install krb5-user (Debian) or "
            "krb5-workstation (Red Hat), or run with a ticket and without username and password"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SignInRefused(kinit_problem("Cannot contact any KDC", options)) from error
    if done.returncode:
        raise SignInRefused(kinit_problem(done.stderr.decode(errors="replace"), options))
