# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos kept before they are overwritten or removed, so that one command brings them back.

``<folder>/<target>/<user id>/<time>.jpg`` holds the picture; ``<folder>/manifest.jsonl`` has a line for it, and one
more once the write that it was made for is done. Both are on disk before the target is touched. Many processes may
append to one manifest: each line is one write of its own.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import tempfile
import typing as t
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from .._core.model import PhotoError, User, sha256

MANIFEST = "manifest.jsonl"


class BackupError(PhotoError):
    """A photo could not be saved, so the change that would overwrite it is not made."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One backed-up photo. ``after`` is the tag that our write left (None: removed); ``done`` whether it was made.

    ``action`` and ``intended`` say what was about to be written: a picture with this SHA-256, or (None) nothing at all.
    So a run that was killed between its write and its last line still tells what it may have left. ``dropped``: the
    write was not carried out after all (refused, or somebody else was quicker).
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


class Backups:
    """Writes backups of one run for one target. ``run`` names the run in the manifest."""

    def __init__(self, folder: Path, target: str, run: str) -> None:
        self.folder = folder
        self.target = target
        self.run = run
        self.authority = ""

    def save(self, user: User, picture: bytes, tag: str | None, reason: str, replacement: bytes | None = None) -> Path:
        """Keep a picture, flushed to disk with its manifest line. Raises BackupError; nothing is left half written.

        ``replacement`` is what will be written over it; None: it will be removed.
        """
        now = datetime.now(UTC)
        place = self.folder / self.target / _folder_name(user.id)
        name = now.strftime("%Y%m%dT%H%M%S.%fZ") + ".jpg"
        try:
            # A folder that was there keeps its rights: it may be one that others need, such as /var/backups.
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (place.parent, place):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
            path = place / name
            write_safely(path, picture)
            saved = Saved(
                self.target,
                self.authority,
                self.run,
                user.identity,
                user.id,
                path.relative_to(self.folder).as_posix(),
                sha256(picture),
                tag,
                now.isoformat(),
                reason,
                action="remove" if replacement is None else "put",
                intended=None if replacement is None else sha256(replacement),
            )
            self._append({"event": "saved", **asdict(saved)})
        except OSError as error:
            raise BackupError(
                f"the present photo of {user.identity} could not be saved in {place} ({error.strerror}), so it was "
                "left as it is; make room or give the account the right to write there"
            ) from error
        return path

    def done(self, path: Path, after: str | None) -> None:
        """Note that the write a backup was made for is done, and the tag it left (None: the photo was removed)."""
        line = {"event": "written", "file": path.relative_to(self.folder).as_posix(), "run": self.run, "after": after}
        # The photo is safe either way; without this line a restore asks before it goes on.
        with contextlib.suppress(OSError):
            self._append(line)

    def dropped(self, path: Path) -> None:
        """Note that the write a backup was made for was not carried out."""
        with contextlib.suppress(OSError):
            self._append({"event": "dropped", "file": path.relative_to(self.folder).as_posix(), "run": self.run})

    def _append(self, line: dict[str, t.Any]) -> None:
        # The line starts with a newline too: what a killed run left unfinished then spoils no line but its own.
        data = b"\n" + json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        descriptor = os.open(self.folder / MANIFEST, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write, so that lines of several processes do not mix. What it leaves out, a full disk had no room for.
            if os.write(descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_manifest(folder: Path) -> list[Saved]:
    """Everything that was ever backed up there, oldest first. Lines that a killed run left unfinished are passed over.

    Raises BackupError when there is no manifest, or when a line points out of the folder.
    """
    try:
        lines = (folder / MANIFEST).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise BackupError(
            f"{folder} is no backup folder: {MANIFEST} in it cannot be read ({error.strerror})"
        ) from error
    saved: dict[str, Saved] = {}
    for line in lines:
        try:
            entry = json.loads(line)
            event = entry.pop("event")
            if event == "saved":
                saved[entry["file"]] = Saved(**entry)
            elif event == "written" and entry["file"] in saved:
                saved[entry["file"]] = replace(saved[entry["file"]], after=entry["after"], done=True)
            elif event == "dropped" and entry["file"] in saved:
                saved[entry["file"]] = replace(saved[entry["file"]], dropped=True)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    root = folder.resolve()
    for entry in saved.values():
        if not (root / entry.file).resolve().is_relative_to(root):
            raise BackupError(f"{folder / MANIFEST} names the file {entry.file}, which is outside of the folder")
    return sorted(saved.values(), key=lambda s: s.time)


def write_safely(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """A file that is either whole, mode 0600, or not there. One that is ``lasting`` is on disk. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    if not lasting:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _folder_name(user_id: str) -> str:
    """Ids are UUIDs; whatever a server might send instead, it stays one plain folder name."""
    return re.sub(r"[^0-9A-Za-z-]", "_", user_id)[:100] or "_"
