# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Photos of the sandbox tenant: what goes in, what comes out, and every way to say no."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tenant import testing
from tenant.testing import Running, person, picture, rectangle

STRONG, WEAK = re.compile(r'^"[0-9A-F]{8}"$'), re.compile(r'^W/"[0-9a-f]{64}"$')
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture(scope="module", name="tenant")
def _tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tenant")
    (folder / "ann.jpg").write_bytes(picture(648))
    people = [
        person(1, ANN, cloud_photo="ann.jpg"),
        person(2, BOB, mail="robert@example.com", proxy_addresses=["smtp:bobby@example.com"]),
        person(3, "nobox@example.com", mailbox=False),
    ]
    with testing.running(folder, people) as tenant:
        tenant.control.generate_users(40, prefix="empty")
        yield tenant


def opened(raw: bytes) -> Image.Image:
    return Image.open(io.BytesIO(raw), formats=["JPEG"])


def difference(one: bytes, other: bytes) -> float:
    small = [opened(raw).convert("RGB").resize((32, 32)) for raw in (one, other)]
    return float(sum(ImageStat.Stat(ImageChops.difference(*small)).mean))


def test_metadata_and_value_agree(tenant: Running) -> None:
    about, value = tenant.get(f"/users/{ANN}/photo").json(), tenant.get(f"/users/{ANN}/photo/$value")
    assert (about["width"], about["height"], about["@odata.mediaContentType"]) == (648, 648, "image/jpeg")
    assert opened(value.content).size == (648, 648)
    assert value.headers["Content-Type"] == "image/jpeg"
    assert value.headers["Cache-Control"] == "max-age=21600, private"
    assert value.headers["ETag"] == about["@odata.mediaEtag"]
    assert STRONG.match(value.headers["ETag"]) or WEAK.match(value.headers["ETag"])
    beta = tenant.get(f"/users/{ANN}/photo", version="beta").json()
    assert beta["@odata.mediaEtag"] == about["@odata.mediaEtag"]


def test_every_answer_has_its_headers(tenant: Running) -> None:
    answer = tenant.get(f"/users/{ANN}/photo", headers={"client-request-id": "mine"})
    assert answer.headers["client-request-id"] == "mine"
    assert {"request-id", "Date", "Strict-Transport-Security", "x-ms-ags-diagnostic"} <= set(answer.headers)


def test_renditions(tenant: Running) -> None:
    listed = tenant.get(f"/users/{ANN}/photos").json()["value"]
    assert [entry["width"] for entry in listed] == [48, 64, 96, 120, 240, 360, 432, 504, 648]
    main = tenant.get(f"/users/{ANN}/photo").json()["@odata.mediaEtag"]
    for entry in listed:
        about = tenant.get(f"/users/{ANN}/photos/{entry['id']}").json()
        value = tenant.get(f"/users/{ANN}/photos/{entry['id'].upper()}/$value")
        assert opened(value.content).size == (entry["width"],) * 2
        assert entry["@odata.mediaEtag"] == about["@odata.mediaEtag"] == value.headers["ETag"] != main
    tenant.control.service(rendition_etag="same")
    try:
        assert tenant.get(f"/users/{ANN}/photos/96x96").json()["@odata.mediaEtag"] == main
    finally:
        tenant.control.service(rendition_etag="different")


def test_sizes_that_are_not_there(tenant: Running) -> None:
    tenant.put(BOB, picture(100))
    listed = tenant.get(f"/users/{BOB}/photos").json()["value"]
    assert [entry["width"] for entry in listed] == [48, 64, 96]
    for size in ("120x120", "648x648", "50x50", "96x48", "default", "1x1"):
        assert tenant.get(f"/users/{BOB}/photos/{size}").status_code == 404
        assert tenant.get(f"/users/{BOB}/photos/{size}/$value").status_code == 404
    seen = set()
    for number in range(1, 9):
        name = f"empty{number:06d}@bench.example"
        tenant.put(name, picture(60))
        answer = tenant.get(f"/users/{name}/photos/96x96/$value")
        seen.add((answer.status_code, answer.headers["Content-Type"], bool(answer.content)))
        tenant.call("DELETE", f"/users/{name}/photo/$value")
    assert seen == {(404, "text/plain", False), (404, "application/json", True)}


