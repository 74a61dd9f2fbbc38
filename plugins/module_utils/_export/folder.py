# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A definitions folder that an export writes, and later updates without harm to files of people.

A record beside the manifest lists our files and their hashes when we wrote them. Only those are ever replaced or
removed, and a photo whose tag is still the recorded one is not read again.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .._core.files import MAX_FILE_BYTES, UnusableFile, read_file
from .._core.json_text import loads
from .._core.model import PhotoError, SourceError, Summary, User, identity_key, sha256
from .._core.safe_write import make_folder, write_safely
from .._core.targets import TARGETS
from .._definitions.exported import MAX_RECORD_BYTES, RECORD
from .._definitions.folder import examine, manifest_entry, manifest_text
from .._definitions.names import MANIFEST, safe_name
from .._pictures import sniff

#: File systems allow 255 bytes; the temporary name and the extension need some of them.
LONGEST_NAME = 200
COMMENT = """The photos that {what} held when they were exported. Each is the service's own file, byte for byte.
A definitions folder of the Ansible collection hybrid.photos: drift and sync read it as it is."""
_SUFFIXES: t.Mapping[str, str] = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "HEIF": ".heic",
}
#: The record's target for a folder of several targets: their names, or "both" for ad and exo.
_BOTH = "both"


def several(targets: t.Iterable[str]) -> str:
    """The ``target`` of a folder that is made of several targets."""
    name = "+".join(target for target in TARGETS if target in targets)
    return _BOTH if name == "ad+exo" else name


def _what(target: str) -> str:
    names = ("ad+exo" if target == _BOTH else target).split("+")
    titles = [TARGETS[name].title if name in TARGETS else name for name in names]
    return " and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]]))


class FileProblem(SourceError):
    """One user's file cannot be written; all others can."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One user's photo in the folder. ``file`` is its name there."""

    user: str
    file: str
    seen: Summary
    tag: str | None = None
    id: str | None = None
    path: str = ""


