# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox tenant held against the contract, where that lies beside the repository."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

SANDBOX = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SANDBOX))

from tenant import testing  # noqa: E402
from tenant.errors import CASES  # noqa: E402
from tenant.testing import Running, person, picture  # noqa: E402

CONTRACT = Path(os.environ.get("HYBRID_PHOTOS_CONTRACT", SANDBOX.parents[2] / "shared" / "contract"))
pytestmark = pytest.mark.skipif(not CONTRACT.is_dir(), reason=f"no contract in {CONTRACT}")

ANN, BOB, CARL = "ann@example.com", "bob@example.com", "carl@example.com"
SETTINGS = "/admin/people/photoUpdateSettings"
# Recorded, but about things that this tenant does not have: photos of contacts and of teams, and calls of other
# services that only show a shape which is covered under another name.
ELSEWHERE = frozenset({"contact_sized_photo"})


@pytest.fixture(scope="module", name="tenant")
def _tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tenant")
    (folder / "ann.jpg").write_bytes(picture(648))
    people = [
        person(1, ANN, cloud_photo="ann.jpg"),
        person(2, BOB),
        person(3, CARL, mailbox=False),
    ]
    with testing.running(folder, people) as tenant:
        yield tenant


@pytest.fixture(scope="module", name="openapi")
def _openapi(tenant: Running) -> Any:
    core = pytest.importorskip("openapi_core")
    text = (CONTRACT / "graph-photo-openapi.yaml").read_text(encoding="utf-8")
    return core.OpenAPI.from_dict(yaml.safe_load(text.replace("https://graph.microsoft.com", tenant.url)))


def check(openapi: Any, answer: requests.Response) -> requests.Response:
    """Raises if the contract does not know such an answer to such a request."""
    from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

    openapi.validate_response(RequestsOpenAPIRequest(answer.request), RequestsOpenAPIResponse(answer))
    return answer


def test_the_check_itself_is_awake(tenant: Running, openapi: Any) -> None:
    answer = tenant.get(f"/users/{ANN}/photo")
    answer._content = answer.content.replace(b'"width":648', b'"width":"wide"')
    with pytest.raises(Exception, match="Error"):
        check(openapi, answer)
    lost = tenant.get("/users/nobody@example.com")
    lost._content = b'{"fault":{}}'
    with pytest.raises(Exception, match="Error"):
        check(openapi, lost)


GETS = [
    "/users", "/users?$top=1", "/users?$select=id,employeeId,onPremisesImmutableId,onPremisesSyncEnabled,userType",
    "/users?$filter=mail%20eq%20'x'", "/users?$filter=startswith(surname,'smith')", "/users?$top=1000",
    f"/users/{ANN}", "/users/nobody@example.com", f"/users/{ANN}/photo", f"/users/{BOB}/photo",
    f"/users/{CARL}/photo", "/users/nobody@example.com/photo", f"/users/{ANN}/photo/$value",
    f"/users/{BOB}/photo/$value", f"/users/{CARL}/photo/$value", f"/users/{ANN}/photos", f"/users/{BOB}/photos",
    f"/users/{ANN}/photos/96x96", f"/users/{BOB}/photos/96x96", f"/users/{ANN}/photos/96x96/$value",
    f"/users/{BOB}/photos/96x96/$value",
]  # fmt: skip


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("path", GETS)
def test_reads(tenant: Running, openapi: Any, path: str, version: str) -> None:
    check(openapi, tenant.get(path, version=version))


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("case", ["throttled", "unavailable", "mailbox_stale", "gateway_timeout", "token_expired"])
def test_failures(tenant: Running, openapi: Any, path: str, case: str) -> None:
    tenant.control.set_faults([{"effect": {"fail": {"case": case, "retry_after": "0.5"}}}])
    try:
        assert check(openapi, tenant.get(path)).status_code == CASES[case].status
    finally:
        tenant.control.clear_faults()


