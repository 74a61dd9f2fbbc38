# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the photo modules, and the definitions and settings that are made of them."""

from __future__ import annotations

import base64
import binascii
import gc
import os
import re
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._core.model import DRIFTS, PROBLEMS, Definition, Expectation, PhotoError, Recipe, Source, identity_key
from .._core.option_names import called
from .._core.results import expectation
from .._core.targets import TARGETS
from .._core.text import REPLACEMENT, encodes, shown, unusable
from .._sync.guards import Limit
from .._sync.options import Settings
from .text_module import Spec, TextModule

_SHA256 = re.compile(r"[0-9a-f]{64}")


def photo_argument_spec(target: str) -> Spec:
    """The options that all photo modules share, with the defaults of ``target``."""
    known = TARGETS[target]
    picture: Spec = {
        # Not "path", which expands environment variables: a file named $AZURE_CLIENT_SECRET.jpg would reveal one.
        "src": {"type": "str"},
        "content": {"type": "str", "no_log": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    return {
        "user": {"type": "str"},
        "photos": {
            "type": "list",
            "elements": "dict",
            "options": {
                "user": {"type": "str", "required": True},
                **picture,
                "default": {"type": "bool", "default": False},
                "source_sha256": {"type": "str"},
                "copied": {"type": "bool", "default": False},
                "origin": {"type": "str"},
                "targets": {"type": "list", "elements": "str", "choices": list(TARGETS)},
                "known_problems": {"type": "list", "elements": "str", "choices": sorted(PROBLEMS), "default": []},
                **{name: {"type": "str"} for name in TARGETS},
            },
        },
        "photos_file": {"type": "dict"},
        **picture,
        "match_by": {"type": "str", "choices": list(known.choices), "default": known.match_by[0]},
        "people": {"type": "dict"},
        "leave_out": {"type": "list", "elements": "str", "choices": ["on_premises", "cloud", "routed"], "default": []},
        "size": {"type": "int", "default": known.size},
        "max_bytes": {"type": "int", "default": known.max_bytes},
        "crop": {"type": "str", "choices": ["center", "top", "face", "none"], "default": "center"},
        "background": {"type": "str", "default": "#ffffff"},
        "as_is": {"type": "bool", "default": False},
        "receipts": {"type": "path"},
        "on_foreign_change": {"type": "str", "choices": ["overwrite", "keep"], "default": "overwrite"},
        "backup_dir": {"type": "path"},
        "run_id": {"type": "str"},
        "max_replaced": {"type": "str", "default": "30%"},
        "max_removed": {"type": "str", "default": "10%"},
        "max_added": {"type": "str"},
        "shared_pictures": {"type": "str", "choices": ["allow", "refuse"], "default": "allow"},
        "confirm_accounts": {"type": "list", "elements": "str", "default": []},
        "option_prefix": {"type": "str", "default": ""},
        "verify": {"type": "bool", "default": True},
        "verify_timeout": {"type": "int", "default": 15},
        "ignore_problems": {"type": "list", "elements": "str", "choices": list(DRIFTS), "default": []},
        "approved": {
            "type": "list",
            "elements": "dict",
            "options": {
                "user": {"type": "str", "required": True},
                "action": {"type": "str", "choices": ["put", "remove"], "required": True},
                "tag": {"type": "str"},
                "source_sha256": {"type": "str"},
                "id": {"type": "str"},
                "fingerprint": {"type": "str"},
                "untouched": {"type": "str"},
            },
        },
        "authority": {"type": "str"},
        "plan_only": {"type": "bool", "default": False},
        "previews_dir": {"type": "path"},
        "rows": {"type": "str", "choices": ["all", "drifting"], "default": "all"},
        "rows_in_file": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
    }


class PhotoModule(TextModule):
    """An AnsibleModule that collects its secrets before it checks anything else.

    A list that contains wrong types ends ansible-core's own search for secrets early, and its failure message would
    then show the secrets that it had not reached.
    """

    def _load_params(self) -> None:
        super()._load_params()
        secret = (self.params.get(name) for name, option in self.argument_spec.items() if option.get("no_log"))
        self.no_log_values.update(str(value) for value in secret if value)


def photo_module(spec: Spec, **rules: t.Any) -> AnsibleModule:
    """The AnsibleModule of a photo module, with the rules that are the same for all of them."""
    # Python searches for reference cycles after each 700 new objects. A call with 10,000 users makes a million objects
    # that all stay until its end, so this search took a sixth of its time.
    gc.set_threshold(50_000, 20, 20)
    exclusive = [("user", "photos"), ("src", "content"), ("photos", "src"), ("photos", "content")]
    exclusive += rules.pop("mutually_exclusive", [])
    return PhotoModule(
        argument_spec=spec,
        supports_check_mode=True,
        mutually_exclusive=exclusive,
        required_one_of=[("user", "photos"), *rules.pop("required_one_of", [])],
        **rules,
    )


def definitions_from(params: t.Mapping[str, t.Any], target: str) -> tuple[list[Definition], dict[str, str]]:
    """The definitions in ``user`` or ``photos``, and by key why one of them cannot be used. Raises PhotoError.

    Entries for other targets than ``target`` are left out.
    """
    if params["photos"] is not None and params["state"] != "present":
        raise PhotoError("state: absent has no effect together with photos; give every entry of photos its own state")
    entries = params["photos"] if params["photos"] is not None else [params]
    approved = None
    if params["approved"] is not None:
        approved = {identity_key(each["user"]): expectation(each) for each in params["approved"]}
    definitions: list[Definition] = []
    refused: dict[str, str] = {}
    for entry in entries:
        user = entry["user"]
        if not user.strip():
            raise PhotoError("an entry of photos has an empty user; give every entry an identity")
        default, copied = bool(entry.get("default")), bool(entry.get("copied"))
        if default and entry["state"] == "absent":
            raise PhotoError(f"{shown(user)} is declared absent with default: true; remove one of them")
        if entry.get("targets") == []:
            raise PhotoError(
                f"targets of {shown(user)} is empty; name one or more of {', '.join(TARGETS)}, or leave it out for all"
            )
        if entry.get("targets") and target not in entry["targets"]:
            continue
        expect = None if approved is None else approved.get(identity_key(user), Expectation("none"))
        origin = entry.get("origin") or ""
        known = frozenset(entry.get("known_problems") or ())
        targets = frozenset(entry.get("targets") or ())
        accounts = tuple((name, entry[name]) for name in TARGETS if params["photos"] is not None and entry.get(name))
        if entry["state"] == "absent":
            definitions.append(Definition(user, "absent", None, origin, expect, known, targets, accounts))
            continue
        source, why = _source(entry)
        definition = Definition(user, "present", source, origin, expect, known, targets, accounts, default, copied)
        definitions.append(definition)
        if why is not None:
            refused[definition.key] = why
    for definition in definitions:
        odd = unusable(definition.user)
        if odd is not None:
            refused[definition.key] = f"{shown(definition.user)} cannot be the name of a user: {odd}; correct the name"
        elif definition.source is not None and _is_no_text(definition.source.path):
            why = "the name of this file is not valid UTF-8, or has a control character"
            # The path has lost the name; the origin shows it, unless it is a line of photos.yml.
            line = definition.origin.rpartition(":")[2].isdecimal()
            name = definition.source.name if line or not definition.origin else shown(definition.origin)
            refused[definition.key] = f"{name}: {why}; rename it"
    return definitions, refused


def _is_no_text(path: str | None) -> bool:
    """Did the name of a file lose characters on its way here?"""
    return path is not None and (not encodes(path) or (REPLACEMENT in path and not Path(path).exists()))


def _source(entry: t.Mapping[str, t.Any]) -> tuple[Source, str | None]:
    if entry["src"] is not None and entry["content"] is not None:
        return Source(), "both src and content are given; give one of them"
    if entry["src"] is not None:
        return Source(path=os.path.expanduser(entry["src"])), None  # noqa: PTH111 - Path would normalize the text
    if entry["content"] is None and entry.get("source_sha256"):
        known = str(entry["source_sha256"]).lower()
        if not _SHA256.fullmatch(known):
            return Source(), f"source_sha256 {known!r:.80} is not a SHA-256 hash (64 hexadecimal digits)"
        return Source(sha256=known), None
    if entry["content"] is None:
        return Source(), "no picture is given; give src or content, or state: absent"
    try:
        # Many tools write base64 with line breaks; other foreign characters would be ignored without a message.
        return Source(content=base64.b64decode("".join(entry["content"].split()), validate=True)), None
    except (binascii.Error, ValueError):
        return Source(), "content is not base64; encode the picture with the b64encode filter"


def settings_from(params: t.Mapping[str, t.Any], target: str, check: bool) -> Settings:
    """The settings of a run. Raises PhotoError, which names the option."""
    for option, least in (("size", 16), ("max_bytes", 1024)):
        if params[option] < least:
            raise PhotoError(f"{option} is {params[option]}; no usable photo is that small, give {least} or more")
    if params["verify_timeout"] < 0:
        raise PhotoError(f"verify_timeout is {params['verify_timeout']}; give a number of seconds from 0 up")
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", params["background"]):
        raise PhotoError(f"background is {params['background']!r}; give a colour as #rrggbb, such as #ffffff")
    prefix = params["option_prefix"]
    for name in params["confirm_accounts"]:
        if not name.strip() or unusable(name) or not {"*", "?"}.isdisjoint(name):
            why = "each account must be confirmed by the user's name, as it is declared"
            raise PhotoError(f"{called('confirm_accounts', prefix)}: {name[:100]!r} is no name of a user; {why}")
    recipe = Recipe(
        size=params["size"],
        max_bytes=params["max_bytes"],
        crop=params["crop"],
        background=params["background"],
        mark=TARGETS[target].keeps_bytes,
        as_is=params["as_is"],
    )
    return Settings(
        recipe=recipe,
        match_by=params["match_by"],
        max_replaced=Limit.parse(called("max_replaced", prefix), params["max_replaced"]),
        max_removed=Limit.parse(called("max_removed", prefix), params["max_removed"]),
        max_added=Limit.parse(called("max_added", prefix), params["max_added"]) if params["max_added"] else None,
        shared_pictures=params["shared_pictures"],
        option_prefix=prefix,
        confirmed=frozenset(map(identity_key, params["confirm_accounts"])),
        check=check,
        plan_only=params["plan_only"],
        grouped=params.get("group_by") is not None,
        on_foreign_change=params["on_foreign_change"],
        verify=params["verify"],
        patience=float(params["verify_timeout"]),
    )
