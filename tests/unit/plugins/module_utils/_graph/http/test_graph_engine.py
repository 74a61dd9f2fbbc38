# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches that are throttled, cut and reordered; the limit; the policy."""

from __future__ import annotations

import json
import sys
import threading
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.batch import Item, unpack
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import AdaptiveLimit, Clock, Stopped
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.engine import Engine
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy, retry_after
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Cut, Reply

BUSY = {"error": {"code": "TooManyRequests", "message": ""}}


def items(count: int) -> list[Item]:
    return [Item(f"/x/{n}", n, "") for n in range(count)]


def run(graph: t.Any, count: int, **options: t.Any) -> dict[int, t.Any]:
    return {item.key: answer for item, answer in Engine(graph.client, **options).run(iter(items(count)))}


def serve(graph: t.Any, count: int) -> None:
    for n in range(count):
        graph.script.on(f"GET /v1.0/x/{n}", (200, {"n": n}))


def test_every_item_once_in_any_order(graph: t.Any) -> None:
    serve(graph, 1234)
    answers = run(graph, 1234)
    assert all(answers[n].body == {"n": n} for n in range(1234))
    assert len(answers) == 1234
    assert len(graph.script.batches) == 62
    assert graph.script.most_in_flight <= 8


def test_nothing_to_do(graph: t.Any) -> None:
    assert run(graph, 0) == {}
    assert graph.script.sent == []


