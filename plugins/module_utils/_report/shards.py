# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of a run's shards, from photo_choice's results: numbers are in variables, names are in files."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core import rows_file
from .._core.model import PhotoError
from .._core.results import number, plain, text
from .gather import Unseen


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: a host of the run. ``declared``: how many users are declared at each target."""

    name: str
    declared: t.Mapping[str, int]
    file: t.Any
    excluded: int = 0
    not_chosen: int = 0

    def users(self, target: str) -> t.Iterator[str]:
        """The users that are declared at a target. Raises PhotoError before the first one if the file is incomplete."""
        entries = rows_file.items(self.file, "photos")
        return (plain(entry["user"]) for entry in entries if rows_file.concerns(entry, target))

    def names(self, part: str) -> t.Iterator[str]:
        """``part`` is ``excluded``, or ``everybody`` for all declared users. Raises PhotoError as ``users`` does."""
        if part == "excluded" and not self.excluded:
            return iter(())
        return map(plain, rows_file.items(self.file, part))


def parse(told: t.Iterable[t.Any]) -> list[Shard]:
    """The option ``shards`` as values, without those that failed or had nothing to do.

    Raises PhotoError for anything that is not a result of photo_choice.
    """
    found = []
    for place, one in enumerate(told):
        if _failed(one) or (isinstance(one, t.Mapping) and one.get("skipped")):
            continue
        if not isinstance(one, t.Mapping) or not isinstance(one.get("declared"), t.Mapping):
            raise PhotoError(f"shards[{place}] is not what photo_choice returned.")
        declared = {str(target): number(count) or 0 for target, count in one["declared"].items()}
        name = text(one.get("shard")) or f"shards[{place}]"
        excluded, not_chosen = (number(one.get(key)) or 0 for key in ("excluded", "not_chosen"))
        found.append(Shard(name, declared, one.get("photos_file"), excluded, not_chosen))
    return found


def failed(told: t.Iterable[t.Any], hosts: t.Collection[str], explained: t.Collection[str | None]) -> list[Unseen]:
    """The shards of which it is not known whom they declare: photo_choice failed there, or never ran.

    ``told``: the option ``shards``. ``hosts``: all hosts of the play. ``explained``: hosts with another reason.
    """
    told = list(told)
    known = {text(one.get("shard")) for one in told if isinstance(one, t.Mapping)}
    lost = [Unseen(text(one.get("msg")) or _UNKNOWN, shard=text(one.get("shard"))) for one in told if _failed(one)]
    return [*lost, *(Unseen(_UNKNOWN, shard=host) for host in map(plain, hosts) if host not in {*known, *explained})]


#: Ansible shows the error of a host at the task that failed there, and passes it on to nobody.
_UNKNOWN = (
    "The tasks of this host failed, or it was unreachable, before its users were known; Ansible's message at that task "
    "says why."
)


def _failed(one: t.Any) -> bool:
    return isinstance(one, t.Mapping) and bool(one.get("failed") or one.get("unreachable"))
