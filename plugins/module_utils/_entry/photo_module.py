# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where AnsibleModule meets the domain: options in, outcomes out, exceptions into failures."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import time
import typing as t
from collections import Counter
from contextlib import closing
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._core.model import (
    DRIFTS,
    PROBLEMS,
    Definition,
    Expectation,
    Outcome,
    PhotoError,
    Recipe,
    Source,
    Summary,
    identity_key,
)
from .._core.text import REPLACEMENT, encodes, shown, unusable
from .._pictures import pillow
from .._sync.backups import Backups
from .._sync.guards import Limit
from .._sync.options import Services, Settings
from .._sync.previews import Previews
from .._sync.receipts import Receipts
from .._sync.run import Result, reconcile
from .._sync.store import PhotoStore
from .text_module import TextModule

Spec = dict[str, dict[str, t.Any]]
#: Makes a store for the module's parameters; the receipts are the store's memory.
OpenStore = t.Callable[[dict[str, t.Any], t.Optional[Receipts]], PhotoStore]
MESSAGES_SHOWN = 10


def photo_argument_spec(*, size: int, max_bytes: int, match_by: t.Sequence[str]) -> Spec:
    """The options that both photo modules share; the first of ``match_by`` is the default."""
    picture: Spec = {
        # Not "path", which puts in variables of the environment: a file named $AZURE_CLIENT_SECRET.jpg would show one.
        "src": {"type": "str"},
        "content": {"type": "str", "no_log": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    return {
        "user": {"type": "str"},
        "photos": {
            "type": "list",
            "elements": "dict",
            "options": {"user": {"type": "str", "required": True}, **picture},
        },
        **picture,
        "match_by": {"type": "str", "choices": list(match_by), "default": match_by[0]},
        "size": {"type": "int", "default": size},
        "max_bytes": {"type": "int", "default": max_bytes},
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
        "progress_file": {"type": "path"},
    }


class PhotoModule(TextModule):
    """An AnsibleModule that knows its secrets before it looks at anything else.

    A list of entries that holds something else ends ansible-core's own search for secrets half-way, and its failure
    would then show those that it had not come to.
    """

    def _load_params(self) -> None:
        super()._load_params()
        secret = (self.params.get(name) for name, option in self.argument_spec.items() if option.get("no_log"))
        self.no_log_values.update(str(value) for value in secret if value)


def photo_module(spec: Spec, **rules: t.Any) -> AnsibleModule:
    """The AnsibleModule of a photo module, with the rules that hold for both."""
    exclusive = [("user", "photos"), ("src", "content"), ("photos", "src"), ("photos", "content")]
    exclusive += rules.pop("mutually_exclusive", [])
    return PhotoModule(
        argument_spec=spec,
        supports_check_mode=True,
        mutually_exclusive=exclusive,
        required_one_of=[("user", "photos"), *rules.pop("required_one_of", [])],
        **rules,
    )


def run_photo_module(module: AnsibleModule, target: str, open_store: OpenStore) -> None:
    """Do what a photo module was asked for, and leave by exit_json or fail_json with every outcome."""
    try:
        result = _reconcile(module, target, open_store)
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False, target=target, invocation=_invocation(module))
    answer = results(result, target, module.check_mode, module.params["plan_only"], module.params["rows"])
    if module._diff:
        answer["diff"] = [difference(outcome) for outcome in result.outcomes if outcome.changed or planned(outcome)]
    complaint = result.error or complain(result.outcomes, module.params["ignore_problems"])
    if complaint is not None:
        module.fail_json(msg=complaint, invocation=_invocation(module), **answer)
    module.exit_json(invocation=_invocation(module), **answer)


def _reconcile(module: AnsibleModule, target: str, open_store: OpenStore) -> Result:
    params = module.params
    pillow.available()
    definitions, refused = definitions_from(params)
    settings = settings_from(params, target, module.check_mode)
    receipts = Receipts(Path(params["receipts"]), target, module.check_mode) if params["receipts"] else None
    backups = None
    if params["backup_dir"] and not module.check_mode:
        run = params["run_id"] or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        backups = Backups(Path(params["backup_dir"]), target, run)
    previews = Previews(Path(params["previews_dir"])) if params["previews_dir"] else None
    progress = ProgressFile(Path(params["progress_file"])) if params["progress_file"] else _silent
    try:
        with closing(open_store(params, receipts)) as store:
            if params["authority"]:
                check_authority(store, params["authority"])
            return reconcile(definitions, store, settings, Services(receipts, backups, previews, progress), refused)
    finally:
        if receipts is not None:
            receipts.close()


def check_authority(store: PhotoStore, wanted: str) -> None:
    """Raises PhotoError when the store is not the tenant or domain that was meant."""
    if store.open().lower() != wanted.lower():
        raise PhotoError(
            f"this is {store.authority}, and the call is meant for {wanted} (authority); nothing was looked at. "
            "Check the connection options, and where the photos come from"
        )


def definitions_from(params: t.Mapping[str, t.Any]) -> tuple[list[Definition], dict[str, str]]:
    """The definitions in ``user`` or ``photos``, and by key why one of them cannot be used. Raises PhotoError."""
    if params["photos"] is not None and params["state"] != "present":
        raise PhotoError("state: absent beside photos would say nothing; give every entry of photos its own state")
    entries = params["photos"] if params["photos"] is not None else [params]
    approved = None
    if params["approved"] is not None:
        approved = {
            identity_key(a["user"]): Expectation(
                a["action"], a["tag"], a["source_sha256"], a["id"], a["fingerprint"], a["untouched"]
            )
            for a in params["approved"]
        }
    definitions: list[Definition] = []
    refused: dict[str, str] = {}
    for entry in entries:
        user = entry["user"]
        if not user.strip():
            raise PhotoError("an entry of photos has an empty user; give every entry an identity")
        expect = None if approved is None else approved.get(identity_key(user), Expectation("none"))
        if entry["state"] == "absent":
            definitions.append(Definition(user, "absent", None, expect=expect))
            continue
        source, why = _source(entry)
        definition = Definition(user, "present", source, expect=expect)
        definitions.append(definition)
        if why is not None:
            refused[definition.key] = f"{user}: {why}"
    for definition in definitions:
        why = unusable(definition.user)
        if why is not None:
            refused[definition.key] = f"{shown(definition.user)} can name no user: {why}; correct the name"
        elif definition.source is not None and _is_no_text(definition.source.path):
            refused[definition.key] = f"{definition.source.name}: the name of this file is not valid UTF-8; rename it"
    return definitions, refused


def _source(entry: t.Mapping[str, t.Any]) -> tuple[Source, str | None]:
    if entry["src"] is not None and entry["content"] is not None:
        return Source(), "both src and content are given; give one of them"
    if entry["src"] is not None:
        return Source(path=os.path.expanduser(entry["src"])), None  # noqa: PTH111 - Path would change the text
    if entry["content"] is None:
        return Source(), "no picture is given; give src or content, or state: absent"
    try:
        # Line breaks are how many tools write base64; anything else foreign would be left out without a word.
        return Source(content=base64.b64decode("".join(entry["content"].split()), validate=True)), None
    except (binascii.Error, ValueError):
        return Source(), "content is not base64; encode the picture with the b64encode filter"


def _is_no_text(path: str | None) -> bool:
    """Did the name of a file lose something on its way here?"""
    return path is not None and (not encodes(path) or (REPLACEMENT in path and not Path(path).exists()))


def settings_from(params: t.Mapping[str, t.Any], target: str, check: bool) -> Settings:
    """Raises PhotoError, naming the option."""
    for option, least in (("size", 16), ("max_bytes", 1024)):
        if params[option] < least:
            raise PhotoError(f"{option} is {params[option]}; no usable photo is that small, give {least} or more")
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", params["background"]):
        raise PhotoError(f"background is {params['background']!r}; give a colour as #rrggbb, such as #ffffff")
    recipe = Recipe(
        size=params["size"],
        max_bytes=params["max_bytes"],
        crop=params["crop"],
        background=params["background"],
        mark=target == "ad",
        as_is=params["as_is"],
    )
    return Settings(
        recipe=recipe,
        match_by=params["match_by"],
        max_replaced=Limit.parse("max_replaced", params["max_replaced"]),
        max_removed=Limit.parse("max_removed", params["max_removed"]),
        max_added=Limit.parse("max_added", params["max_added"]) if params["max_added"] else None,
        shared_pictures=params["shared_pictures"],
        confirmed=frozenset(map(identity_key, params["confirm_accounts"])),
        check=check,
        plan_only=params["plan_only"],
        on_foreign_change=params["on_foreign_change"],
        verify=params["verify"],
        patience=float(params["verify_timeout"]),
    )


def planned(outcome: Outcome) -> bool:
    """Is this a change that was wanted, whether or not it was made?"""
    return outcome.change.action != "none"


def results(result: Result, target: str, check: bool, plan_only: bool, rows: str) -> dict[str, t.Any]:
    """The module's return values: plain JSON types only. In check mode and with plan_only, what would be done."""
    would = (check or plan_only) and result.error is None
    outcomes = result.outcomes
    answer: dict[str, t.Any] = {
        "changed": any(planned(o) if check and would else o.changed for o in outcomes),
        "summary": summary(result, would),
        "photos": [row(o, would) for o in outcomes if rows == "all" or not quiet(o)],
        "target": target,
    }
    if result.notes:
        answer["notes"] = list(result.notes)
    if rows != "all":
        answer["in_sync"] = [[o.definition.user, o.user.id if o.user else None] for o in outcomes if quiet(o)]
    return answer


def quiet(outcome: Outcome) -> bool:
    """Is there nothing to say of this user but that they are in sync?"""
    return outcome.change.drift == "in_sync" and not (outcome.warnings or outcome.shared_with or outcome.change.foreign)


def summary(result: Result, would: bool) -> dict[str, int]:
    """Counts by drift, by what was (or would be) done, and the requests sent."""
    outcomes = result.outcomes
    drifts = Counter(o.change.drift for o in outcomes)
    done = Counter(o.change.action for o in outcomes if (planned(o) if would else o.changed))
    return {
        "checked": len(outcomes),
        **{drift: drifts[drift] for drift in DRIFTS},
        "put": done["put"],
        "removed": done["remove"],
        "failed": sum(o.error is not None for o in outcomes),
        "unverified": sum(o.verified is False and o.error is None for o in outcomes),
        "foreign": sum(o.change.foreign for o in outcomes),
        "stale": sum(o.stale for o in outcomes),
        "requests": result.requests,
    }


def row(outcome: Outcome, would: bool) -> dict[str, t.Any]:
    """One outcome as results show it: hashes, sizes and reasons, never a picture."""
    definition, seen = outcome.definition, outcome.observed
    observed: dict[str, t.Any] | None = None
    if seen is not None and seen.present:
        tag = {"sha256": seen.sha256} if outcome.target == "ad" else {"etag": seen.tag}
        observed = {**tag, "bytes": seen.bytes, "width": seen.width, "height": seen.height}
        if seen.fingerprint is not None and outcome.change.action != "none":
            observed["fingerprint"] = seen.fingerprint
    answer: dict[str, t.Any] = {
        "user": definition.user,
        "id": outcome.user.id if outcome.user else None,
        "target": outcome.target,
        "drift": outcome.change.drift,
        "action": outcome.change.action,
        "changed": planned(outcome) if would else outcome.changed,
        "reason": outcome.change.reason,
        "foreign": outcome.change.foreign,
        "verified": outcome.verified,
        "source": None
        if definition.source is None
        else {"sha256": outcome.source_sha256, "path": definition.source.path},
        "desired": as_dict(outcome.desired),
        "observed": observed,
        "backup": outcome.backup,
        "error": outcome.error,
    }
    if outcome.user is not None and outcome.user.label:
        answer["label"] = outcome.user.label
    if outcome.warnings:
        answer["warnings"] = list(outcome.warnings)
    if outcome.shared_with:
        answer["shared_with"] = list(outcome.shared_with)
    if outcome.stale:
        answer["stale"] = True
    if outcome.state is not None:
        answer["outcome"] = outcome.state
    return answer


def as_dict(picture: Summary | None) -> dict[str, t.Any] | None:
    """A summary of a picture as JSON types."""
    if picture is None:
        return None
    return {"sha256": picture.sha256, "bytes": picture.bytes, "width": picture.width, "height": picture.height}


def difference(outcome: Outcome) -> dict[str, str]:
    """One user's part of the diff: summaries only."""
    head = f"{outcome.definition.user} ({outcome.target})"
    plain = row(outcome, would=True)
    after = plain["desired"] if outcome.change.action == "put" else None
    return {
        "before_header": head,
        "after_header": head,
        "before": _as_text(plain["observed"]),
        "after": _as_text(after),
    }


def _as_text(picture: dict[str, t.Any] | None) -> str:
    if picture is None:
        return "photo: none\n"
    return "".join(f"{key}: {value}\n" for key, value in sorted(picture.items()) if value is not None)


def complain(outcomes: t.Sequence[Outcome], ignored: t.Sequence[str]) -> str | None:
    """Why the run fails, naming the first users, or None."""
    bad: list[str] = []
    for outcome in outcomes:
        user, drift = outcome.definition.user, outcome.change.drift
        if outcome.error is not None:
            bad.append(f"{user}: {outcome.error}")
        elif drift in PROBLEMS and drift not in ignored:
            bad.append(f"{user} ({drift}): {outcome.change.reason}")
    if not bad:
        return None
    more = f"\n  and {len(bad) - MESSAGES_SHOWN} more, see photos" if len(bad) > MESSAGES_SHOWN else ""
    lines = "".join(f"\n  {line}" for line in bad[:MESSAGES_SHOWN])
    others = "; the others were seen to" if len(bad) < len(outcomes) else ""
    return f"{len(bad)} of {len(outcomes)} users could not be brought in line{others}:{lines}{more}"


def _invocation(module: AnsibleModule) -> dict[str, t.Any]:
    """What was asked for, without the pictures and without ten thousand rows of it."""
    hidden = {"content"} & {key for key, value in module.params.items() if value is not None}
    long = {key for key in ("photos", "approved") if module.params.get(key) is not None}
    plain = {key: value for key, value in module.params.items() if key not in hidden | long}
    counts = {key: f"{len(module.params[key])} entries" for key in long}
    return {"module_args": {**plain, **dict.fromkeys(hidden, "(picture)"), **counts}}


def _silent(what: str, done: int, total: int) -> None:
    """Nobody follows this run."""


class ProgressFile:
    """A file that an action plugin follows to show that a long run lives: one JSON line, replaced twice a second."""

    def __init__(self, path: Path, every: float = 0.5) -> None:
        self.path = path
        self.every = every
        self._last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < self.every and done < total:
            return
        self._last = now
        new = self.path.with_name(self.path.name + ".new")
        try:
            new.write_text(json.dumps({"what": what, "done": done, "total": total, "pid": os.getpid()}))
            new.replace(self.path)
        except OSError:
            return  # progress is a courtesy; the run is not
