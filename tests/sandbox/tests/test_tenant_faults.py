# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox tenant's unkindness: throttling, failures, cuts, lag and what else a test can order."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tenant import testing
from tenant.control import Control, ControlFailed
from tenant.testing import Running, person, picture

ANN, BOB = "ann@example.com", "bob@example.com"
CUT = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture(scope="module", name="shared")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tenant")
    (folder / "ann.jpg").write_bytes(picture(300))
    people = [person(1, ANN, cloud_photo="ann.jpg"), person(2, BOB, cloud_photo="ann.jpg")]
    with testing.running(folder, people) as tenant:
        yield tenant


@pytest.fixture(name="tenant")
def _tenant(shared: Running) -> Iterator[Running]:
    shared.token()
    shared.control.reset_counters()
    yield shared
    shared.control.clear_faults()
    shared.control.throttle(rate=0, burst=0, per_mailbox=0)
    shared.control.latency(read_ms=0, write_ms=0, directory_ms=0, login_ms=0)


def statuses(tenant: Running, path: str, count: int) -> list[int]:
    return [tenant.get(path).status_code for _time in range(count)]


@pytest.mark.parametrize(
    ("options", "status", "retry_after", "code"),
    [
        ({}, 429, "1", "TooManyRequests"),
        ({"retry_after": "0.249"}, 429, "0.249", "TooManyRequests"),
        ({"retry_after": 7, "case": "throttled_unknown"}, 429, "7", "UnknownError"),
        ({"retry_after": None}, 429, None, "TooManyRequests"),
        ({"status": 503, "case": "unavailable"}, 503, "1", "UnknownError"),
    ],
)
def test_throttle(tenant: Running, options: dict[str, Any], status: int, retry_after: str | None, code: str) -> None:
    tenant.control.add_fault({"throttle": options}, times=1)
    answer = tenant.get(f"/users/{ANN}/photo")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
    assert answer.json()["error"]["code"] == code
    assert tenant.get(f"/users/{ANN}/photo").status_code == 200
    counters = tenant.control.counters()
    assert (counters["throttled"], counters["faults"]) == (1, 1)


def test_a_throttled_write_is_not_done(tenant: Running) -> None:
    before = tenant.control.history(BOB)
    tenant.control.add_fault({"throttle": {}}, method="PUT", times=1)
    assert tenant.put(BOB, picture()).status_code == 429
    assert tenant.control.history(BOB) == before
    counters = tenant.control.counters()
    assert (counters["photo_puts"], counters["photo_writes"]) == (1, 0)


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"method": "GET"}, [True, True, True, False]),
        ({"kind": "photo"}, [True, True, False, False]),
        ({"kind": "photo_value", "method": "PUT"}, [False, False, False, True]),
        ({"user": BOB}, [False, True, False, True]),
        ({"user": "bob"}, [False, True, False, True]),
        ({"route": "^/v1.0/users/ann@"}, [True, False, False, False]),
        ({"inside_batch": True}, [False] * 4),
        ({"inside_batch": False}, [True] * 4),
    ],
)
def test_which_requests_a_rule_is_about(tenant: Running, match: dict[str, Any], hit: list[bool]) -> None:
    tenant.control.set_faults([{"match": match, "effect": {"fail": {"case": "gateway_timeout"}}}])
    answers = [
        tenant.get(f"/users/{ANN}/photo"),
        tenant.get(f"/users/{BOB}/photo"),
        tenant.get("/users"),
        tenant.put(BOB, picture()),
    ]
    assert [answer.status_code == 504 for answer in answers] == hit
    assert tenant.control.faults()[0]["fired"] == sum(hit)


def test_skip_times_and_probability(tenant: Running) -> None:
    path = f"/users/{ANN}/photo"
    tenant.control.add_fault({"fail": {}}, skip=2, times=2)
    assert statuses(tenant, path, 6) == [200, 200, 503, 503, 200, 200]
    runs = []
    for _time in range(2):
        tenant.control.clear_faults()
        tenant.control.add_fault({"fail": {}}, probability=0.5, seed=7)
        runs.append(statuses(tenant, path, 30))
    assert runs[0] == runs[1]
    assert 5 < runs[0].count(503) < 25


@pytest.mark.parametrize("when", ["before", "headers", "body"])
def test_cut_reads(tenant: Running, when: str) -> None:
    tenant.control.add_fault({"cut": {"when": when}}, times=1)
    with pytest.raises(CUT):
        tenant.get(f"/users/{ANN}/photo/$value")
    assert tenant.get(f"/users/{ANN}/photo/$value").status_code == 200


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("headers", 1), ("body", 1)])
def test_cut_writes_are_done_or_not(tenant: Running, when: str, done: int) -> None:
    before = len(tenant.control.history(BOB))
    tenant.control.add_fault({"cut": {"when": when}}, method="PUT", times=1)
    with pytest.raises(CUT):
        tenant.put(BOB, picture())
    assert len(tenant.control.history(BOB)) - before == done