@pytest.mark.parametrize("case", ["image_not_found", "error_entity_not_found", "documented_1x1", "null_in_batch"])
def test_no_photo(tenant: Running, openapi: Any, case: str) -> None:
    tenant.control.change_user(BOB, no_photo_case=case)
    for path in ("photo", "photo/$value", "photos", "photos/96x96"):
        check(openapi, tenant.get(f"/users/{BOB}/{path}"))
    check(openapi, tenant.batch([{"id": "1", "method": "GET", "url": f"/users/{BOB}/photo"}]))
    tenant.control.change_user(BOB, no_photo_case="")


def test_writes(tenant: Running, openapi: Any) -> None:
    assert check(openapi, tenant.put(BOB, picture(100))).status_code in (200, 204)
    for raw, media in [
        (b"no", "image/jpeg"),
        (picture(23), "image/jpeg"),
        (bytes(4 * 1024 * 1024), "image/jpeg"),
        (picture(), "application/octet-stream"),
        (picture(), "image/webp"),
    ]:
        assert check(openapi, tenant.put(BOB, raw, media)).status_code >= 400
    assert check(openapi, tenant.put(CARL, picture())).status_code == 404
    assert check(openapi, tenant.put(BOB, picture(), roles=("User.Read.All",))).status_code == 403
    media = {"Content-Type": "image/png"}
    path = f"/users/{BOB}/photo/$value"
    check(openapi, tenant.call("PATCH", path, data=picture(form="PNG"), headers=media))
    check(openapi, tenant.call("PUT", f"/users/{BOB}/photos/96x96/$value", data=picture(96), headers=media))
    check(openapi, tenant.call("DELETE", path, headers={"If-Match": '"old"'}))
    assert check(openapi, tenant.call("DELETE", path)).status_code in (200, 204)
    check(openapi, tenant.call("DELETE", path))
    check(openapi, tenant.call("DELETE", f"/users/{BOB}/photo"))


def test_settings(tenant: Running, openapi: Any) -> None:
    def call(method: str, body: Any = None, **options: Any) -> requests.Response:
        return check(openapi, tenant.call(method, SETTINGS, version="beta", json=body, **options))

    # facts.md is newer than the schema, which does not know that the source is null at first.
    assert tenant.get(SETTINGS, version="beta").json()["source"] is None
    assert set(call("PATCH", {"source": "cloud"}).json()) == {"@odata.context", "source", "allowedRoles"}
    assert set(call("GET").json()) == {"@odata.context", "source", "allowedRoles"}
    assert call("PATCH", {"source": "onPremises"}).json()["source"] == "onPremises"
    call("PATCH", {"source": "x"})
    call("PATCH", {"source": "cloud", "allowedRoles": ["62e90394-69f5-4237-9190-012177145e10"]})
    tenant.control.settings(omit_source=True)
    assert "source" not in call("GET").json()
    tenant.control.settings(omit_source=False)
    assert call("GET", roles=("User.Read.All",)).status_code == 403
    assert call("DELETE").status_code == 204
    assert tenant.get(SETTINGS, version="beta").json()["source"] is None
    check(openapi, tenant.get("/admin/people"))


def test_batch(tenant: Running, openapi: Any) -> None:
    items = [{"id": str(number), "method": "GET", "url": path} for number, path in enumerate(GETS[:20])]
    assert check(openapi, tenant.batch(items)).status_code == 200
    assert check(openapi, tenant.batch(items * 2)).status_code == 400
    assert check(openapi, tenant.batch([])).status_code == 400


