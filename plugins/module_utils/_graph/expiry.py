# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the secret of our own app registration ends, where the app may read that (learn.microsoft.com: application)."""

from __future__ import annotations

import datetime
import typing as t
from urllib.parse import quote

from .._core.json_text import loads
from .http.client import Client

#: Application permissions with which GET /applications works; none of them is needed for photos.
MAY_READ = frozenset(
    {
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Application.ReadWrite.OwnedBy",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    }
)


def secret_end(client: Client, client_id: str, secret: str) -> float | None:
    """Seconds since the epoch when this secret ends; None when that cannot be told.

    An app may have several secrets. Graph shows the first characters of each (hint), and by these ours is known.
    """
    path = f"/v1.0/applications(appId='{quote(client_id, safe='')}')?$select=passwordCredentials"
    reply = client.call("GET", path)
    if reply.status != 200:
        return None
    try:
        body = loads(reply.body)
        found = [_end(each) for each in body["passwordCredentials"] if _is_ours(each, secret)]
    except (ValueError, KeyError, TypeError):
        return None
    return found[0] if len(found) == 1 else None


def _is_ours(credential: t.Mapping[str, t.Any], secret: str) -> bool:
    hint = credential.get("hint")
    return isinstance(hint, str) and bool(hint) and secret.startswith(hint)


def _end(credential: t.Mapping[str, t.Any]) -> float:
    return datetime.datetime.fromisoformat(str(credential["endDateTime"])).timestamp()
