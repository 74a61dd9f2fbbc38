# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps photos before they are overwritten or removed, so that one command restores them.

``<folder>/<target>/<user id>/<time>.jpg`` is the picture. ``<folder>/manifest.jsonl`` has a line for it, which also has
what will be written, and one more line when that write is done. Both are on disk before the target is written. A first
photo, which replaces none, has its lines too. Many processes may append to one manifest: each line is one write call.
While a run saves photos it holds a lock (backup_lock.py), so that nobody removes the folder.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
import typing as t
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from .._core.files import UnusableFile, file_type, read_file
from .._core.json_text import loads
from .._core.model import PhotoError, User, sha256
from .._core.safe_write import make_folder, write_safely
from .backup_lock import Lock, shared

MANIFEST = "manifest.jsonl"
#: The event of the line that marks the end of a run.
ENDED = "ended"
#: A line has about 700 bytes, and each photo two lines: enough for 350,000 photos.
MAX_MANIFEST_BYTES = 512 * 1024 * 1024
MAX_LINE_BYTES = 64 * 1024


class BackupError(PhotoError):
    """A photo could not be saved, so the change that would overwrite it is not made."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One change of a run, and the photo from before it. ``after``: the tag after our write (None: removed).

    ``action``, ``intended`` and ``intended_fingerprint`` are what was to be written: a picture with this SHA-256, or
    (None) no photo. So after a killed run it is known what its last write may have left. ``done``: the write was seen.
    ``dropped``: it was not carried out (refused, or somebody else wrote first). ``file`` is empty for a first photo.
    ``erased``: when the photo, and everything that describes it, was erased from the backups on request.
    """

    target: str
    authority: str
    run: str
    user: str
    id: str
    file: str
    sha256: str
    tag: str | None
    time: str
    reason: str
    after: str | None = None
    done: bool = False
    action: str = ""
    intended: str | None = None
    dropped: bool = False
    intended_fingerprint: str | None = None
    erased: str = ""

    @property
    def first(self) -> bool:
        """Was there no photo before?"""
        return not self.file and not self.erased


class Intended(t.NamedTuple):
    """What will be written: hash and fingerprint of a picture; both None: the photo is removed."""

    sha256: str | None = None
    fingerprint: str | None = None


#: The photo is removed.
NOTHING = Intended()


class Backups:
    """Writes backups of one run for one target. ``run`` names the run in the manifest."""

    def __init__(self, folder: Path, target: str, run: str) -> None:
        self.folder = folder
        self.target = target
        self.run = run
        self.authority = ""
        self._lock: Lock | None = None

    def close(self) -> None:
        """Allow others to remove backups there. May be called twice; not needed at the end of a process."""
        if self._lock is not None:
            self._lock.free()
            self._lock = None

    def save(
        self,
        user: User,
        picture: bytes | None,
        tag: str | None,
        reason: str,
        intended: Intended = NOTHING,
    ) -> Path | None:
        """Save a picture, flushed to disk with its manifest line. Raises BackupError; then no partial file is left.

        ``picture`` None: there is no photo yet, and only the line is written.
        """
        now = datetime.now(UTC)
        place = self.folder / self.target / folder_name(user.id)
        path = None if picture is None else place / (now.strftime("%Y%m%dT%H%M%S.%fZ") + ".jpg")
        try:
            if self._lock is None:
                self._lock = shared(self.folder)
            make_folder(self.folder)
            if path is not None and picture is not None:
                for folder in (place.parent, place):
                    make_folder(folder)
                    folder.chmod(0o700)
                write_safely(path, picture)
            saved = Saved(
                self.target,
                self.authority,
                self.run,
                user.identity,
                user.id,
                self._name(path),
                "" if picture is None else sha256(picture),
                tag,
                now.isoformat(),
                reason,
                action="remove" if intended.sha256 is None else "put",
                intended=intended.sha256,
                intended_fingerprint=intended.fingerprint,
            )
            self._append({"event": "saved", **asdict(saved)})
        except OSError as error:
            what = "the present photo" if picture is not None else "the first photo"
            raise BackupError(
                f"{what} of {user.identity} could not be recorded in {self.folder} ({error.strerror}), so nothing was "
                "written for this user; free disk space or give the account the right to write there"
                if picture is None
                else f"{what} of {user.identity} could not be saved in {place} ({error.strerror}), so it was "
                "left as it is; free disk space or give the account the right to write there"
            ) from error
        return path

    def done(self, user: User, path: Path | None, after: str | None) -> None:
        """Record that a write is done, and the tag after it (None: the photo was removed)."""
        # The photo is saved in any case; without this line a restore compares the pictures.
        with contextlib.suppress(OSError):
            self._append({**self._event("written", user, path), "after": after})

    def dropped(self, user: User, path: Path | None) -> None:
        """Record that a write was not carried out."""
        with contextlib.suppress(OSError):
            self._append(self._event("dropped", user, path))

    def _event(self, event: str, user: User, path: Path | None) -> dict[str, t.Any]:
        return {"event": event, "file": self._name(path), "run": self.run, "target": self.target, "id": user.id}

    def _name(self, path: Path | None) -> str:
        return "" if path is None else path.relative_to(self.folder).as_posix()

    def _append(self, line: dict[str, t.Any]) -> None:
        append_line(self.folder / MANIFEST, line)


