# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a role can use the values of its variables.

Ansible's own check of a role also shows the whole argument specification with its message.
"""

from __future__ import annotations

import json
import re
import typing as t

from ..module_utils._core.choice import refuse_unusable
from ..module_utils._core.model import PhotoError
from ..module_utils._core.text import shown
from ..module_utils._report.metrics import checked_run_name
from ..module_utils._restore.keep import Keep
from ..module_utils._sync.guards import Limit
from .role_variables import did_you_mean, options_of

#: The words that Ansible's filter ``bool`` reads as true or false. Modules accept more words; the filter reads those
#: as false.
BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0"})
LIMITS = ("max_replaced", "max_removed", "max_added")
#: Lists of names or patterns of users.
WHOM = ("users", "exclude", "confirm_accounts")
#: The smallest and the largest number, for variables that do not accept every number.
RANGES: t.Mapping[str, tuple[int, int | None]] = {
    "keep_reports": (0, None),
    "sharp_side": (0, None),
    "max_crop_loss": (0, 100),
    "max_file_bytes": (1, None),
}
#: Names of runs, which are also names of folders. ``restore_run`` is not here: it only chooses an existing run.
RUNS = frozenset({"sync_run", "lead_run", "restore_name"})
#: How many characters of a value a message shows.
SHOWN = 80


def listed(value: t.Any) -> list[t.Any]:
    """A list unchanged; a text, such as from ``-e``, split at commas; another single value as a list with its text."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [str(value)]


def problems(role: str, get: t.Callable[[str], t.Any], given: t.Collection[str]) -> list[str]:
    """A sentence for each variable whose value cannot be used.

    ``get``: returns the value of a variable, with its templates evaluated; may raise PhotoError. ``given``: the names
    of all existing variables. Entries of users are not checked here: there may be thousands, and photo_choice checks
    them.
    """
    options = options_of(role)
    missing = [name for name, option in options.items() if option.get("required") and name not in given]
    if missing:
        # Other defaults may depend on these, so only this is reported.
        return [f"{' and '.join(missing)} must be given; see ansible-doc -t role hybrid.photos.{role}"]
    found: list[str] = []
    for name, option in options.items():
        if name in given and option.get("elements") != "dict":
            try:
                problem = _problem(name, name.removeprefix(f"{role}_"), option, get(name))
            except PhotoError as error:
                problem = str(error)
            found += [problem] if problem else []
    return found or _not_together(role, get, given)


def _not_together(role: str, get: t.Callable[[str], t.Any], given: t.Collection[str]) -> list[str]:
    """A sentence for variables that are right alone, and not together."""
    name = "sync_ad_match_by"
    if role != "sync" or name not in given or str(get(name)) != "anchor":
        return []
    # A role that calls this one has a prefix of its own, and may not have read yet who the users are.
    alone = "sync_option_prefix" not in given or str(get("sync_option_prefix")) == "sync_"
    targets = listed(get("sync_targets")) if "sync_targets" in given else ["ad"]
    if not alone or "ad" not in targets or ("sync_people" in given and get("sync_people")):
        return []
    return [
        f"{name} is 'anchor', and sync_people is empty; only a role that calls this one knows users by their anchor. "
        "Use the attribute that the users are named by, such as userPrincipalName"
    ]


def _problem(name: str, word: str, option: t.Mapping[str, t.Any], value: t.Any) -> str | None:
    """Why a value cannot be used, or None. ``word``: the name without the role's prefix. May raise PhotoError."""
    kind = option["type"]
    if value is None:
        return f"{name} has no value; give one, or leave the variable out"
    if word == "serial":
        return _serial_problem(name, value)
    if kind == "list":
        return _list_problem(name, word, option, value)
    if kind == "dict":
        return _mapping_problem(name, option, value)
    if isinstance(value, list | tuple | dict):
        return f"{name} is a {'mapping' if isinstance(value, dict) else 'list'}; give {_WANTED[kind]}"
    text = str(value)
    if option.get("required") and not text.strip():
        return f"{name} is empty; give {_WANTED[kind]}"
    if (kind == "bool" and text.lower() not in BOOLEANS) or (kind == "int" and _is_no_number(text)):
        return f"{name} is {_quoted(text)}; give {_WANTED[kind]}"
    if word in RANGES and not _is_within(int(text), *RANGES[word]):
        least, most = RANGES[word]
        return f"{name} is {text}; give a number from {least} {'up' if most is None else f'to {most}'}"
    choices = option.get("choices")
    if choices and text not in choices:
        empty = ", or leave it empty" if "" in choices else ""
        return f"{name} is {_quoted(text)}; use one of {', '.join(filter(None, choices))}{empty}"
    if word in LIMITS and (text or word != "max_added"):
        Limit.parse(name, text)
    return _text_problem(name, word, text)


