# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a backup folder, and makes the arguments with which the photo modules restore the photos of a run.

For each account these are the picture from before the run, and the state that the run left. A photo is restored only if
the target still has that state, so that no later change is lost. A first photo of the run, which replaced none, is
removed if this is requested, on the same condition.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._core.choice import choose, excludes_nobody, met_nobody, without
from .._core.files import MAX_FILE_BYTES, UnusableFile, read_file
from .._core.model import PhotoError, identity_key
from .._core.option_names import called
from .._core.targets import TARGETS, names
from .._core.wording import counted
from .._pictures.fingerprint import alike, fingerprint
from .._sync.backups import MANIFEST, BackupError, Finding, Saved, examine_manifest

#: Runs of the restore role begin with this. They are not "the newest run", so a repeated restore changes nothing.
RESTORE_PREFIX = "restore-"
NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A manifest line and the folder of its file."""

    folder: Path
    saved: Saved


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """What to restore. ``users``: identities or ids, empty for all; ``run`` empty: the newest.

    ``first``: what happens to photos that the run put for users without a photo.
    """

    users: tuple[str, ...] = ()
    run: str = ""
    targets: tuple[str, ...] = field(default_factory=names)
    force: bool = False
    first: t.Literal["keep", "remove"] = "keep"
    #: Names or patterns of users whose photos are not changed.
    exclude: tuple[str, ...] = ()
    #: The prefix before option names in messages, for the variables of a role.
    option_prefix: str = ""


def read_backups(folder: Path, option: str = "path") -> tuple[list[Kept], list[Finding]]:
    """Every backup in a folder with a manifest and in its subfolders with one, and the lines that cannot be used.

    Raises PhotoError when there is no readable backup folder. An unreadable subfolder is a finding.
    """
    places = [folder] if (folder / MANIFEST).is_file() else []
    try:
        places += sorted(child for child in folder.iterdir() if (child / MANIFEST).is_file())
    except OSError as error:
        raise BackupError(f"{option} {folder} cannot be read ({error.strerror}); name a folder with backups") from error
    if not places:
        raise BackupError(
            f"{option} {folder} holds no backups: neither it nor a folder in it has a {MANIFEST}. A run that only put "
            "first photos, or changed nothing, saves none"
        )
    kept: list[Kept] = []
    findings: list[Finding] = []
    failed: BackupError | None = None
    for place in places:
        try:
            saved, bad = examine_manifest(place)
        except BackupError as error:
            failed = error
            findings.append(Finding(str(place / MANIFEST), 0, str(error)))
            continue
        kept += [Kept(place, each) for each in saved]
        findings += [replace(each, file=str(place / MANIFEST)) for each in bad]
    if failed is not None and not kept:
        raise failed
    if findings and not kept:
        more = f" and {counted(len(findings) - NAMES_SHOWN, 'more line')}" if len(findings) > NAMES_SHOWN else ""
        raise BackupError(
            f"{option} {folder} holds no backup that can be used: {'; '.join(map(str, findings[:NAMES_SHOWN]))}{more}. "
            "A manifest of a newer release needs that release"
        )
    return _with_names(kept), findings


def _with_names(kept: list[Kept]) -> list[Kept]:
    """Add names to the backups of restores, which only have ids. The names are in the backups of other runs."""
    called = {(e.saved.target, e.saved.id): e.saved.user for e in kept if e.saved.user != e.saved.id}
    return [
        each
        if each.saved.user != each.saved.id
        else replace(
            each, saved=replace(each.saved, user=called.get((each.saved.target, each.saved.id), each.saved.id))
        )
        for each in kept
    ]


def runs(kept: t.Iterable[Kept]) -> list[dict[str, t.Any]]:
    """Each run's name, time of its last backup, and number of photos by target; oldest first."""
    found: dict[str, dict[str, t.Any]] = {}
    for each in kept:
        run = found.setdefault(each.saved.run, {"run": each.saved.run, "time": "", **dict.fromkeys(names(), 0)})
        run["time"] = max(run["time"], each.saved.time)
        if each.saved.target in names() and each.saved.file and not each.saved.dropped:
            run[each.saved.target] += 1
    return sorted(found.values(), key=lambda run: run["time"])