def test_every_upload_is_cooked_and_tagged_anew(tenant: Running) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    raw = picture(648, form="JPEG", quality=95, exif=exif, comment=b"a comment")
    tags, bodies = [], []
    for _time in range(3):
        assert tenant.put(BOB, raw).status_code in (200, 204)
        value = tenant.get(f"/users/{BOB}/photo/$value")
        tags.append(value.headers["ETag"])
        bodies.append(value.content)
    assert len(set(tags)) == 3
    assert len(set(bodies)) == 1
    cooked = opened(bodies[0])
    assert bodies[0] != raw
    assert cooked.size == (648, 648)
    assert not cooked.getexif()
    assert "comment" not in cooked.info
    assert difference(raw, bodies[0]) < 5


def test_both_forms_of_tags_occur(tenant: Running) -> None:
    tags = set()
    for number in range(12):
        tenant.put(BOB, picture(64, (number, 0, 0)))
        tags.add(tenant.get(f"/users/{BOB}/photo").json()["@odata.mediaEtag"])
    assert {bool(WEAK.match(tag)) for tag in tags} == {True, False}
    assert all(WEAK.match(tag) or STRONG.match(tag) for tag in tags)


def test_formats_and_shapes(tenant: Running) -> None:
    for raw, media in [
        (picture(300, form="PNG"), "image/png"),
        (picture(300, form="PNG"), "image/jpeg"),
        (picture(300), "image/jpeg; charset=binary"),
    ]:
        assert tenant.put(BOB, raw, media).status_code in (200, 204)
        assert difference(raw_as_jpeg(raw), tenant.get(f"/users/{BOB}/photo/$value").content) < 5
    tenant.put(BOB, rectangle(600, 200, (1, 2, 3)))
    about = tenant.get(f"/users/{BOB}/photo").json()
    assert (about["width"], about["height"]) == (600, 200)
    sizes = [entry["width"] for entry in tenant.get(f"/users/{BOB}/photos").json()["value"]]
    assert sizes == [48, 64, 96, 120]


def raw_as_jpeg(raw: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(raw)).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_the_service_can_be_told_how_to_cook(tenant: Running) -> None:
    tenant.control.service(max_side=400, jpeg_quality=40, subsampling=0, etag_form="strong")
    try:
        tenant.put(BOB, picture(500))
        about = tenant.get(f"/users/{BOB}/photo").json()
        assert about["width"] == 400
        assert STRONG.match(about["@odata.mediaEtag"])
    finally:
        tenant.control.service(max_side=0, jpeg_quality=0, subsampling=2, etag_form="mixed")


@pytest.mark.parametrize(
    ("media", "status", "code"),
    [
        ("application/octet-stream", 500, "ErrorInternalServerError"),
        ("image/webp", 415, "UnsupportedMediaType"),
        ("application/json", 415, "UnsupportedMediaType"),
        (None, 415, "UnsupportedMediaType"),
    ],
)
def test_content_types(tenant: Running, media: str | None, status: int, code: str) -> None:
    before = tenant.control.history(BOB)
    answer = tenant.put(BOB, picture(100), media)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert tenant.control.history(BOB) == before


def test_uploads_that_are_refused(tenant: Running) -> None:
    before = tenant.control.history(BOB)
    webp = picture(100, form="WEBP")
    for raw, status, code in [
        (b"\xff\xd8" + bytes(4 * 1024 * 1024 - 2), 413, "RequestEntityTooLarge"),
        (bytes(9_000_000), 413, "RequestEntityTooLarge"),
        (b"\xff\xd8" + bytes(4 * 1024 * 1024 - 3), 500, "ErrorInternalServerError"),
        (b"not a picture", 500, "ErrorInternalServerError"),
        (b"", 500, "ErrorInternalServerError"),
        (webp, 500, "ErrorInternalServerError"),
        (picture(400)[:3000], 500, "ErrorInternalServerError"),
        (picture(23), 400, "ValidationWidthTooSmall"),
        (rectangle(300, 23, (0, 0, 0)), 400, "ValidationWidthTooSmall"),
    ]:
        answer = tenant.put(BOB, raw)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert tenant.control.history(BOB) == before
    assert tenant.put(BOB, picture(24)).status_code in (200, 204)