def append_line(path: Path, line: t.Mapping[str, t.Any]) -> None:
    """Append a line to a manifest or a similar file, flushed to disk. Raises OSError."""
    # The line starts with a newline too: then an unfinished line of a killed run does not spoil this one.
    data = b"\n" + json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    # Not blocking: opening a named pipe in the manifest's place would wait without end.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"{path.name} is {file_type(mode)}")
        # One write call, so that lines of several processes do not mix. It writes less when the disk is full.
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of a manifest that cannot be used. ``saved``: its content, if that much could be read."""

    file: str
    line: int
    problem: str
    saved: Saved | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}"


def read_manifest(folder: Path) -> list[Saved]:
    """Every usable backup of the folder, oldest first; see examine_manifest."""
    return examine_manifest(folder)[0]


def examine_manifest(folder: Path) -> tuple[list[Saved], list[Finding]]:
    """Every backup of the folder, oldest first, and the lines that cannot be used.

    Raises BackupError when the manifest cannot be read at all.
    """
    return examine_lines(folder, manifest_bytes(folder))


def manifest_bytes(folder: Path, *, follow: bool = True) -> bytes:
    """The bytes of a manifest; ``follow`` False refuses a link. Raises BackupError."""
    try:
        return read_file(folder / MANIFEST, MAX_MANIFEST_BYTES, inside=folder, follow=follow)[0]
    except UnusableFile as error:
        raise BackupError(f"{folder} is not a backup folder: {MANIFEST} in it cannot be used: {error.why}") from error


def examine_lines(folder: Path, data: bytes) -> tuple[list[Saved], list[Finding]]:
    """The result of ``examine_manifest`` for the bytes of a manifest.

    Lines that a killed run left unfinished are ignored: the write that they were for was not started.
    """
    lines = _Lines(folder.resolve())
    findings: list[Finding] = []
    # Only line feeds: an identity may contain other characters at which str.splitlines splits.
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.rstrip().endswith(b"}"):
            continue  # empty, or not complete
        found = lines.read(number, line)
        if found is not None:
            findings.append(Finding(MANIFEST, number, *found))
    findings += lines.without_doubtful()
    return sorted(lines.saved.values(), key=lambda s: s.time), sorted(findings, key=lambda f: f.line)


_Key = tuple[str, ...]


class _Lines:
    """The content of a manifest's lines, as they are read. ``root``: the folder, links followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: By file, user and run, because a first photo has no file.
        self.saved: dict[_Key, Saved] = {}
        self._numbers: dict[_Key, int] = {}

    def read(self, number: int, line: bytes) -> tuple[str, Saved | None] | None:
        """Process one line; returns the problem with it, and its content if that can be read."""
        if len(line) > MAX_LINE_BYTES:
            return f"the line has {len(line):,} bytes, more than the {MAX_LINE_BYTES:,} that are read", None
        saved = self.saved
        try:
            entry = loads(line.decode("utf-8", "replace"))
            event = entry.pop("event")
            if event == ENDED:
                return None
            key = tuple(str(entry[name]) for name in ("file", "target", "id", "run"))
            if event == "saved":
                new = _typed(Saved(**entry))
                if not (self.root / new.file).resolve().is_relative_to(self.root):
                    return f"it names the file {new.file[:200]!r}, which is outside of the folder", new
                saved[key] = new
                self._numbers[key] = number
            elif event == "written" and key in saved:
                saved[key] = _typed(replace(saved[key], after=entry["after"], done=True))
            elif event == "dropped" and key in saved:
                saved[key] = replace(saved[key], dropped=True)
        except (ValueError, TypeError, KeyError, AttributeError, OSError, RuntimeError):
            return "the line is damaged", None
        return None

    def without_doubtful(self) -> t.Iterator[Finding]:
        """Remove every photo that is named for several users: a restore would give one user the other's photo."""
        owners: dict[str, list[_Key]] = {}
        for key in self.saved:
            if key[0]:
                owners.setdefault(key[0], []).append(key)
        for file, keys in owners.items():
            if len({key[1:3] for key in keys}) == 1:
                continue
            names = ", ".join(dict.fromkeys(self.saved[key].user for key in keys))
            why = f"the file {file[:200]} is named for several users ({names}), so nobody can tell whose photo it is"
            for key in keys:
                yield Finding(MANIFEST, self._numbers[key], why, self.saved.pop(key))


_OPTIONAL = frozenset({"tag", "after", "intended", "intended_fingerprint"})
_BOOLEAN = frozenset({"done", "dropped"})


def _typed(saved: Saved) -> Saved:
    """The same value, or TypeError when its type is not that of a backup's field."""
    for field in fields(saved):
        value = getattr(saved, field.name)
        kind = bool if field.name in _BOOLEAN else str
        if not isinstance(value, kind) and not (value is None and field.name in _OPTIONAL):
            raise TypeError(field.name)
    return saved


def folder_name(user_id: str) -> str:
    """Ids are UUIDs; whatever else a server sends, the result is one plain folder name."""
    return re.sub(r"[^0-9A-Za-z-]", "_", user_id)[:100] or "_"