def test_a_throttled_item_comes_back_alone_after_its_own_time(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.answers["GET /v1.0/x/3"] = [(429, BUSY, {"Retry-After": "0.249"}), (200, {"n": 3})]
    graph.script.answers["GET /v1.0/x/4"] = [(503, BUSY, {"retry-after": "7"}), (200, {"n": 4})]
    start = graph.clock.now
    answers = run(graph, 20)
    assert all(answers[n].status == 200 for n in range(20))
    assert graph.script.items.count("/x/0") == 1
    assert graph.script.items.count("/x/3") == 2
    assert graph.script.batches == [20, 1, 1]
    assert graph.clock.now - start >= 7


def test_answers_are_used_before_the_throttled_ones_return(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.answers["GET /v1.0/x/3"] = [(429, BUSY, {"Retry-After": "5"}), (200, {"n": 3})]
    order = [item.key for item, _answer in Engine(graph.client).run(items(20))]
    assert order[-1] == 3


def test_a_missing_item_is_asked_again(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.answers["GET /v1.0/x/7"] = [(-1, None), (200, {"n": 7})]
    assert run(graph, 20)[7].body == {"n": 7}


def test_an_item_that_never_recovers_does_not_hold_up_the_others(graph: t.Any) -> None:
    serve(graph, 40)
    graph.script.answers["GET /v1.0/x/9"] = [(500, {"error": {"code": "ErrorStoreInternalServerError"}})]
    answers = run(graph, 40)
    assert answers[9].status == 500
    assert graph.script.items.count("/x/9") == 6
    assert sum(a.status == 200 for a in answers.values()) == 39


def test_a_throttled_batch_shuts_the_gate_for_all(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.on("POST /v1.0/$batch", (429, BUSY, {"Retry-After": "11.5"}), (200, "as usual"))
    start = graph.clock.now
    assert len(run(graph, 20)) == 20
    assert graph.clock.now - start >= 11.5


def test_a_cut_batch_is_sent_again(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.on("POST /v1.0/$batch", Cut("cut", sent=True), half_an_answer(), (200, "as usual"))
    assert all(a.status == 200 for a in run(graph, 20).values())


def half_an_answer() -> t.Any:
    return (200, b'{"responses": [{"id"')


def test_a_refused_batch_is_taken_apart(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.answers["GET /v1.0/x/5"] = [(400, {"error": {"code": "BadRequest"}})]
    graph.script.on("POST /v1.0/$batch", (400, {"error": {"code": "BadRequest", "message": "malformed"}}))
    answers = run(graph, 20)
    assert [n for n, a in answers.items() if a.status != 200] == [5]


def test_graph_that_went_away_ends_the_run(graph: t.Any) -> None:
    graph.script.on("POST /v1.0/$batch", Cut("graph.test refused the connection", sent=False))
    with pytest.raises(StoreError, match="refused the connection"):
        run(graph, 200)


def test_an_address_that_never_answered_is_given_up_early(graph: t.Any) -> None:
    graph.script.reached = False
    graph.script.on("POST /v1.0/$batch", Cut("no such host", sent=False))
    with pytest.raises(StoreError, match="no such host"):
        run(graph, 1)
    assert len(graph.script.sent) == 3


def test_one_user_is_one_problem_when_graph_is_away_for_a_moment(graph: t.Any) -> None:
    serve(graph, 1)
    graph.script.on("POST /v1.0/$batch", Cut("cut", sent=True))
    assert run(graph, 1)[0].status == 0


def test_a_token_that_ends_is_renewed_once(graph: t.Any) -> None:
    serve(graph, 20)
    graph.script.on("POST /v1.0/$batch", (401, {"error": {"code": "InvalidAuthenticationToken"}}), (200, "as usual"))
    assert len(run(graph, 20)) == 20
    assert [head["Authorization"] for _m, _p, head, _b in graph.script.sent] == ["Bearer t1", "Bearer t2"]


def test_items_whose_token_ended_are_asked_again(graph: t.Any) -> None:
    serve(graph, 3)
    for n in (0, 1):
        graph.script.answers[f"GET /v1.0/x/{n}"] = [(401, {"error": {"code": "x"}}), (200, {"n": n})]
    assert {a.status for a in run(graph, 3).values()} == {200}
    assert graph.tokens.number == 2


def test_an_item_that_is_always_401_is_its_own_problem(graph: t.Any) -> None:
    serve(graph, 3)
    graph.script.answers["GET /v1.0/x/1"] = [(401, {"error": {"code": "x"}})]
    assert [n for n, a in run(graph, 3).items() if a.status == 401] == [1]


def test_a_token_that_cannot_be_renewed_ends_the_run_but_not_the_answers(graph: t.Any) -> None:
    serve(graph, 20)
    graph.tokens.fail = True
    graph.script.on("POST /v1.0/$batch", (401, {"error": {"code": "x"}}))
    with pytest.raises(StoreError, match="no new token"):
        run(graph, 20)
    assert graph.client.limit.acquire(lambda: False)  # the ticket was given back


def test_what_follows_from_an_answer_is_batched_too(graph: t.Any) -> None:
    serve(graph, 40)
    for n in range(40):
        graph.script.on(f"GET /v1.0/y/{n}", (200, {"y": n}))
    engine, seen = Engine(graph.client), []
    for item, answer in engine.run(items(40)):
        if item.step == "":
            engine.add(Item(f"/y/{item.key}", item.key, "second"))
        else:
            seen.append(answer.body["y"])
    assert sorted(seen) == list(range(40))
    assert sorted(graph.script.batches) == [20, 20, 20, 20]


def test_singles_keep_batches_from_running_ahead(graph: t.Any) -> None:
    serve(graph, 200)
    waiting, most = 0, 0
    for n in range(200):
        graph.script.on(f"GET /v1.0/y/{n}", (200, {"y": n}))
    engine = Engine(graph.client, size=8, ahead=1)
    for item, _answer in engine.run(items(200)):
        if item.step == "":
            waiting += 1
            engine.add(Item(f"/y/{item.key}", item.key, "second", single=True))
        else:
            waiting -= 1
        most = max(most, waiting)
    assert waiting == 0
    assert most <= 8 + 8 + 8


def test_a_caller_that_leaves_stops_the_threads(graph: t.Any) -> None:
    serve(graph, 2000)
    before = threading.active_count()
    running = Engine(graph.client).run(items(2000))
    next(running)
    running.close()
    for _time in range(200):
        if threading.active_count() <= before:
            break
        threading.Event().wait(0.01)
    assert threading.active_count() <= before
    assert len(graph.script.batches) < 30


def test_a_slow_caller_bounds_what_is_fetched(graph: t.Any) -> None:
    serve(graph, 2000)
    running = Engine(graph.client).run(items(2000))
    next(running)
    threading.Event().wait(0.2)
    assert len(graph.script.batches) <= 8 + 8 + 1
    running.close()


def test_unpack_trusts_nothing() -> None:
    raw = {
        "responses": [
            {"id": "0", "status": 200, "body": {"a": 1}},
            {"id": "0", "status": 404, "body": None},
            {"id": "9", "status": 200, "body": {}},
            {"id": 1, "status": 200, "body": {}},
            {"id": "-1", "status": 200, "body": {}},
            {"id": "²", "status": 200, "body": {}},
            {"id": "2", "status": True, "body": {}},
            "nonsense",
        ]
    }
    answers = unpack(Reply(200, {}, json.dumps(raw).encode()), 3)
    assert [a.status for a in answers] == [200, 0, 0]
    assert [a.status for a in unpack(Reply(200, {}, b"[]"), 2)] == [0, 0]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("10", 10), ("0.249", 0.249), ("-3", 0), ("inf", None), ("nan", None), ("soon", None), ("", None),
     ("Tue, 14 Nov 2023 22:13:30 GMT", 10), ("Tue, 14 Nov 2023 22:13:10 GMT", 0)],
)  # fmt: skip
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"rEtry-after": value}, 1_700_000_000) == seconds


def test_the_policy_honours_what_was_asked_and_bounds_the_whole() -> None:
    policy = RetryPolicy(max_attempts=4, patience=100, rand=lambda: 1.0)
    assert policy.wait(1, 0, 30) == pytest.approx(33)
    assert policy.wait(1, 80, 30) is None
    assert policy.wait(4, 0, 1) is None
    pauses = [RetryPolicy(rand=lambda: 0.5).wait(n, 0, None) for n in range(1, 6)]
    assert pauses == [0.5, 1.25, 3.125, 7.8125, 19.53125]
    assert RetryPolicy(rand=lambda: 0.5).wait(1, 0, 0.0) == 0.5


def test_the_limit_grows_halves_once_and_never_passes_the_maximum(graph: t.Any) -> None:
    limit = AdaptiveLimit(8, graph.clock)
    assert limit.current == 4
    for _time in range(20):
        limit.release(limit.acquire(), good=True)
    assert limit.current == 8
    graph.clock.now += 1
    together = [limit.acquire() for _time in range(8)]
    graph.clock.now += 1
    for ticket in together:
        limit.throttled(ticket)
        limit.release(ticket)
    assert limit.current == 4
    graph.clock.now += 1
    for _time in range(4):
        limit.release(limit.acquire(), good=True)
    assert limit.current in (4, 5)  # by one in a round from now on
    for _time in range(200):
        graph.clock.now += 1
        ticket = limit.acquire()
        graph.clock.now += 1
        limit.throttled(ticket)
        limit.release(ticket)
    assert limit.current == 1


def test_a_stop_ends_waiting_for_the_limit() -> None:
    limit = AdaptiveLimit(1, Clock())
    limit.acquire()
    with pytest.raises(Stopped):
        limit.acquire(lambda: True)


def test_a_call_is_patient_and_says_what_it_got(graph: t.Any) -> None:
    graph.script.on("GET /v1.0/z", (503, BUSY, {"Retry-After": "2"}), Cut("cut", sent=True), (200, {"z": 1}))
    start = graph.clock.now
    assert graph.client.call("GET", "/v1.0/z").status == 200
    assert graph.clock.now - start >= 2
    graph.script.on("GET /v1.0/w", (429, BUSY))
    assert graph.client.call("GET", "/v1.0/w").status == 429
    graph.script.on("GET /v1.0/v", Cut("graph.test broke the connection", sent=True))
    with pytest.raises(StoreError, match=r"broke the connection \(6 attempts\)"):
        graph.client.call("GET", "/v1.0/v")


def test_every_request_has_an_id_of_its_own(graph: t.Any) -> None:
    graph.script.on("GET /v1.0/z", (200, {}))
    for _time in range(3):
        graph.client.call("GET", "/v1.0/z")
    assert len({head["client-request-id"] for _m, _p, head, _b in graph.script.sent}) == 3


def test_requests_of_many_threads_are_all_counted(graph: t.Any) -> None:
    graph.script.on("GET /v1.0/z", (200, {}))
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda: [graph.client.attempt("GET", "/v1.0/z") for _time in range(200)])
            for _thread in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert graph.client.requests == 1600 == len(graph.script.sent)


def test_next_links_lead_to_graph_or_nowhere(graph: t.Any) -> None:
    path_of = graph.client.path_of
    assert path_of("https://graph.test/v1.0/users?$skiptoken=x") == "/users?$skiptoken=x"
    for link in ("https://evil.test/v1.0/users", "https://graph.test.evil/v1.0/users", "/users", None, 3,
                 "https://graph.test@evil/v1.0/users"):  # fmt: skip
        assert path_of(link) is None


def test_one_at_a_time_is_spaced_when_it_is_still_too_much(graph: t.Any) -> None:
    limit = AdaptiveLimit(4, graph.clock, start=1)
    for _time in range(3):
        ticket = limit.acquire()
        graph.clock.now += 0.01
        limit.throttled(ticket)
        limit.release(ticket)
    limit.release(limit.acquire())
    start = graph.clock.now
    limit.release(limit.acquire(), good=True)
    assert graph.clock.now - start >= 0.2
    for _time in range(30):
        limit.release(limit.acquire(), good=True)
    start = graph.clock.now
    limit.acquire()
    assert graph.clock.now == start


def test_a_time_that_was_too_short_is_made_longer() -> None:
    policy = RetryPolicy(rand=lambda: 0.5)
    assert policy.wait(1, 0, 0.002) == pytest.approx(0.0021)
    assert policy.wait(3, 0, 0.002) == 1.25
    assert policy.wait(3, 0, 10.0) == pytest.approx(10.5)


@pytest.mark.parametrize("body", ["/9j/!/9k=", "/9j/*", "/9j", "/9j/\u2026"])
def test_a_damaged_picture_in_a_batch_is_no_answer(body: str) -> None:
    raw = {"responses": [{"id": "0", "status": 200, "headers": {}, "body": body}]}
    (answer,) = unpack(Reply(200, {}, json.dumps(raw).encode()), 1)
    assert (answer.status, answer.body) == (0, None)
