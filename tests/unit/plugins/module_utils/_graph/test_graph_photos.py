# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen: every shape of an answer, and the order of questions."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._graph.errors import one_line, parse
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.batch import Answer
from ansible_collections.hybrid.photos.plugins.module_utils._graph.photos import Photos

RECORDED = Path("/work/shared/contract/graph-recorded-responses.jsonl")
JPEG = b"\xff\xd8 a small picture\xff\xd9"


def meta(tag: str = '"A"', side: int = 648, **more: t.Any) -> tuple[int, dict[str, t.Any]]:
    body = {"@odata.mediaContentType": "image/jpeg", "@odata.mediaEtag": tag, "id": "default"}
    return 200, {**body, "width": side, "height": side, **more}


def look(graph: t.Any, users: t.Any, wanted: bool = False) -> dict[str, t.Any]:
    photos = Photos(graph.client, graph.permissions)
    return {user.id: seen for user, seen in photos.observe(users, lambda _user, _tag: wanted)}


def test_metadata_alone_when_nobody_wants_the_picture(graph: t.Any, users: t.Any) -> None:
    everyone = users(45)
    for user in everyone:
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", meta(f'"{user.id}"'))
    seen = look(graph, everyone)
    assert len(seen) == 45
    assert all(seen[user.id].tag == f'"{user.id}"' and seen[user.id].picture is None for user in everyone)
    assert sorted(graph.script.batches) == [5, 20, 20]


def test_the_small_picture_in_batches_after_the_metadata(graph: t.Any, users: t.Any) -> None:
    everyone = users(20)
    for user in everyone:
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", meta())
        graph.script.on(f"GET /v1.0/users/{user.id}/photos/96x96/$value", (200, JPEG))
    seen = look(graph, everyone, wanted=True)
    assert {s.picture for s in seen.values()} == {JPEG}
    assert graph.script.batches == [20, 20]
    assert {(s.width, s.bytes, s.sha256) for s in seen.values()} == {(648, None, None)}


@pytest.mark.parametrize("side", [64, 648])
@pytest.mark.parametrize(
    "missing",
    [(404, None), "no_photo", (400, {"error": {"code": "BadRequest", "message": "no such size"}}), (406, None)],
)
def test_the_whole_photo_where_the_size_is_missing(
    graph: t.Any, users: t.Any, no_photo: t.Any, side: int, missing: t.Any
) -> None:
    (user,) = users(1)
    graph.script.on("GET /v1.0/users/id-0/photo", meta(side=side))
    graph.script.on("GET /v1.0/users/id-0/photos/96x96/$value", no_photo if missing == "no_photo" else missing)
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, JPEG))
    seen = look(graph, [user], wanted=True)["id-0"]
    assert (seen.picture, seen.bytes, seen.sha256) == (JPEG, len(JPEG), sha256(JPEG))
    alone = [path for method, path, *_rest in graph.script.sent if method == "GET"]
    assert alone == ([] if side == 64 else ["/v1.0/users/id-0/photo/$value"])