def test_a_cut_item_cuts_the_batch(tenant: Running) -> None:
    tenant.control.add_fault({"cut": {}}, user=BOB, inside_batch=True, times=1)
    items = [{"id": name, "method": "GET", "url": f"/users/{name}/photo"} for name in (ANN, BOB)]
    with pytest.raises(CUT):
        tenant.batch(items)
    assert set(tenant.responses(items)) == {ANN, BOB}


def test_truncated_body_looks_whole(tenant: Running) -> None:
    path = f"/users/{ANN}/photo/$value"
    whole = tenant.get(path).content
    tenant.control.add_fault({"truncate": {"keep": 0.5}}, times=1)
    answer = tenant.get(path)
    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2]
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(answer.content)).load()


def test_lag(tenant: Running) -> None:
    old = tenant.get(f"/users/{BOB}/photo").json()["@odata.mediaEtag"]
    tenant.control.add_fault({"lag": {"seconds": 0.4}}, method="PUT", times=1)
    start = time.monotonic()
    assert tenant.put(BOB, picture(120)).status_code in (200, 204)
    shown = tenant.get(f"/users/{BOB}/photo").json()
    assert shown["@odata.mediaEtag"] == old or time.monotonic() - start > 0.4
    assert tenant.control.user(BOB)["photo"]["width"] == 120
    time.sleep(0.45)
    assert tenant.get(f"/users/{BOB}/photo").json()["width"] == 120


def test_lag_of_a_removal_and_of_all_writes(tenant: Running) -> None:
    tenant.control.put_photo(BOB, picture(100))
    tenant.control.service(lag_s=30)
    try:
        tenant.call("DELETE", f"/users/{BOB}/photo/$value")
        assert tenant.get(f"/users/{BOB}/photo/$value").status_code == 200
        assert tenant.control.photo(BOB) is None
    finally:
        tenant.control.service(lag_s=0)
        tenant.control.put_photo(BOB, picture(100))


def test_wrong_photo(tenant: Running) -> None:
    tenant.control.add_fault({"wrong_photo": {}}, method="PUT", times=1)
    raw = picture(400, (10, 200, 10))
    assert tenant.put(BOB, raw).status_code in (200, 204)
    wrong = tenant.get(f"/users/{BOB}/photo/$value").content
    tenant.put(BOB, raw)
    assert tenant.get(f"/users/{BOB}/photo/$value").content != wrong


def test_delay_and_latency(tenant: Running) -> None:
    def took(work: Callable[[], Any]) -> float:
        start = time.monotonic()
        work()
        return time.monotonic() - start

    tenant.control.add_fault({"delay": {"seconds": 0.2}}, times=1)
    assert took(lambda: tenant.get("/users")) >= 0.2
    tenant.control.latency(read_ms=60, write_ms=120)
    assert took(lambda: tenant.get(f"/users/{ANN}/photo")) >= 0.06
    assert took(lambda: tenant.put(BOB, picture(64))) >= 0.12


def test_effects_add_up(tenant: Running) -> None:
    tenant.control.add_fault({"lag": {"seconds": 30}}, method="PUT")
    tenant.control.add_fault({"cut": {"when": "headers"}}, method="PUT", times=1)
    with pytest.raises(CUT):
        tenant.put(BOB, picture(77))
    assert tenant.control.user(BOB)["photo"]["width"] == 77
    assert tenant.get(f"/users/{BOB}/photo").json()["width"] != 77


@pytest.mark.parametrize("kind", ["login", "msi"])
def test_sign_in_can_fail_too(tenant: Running, kind: str) -> None:
    tenant.control.add_fault({"fail": {"status": 503}}, kind=kind, times=1)
    path = "/msi/token" if kind == "msi" else "/x/oauth2/v2.0/token"
    answer = tenant.session.post(f"{tenant.url}{path}", data={})
    assert (answer.status_code, answer.json()["error_codes"]) == (503, [90033])


def test_sign_in_is_only_spoiled_by_name(tenant: Running) -> None:
    tenant.control.add_fault({"fail": {}})
    tenant.forget()
    assert tenant.get("/users").status_code == 503  # with a token that was got meanwhile


@pytest.mark.parametrize(
    "effect",
    [{}, {"explode": {}}, {"fail": {"case": "x"}}, {"cut": {"when": "never"}}, {"lag": {}}, {"fail": {}, "cut": {}}],
)
def test_rules_that_make_no_sense(tenant: Running, effect: dict[str, Any]) -> None:
    with pytest.raises(ControlFailed):
        tenant.control.add_fault(effect)
    assert tenant.control.faults() == []


