# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator's access to the sandbox's Exchange server, for tests."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class ControlFailed(Exception):
    """The server refused a control call."""


class Control:
    """Reads photos, changes them by hand, and makes the server fail on request."""

    def __init__(self, url: str, key: str) -> None:
        """``url``: of the http port."""
        self._url = url.rstrip("/")
        self._key = key

    def _call(self, what: str, raw: bytes | None = None, method: str = "POST") -> bytes:
        request = urllib.request.Request(
            f"{self._url}/sandbox/{what}", raw, {"X-Sandbox-Key": self._key}, method=method
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                read: bytes = answer.read()
                return read
        except urllib.error.HTTPError as error:
            raise ControlFailed(f"{method} {what}: {error.code} {error.read()[:300]!r}") from error

    def _tell(self, what: str, **given: Any) -> Any:
        return json.loads(self._call(what, json.dumps(given).encode()))

    def photo(self, upn: str) -> bytes | None:
        """The photo in the mailbox."""
        try:
            return self._call(f"photo?upn={urllib.parse.quote(upn)}", method="GET")
        except ControlFailed as error:
            if ": 404" in str(error):
                return None
            raise

    def put_photo(self, upn: str, picture: bytes) -> None:
        """Store exactly these bytes, without a 64x64 photo in AD: a change by others."""
        self._call(f"photo?upn={urllib.parse.quote(upn)}", picture, "PUT")

    def delete_photo(self, upn: str) -> None:
        """Remove the photo from the mailbox."""
        self._call(f"photo?upn={urllib.parse.quote(upn)}", method="DELETE")

    def state(self, upn: str) -> dict[str, Any]:
        """The GUID, and whether there is a record of a removal and a photo."""
        told: dict[str, Any] = self._tell("state", upn=upn)
        return told

    def service(self, **changes: Any) -> dict[str, Any]:
        """Change how the server behaves; see state.Service."""
        told: dict[str, Any] = self._tell("service", **changes)
        return told

    def fault(self, kind: str, **more: Any) -> None:
        """Add a fault; see state.Fault."""
        self._tell("fault", kind=kind, **more)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._tell("clear_faults")

    def mailbox(self, upn: str, **changes: Any) -> None:
        """Change a mailbox; see state.Mailbox."""
        self._tell("mailbox", upn=upn, **changes)

    def add_mailbox(self, **fields: Any) -> None:
        """One more."""
        self._tell("add_mailbox", **fields)

    def remove_mailbox(self, upn: str) -> None:
        """One less."""
        self._tell("remove_mailbox", upn=upn)

    def end_sessions(self) -> None:
        """End all sessions, as a restart of the server's application pool does."""
        self._tell("end_sessions")

    def counters(self) -> dict[str, int]:
        """The counters since the start."""
        told: dict[str, int] = self._tell("counters")
        return told

    def start_over(self) -> None:
        """Return to the seeded state."""
        self._tell("start_over")
