# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit: a client that only sends the batches and uploads that a run needs, with the same concurrency.

    python bare_graph.py WHAT USERS CONCURRENCY [TAGS]      with the variables of the sandbox

It knows the object ids (USERS is a JSON list of them), decides nothing, retries nothing and only checks statuses.
WHAT is ``tags``, ``renditions`` (tags, then small pictures) or ``put`` (tags twice, uploads, tags, small pictures: the
requests of a run to observe, to check again, to write and to verify).
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

GRAPH = os.environ["HYBRID_PHOTOS_GRAPH_URL"]
CA = os.environ["HYBRID_PHOTOS_GRAPH_CA_CERT"]


class Bare:
    def __init__(self, concurrency: int) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = CA
        self.session.mount("https://", HTTPAdapter(pool_maxsize=concurrency))
        self.session.headers["Authorization"] = f"Bearer {self.token()}"
        self.pool = ThreadPoolExecutor(concurrency)

    def token(self) -> str:
        answer = self.session.post(
            f"{os.environ['AZURE_AUTHORITY_HOST']}/{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token",
            data={
                "client_id": os.environ["AZURE_CLIENT_ID"],
                "client_secret": os.environ["AZURE_CLIENT_SECRET"],
                "grant_type": "client_credentials",
                "scope": f"{GRAPH}/.default",
            },
        )
        return str(answer.json()["access_token"])

    def batches(self, users: list[str], what: str) -> list[dict[str, Any]]:
        """One GET for each user, twenty in a batch."""
        parts = [users[start : start + 20] for start in range(0, len(users), 20)]
        return [item for part in self.pool.map(lambda part: self.batch(part, what), parts) for item in part]

    def batch(self, users: list[str], what: str) -> list[dict[str, Any]]:
        items = [{"id": user, "method": "GET", "url": f"/users/{user}/{what}"} for user in users]
        answer = self.session.post(f"{GRAPH}/v1.0/$batch", json={"requests": items})
        answer.raise_for_status()
        return list(answer.json()["responses"])

    def put(self, users: list[str], picture: bytes) -> None:
        for status in self.pool.map(lambda user: self.put_one(user, picture), users):
            assert status in (200, 204), status

    def put_one(self, user: str, picture: bytes) -> int:
        headers = {"Content-Type": "image/jpeg"}
        url = f"{GRAPH}/v1.0/users/{user}/photo/$value"
        return self.session.put(url, data=picture, headers=headers).status_code


def main() -> None:
    what, users, concurrency = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3])
    bare = Bare(concurrency)
    answers = bare.batches(users, "photo")
    if what == "put":
        bare.batches(users, "photo")
        bare.put(users, Path(sys.argv[4]).read_bytes())
        answers = bare.batches(users, "photo")
    if what != "tags":
        assert all(answer["status"] == 200 for answer in bare.batches(users, "photos/96x96/$value"))
    assert what == "put" or all(answer["status"] == 200 for answer in answers)
    if what == "tags" and len(sys.argv) > 4:
        tags = {answer["id"]: answer["body"]["@odata.mediaEtag"] for answer in answers}
        Path(sys.argv[4]).write_text(json.dumps(tags))


if __name__ == "__main__":
    main()