def chosen_run(kept: t.Sequence[Kept], wanted: str, option: str = "run") -> str:
    """The run to restore. Raises PhotoError that lists the existing runs. ``option``: the option that names a run."""
    known = [str(run["run"]) for run in runs(kept)]
    if wanted:
        if wanted in known:
            return wanted
        raise PhotoError(
            f"{option} {wanted}: the backups do not have this run; they have: {', '.join(known) or 'none'}"
        )
    ordinary = [run for run in known if not run.startswith(RESTORE_PREFIX)]
    if not ordinary:
        raise PhotoError(
            f"there are only restores, and no other run ({', '.join(known) or 'none'}); to undo one of them, give its "
            f"name in {option}"
        )
    return ordinary[-1]


def plan(folder: Path, request: RestoreRequest) -> dict[str, t.Any]:
    """``run``, ``runs``; by target ``photos``, ``approved`` and ``authority`` for the photo module; ``problems``,

    ``erased`` (users whose photos were erased on purpose), ``first_left`` (how many first photos are kept), and
    ``warnings`` about lines of a manifest that do not affect this run.

    Raises PhotoError when nothing can be restored at all, or a named user has no backup in the run.
    """
    kept, findings = read_backups(folder, called("path", request.option_prefix))
    run = chosen_run(kept, request.run, called("run", request.option_prefix))
    kept, findings, request, excluded, idle = _without(kept, findings, run, request)
    of_run = [each for each in kept if each.saved.run == run and each.saved.target in request.targets]
    gone = [each for each in of_run if each.saved.erased]
    there = [each for each in kept if not each.saved.erased]
    mine = [each for each in of_run if not each.saved.erased and not each.saved.dropped]
    mine = [each for each in mine if not _was_never_made(each, there)]
    first_left = 0
    if request.first == "keep":
        first_left = len({(e.saved.target, e.saved.id) for e in mine if e.saved.first and _is_named(e.saved, request)})
        mine = [each for each in mine if not each.saved.first]
    if request.users:
        chosen = _only([*mine, *gone], request, run, kept)
        mine, gone = [each for each in chosen if not each.saved.erased], [each for each in chosen if each.saved.erased]
    problems, warnings = _of_this_run(findings, run, request)
    warnings += _left_out(kept, run, request)
    if idle:
        warnings.append(excludes_nobody(called("exclude", request.option_prefix), idle, f"of the run {run}"))
    erased = [_erased(each.saved) for each in gone]
    # A named user who cannot be restored is a failure; other users are only listed.
    problems += erased if request.users else []
    answer: dict[str, t.Any] = {"run": run, "runs": runs(kept), "problems": problems, "warnings": warnings}
    answer["excluded"] = excluded
    answer["first_left"] = first_left
    answer["erased"] = [] if request.users else erased
    for target in names():
        of_target = [each for each in mine if each.saved.target == target]
        answer[target] = _for_target(target, of_target, request.force, answer["problems"])
    return answer