NO_IMAGE = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"error": {"code": "ImageNotFound", "message": NO_IMAGE}}),
        (404, {"error": {"code": "ImageNotFound", "message": "Bild nicht gefunden"}}),
        (404, {"error": {"code": "ErrorEntityNotFound", "message": NO_IMAGE}}),
        (404, {"error": {"message": NO_IMAGE}}),
        (200, {"@odata.mediaContentType": "image/gif", "@odata.mediaEtag": "", "id": "1x1", "width": 1, "height": 1}),
        (200, {"@odata.mediaContentType": "image/gif", "@odata.mediaEtag": "", "id": "default", "width": 1}),
    ],
)
def test_no_photo(graph: t.Any, users: t.Any, answer: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", answer)
    seen = look(graph, users(1), wanted=True)["id-0"]
    assert not seen.present
    assert seen.problem is None


PROFILE = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ProfileNotFoundException' was thrown."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {"error": {"code": "ErrorNonExistentMailbox", "message": "x"}}), "no mailbox"),
        ((404, {"error": {"code": "Request_ResourceNotFound", "message": "x"}}), "not there any more"),
        ((404, {"error": {"code": "ResourceNotFound", "message": "x"}}), "finds no mailbox"),
        ((404, {"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "x"}}), "on-premises"),
        ((404, {"error": {"code": "MailboxNotSupportedForRESTAPI", "message": "x"}}), "on-premises"),
        ((404, {"error": {"code": "MailboxNotHostedInExchangeOnline", "message": "x"}}), "on-premises"),
        ((404, {"error": {"code": "RESTAPINotEnabledForComponentSharedMailbox", "message": "x"}}), "on-premises"),
        ((404, {"error": {"code": "ErrorUnheardOf", "message": "Never seen."}}), "404 ErrorUnheardOf: Never seen."),
        ((403, {"error": {"code": "ForbiddenByPolicy", "message": "x"}}), "restricted management"),
        ((403, {"error": {"code": "ForbiddenByPolicy", "message": "x"}}), "administrative unit without this user"),
        ((400, {"error": {"code": "ErrorUnheardOf", "message": "Never seen."}}), "400 ErrorUnheardOf: Never seen."),
        (
            (404, {"error": {"code": "UnknownError", "message": json.dumps(
                {"errorCode": "ErrorUserResolutionFailedUserDoesNotExist", "message": PROFILE})}}),
            "not there any more",
        ),
        ((404, {"error": {"code": "ErrorEntityNotFound", "message": "something else"}}), "404"),
        ((404, {"error": {"code": "ErrorItemNotFound", "message": "Too many photo items"}}), "404"),
        ((403, {"error": {"code": "ErrorAccessDenied", "message": "no"}}), "access denied"),
        ((400, {"error": {"code": "BadRequest", "message": "a\nb\u202e"}}), "a b"),
        ((200, {"surprise": 1}), "could not be read"),
        ((200, None), "could not be read"),
        ((200, ["surprise"]), "could not be read"),
        ((200, b"\xff\xd8"), "could not be read"),
    ],
)  # fmt: skip
def test_a_problem_is_never_no_photo(graph: t.Any, users: t.Any, answer: t.Any, words: str) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", answer)
    seen = look(graph, users(1))["id-0"]
    assert not seen.present
    assert seen.problem is not None
    assert words in seen.problem
    assert "\n" not in seen.problem


def test_a_nameless_404_in_a_batch_is_asked_alone(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", (404, None), no_photo)
    graph.script.on("GET /v1.0/users/id-1/photo", (404, None), (404, b""))
    seen = look(graph, users(2))
    assert seen["id-0"].problem is None
    assert not seen["id-0"].present
    assert "does not say what" in (seen["id-1"].problem or "")


def test_a_missing_permission_concerns_everybody(graph: t.Any, users: t.Any) -> None:
    graph.claims["roles"] = ["Mail.Read"]
    graph.script.on("GET /v1.0/users/id-0/photo", (403, {"error": {"code": "ErrorAccessDenied", "message": "no"}}))
    with pytest.raises(StoreError, match=r"ProfilePhoto\.Read\.All.*Mail\.Read"):
        look(graph, users(1))


def test_a_policy_is_about_one_user_whatever_the_token_may(graph: t.Any, users: t.Any) -> None:
    one, other = users(2)
    graph.claims["roles"] = []
    forbidden = (403, {"error": {"code": "ForbiddenByPolicy", "message": "x"}})
    graph.script.on(f"GET /v1.0/users/{one.id}/photo", forbidden)
    graph.script.on(f"GET /v1.0/users/{other.id}/photo", meta())
    seen = look(graph, [one, other])
    assert "policy" in seen[one.id].problem
    assert seen[other.id].present


@pytest.mark.parametrize("code", ["ErrorNonExistentMailbox", "MailboxNotEnabledForRESTAPI"])
def test_no_word_about_mailboxes_advises_a_licence(graph: t.Any, users: t.Any, code: str) -> None:
    (user,) = users(1)
    graph.script.on(f"GET /v1.0/users/{user.id}/photo", (404, {"error": {"code": code, "message": "x"}}))
    seen = look(graph, [user])[user.id]
    assert seen.no_mailbox
    assert "licen" not in seen.problem


def test_a_photo_removed_between_the_questions(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta(side=64), no_photo)
    graph.script.on("GET /v1.0/users/id-0/photos/96x96/$value", no_photo)
    graph.script.on("GET /v1.0/users/id-0/photo/$value", no_photo)
    seen = look(graph, users(1), wanted=True)["id-0"]
    assert (seen.present, seen.problem) == (False, None)


def test_a_photo_that_is_announced_but_never_there(graph: t.Any, users: t.Any, no_photo: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta(side=64))
    graph.script.on("GET /v1.0/users/id-0/photos/96x96/$value", no_photo)
    graph.script.on("GET /v1.0/users/id-0/photo/$value", no_photo)
    assert "cannot be read" in (look(graph, users(1), wanted=True)["id-0"].problem or "")


def test_a_damaged_picture_is_asked_for_again(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta())
    graph.script.on("GET /v1.0/users/id-0/photos/96x96/$value", (200, "not base64 %"), (200, JPEG))
    assert look(graph, users(1), wanted=True)["id-0"].picture == JPEG


def read(graph: t.Any, users: t.Any) -> dict[str, t.Any]:
    return {user.id: seen for user, seen in Photos(graph.client, graph.permissions).read(users)}


def test_read_takes_the_tag_from_before(graph: t.Any, users: t.Any) -> None:
    everyone = users(30)
    for user in everyone:
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", meta('"A"'))
        graph.script.on(f"GET /v1.0/users/{user.id}/photo/$value", (200, JPEG, {"ETag": '"A"'}))
    seen = read(graph, everyone)
    assert {(s.tag, s.picture, s.bytes) for s in seen.values()} == {('"A"', JPEG, len(JPEG))}
    assert sum(graph.script.batches) == 30


def test_read_again_when_the_photo_moved_meanwhile(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'), meta('"B"'))
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, b"old", {"ETag": '"B"'}), (200, JPEG, {"ETag": '"B"'}))
    assert (read(graph, users(1))["id-0"].tag, read(graph, users(1))["id-0"].picture) == ('"B"', JPEG)


def test_read_an_etag_of_another_kind(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, JPEG, {"etag": 'W/"else"'}))
    assert (read(graph, users(1))["id-0"].tag, read(graph, users(1))["id-0"].picture) == ('"A"', JPEG)


def test_read_gives_up_on_a_photo_that_never_rests(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", *(meta(f'"{n}"') for n in range(20)))
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, JPEG, {"ETag": '"x"'}))
    assert "keeps changing" in (read(graph, users(1))["id-0"].problem or "")


