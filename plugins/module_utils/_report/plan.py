# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as a plan: checks that it was not changed since it was written, and reads its changes."""

from __future__ import annotations

import hashlib
import json
import typing as t

from .._core.files import UnusableFile, read_file
from .._core.json_text import loads
from .._core.model import PhotoError
from .._core.results import Row, from_report
from .._core.targets import checked_name

#: Enough for 400,000 users: a line of a report has about 600 bytes.
MAX_PLAN_BYTES = 256 * 1024 * 1024
#: What to do about a file that is not a plan.
GIVE = "Give the drift.json of a drift run (the role sync: sync_plan)."
#: Not part of the digest: the time, and the digest itself.
_APART = ("generated", "digest")


class Digest:
    """SHA-256 of a report's content; users are added one after the other.

    It is computed from JSON with sorted keys, without spaces, in ASCII, without ``generated`` and ``digest``. Two runs
    that found the same have the same digest.
    """

    def __init__(self, report: t.Mapping[str, t.Any]) -> None:
        """``report``: everything but the users."""
        kept = {key: value for key, value in report.items() if key not in _APART}
        # No text can contain this, because JSON escapes quotation marks. Only the key "version" is after "users".
        head, _users, self._tail = canonical({**kept, "users": []}).rpartition(b'"users":[]')
        self._sum = hashlib.sha256(head + b'"users":[')
        self._first = True

    def add(self, user: t.Any) -> None:
        """Add the next user. Raises TypeError or ValueError for values that JSON does not have."""
        self._sum.update(canonical(user) if self._first else b"," + canonical(user))
        self._first = False

    def hexdigest(self) -> str:
        """The digest, after all users were added."""
        whole = self._sum.copy()
        whole.update(b"]" + self._tail)
        return whole.hexdigest()


def canonical(value: t.Any) -> bytes:
    """The bytes of a part of a report from which the digest is computed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def digest(report: t.Mapping[str, t.Any]) -> str:
    """The digest of a whole report."""
    found = Digest(report)
    for user in report["users"]:
        found.add(user)
    return found.hexdigest()


def read(path: str) -> str:
    """The text of a plan. Raises PhotoError unless it is a regular text file within the limit. Never blocks."""
    try:
        return read_file(path, MAX_PLAN_BYTES)[0].decode("utf-8")
    except UnusableFile as ex:
        raise PhotoError(f"The plan {path} cannot be read: {ex.why}. {GIVE}") from ex
    except UnicodeDecodeError as ex:
        raise PhotoError(f"The plan {path} is not UTF-8. {GIVE}") from ex


def parse(text: str | bytes, name: str = "the plan") -> dict[str, t.Any]:
    """Read a report from JSON text and verify it. Raises PhotoError."""
    try:
        report = loads(text)
    except (ValueError, UnicodeDecodeError) as ex:
        raise PhotoError(f"{name} is not JSON ({ex}). {GIVE}") from ex
    verify(report, name)
    return t.cast("dict[str, t.Any]", report)


def verify(report: t.Any, name: str = "the plan") -> None:
    """Raise PhotoError unless this is a report of a known version that was not changed since it was written."""
    verify_shape(report, name)
    try:
        found = digest(report)
    except (TypeError, ValueError, RecursionError) as ex:
        raise PhotoError(f"{name} cannot be read as a drift report ({ex}).") from ex
    verify_digest(report, found, name)


def verify_shape(report: t.Any, name: str) -> None:
    """Raise PhotoError unless this has the shape of a report of a known version."""
    if not isinstance(report, dict) or not isinstance(report.get("users"), list) or "digest" not in report:
        raise PhotoError(f"{name} is not a drift report. {GIVE}")
    if report.get("version") != 1:
        raise PhotoError(
            f"{name} is a drift report of version {report.get('version')!r:.20}, and this release reads version 1. "
            "Make a new one."
        )


def verify_digest(report: t.Mapping[str, t.Any], found: str, name: str) -> None:
    """Raise PhotoError unless the digest in a report is that of its content, ``found``."""
    if found != report["digest"]:
        raise PhotoError(
            f"{name} was changed after it was written: its digest is {str(report['digest'])[:12]}…, "
            f"its content gives {found[:12]}…. Make a new report and have that approved."
        )


def planned_changes(report: t.Mapping[str, t.Any], target: str) -> list[Row]:
    """The changes of one target in a verified report of a check run, in its order. Raises PhotoError."""
    checked_name(target, "approved_changes")
    if report.get("mode") != "plan":
        raise PhotoError("This report says what was done, not what would be done. Give the report of a check run.")
    if not all(isinstance(user, dict) for user in report["users"]):
        raise PhotoError("The plan is not a drift report (an entry of users is not a mapping)")
    try:
        rows = [from_report(user, target) for user in report["users"]]
    except (AttributeError, KeyError, TypeError, PhotoError) as ex:
        # The digest shows that the file was not changed, but not that this collection wrote it.
        raise PhotoError(f"The plan is not a drift report ({ex})") from ex
    return [row for row in rows if row is not None and row.changed and row.action != "none"]
