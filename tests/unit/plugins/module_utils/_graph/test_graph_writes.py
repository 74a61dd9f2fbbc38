# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes: only on what was seen, several at once, and an honest word about how each ended."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError, Write
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Cut
from ansible_collections.hybrid.photos.plugins.module_utils._graph.photos import Photos
from ansible_collections.hybrid.photos.plugins.module_utils._graph.settings import SettingsApi, SettingsNotThere
from ansible_collections.hybrid.photos.plugins.module_utils._graph.writes import MOST_BYTES, Writer

JPEG = b"\xff\xd8 a picture"


def meta(tag: str) -> tuple[int, dict[str, t.Any]]:
    return 200, {"@odata.mediaEtag": tag, "@odata.mediaContentType": "image/jpeg", "width": 1, "height": 2}


def write(graph: t.Any, *writes: Write) -> dict[str, t.Any]:
    writer = Writer(graph.client, Photos(graph.client, graph.permissions))
    return {user.id: result for user, result in writer.write(writes)}


def one(graph: t.Any, users: t.Any, data: bytes | None = JPEG, expected: str | None = '"A"') -> t.Any:
    return write(graph, Write(users(1)[0], data, expected))["id-0"]


def sent(graph: t.Any, method: str) -> list[t.Any]:
    return [entry for entry in graph.script.sent if entry[0] == method]


