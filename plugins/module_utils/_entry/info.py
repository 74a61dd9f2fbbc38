# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an export for AnsibleModule: the info modules, and the merge of exports."""

from __future__ import annotations

import typing as t
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._core.choice import refuse_unusable
from .._core.files import MAX_FILE_BYTES, UnusableFile, read_file
from .._core.model import PhotoError
from .._core.option_names import called
from .._core.results import summary_dict
from .._core.safe_write import make_folder, write_safely
from .._core.targets import TARGETS
from .._core.text import shown
from .._definitions.names import MANIFEST
from .._export.export import PROBLEMS, Export, Row, export, holders, names
from .._export.folder import ExportFolder, several
from .._export.merge import STATES, Half, Merged, Options, merge
from .._export.remembered import Photos
from .._pictures import pillow
from .._sync.named import inner_match_by, named_store, needs_people
from .._sync.people import people_of
from .._sync.receipts import Receipts
from .._sync.store import PhotoStore
from .failures import complaint, invocation
from .text_module import Spec
from .whom import WHOM_SPEC, whom_of

#: Makes a store from the module's parameters; the receipts are the store's memory.
OpenStore = t.Callable[[dict[str, t.Any], t.Optional[Receipts]], PhotoStore]


def info_argument_spec(target: str) -> Spec:
    """The options that all info modules share, with the defaults of ``target``."""
    known = TARGETS[target]
    return {
        "users": {"type": "list", "elements": "str", "default": []},
        "dest": {"type": "path"},
        "only_holders": {"type": "bool", "default": False},
        "names_only": {"type": "bool", "default": False},
        "receipts": {"type": "path"},
        "remember": {"type": "bool", "default": True},
        "as_all": {"type": "bool", "default": False},
        "match_by": {"type": "str", "choices": list(known.choices), "default": known.match_by[0]},
        "people": {"type": "dict"},
        "option_prefix": {"type": "str", "default": ""},
        **WHOM_SPEC,
        "ignore_problems": {"type": "list", "elements": "str", "choices": [*PROBLEMS, "no_mailbox"], "default": []},
    }


def run_info_module(module: AnsibleModule, target: str, open_store: OpenStore) -> None:
    """Run an info module, and end with exit_json or fail_json and every row."""
    params = module.params
    receipts: Receipts | None = None
    try:
        if params["names_only"] and (params["only_holders"] or params["dest"]):
            raise PhotoError("names_only looks at no photo; leave out dest and only_holders")
        if params["receipts"] and not params["dest"]:
            raise PhotoError("receipts tells which photos need not be read into dest; give dest, too")
        if params["only_holders"] and (params["users"] or params["dest"]):
            raise PhotoError("only_holders lists all users that have a photo; leave out users and dest")
        pillow.available()
        folder = _folder(module, target) if params["dest"] else None
        needed = needs_people(params["match_by"], target, params["option_prefix"])
        people = people_of(params["people"], params["match_by"], needed=needed)
        if params["receipts"]:
            named = called("receipts", params["option_prefix"])
            receipts = Receipts(Path(params["receipts"]), target, module.check_mode or not params["remember"], named)
        inner = open_store({**params, "match_by": inner_match_by(params["match_by"], target)}, receipts)
        with closing(named_store(inner, {}, people, params["match_by"])) as store:
            whom = whom_of(params)
            if params["names_only"]:
                found = names(store, params["users"], whom, match_by=params["match_by"])
            elif params["only_holders"]:
                found = holders(store, whom)
            else:
                read = photos_read(store, receipts)
                chosen = {"as_all": params["as_all"], "match_by": params["match_by"]}
                found = export(store, params["users"], folder, whom, read, **chosen)
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False, target=target, invocation=invocation(module))
    finally:
        if receipts is not None:
            receipts.close()
    answer = name_results(found, target) if params["names_only"] else info_results(found, target)
    if folder is not None:
        answer["manifest"] = str(folder.path / MANIFEST)
    _leave(module, answer, found.error or complain(found.rows, params["ignore_problems"], target))


