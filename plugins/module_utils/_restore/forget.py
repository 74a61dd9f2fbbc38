# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Erases one person's photos from the backups of all runs.

For each erased photo, a line remains with the user, the run and the time of the erasure, but without picture, hash,
fingerprint or tag. The file erased.jsonl beside the runs records who erased what, and when.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import platform
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .._core.files import UnusableFile, read_file
from .._core.model import PhotoError, identity_key
from .._core.option_names import called
from .._core.targets import TARGETS
from .._core.wording import counted
from .._sync.backup_lock import Lock, alone
from .._sync.backups import MAX_MANIFEST_BYTES, BackupError, Saved, append_line, folder_name
from .._sync.receipts import erase_account
from .keep import BUSY
from .places import Entry, Place, entries_of, pictures, places, read_place, unlink

RECORD = "erased.jsonl"
#: The accounts of both targets are the same objects of Active Directory, with the same id.
_ON_PREMISES = ("ad", "exchange")


@dataclass(slots=True)
class Account:
    """An account with photos in the backups. ``erased``: when they were erased by an earlier call, or empty."""

    target: str
    authority: str
    id: str
    names: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    times: list[str] = field(default_factory=list)
    files: int = 0
    erased: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.target, self.authority, self.id

    def told(self) -> dict[str, t.Any]:
        """The account for the result and the record, without anything that describes a picture."""
        names, runs = sorted(self.names), sorted(self.runs)
        return {"target": self.target, "authority": self.authority, "id": self.id, "names": names, "runs": runs}

    def __str__(self) -> str:
        names = ", ".join(sorted(self.names)) or "no name"
        since, until = min(self.times, default="")[:10], max(self.times, default="")[:10]
        return f"{TARGETS[self.target].title}: id {self.id} ({names}; saved from {since} to {until})"


@dataclass(slots=True)
class Erased:
    """What was erased (in check mode: would be). ``others``: accounts that may be of the same person, not erased."""

    user: str
    accounts: list[Account] = field(default_factory=list)
    files: int = 0
    others: list[Account] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    receipts: int = 0

    @property
    def runs(self) -> list[str]:
        """The runs with backups of the accounts."""
        return sorted({run for account in self.accounts for run in account.runs})

    @property
    def before(self) -> str:
        """When everything was erased by an earlier call, or an empty text."""
        return max((account.erased for account in self.accounts), default="")

    def lines(self, check: bool, changed: bool) -> list[str]:
        """The lines for the screen."""
        if not changed:
            return [f"{self.user}: nothing is left to erase; this was done on {self.before[:10]}"]
        verb = "would be erased" if check else "erased"
        runs = f"the backups of {counted(len(self.runs), 'run')}"
        told = [f"{self.user}: {counted(self.files, 'photo')} {verb} from {runs} ({', '.join(self.runs)})"]
        told += [f"  {account}" for account in self.accounts]
        if self.receipts:
            told.append(f"  Receipts: {counted(self.receipts, 'entry', 'entries')} {verb}")
        if self.others:
            told.append("Left, because these may be accounts of another person; erase them by their id:")
            told += [f"  {account}" for account in self.others]
        return told + [f"Not certain: {problem}" for problem in self.problems]


def forget(
    folder: Path, user: str, by: str, receipts: Path | None = None, *, check: bool, option_prefix: str = ""
) -> tuple[Erased, bool]:
    """Erase the photos of a user, named as in a manifest or by id. Returns also whether there was anything to erase.

    ``by``: who erases, for the record; empty: the account that runs this. ``receipts``: a receipts file from which the
    user is erased, too. Raises PhotoError before anything is erased: when the name leads to no account or to several,
    when a manifest cannot be read, or while a run saves photos there.
    """
    found = places(folder)
    for place in found:
        if not place.entries and place.problem:
            raise BackupError(f"{place.problem}. Nothing was erased")
    with contextlib.ExitStack() as locks:
        # Locked in check mode, too: photos that a run saves in the meantime would be missing from the result.
        for place in found:
            _held(place, locks, check)
        found = [read_place(place.folder) for place in found]
        answer = _find(found, user, folder)
        for place in found:
            answer.files += sum(len(_files(place, account)) for account in answer.accounts)
        answer.problems = [f"{place.problem}; look whether it names this user" for place in found if place.problem]
        named = called("receipts", option_prefix)
        if receipts is not None:
            answer.receipts = sum(
                erase_account(receipts, *account.key, True, option=named) for account in answer.accounts
            )
        open_record = not _is_finished(folder / RECORD, answer)
        left = any(_lines_of(place, answer.accounts) for place in found)
        changed = bool(answer.files or answer.receipts or left or open_record)
        if check or not changed:
            return answer, changed
        _erase(found, answer, folder / RECORD, by or _whoever())
        if receipts is not None:
            for account in answer.accounts:
                erase_account(receipts, *account.key, False, option=named)
    return answer, changed


def _whoever() -> str:
    """The account and the host that run this."""
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):
        name = "unknown"
    return f"{name} on {platform.node() or 'this host'}"


def _held(place: Place, locks: contextlib.ExitStack, check: bool) -> None:
    try:
        lock: Lock | None = alone(place.folder, make=not check)
    except OSError as error:
        raise BackupError(f"{place.folder} cannot be locked ({error.strerror}); nothing was erased") from error
    if lock is None:
        raise BackupError(f"{place.folder}: {BUSY}. Nothing was erased; run again when that is over")
    locks.callback(lock.free)


# -- finding the accounts ---------------------------------------------------------------------------------------------