def test_a_jpeg_without_its_end_is_read_again_and_never_taken_for_whole(graph: t.Any, users: t.Any) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", meta('"A"'))
    graph.script.on(
        "GET /v1.0/users/id-0/photo/$value", (200, JPEG[:-2], {"ETag": '"A"'}), (200, JPEG, {"ETag": '"A"'})
    )
    assert read(graph, users(1))["id-0"].picture == JPEG
    graph.script.on("GET /v1.0/users/id-1/photo", meta('"A"'))
    graph.script.on("GET /v1.0/users/id-1/photo/$value", (200, JPEG[:-2], {"ETag": '"A"'}))
    seen = read(graph, users(2))["id-1"]
    assert (seen.picture, "could not be read" in (seen.problem or "")) == (None, True)


@pytest.mark.skipif(not RECORDED.exists(), reason="the contract is not here")
def test_recorded_answers_mean_what_the_contract_says() -> None:
    kinds = {
        "no_photo_metadata": "no_photo", "no_photo_value": "no_photo", "no_photo_other_code": "no_photo",
        "no_photos_list": "no_photo", "user_not_found": "no_user", "user_not_found_me": "no_user",
        "photo_put_user_unknown_to_profile_service": "no_user", "photo_no_mailbox": "no_mailbox",
        "photo_too_small": "too_small", "photo_not_an_image": "not_an_image", "photo_put_access_denied": "denied",
        "group_photo_get_access_denied": "denied", "users_request_denied": "denied",
        "not_found_full_headers": "no_user", "photo_put_item_not_found": "other", "photo_store_error": "other",
        "photo_put_b2c": "other", "throttled_unknown_error": "other", "unavailable_503": "other",
    }  # fmt: skip
    found = 0
    for line in RECORDED.read_text().splitlines():
        case = json.loads(line)
        wanted = kinds.get(case["case"])
        if wanted is not None:
            found += 1
            status = case["status"] or (404 if wanted in ("no_photo", "no_user", "no_mailbox") else 400)
            assert parse(status, case["body"]).kind == wanted, case["case"]
            assert Answer(status, {}, json.dumps(case["body"]).encode()).error().kind == wanted
    assert found == len(kinds)