def test_only_value_can_be_written(tenant: Running) -> None:
    media = {"Content-Type": "image/jpeg"}
    for path in ("photo", "photos", "photos/96x96", "photos/96x96/$value"):
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            answer = tenant.call(method, f"/users/{ANN}/{path}", data=picture(96), headers=media)
            assert answer.status_code == 405, (method, path)
    assert tenant.call("POST", f"/users/{ANN}/photo/$value", data=picture(96), headers=media).status_code == 405


def test_patch_is_put(tenant: Running) -> None:
    media = {"Content-Type": "image/jpeg"}
    answer = tenant.call("PATCH", f"/users/{BOB}/photo/$value", data=picture(300, (9, 9, 200)), headers=media)
    assert answer.status_code == 204
    assert tenant.get(f"/users/{BOB}/photo").json()["width"] == 300


def test_delete(tenant: Running) -> None:
    tenant.put(BOB, picture(100))
    old = tenant.get(f"/users/{BOB}/photo").json()["@odata.mediaEtag"]
    tenant.put(BOB, picture(100))
    new = tenant.get(f"/users/{BOB}/photo").json()["@odata.mediaEtag"]
    path = f"/users/{BOB}/photo/$value"
    assert tenant.call("DELETE", path, headers={"If-Match": old}).status_code == 412
    assert tenant.get(f"/users/{BOB}/photo/$value").status_code == 200
    assert tenant.call("DELETE", path, headers={"If-Match": new}).status_code in (200, 204)
    assert tenant.get(f"/users/{BOB}/photo/$value").status_code == 404
    assert tenant.call("DELETE", path).status_code == 404
    tenant.put(BOB, picture(100))
    assert tenant.call("DELETE", path, headers={"If-Match": "*"}).status_code in (200, 204)


def test_history_tells_what_was_uploaded(tenant: Running) -> None:
    user = tenant.control.add_user("told@example.com")["id"]
    raw, hand = picture(200), picture(210)
    tenant.put("told@example.com", raw)
    tenant.control.put_photo(user, hand)
    tenant.call("DELETE", "/users/told@example.com/photo/$value")
    tenant.control.put_photo(user, hand)
    tenant.control.delete_photo(user)
    history = tenant.control.history(user)
    actions = [(entry["action"], entry["sha256"], entry["bytes"]) for entry in history]
    sums = [hashlib.sha256(data).hexdigest() for data in (raw, hand)]
    assert actions == [
        ("put", sums[0], len(raw)),
        ("by_hand", sums[1], len(hand)),
        ("delete", None, 0),
        ("by_hand", sums[1], len(hand)),
        ("by_hand_delete", None, 0),
    ]
    assert history[0]["content_type"] == "image/jpeg"
    assert tenant.control.photo(user) is None
    tenant.control.delete_user(user)


@pytest.mark.parametrize("case", ["image_not_found", "error_entity_not_found", "null_in_batch", "documented_1x1"])
def test_the_shapes_of_no_photo(tenant: Running, case: str) -> None:
    user = "empty000020@bench.example"
    tenant.control.change_user(user, no_photo_case=case)
    code = "ErrorEntityNotFound" if case == "error_entity_not_found" else "ImageNotFound"
    for path in ("photo", "photo/$value", "photos", "photos/96x96", "photos/96x96/$value"):
        answer = tenant.get(f"/users/{user}/{path}")
        if case == "documented_1x1" and path == "photo":
            assert answer.status_code == 200
            body = answer.json()
            assert (body["id"], body["@odata.mediaEtag"], body["@odata.mediaContentType"]) == ("1x1", "", "image/gif")
            assert (body["width"], body["height"]) == (1, 1)
        else:
            assert answer.status_code == 404
            error = answer.json()["error"]
            assert error["code"] == code
            assert "ImageNotFoundException" in error["message"]
            assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}


def test_all_shapes_of_no_photo_occur_by_themselves(tenant: Running) -> None:
    seen = set()
    for number in range(21, 41):
        first, again = (tenant.get(f"/users/empty{number:06d}@bench.example/photo") for _time in range(2))
        assert first.status_code == again.status_code
        seen.add(first.json().get("error", {}).get("code"))
    assert seen == {"ImageNotFound", "ErrorEntityNotFound", None}


