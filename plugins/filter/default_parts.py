# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the users who get the default picture without an entry in photos.yml: members of a group, or by a filter."""

from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import identity_key
from ansible_collections.hybrid.photos.plugins.module_utils._core.option_names import called
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS
from ansible_collections.hybrid.photos.plugins.plugin_utils.text import no_template

#: These users are not in Git, so it is no problem if they have no account or mailbox at a target.
KNOWN = ("unavailable", "unresolved")
#: With these, one user may have several names, or the names come from another target.
_NOT_BY = ("anchor", "proxyAddresses")


def default_for_problem(
    default_for: t.Mapping[str, t.Any], pictures: t.Sequence[str], match_by: t.Mapping[str, str], name: str
) -> str:
    """See default_for_problem.yml."""
    if not pictures:
        return (
            f"{name} needs a default picture; name one in photos.yml, such as 'default: {{src: portraits/nobody.png}}'"
        )
    if len(set(pictures)) > 1:
        several = ", ".join(sorted(set(pictures)))
        return f"{name} cannot be used with inventories that have different default pictures: {several}"
    for target, whom in default_for.items():
        if whom is None:
            continue
        if not (whom.get("group") or whom.get("filter")):
            return (
                f"{name}.{target} needs a group or a filter; without one, service accounts would get the picture, too"
            )
        if match_by.get(target) in _NOT_BY:
            option = called("match_by", name.removesuffix("default_for"), target)
            return (
                f"{name}.{target} cannot be used with {option} {match_by[target]}: by it a user has several names, "
                "or is named by another target"
            )
    return ""


def names_everywhere(photos: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, list[str]]:
    """See names_everywhere.yml."""
    entries = list(photos)
    return {target: [str(entry.get(target) or entry["user"]) for entry in entries] for target in TARGETS} | {
        "user": [str(entry["user"]) for entry in entries]
    }


def default_parts(
    listed: t.Iterable[t.Mapping[str, t.Any]],
    picture: str,
    declared: t.Iterable[t.Mapping[str, t.Sequence[str]]],
    hosts: t.Sequence[str],
) -> dict[str, list[dict[str, t.Any]]]:
    """See default_parts.yml."""
    called: dict[str, set[str]] = {name: set() for name in ("user", *TARGETS)}
    for each in declared:
        for name, users in each.items():
            called[name].update(map(identity_key, users))
    found: dict[str, tuple[str, list[str]]] = {}
    for result in listed:
        for row in result.get("users") or ():
            target, user = str(result["target"]), str(row["user"])
            key = identity_key(user)
            if key not in called[target] and key not in called["user"]:
                found.setdefault(key, (user, []))[1].append(target)
    entries = [_entry(user, picture, targets) for _key, (user, targets) in sorted(found.items())]
    size = -(-len(entries) // max(1, len(hosts)))
    return {host: entries[at * size : (at + 1) * size] for at, host in enumerate(hosts)}


def _entry(user: str, picture: str, targets: t.Iterable[str]) -> dict[str, t.Any]:
    return {
        "user": no_template(user),
        "src": no_template(picture),
        "default": True,
        "origin": no_template("default_for"),
        "targets": [no_template(target) for target in dict.fromkeys(targets)],
        "known_problems": [no_template(problem) for problem in KNOWN],
    }


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "default_for_problem": default_for_problem,
            "names_everywhere": names_everywhere,
            "default_parts": default_parts,
        }