def test_many_writes_each_checked_first(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    everyone = users(50)
    for n, user in enumerate(everyone):
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", meta(f'"{n}"') if n % 2 else no_photo)
        graph.script.on(f"PUT /v1.0/users/{user.id}/photo/$value", (200, None) if n % 3 else (204, b""))
    results = write(graph, *(Write(u, JPEG, f'"{n}"' if n % 2 else None) for n, u in enumerate(everyone)))
    assert {r.status for r in results.values()} == {"written"}
    assert len(results) == 50
    assert len(sent(graph, "PUT")) == 50
    assert {e[2]["Content-Type"] for e in sent(graph, "PUT")} == {"image/jpeg"}
    assert {e[3] for e in sent(graph, "PUT")} == {JPEG}
    assert max(graph.script.batches) <= 16  # looks are no further ahead than two for each write in flight


@pytest.mark.parametrize("expected", ['"A"', None])
@pytest.mark.parametrize("data", [JPEG, None])
def test_another_photo_than_the_planned_on_one(
    graph: t.Any, users: t.Any, expected: str | None, data: bytes | None
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"B"'))
    assert one(graph, users, data, expected).status == "conflict"
    assert len(graph.script.sent) == 1


def test_a_photo_that_is_gone(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", no_photo)
    assert one(graph, users).status == "conflict"


@pytest.mark.parametrize("answer", [(404, None), (404, b"")])
def test_a_nameless_404_is_enough_before_a_first_photo(graph: t.Any, users: t.Any, answer: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", answer)
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (200, None))
    assert one(graph, users, expected=None).status == "written"
    assert len(graph.script.sent) == 2  # it was not asked again what is missing


def test_a_nameless_404_is_asked_again_where_a_photo_is_expected(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", (404, None), meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (200, None))
    assert one(graph, users).status == "written"


def test_delete(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    everyone = users(2)
    for user in everyone:
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", meta('"A"'))
    graph.script.on("DELETE /v1.0/users/id-0/photo/$value", (204, b""))
    graph.script.on("DELETE /v1.0/users/id-1/photo/$value", no_photo)
    results = write(graph, *(Write(user, None, '"A"') for user in everyone))
    assert {r.status for r in results.values()} == {"written"}
    assert all("Content-Type" not in e[2] for e in sent(graph, "DELETE"))


def test_too_large_is_not_sent(graph: t.Any, users: t.Any) -> None:
    result = one(graph, users, b"x" * (MOST_BYTES + 1))
    assert result.status == "failed"
    assert "max_bytes" in result.error
    assert graph.script.sent == []


NO_IMAGE = "An internal server error occurred. The operation failed., The file you chose isn't an image. Please choose"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {"error": {"code": "ValidationWidthTooSmall", "message": "x"}}), "too small"),
        ((500, {"error": {"code": "ErrorInternalServerError", "message": NO_IMAGE}}), "as an image"),
        ((413, b""), "too large"),
        ((415, {"error": {"code": "UnsupportedMediaType", "message": "x"}}), "type of image"),
        ((404, {"error": {"code": "ErrorNonExistentMailbox", "message": "x"}}), "no mailbox"),
        ((403, {"error": {"code": "ErrorAccessDenied", "message": "x"}}), "exo_photo_update_settings"),
        ((404, {"error": {"code": "ErrorItemNotFound", "message": "Too many photo items"}}), "ErrorItemNotFound"),
        ((404, {"error": {"code": "Request_ResourceNotFound", "message": "x"}}), "not there any more"),
        ((409, {"error": {"code": "x", "message": "x"}}), "run again later"),
        ((423, {"error": {"code": "x", "message": "x"}}), "run again later"),
        ((400, {"error": {"code": "x", "message": "x"}}), "check the source picture"),
    ],
)
def test_refusals_are_told_once_and_clearly(graph: t.Any, users: t.Any, answer: t.Any, words: str) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", answer)
    result = one(graph, users)
    assert result.status == "failed"
    assert words in result.error
    assert len(sent(graph, "PUT")) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_write_waits_and_looks_again(graph: t.Any, users: t.Any, status: int) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    busy = (status, {"error": {"code": "x", "message": ""}}, {"Retry-After": "3.5"})
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", busy, (200, b""))
    start = graph.clock.now
    assert one(graph, users).status == "written"
    assert graph.clock.now - start >= 3.5
    assert [e[0] for e in graph.script.sent] == ["POST", "PUT", "POST", "PUT"]


def test_a_throttled_write_whose_photo_changes_meanwhile(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'), meta('"B"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (429, {"error": {"code": "x"}}, {"Retry-After": "1"}))
    assert one(graph, users).status == "conflict"


def test_a_write_that_stays_throttled_fails(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (429, {"error": {"code": "x"}}))
    result = one(graph, users)
    assert result.status == "failed"
    assert "asking to wait" in result.error
    assert len(sent(graph, "PUT")) == 6


def test_half_way_failures(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    gone = (504, {"error": {"code": "UnknownError", "message": ""}})
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", gone, (200, b""))
    assert one(graph, users).status == "written"  # the tag had not moved: nothing was done, or it is done again
    graph.script.answers["GET /v1.0/users/id-0/photo"] = [meta('"A"'), meta('"C"')]
    graph.script.answers["PUT /v1.0/users/id-0/photo/$value"] = [gone]
    assert one(graph, users).status == "uncertain"  # ours, or somebody else's
    graph.script.answers["GET /v1.0/users/id-0/photo"] = [meta('"A"'), no_photo]
    graph.script.on("DELETE /v1.0/users/id-0/photo/$value", gone)
    assert one(graph, users, None).status == "written"


def test_a_cut_connection_is_uncertain_and_not_sent_again(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", Cut("graph.test broke the connection", sent=True))
    result = one(graph, users)
    assert result.status == "uncertain"
    assert "broke the connection" in result.error
    assert len(sent(graph, "PUT")) == 1


def test_a_connection_that_was_refused_is_tried_again(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", Cut("refused", sent=False), (200, b""))
    assert one(graph, users).status == "written"


def test_a_tag_that_is_too_old_is_looked_at_again(graph: t.Any, users: t.Any) -> None:
    def slow(_body: t.Any) -> t.Any:
        graph.client.limit.shut(60)  # somebody else was throttled between the look and the write
        return meta('"A"')

    graph.script.on("GET /v1.0/users/id-0/photo", slow, meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (200, b""))
    assert one(graph, users).status == "written"
    assert [e[0] for e in graph.script.sent] == ["POST", "GET", "PUT"]


def test_a_photo_that_changes_while_its_write_waits_is_a_conflict(graph: t.Any, users: t.Any) -> None:
    def slow(_body: t.Any) -> t.Any:
        graph.client.limit.shut(60)
        return meta('"A"')

    graph.script.on("GET /v1.0/users/id-0/photo", slow, meta('"B"'))
    assert one(graph, users).status == "conflict"
    assert sent(graph, "PUT") == []


def test_a_problem_at_the_look(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", (404, {"error": {"code": "ErrorNonExistentMailbox"}}))
    result = one(graph, users)
    assert (result.status, "no mailbox" in result.error) == ("failed", True)


def test_a_photo_that_is_too_large_for_the_service_is_told_with_its_size_and_the_limit(
    graph: t.Any, users: t.Any
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (413, b""))
    error = one(graph, users).error
    assert str(len(JPEG)) in error
    assert "max_bytes" in error


def test_a_write_that_timed_out_at_the_service_is_looked_at_and_sent_again(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (408, b""), (200, b""))
    assert one(graph, users).status == "written"
    assert [e[0] for e in graph.script.sent] == ["POST", "PUT", "POST", "PUT"]


def ends(graph: t.Any, writes: t.Iterable[Write]) -> tuple[dict[str, t.Any], str]:
    """How each write ended, and why the target as a whole went away."""
    results: dict[str, t.Any] = {}
    with pytest.raises(StoreError) as raised:
        for user, result in Writer(graph.client, Photos(graph.client, graph.permissions)).write(writes):
            results[user.id] = result
    return results, str(raised.value)


def test_a_missing_permission_is_a_plain_failure_of_all_and_not_asked_for_again_and_again(
    graph: t.Any, users: t.Any
) -> None:
    graph.claims["roles"] = ["User.Read.All", "ProfilePhoto.Read.All"]
    everyone = users(100)
    for user in everyone:
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", meta('"A"'))
        graph.script.on(f"PUT /v1.0/users/{user.id}/photo/$value", (403, {"error": {"code": "ErrorAccessDenied"}}))
    results, why = ends(graph, [Write(user, JPEG, '"A"') for user in everyone])
    assert len(results) == 100
    assert {r.status for r in results.values()} == {"failed"}
    assert all("ProfilePhoto.ReadWrite.All" in r.error for r in results.values())
    assert "ProfilePhoto.ReadWrite.All" in why
    assert len(sent(graph, "PUT")) < 50


def test_when_graph_goes_away_only_what_was_sent_is_uncertain(graph: t.Any, users: t.Any) -> None:
    everyone = users(3)
    graph.claims["roles"] = ["Mail.Read"]
    cannot_read = (403, {"error": {"code": "ErrorAccessDenied"}})
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'), cannot_read)
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (504, {"error": {"code": "x"}}))
    for user in everyone[1:]:
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", (429, None, {"Retry-After": "100"}))
    results, why = ends(graph, [Write(user, JPEG, '"A"') for user in everyone])
    assert {id_: r.status for id_, r in results.items()} == {"id-0": "uncertain", "id-1": "failed", "id-2": "failed"}
    assert "ProfilePhoto.Read.All" in why


BUSY = (503, {"error": {"code": "ServiceUnavailable", "message": "come back on Monday"}})
BROKE = (504, {"error": {"code": "UnknownError", "message": "the store broke"}})


def test_the_services_own_words_survive_a_write_that_is_uncertain(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", BROKE)
    result = one(graph, users)
    assert (result.status, "the store broke" in result.error) == ("uncertain", True)


@pytest.mark.parametrize("then", [meta('"C"'), BUSY, (404, {"error": {"code": "ErrorNonExistentMailbox"}})])
def test_what_a_failed_attempt_said_is_kept_when_the_look_after_it_ends_the_write(
    graph: t.Any, users: t.Any, then: t.Any
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'), then)
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", BROKE)
    result = one(graph, users)
    assert (result.status, "the store broke" in result.error) == ("uncertain", True)


@pytest.mark.parametrize("then", [(403, {"error": {"code": "ForbiddenByPolicy"}}), (412, {}), (413, {})])
def test_a_refusal_after_an_attempt_that_may_be_carried_out_is_uncertain(
    graph: t.Any, users: t.Any, then: t.Any
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", BROKE, then)
    result = one(graph, users)
    assert (result.status, "the store broke" in result.error) == ("uncertain", True)


def test_what_a_failed_attempt_said_is_kept_when_graph_goes_away(graph: t.Any, users: t.Any) -> None:
    graph.claims["roles"] = ["Mail.Read"]
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'), (403, {"error": {"code": "ErrorAccessDenied"}}))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", BROKE)
    results, _why = ends(graph, [Write(users(1)[0], JPEG, '"A"')])
    assert "the store broke" in results["id-0"].error


OLD = b"\xff\xd8 the old picture"


def restless(graph: t.Any, *tags: str, picture: t.Any = (200, OLD)) -> None:
    """A service that has stored the photo anew since the change was planned on the tag A."""
    graph.script.on("GET /v1.0/users/id-0/photo", *(meta(tag) for tag in tags))
    graph.script.on("GET /v1.0/users/id-0/photos/96x96/$value", picture)
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (200, b""))
    graph.script.on("DELETE /v1.0/users/id-0/photo/$value", (204, b""))


def compared(graph: t.Any, users: t.Any, data: bytes | None = JPEG, expected: str | None = '"A"') -> t.Any:
    return write(graph, Write(users(1)[0], data, expected, same=lambda picture: picture == OLD))["id-0"]


@pytest.mark.parametrize("data", [JPEG, None])
def test_the_same_picture_under_another_tag_is_written_on(graph: t.Any, users: t.Any, data: bytes | None) -> None:
    restless(graph, '"B"')
    assert compared(graph, users, data).status == "written"
    assert len(sent(graph, "PUT") + sent(graph, "DELETE")) == 1


def test_another_picture_under_another_tag_is_a_conflict(graph: t.Any, users: t.Any) -> None:
    restless(graph, '"B"', picture=(200, b"\xff\xd8 somebody else's"))
    assert compared(graph, users).status == "conflict"
    assert sent(graph, "PUT") == []


def test_a_photo_where_none_was_expected_is_a_conflict_whatever_it_shows(graph: t.Any, users: t.Any) -> None:
    restless(graph, '"B"')
    assert compared(graph, users, expected=None).status == "conflict"


def test_a_photo_without_the_small_size_is_compared_whole(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    restless(graph, '"B"', picture=no_photo)
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, OLD))
    assert compared(graph, users).status == "written"


def test_a_picture_that_cannot_be_fetched_is_not_written_over(graph: t.Any, users: t.Any) -> None:
    restless(graph, '"B"', picture=BUSY)
    result = compared(graph, users)
    assert (result.status, "come back on Monday" in result.error) == ("failed", True)
    assert sent(graph, "PUT") == []


def test_a_photo_that_is_stored_anew_after_a_failed_attempt_is_compared_again(graph: t.Any, users: t.Any) -> None:
    restless(graph, '"B"', '"C"')
    graph.script.answers["PUT /v1.0/users/id-0/photo/$value"] = [BROKE, (200, b"")]
    assert compared(graph, users).status == "written"


def test_our_own_photo_after_a_failed_attempt_is_not_written_over(graph: t.Any, users: t.Any) -> None:
    restless(graph, '"A"', '"B"', picture=(200, JPEG))
    graph.script.answers["PUT /v1.0/users/id-0/photo/$value"] = [BROKE]
    assert compared(graph, users).status == "uncertain"
    assert len(sent(graph, "PUT")) == 1


def test_tags_that_never_rest_end_in_a_conflict(graph: t.Any, users: t.Any) -> None:
    restless(graph, *(f'"{n}"' for n in range(40)))
    graph.script.answers["PUT /v1.0/users/id-0/photo/$value"] = [(429, None, {"Retry-After": "0.1"})]
    assert compared(graph, users).status in ("conflict", "failed")
    assert len(graph.script.sent) < 20


def test_a_photo_that_is_denied_once_is_no_conflict(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", no_photo, meta('"A"'))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (200, b""))
    assert one(graph, users).status == "written"


def test_a_photo_that_is_denied_once_was_not_removed(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'), no_photo, meta('"A"'))
    graph.script.on("DELETE /v1.0/users/id-0/photo/$value", BROKE, (204, b""))
    assert one(graph, users, None).status == "written"
    assert len(sent(graph, "DELETE")) == 2


PATH = "/beta/admin/people/photoUpdateSettings"


@pytest.mark.parametrize(
    ("body", "source", "roles"),
    [
        ({"source": "cloud", "allowedRoles": None}, "cloud", None),
        ({"source": "onpremises", "allowedRoles": []}, "on_premises", None),
        ({"source": "onPremises", "allowedRoles": ["B", "a"]}, "on_premises", ("a", "b")),
        ({"allowedRoles": None}, None, None),
        ({"source": None, "allowedRoles": None}, "default", None),
        ({"source": "unknownFutureValue"}, None, None),
    ],
)
def test_settings_are_normalised(graph: t.Any, body: t.Any, source: t.Any, roles: t.Any) -> None:
    graph.script.on(f"GET {PATH}", (200, body))
    settings = SettingsApi(graph.client, graph.permissions).get()
    assert (settings.source, settings.allowed_roles) == (source, roles)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_settings_that_cannot_be_seen(graph: t.Any, status: int) -> None:
    graph.script.on(f"GET {PATH}", (status, {"error": {"code": "x", "message": "y"}}))
    with pytest.raises(SettingsNotThere, match=r"PeopleSettings\.Read\.All" if status == 403 else str(status)):
        SettingsApi(graph.client, graph.permissions).get()


def test_settings_are_changed_by_graphs_words(graph: t.Any) -> None:
    said = {"source": "onPremises", "allowedRoles": ["x"]}
    graph.script.on(f"PATCH {PATH}", (200, said), (200, {"source": "onPremises", "allowedRoles": None}))
    api = SettingsApi(graph.client, graph.permissions)
    assert api.patch("on_premises", ["X"]).source == "on_premises"
    assert api.patch(everyone=True).allowed_roles is None
    assert [e[3] for e in sent(graph, "PATCH")] == [
        b'{"source": "onPremises", "allowedRoles": ["x"]}', b'{"allowedRoles": null}',
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [(204, b""), (200, {"allowedRoles": None}), (200, {"source": None})])
@pytest.mark.parametrize(
    ("shown", "source"), [({"source": "cloud"}, "cloud"), ({"source": None}, "default"), ({}, None)]
)
def test_an_answer_without_a_source_is_followed_by_a_question(
    graph: t.Any, answer: t.Any, shown: t.Any, source: t.Any
) -> None:
    graph.script.on(f"PATCH {PATH}", answer)
    graph.script.on(f"GET {PATH}", (200, shown))
    assert SettingsApi(graph.client, graph.permissions).patch("cloud").source == source


def test_settings_are_reset(graph: t.Any) -> None:
    graph.script.on(f"DELETE {PATH}", (204, b""), (403, {"error": {"code": "x", "message": "y"}}))
    api = SettingsApi(graph.client, graph.permissions)
    api.reset()
    with pytest.raises(StoreError, match=r"PeopleSettings\.ReadWrite\.All"):
        api.reset()


@pytest.mark.parametrize(("now", "status"), [('"A"', "written"), ('"B"', "conflict")])
@pytest.mark.parametrize("data", [JPEG, None])
def test_metadata_without_a_tag_still_guards_a_write(
    graph: t.Any, users: t.Any, data: bytes | None, now: str, status: str
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", (200, {"@odata.mediaContentType": "image/jpeg"}))
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, JPEG, {"ETag": now}))
    graph.script.on("PUT /v1.0/users/id-0/photo/$value", (200, b""))
    graph.script.on("DELETE /v1.0/users/id-0/photo/$value", (204, b""))
    assert one(graph, users, data).status == status