def test_the_shapes_of_no_user(tenant: Running) -> None:
    seen = set()
    for number in range(20):
        answer = tenant.get(f"/users/nobody{number}@example.com/photo")
        assert answer.status_code == 404
        seen.add(answer.json()["error"]["code"])
    assert seen == {"Request_ResourceNotFound", "ResourceNotFound", "UnknownError"}
    tenant.control.missing_cases({"Nobody@example.com": "unknown_error_unresolved"})
    for answer in (tenant.get("/users/nobody@example.com/photo/$value"), tenant.put("nobody@example.com", picture())):
        error = answer.json()["error"]
        assert json.loads(error["message"])["errorCode"] == "ErrorUserResolutionFailedUserDoesNotExist"
    tenant.control.missing_cases({})


def test_an_address_that_is_no_upn_looks_like_a_user_without_photo(tenant: Running) -> None:
    tenant.put(BOB, picture())
    for address in ("robert@example.com", "bobby@example.com"):
        answer = tenant.get(f"/users/{address}/photo")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ImageNotFound")
        assert tenant.get(f"/users/{address}").json()["error"]["code"] == "Request_ResourceNotFound"


def test_no_mailbox(tenant: Running) -> None:
    path = "/users/nobox@example.com/photo"
    for answer in (
        tenant.get(path),
        tenant.get(f"{path}/$value"),
        tenant.put("nobox@example.com", picture()),
        tenant.call("DELETE", f"{path}/$value"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorNonExistentMailbox")
    tenant.control.change_user("nobox", no_mailbox_case="resource_not_found")
    assert tenant.get(path).json()["error"]["code"] == "ResourceNotFound"
    tenant.control.change_user("nobox", mailbox=True)
    assert tenant.put("nobox@example.com", picture()).status_code in (200, 204)
    tenant.control.change_user("nobox", mailbox=False, no_mailbox_case="")


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("mailbox_not_enabled", "MailboxNotEnabledForRESTAPI"),
        ("mailbox_not_supported", "MailboxNotSupportedForRESTAPI"),
        ("mailbox_on_premises", "MailboxNotHostedInExchangeOnline"),
    ],
)
def test_a_mailbox_on_premises(tenant: Running, case: str, code: str) -> None:
    tenant.control.change_user("nobox", no_mailbox_case=case)
    answer = tenant.get("/users/nobox@example.com/photo")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)
    tenant.control.change_user("nobox", no_mailbox_case="")


def test_a_user_without_an_exchange_licence_can_have_a_photo(tenant: Running) -> None:
    tenant.control.change_user("nobox", no_mailbox_case="holds_photo")
    assert tenant.put("nobox@example.com", picture(200)).status_code in (200, 204)
    assert tenant.get("/users/nobox@example.com/photo").json()["width"] == 200
    assert tenant.call("DELETE", "/users/nobox@example.com/photo/$value").status_code in (200, 204)
    tenant.control.change_user("nobox", no_mailbox_case="")


def test_a_policy_keeps_single_users_from_the_application(tenant: Running) -> None:
    tenant.put(BOB, picture())
    before = tenant.control.history(BOB)
    path = f"/users/{BOB}/photo"
    for policy, reads in (("writes", 200), ("all", 403)):
        tenant.control.change_user(BOB, policy=policy)
        assert tenant.get(path).status_code == reads
        for answer in (tenant.put(BOB, picture()), tenant.call("DELETE", f"{path}/$value")):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ForbiddenByPolicy")
        assert tenant.get(f"/users/{ANN}/photo").status_code == 200
    tenant.control.change_user(BOB, policy="")
    assert tenant.control.history(BOB) == before