def _find(found: t.Sequence[Place], user: str, folder: Path) -> Erased:
    accounts: dict[tuple[str, str, str], Account] = {}
    for saved in (saved for place in found for saved in place.saved):
        account = accounts.setdefault(_key(saved), Account(*_key(saved)))
        account.runs.add(saved.run)
        account.times.append(saved.time)
        account.erased = max(account.erased, saved.erased)
        if saved.user != saved.id:  # in backups of a restore, the id is in place of the name
            account.names.add(saved.user)
    key = identity_key(user)
    by_id = [account for account in accounts.values() if identity_key(account.id) == key]
    chosen = by_id or [each for each in accounts.values() if key in map(identity_key, each.names)]
    if not chosen:
        raise PhotoError(f"no backup in {folder} is of {user}. Check the name; a user can also be named by id")
    if not by_id:
        _one_person(user, chosen)
    return Erased(user, chosen, others=_namesakes(chosen, accounts.values()))


def _key(saved: Saved) -> tuple[str, str, str]:
    return saved.target, saved.authority, saved.id


def _one_person(user: str, accounts: t.Sequence[Account]) -> None:
    """Raise PhotoError for several accounts in one directory: the name may have been given to another person later."""
    for side in (_ON_PREMISES, *((name,) for name in TARGETS if name not in _ON_PREMISES)):
        here = [account for account in accounts if account.target in side]
        if len({(account.authority, account.id) for account in here}) > 1:
            told = "; ".join(map(str, here))
            raise PhotoError(
                f"{user} is the name of several accounts in these backups, perhaps of several persons, so nothing was "
                f"erased. Name the account by its id. {told}"
            )


def _namesakes(chosen: t.Sequence[Account], accounts: t.Iterable[Account]) -> list[Account]:
    """Other accounts with a name of the chosen ones: they may be of the same person or of another one."""
    names = {identity_key(name) for account in chosen for name in account.names}
    ours = [account.key for account in chosen]
    alike = [each for each in accounts if each.key not in ours and names & set(map(identity_key, each.names))]
    return [account for account in alike if not account.erased]


# -- erasing ----------------------------------------------------------------------------------------------------------


def _lines_of(place: Place, accounts: t.Sequence[Account]) -> list[Saved]:
    keys = {account.key for account in accounts}
    return [saved for saved in place.saved if _key(saved) in keys and not saved.erased]


def _files(place: Place, account: Account) -> list[str]:
    """The account's pictures, also those that a killed run left without a line, but none of another account's lines."""
    others = {saved.file for saved in place.saved if _key(saved) != account.key and saved.file}
    return pictures(place.folder, others, only=(account.target, folder_name(account.id)))


def _erase(found: t.Sequence[Place], answer: Erased, record: Path, by: str) -> None:
    """Change the manifests first: then a restore says that the photos were erased, even if this call is killed."""
    now = datetime.now(UTC).isoformat()
    told = {
        "time": now,
        "by": by,
        "user": answer.user,
        "accounts": [account.told() for account in answer.accounts],
        "runs": answer.runs,
        "files": answer.files,
    }
    try:
        append_line(record, {"event": "begun", **told})
        for place in found:
            if _lines_of(place, answer.accounts):
                place.write(_without(place, answer.accounts, now))
        for place in found:
            for account in answer.accounts:
                unlink(place.folder, _files(place, account))
        append_line(record, {"event": "erased", **told})
    except OSError as error:
        raise BackupError(
            f"{error.filename or record}: the photos of {answer.user} could not all be erased ({error.strerror}). "
            "Correct that and run again. This erases the rest"
        ) from error


def _without(place: Place, accounts: t.Sequence[Account], now: str) -> list[Entry]:
    """The lines of a manifest; for each run and account, one line remains that only says that it was erased."""
    keys = {account.key for account in accounts}
    ids = {(target, id_) for target, _authority, id_ in keys}
    files = {saved.file for saved in place.saved if _key(saved) in keys and saved.file}
    kept: list[Entry] = []
    for entry in place.entries:
        mine = (entry.about("target"), entry.about("id")) in ids
        if mine and entry.about("event") == "saved":
            mine = (entry.about("target"), entry.about("authority"), entry.about("id")) in keys
        elif mine and entry.about("file"):
            mine = entry.about("file") in files
        if not mine or entry.about("event") == "ended":
            kept.append(entry)
    lines: dict[tuple[str, str, str, str], Saved] = {}
    for saved in place.saved:
        if _key(saved) in keys:
            lines[(saved.run, *_key(saved))] = saved
    return [*map(_redacted, lines.values(), [now] * len(lines)), *kept]


def _redacted(saved: Saved, now: str) -> Entry:
    says = {
        "event": "saved",
        "target": saved.target,
        "authority": saved.authority,
        "run": saved.run,
        "user": saved.user,
        "id": saved.id,
        "file": "",
        "sha256": "",
        "tag": None,
        "time": saved.time,
        "reason": "",
        "erased": saved.erased or now,
    }
    return Entry(json.dumps(says, ensure_ascii=False, sort_keys=True).encode(), says)


def _is_finished(record: Path, answer: Erased) -> bool:
    """Does the record say that the erasure was finished? A killed call leaves a record that was only begun."""
    if not all(account.erased for account in answer.accounts):
        return True  # the remaining lines show already that there is something to do
    try:
        data, _status = read_file(record, MAX_MANIFEST_BYTES, inside=record.parent, follow=False)
    except UnusableFile:
        return False
    open_ = True
    wanted = {account.key for account in answer.accounts}
    for says in (entry.says or {} for entry in entries_of(data)):
        with contextlib.suppress(TypeError, KeyError):
            about = {(each["target"], each["authority"], each["id"]) for each in says["accounts"]}
            if about & wanted:
                open_ = says["event"] != "erased"
    return not open_