def _without(
    kept: list[Kept], findings: list[Finding], run: str, request: RestoreRequest
) -> tuple[list[Kept], list[Finding], RestoreRequest, list[str], list[str]]:
    """Backups, findings and request without the users whom the request excludes, by name or id; and their names.

    The last value: the names and patterns that exclude nobody, unless users are named.
    """
    mine = [each.saved for each in kept if each.saved.run == run and each.saved.target in request.targets]
    meant = [saved for saved in mine if _is_named(saved, request)]
    if not request.exclude or not meant:
        return kept, findings, request, [], []
    ids = {identity_key(saved.id): saved.user for saved in meant}
    exclude = [ids.get(identity_key(text), text) for text in request.exclude]
    choice = without(
        sorted({saved.user for saved in meant}),
        exclude,
        f"of the run {run}",
        called("exclude", request.option_prefix),
    )
    excluded, idle = choice.excluded, set(met_nobody(choice, exclude))
    keys = {name for saved in meant if saved.user in excluded for name in _names(saved)}
    # A user who is named and excluded is not reported as missing. At least one user remains.
    left = {name for saved in meant for name in _names(saved)} - keys
    missed = set(choose(request.users, exclude=exclude).chosen)
    return (
        [each for each in kept if keys.isdisjoint(_names(each.saved))],
        [each for each in findings if each.saved is None or keys.isdisjoint(_names(each.saved))],
        replace(request, users=tuple(user for user in request.users if user in missed or identity_key(user) in left)),
        list(excluded),
        [] if request.users else [given for given, name in zip(request.exclude, exclude, strict=True) if name in idle],
    )


def _is_named(saved: Saved, request: RestoreRequest) -> bool:
    return not request.users or not _names(saved).isdisjoint(map(identity_key, request.users))


def _erased(saved: Saved) -> dict[str, str]:
    why = f"the backup was erased on purpose on {saved.erased[:10]}; nothing is restored"
    return {"user": saved.user, "target": saved.target, "reason": why}


def _of_this_run(
    findings: t.Sequence[Finding], run: str, request: RestoreRequest
) -> tuple[list[dict[str, str]], list[str]]:
    """Unusable lines of photos that would be restored, as problems of their users; all others, as warnings."""
    wanted = {identity_key(user) for user in request.users}
    problems: list[dict[str, str]] = []
    warnings: list[str] = []
    for finding in findings:
        saved = finding.saved
        if saved is None or saved.run != run:
            warnings.append(f"{finding}; it is left out")
        elif saved.target in request.targets and (not wanted or not wanted.isdisjoint(_names(saved))):
            problems.append({"user": saved.user, "target": saved.target, "reason": str(finding)})
    return problems, warnings


def _left_out(kept: t.Iterable[Kept], run: str, request: RestoreRequest) -> t.Iterator[str]:
    """Warnings about photos that the run saved at targets that were not requested."""
    [found] = [each for each in runs(kept) if each["run"] == run]
    option = called("targets", request.option_prefix)
    for target in names():
        if found[target] and target not in request.targets:
            number = counted(found[target], "photo")
            what = f"run {run} also saved {number} in {TARGETS[target].title}"
            yield f"{what}, which is left out ({option})"


def _was_never_made(mine: Kept, kept: t.Iterable[Kept]) -> bool:
    """Does a later run show that a change with an unknown outcome was not made?

    The change was not made if a later run found the photo from before it, or if the next run found any other photo.
    Then the present photo is of the later run, even if it looks like that change.
    """
    saved = mine.saved
    if saved.done:
        return False
    later = [e for e in kept if (e.saved.target, e.saved.id) == (mine.saved.target, mine.saved.id)]
    later = [e for e in later if e.saved.run != saved.run and e.saved.time > saved.time]
    if any(e.saved.tag == saved.tag for e in later):
        return True
    # A service may give the same photo a new tag when it stores it again.
    before = _print_of(mine)
    if before is not None and any(alike(before, _print_of(e)) for e in later):
        return True
    # Only the next run: after it, a restore may have put the photo of this run back.
    return bool(later) and _found_another(saved, min(later, key=lambda e: e.saved.time))


def _found_another(saved: Saved, later: Kept) -> bool:
    """Is it certain that a later run found something other than the result of this change?"""
    if not saved.action:
        return False  # the manifest does not say what the run wanted to write
    if later.saved.first or saved.action == "remove":
        return later.saved.first != (saved.action == "remove")
    if TARGETS[saved.target].keeps_bytes:
        return later.saved.sha256 != saved.intended
    found = _print_of(later)
    return found is not None and saved.intended_fingerprint is not None and not alike(saved.intended_fingerprint, found)