def test_text_from_outside_is_one_bounded_line() -> None:
    assert one_line("a\r\n\tb\x00\x1b[31m" + "c" * 500, 20) == "a b [31mccccccccccc…"


@pytest.mark.parametrize("rest", [{"width": 648, "height": 648}, {}])
@pytest.mark.parametrize(("etag", "tag"), [({"ETag": 'W/"v"'}, 'W/"v"'), ({}, f"sha256:{sha256(JPEG)}")])
def test_metadata_without_a_tag_has_the_photo_itself_tell_it(
    graph: t.Any, users: t.Any, rest: t.Any, etag: t.Any, tag: str
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", (200, {"@odata.mediaContentType": "image/jpeg", **rest}))
    graph.script.on("GET /v1.0/users/id-0/photo/$value", (200, JPEG, etag))
    (seen,) = look(graph, users(1)).values()
    assert (seen.present, seen.tag, seen.picture) == (True, tag, JPEG)
    ((_user, whole),) = Photos(graph.client, graph.permissions).read(users(1))
    assert (whole.tag, whole.picture) == (tag, JPEG)


def test_a_photo_that_memory_knows_is_denied_twice_before_that_is_believed(
    graph: t.Any, users: t.Any, no_photo: t.Any
) -> None:
    flaps, gone, unknown = users(3)
    graph.script.on(f"GET /v1.0/users/{flaps.id}/photo", no_photo, meta())
    for user in (gone, unknown):
        graph.script.on(f"GET /v1.0/users/{user.id}/photo", no_photo)
    photos = Photos(graph.client, graph.permissions)
    seen = dict(photos.observe([flaps, gone, unknown], lambda _user, _tag: False, lambda user: user is not unknown))
    assert {user.id: look.present for user, look in seen.items()} == {"id-0": True, "id-1": False, "id-2": False}
    assert [graph.script.items.count(f"/users/{user.id}/photo") for user in (flaps, gone, unknown)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("answer", "no_answer"),
    [
        ((504, {"error": {"code": "UnknownError", "message": "x"}}), True),
        ((429, {"error": {"code": "TooManyRequests", "message": "x"}}), True),
        ((-1, None), True),
        ((404, {"error": {"code": "ErrorNonExistentMailbox", "message": "x"}}), False),
        ((418, {"error": {"code": "x", "message": "x"}}), False),
    ],
)
def test_no_answer_is_told_from_an_answer_about_the_user(
    graph: t.Any, users: t.Any, answer: t.Any, no_answer: bool
) -> None:
    graph.script.on("GET /v1.0/users/id-0/photo", answer)
    seen = look(graph, users(1))["id-0"]
    assert seen.problem
    assert seen.no_answer is no_answer


def test_a_service_that_keeps_asking_to_wait_is_quoted_with_its_time(graph: t.Any, users: t.Any) -> None:
    graph.script.on(
        "GET /v1.0/users/id-0/photo", (429, {"error": {"code": "x", "message": "x"}}, {"Retry-After": "3600"})
    )
    assert "Retry-After 3600" in look(graph, users(1))["id-0"].problem