def _folder(module: AnsibleModule, target: str) -> ExportFolder:
    """The folder of an export. Raises PhotoError, before anything is read, for one that must not be written to."""
    given = module.params
    return ExportFolder(Path(given["dest"]), target, module.check_mode, called("dest", given["option_prefix"]))


def photos_read(store: PhotoStore, receipts: Receipts | None) -> Photos | None:
    """What earlier runs read from this tenant, domain or organization."""
    if receipts is None:
        return None
    receipts.authority = store.open()
    return Photos(receipts)


def name_results(found: Export, target: str) -> dict[str, t.Any]:
    """The return values for a listing of names: users in the form of ad_user_info, rows for problems only."""
    fine = [row for row in found.rows if row.problem is None and row.reason is None]
    users = [{"user": row.user, "id": row.id, "immutable_id": row.immutable_id} for row in fine]
    wrong = [row for row in found.rows if row.problem is not None]
    return {**info_results(replace(found, rows=wrong), target), "users": users}


def info_results(found: Export, target: str) -> dict[str, t.Any]:
    """The module's return values: plain JSON types only."""
    problems = Counter(row.problem for row in found.rows)
    summary = {
        "users": len(found.rows),
        "with_photo": sum(row.has_photo is True for row in found.rows),
        "without_photo": sum(row.has_photo is False for row in found.rows),
        **{str(problem): problems[problem] for problem in PROBLEMS},
        "exported": sum(row.path is not None for row in found.rows),
        "excluded": len(found.excluded),
        "left_out": len(found.left_out),
        "requests": found.requests,
    }
    photos = [info_row(row, target) for row in found.rows]
    names = {"excluded": list(found.excluded), "left_out": list(found.left_out), "matched": sorted(found.matched)}
    return {"changed": found.changed, "summary": summary, "photos": photos, **names, "target": target}


def info_row(row: Row, target: str) -> dict[str, t.Any]:
    """One user as results show it: hashes and sizes, never a picture."""
    answer: dict[str, t.Any] = {
        "user": row.user,
        "id": row.id,
        "has_photo": row.has_photo,
        **t.cast("dict[str, t.Any]", summary_dict(row.seen)),
        "path": row.path,
        "problem": row.problem,
        "reason": row.reason,
    }
    known = TARGETS[target]
    if known.tag == "etag":
        answer["etag"] = row.tag
    if known.sync_limit is not None:
        answer["within_exo_limit"] = known.within_limit(row.seen.bytes)
    for name in ("label", "account", "immutable_id", "mailbox"):
        if value := getattr(row, name):
            answer[name] = value
    for flag in ("unnamed", "remembered", "no_mailbox"):
        if getattr(row, flag):
            answer[flag] = True
    return answer


def complain(rows: t.Sequence[Row], ignored: t.Sequence[str], target: str) -> str | None:
    """Why the module fails, with the first users, or None. A problem of an account that was not named is no failure."""
    bad = [
        f"{row.user} ({row.problem}): {row.reason}"
        for row in rows
        if row.problem is not None
        and row.problem not in ignored
        and not row.unnamed
        and not (row.no_mailbox and "no_mailbox" in ignored)
    ]
    return complaint(bad, len(rows), f"could not be read in {TARGETS[target].title}", "all other users were read")


def _leave(module: AnsibleModule, answer: dict[str, t.Any], message: str | None) -> None:
    if message is not None:
        module.fail_json(msg=message, invocation=invocation(module), **answer)
    module.exit_json(invocation=invocation(module), **answer)


# ------------------------------------------------------------------------------------------------------------- merging

MERGE_SPEC: Spec = {
    **{f"{target}_photos": {"type": "list", "elements": "dict"} for target in TARGETS},
    "dest": {"type": "path", "required": True},
    "list_file": {"type": "path"},
    "one_sided": {"type": "str", "choices": ["leave_out", "keep"], "default": "leave_out"},
    "decided_by": {"type": "list", "elements": "str", "choices": list(TARGETS), "default": []},
    "keep_others": {"type": "bool", "default": False},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "probe": {"type": "bool", "default": False},
    "option_prefix": {"type": "str", "default": ""},
}