def _text_problem(name: str, word: str, text: str) -> str | None:
    """Checks of a text that a later task would only do after it has read the servers."""
    try:
        if word == "keep_backups" and text:
            Keep.parse(text, name)
    except PhotoError:
        return (
            f"{name}: {json.dumps(text)} is not a number of runs, such as 20, or of days, such as 30d (1 to 99999). "
            "Leave it empty to keep all backups."
        )
    if word == "metrics_name":
        checked_run_name(text, name)
    if name in RUNS and (not text.strip() or "/" in text or text.startswith(".")):
        return f"{name} is {_quoted(text)}; give a name that a folder can have, such as 20261127T081500Z, without '/'"
    return None


_WANTED = {"bool": "true or false", "int": "a whole number", "str": "a text"}


def _list_problem(name: str, word: str, option: t.Mapping[str, t.Any], value: t.Any) -> str | None:
    if isinstance(value, dict):
        return f"{name} is a mapping; give a list, or a text such as a,b"
    parts = listed(value)
    if any(part is None or isinstance(part, list | tuple | dict) for part in parts):
        return f"{name} has an entry that is not a text; give a list of texts"
    choices = option.get("choices")
    wrong = [str(part) for part in parts if str(part) not in choices] if choices else []
    if wrong:
        verb = "is" if len(parts) == 1 else "has"
        return f"{name} {verb} {', '.join(map(_quoted, wrong))}; use one or more of {', '.join(choices)}"
    if word in WHOM:
        refuse_unusable(name, map(str, parts))
    return None


#: A number of hosts, or a percentage of them.
_BATCH = re.compile(r"[1-9][0-9]{0,8}|([1-9][0-9]?|100)%")
_BATCHES = "a number of shards such as 1, a percentage from 1% to 100%, or a list of them such as 1,50%"


def _serial_problem(name: str, value: t.Any) -> str | None:
    """Ansible itself ends with a traceback for a wrong text, after the plan, and takes 0 and 200% for all hosts."""
    if isinstance(value, dict):
        return f"{name} is a mapping; give {_BATCHES}"
    parts = listed(value)
    wrong = [str(part) for part in parts if not _BATCH.fullmatch(str(part).strip())]
    if parts and not wrong:
        return None
    said = f"{'is' if len(parts) == 1 else 'has'} {', '.join(map(_quoted, wrong))}" if wrong else "is empty"
    return f"{name} {said}; give {_BATCHES}"


def _mapping_problem(name: str, option: t.Mapping[str, t.Any], value: t.Any) -> str | None:
    """``name``: with the keys that lead to it, such as ``drift_default_for.exo``."""
    parts: t.Mapping[str, t.Mapping[str, t.Any]] = option.get("options") or {}
    known = " and ".join(filter(None, [", ".join(sorted(parts)[:-1]), *sorted(parts)[-1:]]))
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list | tuple) else _quoted(str(value))
        return f"{name} is {what}; give a mapping" + (f" with {known}" if "." in name else "")
    for key, part in value.items() if parts else ():
        if key not in parts:
            return f"{name} has no {shown(str(key)[:SHOWN])}{did_you_mean(str(key), parts)}; there are {known}"
        problem = _problem(f"{name}.{key}", str(key), parts[key], part)
        if problem is not None:
            return problem
    return None


def _is_no_number(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return True
    return False


def _is_within(number: int, least: int, most: int | None) -> bool:
    return least <= number and (most is None or number <= most)


def _quoted(text: str) -> str:
    return f"'{shown(text[:SHOWN])}'"