def test_permissions(tenant: Running) -> None:
    read, write = ("ProfilePhoto.Read.All",), ("ProfilePhoto.ReadWrite.All",)
    for roles in (read, write, ("User.ReadWrite.All",)):
        assert tenant.get(f"/users/{ANN}/photo", roles=roles).status_code == 200
    for roles in (write, ("User.ReadWrite.All",)):
        assert tenant.put(BOB, picture(), roles=roles).status_code in (200, 204)
    denied = tenant.get(f"/users/{ANN}/photo", roles=("User.Read.All",))
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    before = tenant.control.history(BOB)
    for answer in (
        tenant.put(BOB, picture(), roles=read),
        tenant.call("DELETE", f"/users/{BOB}/photo/$value", roles=read),
        tenant.put(BOB, picture(), roles=("User.Read.All",)),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    assert tenant.control.history(BOB) == before


def test_settings(tenant: Running) -> None:
    path, role = "/admin/people/photoUpdateSettings", "62e90394-69f5-4237-9190-012177145e10"

    def get(version: str = "beta", **options: tuple[str, ...]) -> dict[str, object]:
        body: dict[str, object] = tenant.get(path, version=version, **options).json()
        body.pop("@odata.context", None)
        return body

    def patch(body: object) -> int:
        return tenant.call("PATCH", path, version="beta", json=body).status_code

    assert get() == {"source": None, "allowedRoles": None}
    assert tenant.put(BOB, picture()).status_code in (200, 204)
    assert tenant.get(path).status_code == 400
    assert tenant.get(path.lower(), version="beta").status_code == 200
    assert patch({"source": "onpremises", "allowedRoles": [role]}) == 200
    assert get() == {"source": "onPremises", "allowedRoles": [role]}
    before = tenant.control.history(BOB)
    assert tenant.put(BOB, picture()).status_code == 403
    assert tenant.call("DELETE", f"/users/{BOB}/photo/$value").status_code == 403
    assert tenant.get(f"/users/{ANN}/photo").status_code == 200
    assert tenant.control.history(BOB) == before
    assert patch({"allowedRoles": None}) == 200
    assert get() == {"source": "onPremises", "allowedRoles": None}
    for wrong in ({"source": "hybrid"}, {"allowedRoles": "all"}, {"colour": 1}, [1], {"source": 3}):
        assert patch(wrong) == 400
    tenant.control.settings(omit_source=True)
    assert get() == {"allowedRoles": None}
    tenant.control.settings(omit_source=False, source="cloud")
    assert tenant.get(path, version="beta", roles=("PeopleSettings.Read.All",)).status_code == 200
    for roles in (("PeopleSettings.Read.All",), ("User.ReadWrite.All",)):
        assert tenant.call("PATCH", path, version="beta", json={}, roles=roles).status_code == 403
    assert tenant.get(path, version="beta", roles=("User.Read.All",)).status_code == 403
    assert patch({"source": "cloud", "allowedRoles": [role]}) == 200
    assert tenant.call("DELETE", path, version="beta").status_code == 204
    assert get() == {"source": None, "allowedRoles": None}


def test_settings_take_their_time(tenant: Running) -> None:
    tenant.control.service(settings_lag_s=60)
    tenant.control.settings(source="onPremises")
    assert tenant.put(BOB, picture()).status_code in (200, 204)
    tenant.control.service(settings_lag_s=0)
    tenant.control.settings(source="onPremises")
    assert tenant.put(BOB, picture()).status_code == 403
    tenant.control.settings(source="cloud")


def test_paths_that_are_nothing(tenant: Running) -> None:
    for path in ("/me/photo", "/", "/users/", "//users", f"/users/{ANN}/", f"/users/{ANN}//photo", "/teams"):
        assert tenant.get(path).status_code == 400, path
    answer = tenant.get(f"/users/{ANN}/manager")
    assert answer.json()["error"]["message"].startswith("Unsupported segment type. ODataQuery: /users/")


def test_counters(tenant: Running) -> None:
    tenant.control.reset_counters()
    tenant.get("/users")
    tenant.get(f"/users/{ANN}/photo")
    size = len(tenant.get(f"/users/{ANN}/photo/$value").content)
    raw = picture(100)
    tenant.put(BOB, raw)
    tenant.put(BOB, b"no")
    tenant.call("DELETE", f"/users/{BOB}/photo/$value")
    tenant.get(f"/users/{BOB}/photo/$value")
    counters = tenant.control.counters()
    assert counters["requests"] == 7
    assert (counters["photo_puts"], counters["photo_deletes"], counters["photo_writes"]) == (2, 1, 2)
    assert (counters["downloads"], counters["download_bytes"]) == (1, size)
    assert counters["upload_bytes"] == len(raw) + 2
    assert counters["routes"]["PUT /users/{id}/photo/$value"] == 2
    assert counters["routes"]["GET /users/{id}/photo/$value"] == 2
    assert counters["statuses"]["500"] == 1
    assert counters["max_in_flight"] == 1