def _print_of(kept: Kept) -> str | None:
    if kept.saved.first or damage(kept) is not None:
        return None
    return fingerprint((kept.folder / kept.saved.file).read_bytes())


def _only(mine: list[Kept], request: RestoreRequest, run: str, kept: t.Sequence[Kept]) -> list[Kept]:
    """The backups of the named users. Raises PhotoError when one of them has none."""
    wanted = {identity_key(user): user for user in request.users}
    found = [each for each in mine if not _names(each.saved).isdisjoint(wanted)]
    missing = sorted(wanted[key] for key in wanted.keys() - {name for each in found for name in _names(each.saved)})
    if missing:
        keys = {identity_key(user) for user in missing}
        others = {each.saved.run for each in kept if not _names(each.saved).isdisjoint(keys)} - {run}
        there = f"; there are some in {', '.join(sorted(others)[-NAMES_SHOWN:])}" if others else ""
        raise PhotoError(
            f"{called('users', request.option_prefix)}: run {run} saved no photo of "
            f"{', '.join(missing[:NAMES_SHOWN])}{there}. Correct the name. A first photo replaces none and "
            f"has no backup; it can be removed with {called('first', request.option_prefix)} remove"
        )
    return found


def _names(saved: Saved) -> set[str]:
    return {identity_key(saved.user), identity_key(saved.id)}


def _for_target(target: str, kept: t.Sequence[Kept], force: bool, problems: list[dict[str, str]]) -> dict[str, t.Any]:
    authorities = sorted({each.saved.authority for each in kept})
    if len(authorities) > 1:
        raise PhotoError(
            f"the backups of this run are of several domains or tenants ({', '.join(authorities)}); "
            "name the one folder to restore"
        )
    by_id: dict[str, list[Kept]] = {}
    for each in sorted(kept, key=lambda each: each.saved.time):
        by_id.setdefault(each.saved.id, []).append(each)
    photos: list[dict[str, str]] = []
    approved: list[dict[str, t.Any]] = []
    names: dict[str, str] = {}
    for id_, history in by_id.items():
        first = history[0]
        why = damage(first)
        if why is not None:
            problems.append({"user": first.saved.user, "target": target, "reason": why})
            continue
        names[id_] = first.saved.user
        if first.saved.first:
            photos.append({"user": id_, "state": "absent"})
        else:
            photos.append({"user": id_, "src": str(first.folder / first.saved.file), "state": "present"})
        action = "remove" if first.saved.first else "put"
        approved.append({"user": id_, "action": action, "id": id_, **left_behind([each.saved for each in history])})
    return {
        "authority": authorities[0] if authorities else "",
        "photos": photos,
        "approved": None if force else approved,
        "names": names,
    }


def left_behind(history: t.Sequence[Saved]) -> dict[str, str | None]:
    """The state that the target must still have so that these changes of one photo can be undone, as in ``approved``.

    ``tag`` None: no photo. If the run was interrupted before it knew the tag, the fingerprint of the photo that it was
    writing shows whether the present photo is ours, and the earlier tag (``untouched``) shows that nothing was written.
    """
    last = history[-1]
    if last.done:
        return {"tag": last.after, "fingerprint": last.intended_fingerprint}
    before = {"untouched": last.tag} if len(history) == 1 else {}
    if last.action == "remove":
        return {"tag": None, **before}
    # The last change was planned for the tag that an earlier write of this run left.
    tag = last.intended if len(history) == 1 else last.tag
    return {"tag": tag, "fingerprint": last.intended_fingerprint, **before}


def damage(kept: Kept) -> str | None:
    """The reason why the saved picture cannot be used, or None."""
    if kept.saved.first:
        return None
    path = kept.folder / kept.saved.file
    try:
        data, _status = read_file(path, MAX_FILE_BYTES, inside=kept.folder)
    except UnusableFile as error:
        return f"its backup {path} cannot be read: {error.why}"
    if hashlib.sha256(data).hexdigest() != kept.saved.sha256:
        return f"its backup {path} was changed after it was saved; it is not used"
    return None