def test_real_throttling(tenant: Running) -> None:
    tenant.control.throttle(rate=5, burst=5)
    answers = [tenant.get(f"/users/{ANN}/photo") for _time in range(30)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert answers[0].status_code == 200
    wait = float(limited[-1].headers["Retry-After"])
    assert 0 < wait <= 0.2
    assert tenant.control.counters()["throttled"] == len(limited)
    time.sleep(wait + 0.01)
    assert tenant.get(f"/users/{ANN}/photo").status_code == 200


def test_items_of_a_batch_count_each(tenant: Running) -> None:
    tenant.control.throttle(rate=0.01, burst=12)
    items = [{"id": str(number), "method": "GET", "url": f"/users/{ANN}/photo"} for number in range(20)]
    got = [answer["status"] for answer in tenant.responses(items).values()]
    assert (got.count(200), got.count(429)) == (12, 8)


def test_four_at_once_for_one_mailbox(tenant: Running) -> None:
    tenant.control.throttle(per_mailbox=4)
    tenant.control.latency(read_ms=300)
    token = tenant.token()

    def read(user: str) -> int:
        return requests.get(
            f"{tenant.url}/v1.0/users/{user}/photo",
            headers={"Authorization": f"Bearer {token}"},
            verify=tenant.ca,
            timeout=30,
        ).status_code

    with ThreadPoolExecutor(12) as pool, pytest.MonkeyPatch.context() as patch:
        patch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        patch.delenv("CURL_CA_BUNDLE", raising=False)
        got = list(pool.map(read, [ANN] * 8 + [BOB] * 4))
    assert sorted(got[:8]) == [200] * 4 + [429] * 4
    assert got[8:] == [200] * 4
    assert 8 <= tenant.control.counters()["max_in_flight"] <= 12


def test_clock_skew(tenant: Running) -> None:
    tenant.control.clock_skew(-7200)
    try:
        told = parsedate_to_datetime(tenant.get("/users").headers["Date"]).timestamp()
        assert 7190 < time.time() - told < 7210
    finally:
        tenant.control.clock_skew(0)


def test_the_control_api_is_locked(tenant: Running) -> None:
    with pytest.raises(ControlFailed, match="403"):
        Control(tenant.url, "wrong key", tenant.ca).counters()
    with pytest.raises(ControlFailed, match="404"):
        tenant.control.user("nobody@example.com")
    with pytest.raises(ControlFailed, match="400"):
        tenant.control.service(colour="red")
    with pytest.raises(ControlFailed, match="400"):
        tenant.control.put_photo(BOB, b"no picture")
    with pytest.raises(ControlFailed, match="taken"):
        tenant.control.add_user(ANN)
    with pytest.raises(ControlFailed, match="no_photo_case"):
        tenant.control.change_user(ANN, no_photo_case="whatever")


def test_control_calls_are_not_counted(tenant: Running) -> None:
    tenant.control.put_photo(BOB, picture())
    tenant.control.user(BOB)
    counters = tenant.control.counters()
    assert (counters["requests"], counters["photo_puts"]) == (0, 0)


def test_starting_over_leaves_nothing_of_what_was_done(tenant: Running) -> None:
    control, held = tenant.control, tenant.control.photo(ANN)
    settings, service = control.settings(), control.service()
    old = tenant.token()
    control.put_photo(ANN, picture(200, (0, 0, 200)))
    control.delete_user(BOB)
    control.add_user("eve@example.com")
    control.add_fault({"fail": {"case": "too_small"}})
    control.clock_skew(3600)
    control.settings(source="onPremises")
    control.service(lag_s=9)
    control.latency(read_ms=9)
    control.throttle(rate=1, burst=1)
    control.register_app({"client_id": "late", "secret": testing.SECRET, "roles": ["User.Read.All"]})
    control.start_over()
    tenant.forget()
    assert control.photo(ANN) == held
    assert control.history(ANN) == []
    assert {user["upn"] for user in control.users()} == {ANN, BOB}
    assert (control.faults(), control.settings(), control.service()) == ([], settings, service)
    assert (control.latency()["read_ms"], control.throttle()["rate"]) == (0, 0)
    assert abs(control.health()["time"] - time.time()) < 60
    assert control.counters()["photo_writes"] == 0
    assert tenant.get(f"/users/{ANN}").status_code == 200, "a new token is good"
    stale = {"Authorization": f"Bearer {old}"}
    assert tenant.session.get(f"{tenant.url}/v1.0/users/{ANN}", headers=stale).status_code == 401
    late = {"client_id": "late", "client_secret": testing.SECRET, "grant_type": "client_credentials"}
    answer = tenant.session.post(f"{tenant.authority}/oauth2/v2.0/token", data={**late, "scope": tenant.scope})
    assert answer.status_code == 400