def recorded() -> list[dict[str, Any]]:
    path = CONTRACT / "graph-recorded-responses.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def shape(text: str) -> str:
    """A message without the names and numbers that differ from answer to answer; JSON within keeps its keys."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>", text)
    text = re.sub(r"[\w+/]{22}(?=\.1\.1)", "<vector>", text)
    text = re.sub(r"'(\*\*\*\w+\*\*\*|<[\w ]+>|\{\w+\}|<id>)'", "'<id>'", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+", "<date>", text)


def wanted() -> list[Any]:
    result = []
    for entry in recorded():
        error = (entry["body"] or {}).get("error") if isinstance(entry["body"], dict) else None
        if error and entry["case"] not in ELSEWHERE:
            result.append(pytest.param(entry, error, id=entry["case"]))
    return result


def ours(error: dict[str, Any], status: int | None) -> list[str]:
    """Our cases that have what the record tells: code, message and status, as far as it knows them."""
    return [
        name
        for name, case in CASES.items()
        if error.get("code") in (None, case.code)
        and ("message" not in error or shape(error["message"]) == shape(case.message))
        and status in (None, case.status)
    ]


@pytest.mark.parametrize(("entry", "error"), wanted())
def test_every_recorded_error_can_be_had(tenant: Running, entry: dict[str, Any], error: dict[str, Any]) -> None:
    names = ours(error, entry["status"])
    assert names, f"no case has the code {error.get('code')} and the message {error.get('message')}"
    tenant.control.set_faults([{"effect": {"fail": {"case": names[0]}}}])
    answer = tenant.get("/users/00000000-0000-4000-8000-00000000beef/photo")
    tenant.control.clear_faults()
    got = answer.json()["error"]
    assert entry["status"] in (None, answer.status_code)
    assert shape(got["message"]) == shape(error.get("message", got["message"]))
    assert got["code"] == error.get("code", got["code"])
    if "innerError" in error:
        # Old answers lack the client-request-id; today's have it.
        assert set(error["innerError"]) <= set(got["innerError"])
        assert "T" in got["innerError"]["date"]
    wanted_headers = {name.lower() for name in entry["headers"] or {}}
    missing = wanted_headers - {name.lower() for name in answer.headers}
    # A preference of the mail service, hop-by-hop headers, and Retry-After, which a rule sets on its own.
    assert missing <= {"preference-applied", "connection", "transfer-encoding", "retry-after"}


def test_every_case_said_to_be_seen_is_in_the_record() -> None:
    errors = [param.values[1] for param in wanted()]
    for name, case in CASES.items():
        if case.seen and case.shape != "plain" and name not in ("internal_error", "unsupported_segment"):
            assert any(name in ours(error, None) for error in errors), name


@pytest.mark.parametrize("case", ["photo_metadata", "photo_metadata_no_photo_1x1", "photo_metadata_keys"])
def test_recorded_metadata(tenant: Running, case: str) -> None:
    record = next(entry for entry in recorded() if entry["case"] == case)
    tenant.control.generate_users(12, prefix=case.replace("_", ""))
    seen = []
    for number in range(1, 13):
        user = f"{case.replace('_', '')}{number:06d}@bench.example"
        if "1x1" in case:
            tenant.control.change_user(user, no_photo_case="documented_1x1")
        else:
            tenant.put(user, picture(240 if case == "photo_metadata" else 256))
        seen.append(tenant.get(f"/users/{user}/photo").json())
    keys = set(record["body"]) | ({"@odata.context", "@odata.mediaEtag"} if case == "photo_metadata_keys" else set())
    alike = [body for body in seen if set(body) == keys]
    assert alike
    for name in ("id", "width", "height", "@odata.mediaContentType"):
        assert alike[0][name] == record["body"][name]


def test_recorded_headers_of_a_picture(tenant: Running) -> None:
    record = next(entry for entry in recorded() if entry["case"] == "photo_value_headers")
    answer = tenant.get(f"/users/{ANN}/photo/$value")
    assert set(record["headers"]) <= set(answer.headers)
    assert answer.headers["Cache-Control"] == record["headers"]["Cache-Control"]


def test_recorded_batch_item(tenant: Running) -> None:
    record = next(entry for entry in recorded() if entry["case"] == "batch_photos")
    tenant.control.change_user(BOB, no_photo_case="null_in_batch")
    items = [{"id": name, "method": "GET", "url": f"/users/{name}/photos/48X48/$value"} for name in (ANN, BOB)]
    answers = tenant.responses(items)
    for name, other in zip((ANN, BOB), record["body"]["responses"], strict=True):
        assert set(answers[name]) == set(other)
        assert answers[name]["status"] == other["status"]
    assert set(record["body"]["responses"][0]["headers"]) <= set(answers[ANN]["headers"])
    assert answers[BOB]["body"] is None
