# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""$batch of the sandbox tenant."""

from __future__ import annotations

import base64
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tenant import testing
from tenant.testing import Running, person, picture

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture(scope="module", name="tenant")
def _tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tenant")
    (folder / "ann.jpg").write_bytes(picture(300))
    people = [person(1, ANN, cloud_photo="ann.jpg"), person(2, BOB), person(3, "guest#EXT#@example.com")]
    with testing.running(folder, people) as tenant:
        tenant.control.change_user(BOB, no_photo_case="null_in_batch")
        yield tenant


def get(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": url, **more}


def test_each_has_its_own_fate(tenant: Running) -> None:
    answers = tenant.responses(
        [
            get("photo", f"/users/{ANN}/photo"),
            get("small", f"/users/{ANN}/photos/96x96/$value"),
            get("none", f"/users/{BOB}/photo"),
            get("nobody", "/users/nobody@example.com"),
            get("filter", "/users?$filter=mail%20eq%20'ann@example.com'&$select=id"),
            get("guest", "/users/guest%23EXT%23@example.com"),
            get("fragment", "/users/guest#EXT#@example.com"),
        ]
    )
    assert answers["photo"]["status"] == 200
    assert answers["photo"]["headers"]["Content-Type"] == "application/json"
    assert answers["photo"]["body"]["width"] == 300
    small = answers["small"]
    assert small["headers"]["Content-Type"] == "image/jpeg"
    assert small["headers"]["ETag"]
    assert Image.open(io.BytesIO(base64.b64decode(small["body"], validate=True))).size == (96, 96)
    assert answers["none"] == {"id": "none", "status": 404, "body": None}
    assert answers["nobody"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert len(answers["filter"]["body"]["value"]) == 1
    assert answers["guest"]["status"] == 200
    assert answers["fragment"]["status"] == 404


def test_answers_come_in_no_order(tenant: Running) -> None:
    orders = set()
    for _time in range(5):
        answer = tenant.batch([get(str(number), f"/users/{ANN}") for number in range(20)])
        orders.add(tuple(item["id"] for item in answer.json()["responses"]))
    assert len(orders) == 5
    assert {len(set(order)) for order in orders} == {20}


def test_binary_bodies(tenant: Running) -> None:
    raw = picture(200)
    media = {"Content-Type": "image/jpeg"}
    for text in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=")):
        put = {"id": "1", "method": "PUT", "url": f"/users/{BOB}/photo/$value", "headers": media, "body": text}
        answer = tenant.responses([put])["1"]
        assert answer["status"] in (200, 204)
        assert "body" not in answer
    assert [entry["bytes"] for entry in tenant.control.history(BOB)] == [len(raw)] * 2
    gone = tenant.responses([{"id": "1", "method": "DELETE", "url": f"/users/{BOB}/photo/$value"}])
    assert gone["1"]["status"] in (200, 204)
    assert tenant.control.photo(BOB) is None
    path = "/admin/people/photoUpdateSettings"
    patch = {"id": "1", "method": "PATCH", "url": path, "body": {"source": "cloud"}}
    patch["headers"] = {"Content-Type": "application/json"}
    assert tenant.responses([patch], version="beta")["1"]["body"]["source"] == "cloud"


def bad(**changes: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in {**get("1", f"/users/{ANN}"), **changes}.items() if value is not None}]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [get(str(number), f"/users/{ANN}") for number in range(21)],
        [get("1", f"/users/{ANN}"), get("1", f"/users/{BOB}")],
        bad(id=None),
        bad(id=1),
        bad(url=None),
        bad(url=f"users/{ANN}"),
        bad(url="https://graph.microsoft.com/v1.0/users"),
        bad(url="//users"),
        bad(method=None),
        bad(method="LIST"),
        bad(headers={"Content-Length": 3}),
        bad(method="PUT", body="YWJj"),
        bad(method="PUT", body="not base64!", headers={"Content-Type": "image/jpeg"}),
        bad(method="PUT", body={"a": 1}, headers={"Content-Type": "image/jpeg"}),
        bad(dependsOn=["2"]),
        bad(dependsOn=["1"]),
        ["text"],
    ],
    ids=str,
)
def test_malformed_batches(tenant: Running, items: list[dict[str, Any]]) -> None:
    answer = tenant.batch(items)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"


def test_a_batch_must_be_a_post_of_json(tenant: Running) -> None:
    assert tenant.get("/$batch").status_code == 405
    assert tenant.call("POST", "/$batch", data=b"{}").status_code == 400
    assert tenant.call("POST", "/$batch", data=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    nested = {"id": "1", "method": "POST", "url": "/$batch", "body": {"requests": []}}
    nested["headers"] = {"Content-Type": "application/json"}
    assert tenant.responses([nested])["1"]["status"] == 400
    versioned = tenant.responses([get("1", f"/v1.0/users/{ANN}")])
    assert versioned["1"]["status"] == 400


def test_depends_on(tenant: Running) -> None:
    answers = tenant.responses(
        [
            get("first", f"/users/{ANN}"),
            get("lost", "/users/nobody@example.com"),
            get("second", f"/users/{ANN}", dependsOn=["first"]),
            get("third", f"/users/{ANN}", dependsOn=["lost", "second"]),
            get("fourth", f"/users/{ANN}", dependsOn=["third"]),
        ]
    )
    statuses = {name: answer["status"] for name, answer in answers.items()}
    assert statuses == {"first": 200, "lost": 404, "second": 200, "third": 424, "fourth": 424}


def test_permissions_hold_inside(tenant: Running) -> None:
    items = [get("photo", f"/users/{ANN}/photo"), get("user", f"/users/{ANN}")]
    answers = tenant.responses(items, roles=("ProfilePhoto.Read.All",))
    assert {name: answer["status"] for name, answer in answers.items()} == {"photo": 200, "user": 403}


def test_photos_run_four_at_a_time(tenant: Running) -> None:
    tenant.control.latency(read_ms=100, directory_ms=100)
    try:
        took = {}
        for kind, url in (("photos", f"/users/{ANN}/photo"), ("users", f"/users/{ANN}")):
            start = time.monotonic()
            tenant.responses([get(str(number), url) for number in range(20)])
            took[kind] = time.monotonic() - start
        assert took["photos"] >= 0.5  # five rounds
        assert took["users"] < 0.5  # one
    finally:
        tenant.control.latency(read_ms=0, directory_ms=0)


def test_throttled_items(tenant: Running) -> None:
    tenant.control.add_fault({"throttle": {"retry_after": "0.249"}}, kind="photo", inside_batch=True, skip=1, times=2)
    answers = tenant.responses([get(str(number), f"/users/{ANN}/photo") for number in range(5)])
    tenant.control.clear_faults()
    limited = [answer for answer in answers.values() if answer["status"] == 429]
    assert len(limited) == 2
    assert all(answer["headers"]["Retry-After"] == "0.249" for answer in limited)
    assert all(answer["body"]["error"]["code"] == "TooManyRequests" for answer in limited)


def test_counters(tenant: Running) -> None:
    tenant.control.reset_counters()
    tenant.responses([get("1", f"/users/{ANN}/photo"), get("2", f"/users/{ANN}/photo/$value")])
    counters = tenant.control.counters()
    assert (counters["requests"], counters["batches"], counters["batch_items"]) == (1, 1, 2)
    assert counters["downloads"] == 1
    assert counters["routes"] == {
        "POST /$batch": 1,
        "batch GET /users/{id}/photo": 1,
        "batch GET /users/{id}/photo/$value": 1,
    }
