# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the command of ``ansible-playbook``: which of our roles it runs, and which variables it contains."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.splitter import parse_kv

from .role_variables import ROLES, all_roles

_PLAYBOOKS = ROLES.parent / "playbooks"
#: Playbooks with another name than the role that they run.
_ROLE_OF = {"cloud_to_onprem": "lead", "onprem_to_cloud": "lead"}


def roles_of_call() -> frozenset[str] | None:
    """The roles that the playbooks of this call run; None if a playbook is not ours, as it may run any role."""
    playbooks = [str(name) for name in context.CLIARGS.get("args") or ()]
    roles = [_role_of(name) for name in playbooks]
    return frozenset(map(str, roles)) if roles and None not in roles else None


def _role_of(playbook: str) -> str | None:
    named = re.fullmatch(r"hybrid\.photos\.(\w+)", playbook)
    path = Path(playbook)
    if named is None and path.parent.resolve() != _PLAYBOOKS.resolve():
        return None
    stem = named[1] if named else path.stem
    role = _ROLE_OF.get(stem, stem)
    return role if role in all_roles() else None


def typed_variables(loader: DataLoader) -> frozenset[str]:
    """The variables that were given with ``-e`` in the command itself, not in a file (``-e @file``).

    A file may contain variables of several roles, for several calls. Ansible has read all values before, so all of them
    can be parsed.
    """
    names: set[str] = set()
    for option in context.CLIARGS.get("extra_vars") or ():
        text = str(option)
        if text.startswith("@"):
            continue
        found: t.Any = loader.load(text) if text[:1] in ("{", "[") else parse_kv(text)
        names.update(map(str, found) if isinstance(found, dict) else ())
    return frozenset(names)