def run_merge_module(module: AnsibleModule) -> None:
    """Merge two or three exports, and end with exit_json or fail_json and every row."""
    params = module.params
    try:
        pillow.available()
        refuse_unusable(called("exclude", params["option_prefix"]), map(str, params["exclude"]))
        prefix = params["option_prefix"]
        given = {target: params[f"{target}_photos"] for target in TARGETS if params[f"{target}_photos"] is not None}
        if len(given) < 2:
            names = ", ".join(f"{target}_photos" for target in TARGETS)
            raise PhotoError(f"nothing to merge: give the photos of at least two targets ({names})")
        folder = _folder(module, several(given))
        if params["probe"]:
            module.exit_json(changed=False)
        halves = {target: [Half.parse(row) for row in rows] for target, rows in given.items()}
        options = Options(
            keep_one_sided=params["one_sided"] == "keep",
            decided_by=tuple(params["decided_by"]),
            keep_others=params["keep_others"],
            exclude=tuple(map(str, params["exclude"])),
        )
        merged, changed = merge(halves, folder, options)
        answer = merge_results(merged, changed, list(given))
        answer["manifest"] = str(folder.path / MANIFEST)
        if params["list_file"]:
            listed = _write_list(
                Path(params["list_file"]), answer["lines"], module.check_mode, called("list_file", prefix)
            )
            answer["changed"] = answer["changed"] or listed
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False, invocation=invocation(module))
    _leave(module, answer, None)


def merge_results(merged: t.Sequence[Merged], changed: bool, targets: t.Sequence[str]) -> dict[str, t.Any]:
    """The module's return values: plain JSON types only."""
    counts = Counter(each.state for each in merged)
    photos = [
        {
            **{name: getattr(each, name) for name in ("user", "state", "reason", "kept", "path")},
            **{target: summary_dict(each.shown.get(target)) for target in targets},
        }
        for each in merged
    ]
    summary = {"users": len(merged), **{str(state): counts[state] for state in STATES}}
    return {"changed": changed, "summary": summary, "photos": photos, "lines": merge_lines(merged, len(targets))}


def merge_lines(merged: t.Sequence[Merged], targets: int = 2) -> list[str]:
    """Hints for the reader: first photos that are not one picture, then users who were left out."""
    lines: list[str] = []
    two = targets == 2
    for state, head in (
        (
            "different",
            f"{'Two photos' if two else 'Photos'} that are not the same picture; that with more pixels was exported:",
        ),
        ("one_photo", f"A photo at {'one target' if two else 'some targets'} only; it was exported:"),
        ("left_out", "Not exported:"),
    ):
        some = [each for each in merged if each.state == state]
        if some:
            lines += [f"{head} {len(some)}", *(shown(f"  {each.user}: {_sides(each)}{each.reason}") for each in some)]
    return lines or [f"The {'two ' if two else ''}photos of every user are the same picture."]


def _sides(each: Merged) -> str:
    parts = [
        f"{side} {picture.width}x{picture.height}{' (exported)' if each.kept == side else ''}"
        for side, picture in each.shown.items()
    ]
    return f"{', '.join(parts)}; " if parts else ""


def _write_list(path: Path, lines: t.Sequence[str], check: bool, option: str) -> bool:
    data = "".join(f"{line}\n" for line in lines).encode()
    try:
        if _present(path) == data:
            return False
        if not check:
            make_folder(path.parent)
            write_safely(path, data)
    except OSError as error:
        raise PhotoError(f"{option} {path} cannot be written ({error.strerror}); give another file") from error
    return True


def _present(path: Path) -> bytes | None:
    try:
        return read_file(path, MAX_FILE_BYTES)[0]
    except UnusableFile:
        return None