@dataclass(slots=True)
class ExportFolder:
    """Made for one run. ``target`` is ad, exo or both. In check mode everything is reported and nothing written.

    Raises PhotoError when the folder has content of another tool, of a person or of another export.
    """

    path: Path
    target: str
    check: bool = False
    #: What the reader of a message sets to name the folder.
    option: str = "dest"
    _kept: dict[str, Kept] = field(default_factory=dict)
    #: The users in the record when the run began.
    _recorded: frozenset[str] = frozenset()
    _changed: bool = False
    #: The default picture that people added to the manifest; it is kept as well.
    _default: str | None = None

    def __post_init__(self) -> None:
        if self._read_record():
            return
        if (self.path / MANIFEST).exists() or (self.path / MANIFEST).is_symlink():
            raise PhotoError(
                f"{self.option} {self.path} has a {MANIFEST} that no export wrote, and it must not be overwritten; "
                "give a folder of its own"
            )
        if self.path.exists() and not self.path.is_dir():
            raise PhotoError(f"{self.option} {self.path} is a file; give a folder")

    @property
    def keys(self) -> set[str]:
        """The users whose photos are in the folder."""
        return set(self._kept)

    def knows(self, user: User) -> bool:
        """Is there a photo of this same account, so that its tag can show whether it changed?"""
        kept = self._kept.get(identity_key(user.identity))
        return kept is not None and kept.tag is not None and kept.id == user.id

    def unchanged(self, user: User, tag: str | None) -> Kept | None:
        """The user's photo here, if the target's tag is the recorded one and the file is unchanged."""
        kept = self._kept.get(identity_key(user.identity))
        if kept is None or tag is None or kept.tag != tag or kept.id != user.id:
            return None
        return kept if self._is_ours(kept) else None

    def put(self, user: User, picture: bytes, tag: str | None, seen: Summary) -> str:
        """Write a photo unchanged; returns the path of its file. Raises FileProblem."""
        key = identity_key(user.identity)
        name = file_name(key, picture)
        before = self._kept.get(key)
        file = self.path / name
        digest = sha256(picture)
        if _hash(file) != digest:
            if _occupied(file) and (before is None or before.file != name):
                raise FileProblem(
                    f"{file} is there, and no export wrote it; move it away or give another {self.option}"
                )
            self._changed = True
            self._write(file, picture)
        if before is not None and before.file != name:
            self._remove(before)
        self._kept[key] = Kept(
            user.identity, name, Summary(digest, len(picture), seen.width, seen.height), tag, user.id
        )
        return str(file)

    def finish(self, gone: t.Collection[str] = ()) -> bool:
        """Remove users without a photo, and write the manifest. Returns whether anything changed."""
        for key in gone:
            kept = self._kept.pop(key, None)
            if kept is not None:
                self._remove(kept)
        files = self._by_hand()
        what = COMMENT.format(what=_what(self.target))
        text = manifest_text(files, what, self._default).encode()
        users = [
            {name: value for name, value in asdict(kept).items() if name != "path"}
            for _key, kept in sorted(self._kept.items())
        ]
        record = json.dumps({"version": 1, "target": self.target, "users": users}, indent=1, ensure_ascii=False)
        for name, data in ((MANIFEST, text), (RECORD, record.encode() + b"\n")):
            if _hash(self.path / name) != sha256(data):
                # A new record alone (a new tag of the same picture) is no change of the photos.
                self._changed = self._changed or name == MANIFEST
                self._write(self.path / name, data)
        return self._changed

    def _read_record(self) -> bool:
        file = self.path / RECORD
        try:
            record = loads(read_file(file, MAX_RECORD_BYTES, inside=self.path)[0])
            target = record["target"]
            users = [Kept(**{**user, "seen": Summary(**user["seen"])}) for user in record["users"]]
        except UnusableFile as error:
            if isinstance(error.__cause__, NotADirectoryError):
                where = "is" if self.path.exists() else "is below"
                raise PhotoError(f"{self.option} {self.path} {where} a file; give a folder") from error
            if error.missing:
                return False
            raise PhotoError(f"{error}; restore it, or give a new folder") from error
        except (ValueError, KeyError, TypeError) as error:
            raise PhotoError(f"{file} cannot be read ({error}); restore it, or give a new folder") from error
        if target != self.target:
            raise PhotoError(
                f"{self.option} {self.path} is an export of {_what(str(target))}, which would be lost; "
                "give another folder"
            )
        for kept in users:
            if Path(kept.file).name != kept.file:
                raise PhotoError(f"{file} names {kept.file!r}, which is outside of the folder; give a new folder")
            self._kept[identity_key(kept.user)] = Kept(
                kept.user, kept.file, kept.seen, kept.tag, kept.id, str(self.path / kept.file)
            )
        self._recorded = frozenset(self._kept)
        return True

    def _by_hand(self) -> dict[str, str | dict[str, t.Any] | None]:
        """The manifest's entries: those of our own users, and those that people added since, which are kept."""
        entries: dict[str, str | dict[str, t.Any] | None] = {kept.user: kept.file for kept in self._kept.values()}
        if not (self.path / MANIFEST).exists():
            return entries
        found = examine(self.path)
        root = self.path.resolve()
        self._default = None if found.default is None else found.default.path.relative_to(root).as_posix()
        unread = [
            problem for problem in found.problems if problem.file == MANIFEST and problem.message.startswith(_UNREAD)
        ]
        if unread:
            raise PhotoError(
                f"{self.option} {self.path} cannot be brought up to date: {unread[0]}; correct or remove {MANIFEST}"
            )
        for definition in found.definitions:
            kept = self._kept.get(definition.key)
            if kept is not None:
                entries[kept.user] = manifest_entry(definition, kept.file)
            elif definition.key not in self._recorded and definition.origin.startswith(f"{MANIFEST}:"):
                path = None if definition.source is None or definition.default else definition.source.path
                place = None if path is None else Path(path).relative_to(root).as_posix()
                entries[definition.user] = manifest_entry(definition, place)
        return entries

    def _is_ours(self, kept: Kept) -> bool:
        return _hash(self.path / kept.file) == kept.seen.sha256

    def _remove(self, kept: Kept) -> None:
        """Remove a file of ours, unless somebody has changed it since."""
        self._changed = True
        if self._is_ours(kept) and not self.check:
            try:
                (self.path / kept.file).unlink()
            except OSError as error:
                raise PhotoError(f"{self.path / kept.file} cannot be removed ({error.strerror})") from error

    def _write(self, file: Path, data: bytes) -> None:
        if self.check:
            return
        try:
            make_folder(self.path)
            write_safely(file, data)
        except OSError as error:
            raise PhotoError(
                f"{file} cannot be written ({error.strerror}); free disk space or give a folder that this "
                "account can write to"
            ) from error


#: How a problem begins that makes a part of the manifest unreadable: writing it again would lose that part.
_UNREAD = ("it ", "the default picture", "'default'")


def file_name(key: str, picture: bytes) -> str:
    """The name of a user's file. The identity can be read from it, unless no file system can store such a name."""
    suffix = _SUFFIXES.get(sniff.kind(picture) or "", ".jpg")
    name = safe_name(key)
    if len(name) > LONGEST_NAME:
        name = f"user-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    return name + suffix


def _occupied(file: Path) -> bool:
    return file.exists() or file.is_symlink()


def _hash(file: Path) -> str | None:
    """SHA-256 of an ordinary file; None: there is none that can be read."""
    try:
        return None if file.is_symlink() else sha256(read_file(file, MAX_FILE_BYTES)[0])
    except UnusableFile:
        return None
