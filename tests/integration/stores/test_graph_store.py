# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphPhotoStore against the sandbox tenant: sign-in, every shape of an answer, and a service that misbehaves."""

from __future__ import annotations

import datetime
import itertools
import time
import typing as t
from pathlib import Path

import jwt
import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    PhotoError,
    StoreError,
    Unresolved,
    User,
    Write,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from tenant.config import SCALER, SCALERS
from tenant.testing import ALL_ROLES, CLIENT_ID, IDENTITY_HEADER, SECRET, TENANT_ID, picture, rectangle

Store = t.Callable[..., GraphPhotoStore]
NUMBER = itertools.count()
#: How the tenant scales where a test does not say.
USUAL = {"scaler": SCALER}


@pytest.fixture(params=SCALERS)
def scaler(calm: t.Any, request: pytest.FixtureRequest) -> str:
    """The tenant scales in each way that it knows; the test's own user of ``calm`` puts it back."""
    calm.control.service(scaler=request.param)
    return str(request.param)


@pytest.fixture
def calm(tenant: t.Any) -> t.Iterator[t.Any]:
    """The tenant without anything that an earlier test did to it."""
    for user in tenant.control.users():
        tenant.control.delete_user(user["id"])
    tenant.control.clear_faults()
    tenant.control.reset_counters()
    yield tenant
    tenant.control.clear_faults()
    tenant.control.throttle(rate=0, burst=0, per_mailbox=0)
    tenant.control.settings(source=None, omit_source=False, null_source=False)
    tenant.control.token_lifetime(3599)
    tenant.control.service(lag_s=0, empty_pages=False, restless=0.0, **USUAL)


@pytest.fixture
def store(calm: t.Any) -> t.Iterator[Store]:
    made: list[GraphPhotoStore] = []

    def make(match_by: str = "userPrincipalName", concurrency: int = 8, **changes: t.Any) -> GraphPhotoStore:
        given: dict[str, t.Any] = {
            "tenant_id": TENANT_ID, "client_id": CLIENT_ID, "client_secret": SECRET,
            "authority_url": calm.url, "graph_url": calm.url, "ca_cert": calm.ca, "timeout": 10,
        }  # fmt: skip
        options = GraphOptions(**{**given, **changes})
        made.append(GraphPhotoStore(options, match_by=match_by, concurrency=concurrency))
        return made[-1]

    yield make
    for one in made:
        one.close()


def people(tenant: t.Any, count: int, photo: bytes | None = None) -> list[str]:
    names = [f"u{n}@example.com" for n in range(count)]
    for name in names:
        tenant.control.add_user(name)
        if photo is not None:
            tenant.control.put_photo(name, photo)
    return names


def resolved(store: GraphPhotoStore, names: list[str]) -> list[User]:
    users = list(store.resolve(names).values())
    assert all(isinstance(user, User) for user in users), users
    return t.cast(list[User], users)


def look(store: GraphPhotoStore, users: list[User], wanted: bool = True) -> dict[str, t.Any]:
    seen = [(user.identity, seen) for user, seen in store.observe(users, lambda _user, _tag: wanted)]
    assert len(seen) == len(users)
    return dict(seen)


# -- sign-in ----------------------------------------------------------------------------------------------------------


def test_secret_authority_and_roles(store: Store) -> None:
    signed = store()
    signed.resolve([])
    assert signed.authority == TENANT_ID
    assert set(signed.token_roles() or ()) == set(ALL_ROLES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "wr0ng secret"}, "AADSTS7000215.*client_secret is wrong"),
        ({"client_id": "nobody"}, "AADSTS700016.*client_id"),
        ({"ca_cert": None}, "ca_cert"),
        ({"authority_url": "https://127.0.0.1:1"}, "authority_url"),
        ({"graph_url": "https://127.0.0.1:1"}, "graph_url"),
        ({"authority_url": "https://nowhere.invalid"}, "not known.*authority_url"),
        ({"access_token": "opaque", "client_secret": None}, "access_token"),
    ],
)
def test_what_stops_a_sign_in_is_named(
    store: Store, changes: dict[str, t.Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(StoreError, match=words) as caught:
        store(**changes).resolve(["a@example.com"])
    assert "wr0ng" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_our_ca_wins_over_the_environment(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "empty.pem"))
    assert store().resolve(["nobody@example.com"])


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("password", [None, "open sesame"])
@pytest.mark.parametrize("kind", ["pem", "pfx"])
def test_certificate(
    calm: t.Any, store: Store, tmp_path: Path, key: rsa.RSAPrivateKey, kind: str, password: str | None
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    path = tmp_path / kind
    pem = made.public_bytes(Encoding.PEM)
    if kind == "pfx":
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"app", key, made, None, lock))
    else:
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock) + pem)
    calm.control.register_app({"client_id": "with-cert", "certificates": [pem.decode()], "roles": list(ALL_ROLES)})
    signed = store(client_id="with-cert", client_secret=None, certificate_path=str(path), certificate_password=password)
    assert set(signed.token_roles() or ()) == set(ALL_ROLES)


def test_federated_token_file_is_read_every_time(
    calm: t.Any, store: Store, tmp_path: Path, key: rsa.RSAPrivateKey
) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    trust = {"issuer": "https://k8s", "subject": "system:photos", "public_key": public}
    calm.control.register_app({"client_id": "federated", "federated": trust, "roles": list(ALL_ROLES)})
    now = int(time.time())
    claims = {"iss": "https://k8s", "sub": "system:photos", "aud": "api://AzureADTokenExchange", "iat": now}
    path = tmp_path / "token"
    path.write_text("not a token\n")
    signed = store(client_id="federated", client_secret=None, federated_token_file=str(path))
    with pytest.raises(StoreError, match=r"federated_token_file.*AADSTS50027"):
        signed.open()
    path.write_text(jwt.encode({**claims, "sub": "else", "exp": now + 600}, key, "RS256"))
    with pytest.raises(StoreError, match=r"AADSTS700213.*subject"):
        signed.open()
    path.write_text(jwt.encode({**claims, "exp": now + 600}, key, "RS256"))
    assert signed.token_roles()


def test_managed_identity(calm: t.Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{calm.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    identity = {"client_secret": None, "client_id": None, "tenant_id": None, "managed_identity": True}
    signed = store(**identity)
    assert signed.token_roles()
    assert signed.authority == TENANT_ID
    monkeypatch.setenv("IDENTITY_HEADER", "wrong header")
    with pytest.raises(StoreError, match="managed_identity"):
        store(**identity).open()


# -- users ------------------------------------------------------------------------------------------------------------


def test_hostile_names_never_reach_another_user(calm: t.Any, store: Store) -> None:
    victims = ["o'neil@example.com", "a+b@example.com", "guest_x.org#EXT#@example.com", "per%cent@example.com",
               "sl/ash@example.com", "qu?st&x=y@example.com", "co,mma@example.com", "(paren)@example.com"]  # fmt: skip
    for name in victims:
        calm.control.add_user(name)
    hostile = [
        *("' or 1 eq 1 or '", "o''neil@example.com", "*", "x') or startswith(mail,'", "%27", "%", "a b@example.com"),
        *("\U0001f600@example.com", "a\n@example.com", "x" * 300, "../users", "o\u2019neil@example.com", "'", "''"),
        *("//", "$batch", "null", "\\", '"', "u0@example.com\x00"),
    ]
    found = store().resolve([*victims, *hostile])
    assert {name for name, user in found.items() if isinstance(user, User)} == set(victims)
    ids = {user["upn"]: user["id"] for user in calm.control.users()}
    assert all(t.cast(User, found[name]).id == ids[name].lower() for name in victims)


@pytest.mark.parametrize("match_by", ["id", "mail", "employeeId", "onPremisesImmutableId"])
def test_other_properties(calm: t.Any, store: Store, match_by: str) -> None:
    fields = {"mail": "Mail.A@example.com", "employee_id": "E-1", "immutable_id": "aBc+/9=="}
    made = calm.control.add_user("a@example.com", **fields)
    values = {
        "id": made["id"].upper(), "mail": "mail.a@EXAMPLE.com", "employeeId": "e-1",
        "onPremisesImmutableId": "aBc+/9==",
    }  # fmt: skip
    found = store(match_by).resolve([values[match_by]])[values[match_by]]
    assert isinstance(found, User)
    assert found.id == made["id"].lower()


def test_a_company_by_its_list_or_by_filters(calm: t.Any, store: Store) -> None:
    calm.control.generate_users(1500)
    calm.control.service(empty_pages=True)
    names = [user["upn"] for user in calm.control.users()]
    by_list = store()
    assert len(resolved(by_list, [name.upper() for name in names])) == 1500
    assert by_list.requests <= 5
    calm.control.service(empty_pages=False)
    by_filter = store()
    assert len(resolved(by_filter, names[:599])) == 599
    assert by_filter.requests == 2
    assert {user.identity for user in store().everyone()} == set(names)


# -- photos -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("scaler")
def test_the_life_of_a_photo(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 45))
    before = look(graph, users)
    assert not any(seen.present or seen.problem for seen in before.values())
    assert calm.control.counters()["photo_writes"] == 0
    assert {r.status for _u, r in graph.write([Write(user, picture(300), None) for user in users])} == {"written"}
    seen = look(graph, users)
    assert all(s.present and s.tag and s.picture and (s.width, s.height) == (300, 300) for s in seen.values())
    whole = {user.identity: s for user, s in graph.read(users)}
    for name, s in whole.items():
        truth = calm.control.photo(name)
        assert (s.picture, s.sha256, s.tag) == (truth, sha256(truth), seen[name].tag)
    calm.control.put_photo("u3@example.com", picture(200))
    results = {u.identity: r for u, r in graph.write([Write(u, None, seen[u.identity].tag) for u in users])}
    assert results.pop("u3@example.com").status == "conflict"
    assert {r.status for r in results.values()} == {"written"}
    assert calm.control.photo("u3@example.com") is not None
    assert sum(calm.control.photo(name) is not None for name in seen) == 1


@pytest.mark.parametrize("case", ["image_not_found", "error_entity_not_found", "documented_1x1", "null_in_batch"])
def test_no_photo_in_every_shape(calm: t.Any, store: Store, case: str) -> None:
    graph = store()
    (user,) = resolved(graph, people(calm, 1))
    calm.control.change_user(user.identity, no_photo_case=case)
    for seen in (look(graph, [user])[user.identity], dict(graph.read([user]))[user]):
        assert (seen.present, seen.problem) == (False, None)
    assert [r.status for _u, r in graph.write([Write(user, picture(), None)])] == ["written"]


@pytest.mark.parametrize(
    "case",
    ["non_existent_mailbox", "resource_not_found", "plain_404", "mailbox_not_enabled", "mailbox_not_supported",
     "mailbox_on_premises"],
)  # fmt: skip
def test_no_mailbox_is_never_no_photo(calm: t.Any, store: Store, case: str) -> None:
    graph = store()
    (user,) = resolved(graph, people(calm, 1))
    calm.control.change_user(user.identity, mailbox=False, no_mailbox_case=case)
    assert "mailbox" in look(graph, [user])[user.identity].problem
    ((_user, result),) = graph.write([Write(user, picture(), None)])
    assert (result.status, "mailbox" in (result.error or "")) == ("failed", True)


def test_a_user_that_vanished(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 10, picture()))
    calm.control.delete_user("u4@example.com")
    seen = look(graph, users)
    assert "not there any more" in seen.pop("u4@example.com").problem
    assert all(s.present for s in seen.values())


def test_a_user_without_an_exchange_licence_holds_a_photo_like_any_other(calm: t.Any, store: Store) -> None:
    graph = store()
    (user,) = resolved(graph, people(calm, 1))
    calm.control.change_user(user.identity, mailbox=False, no_mailbox_case="holds_photo")
    assert [r.status for _u, r in graph.write([Write(user, picture(), None)])] == ["written"]
    assert look(graph, [user])[user.identity].present


@pytest.mark.parametrize(("policy", "seen"), [("writes", True), ("all", False)])
def test_a_policy_stops_one_user_and_no_other(calm: t.Any, store: Store, policy: str, seen: bool) -> None:
    graph = store()
    users = resolved(graph, people(calm, 5, picture(300)))
    calm.control.change_user("u2@example.com", policy=policy)
    found = look(graph, users)
    assert [name for name, s in found.items() if s.problem] == ([] if seen else ["u2@example.com"])
    before = calm.control.history("u2@example.com")
    tags = {user["upn"]: calm.control.user(user["id"])["photo"]["etag"] for user in calm.control.users()}
    results = {u.identity: r for u, r in graph.write([Write(u, picture(200), tags[u.identity]) for u in users])}
    refused = results.pop("u2@example.com")
    assert refused.status == "failed"
    assert "ForbiddenByPolicy" in refused.error
    assert "administrative unit" in refused.error
    assert {r.status for r in results.values()} == {"written"}
    assert calm.control.history("u2@example.com") == before


@pytest.mark.usefixtures("scaler")
@pytest.mark.parametrize("shape", [(1080, 1080), (720, 1280), (591, 1280), (280, 286)])
def test_a_photo_is_seen_in_its_own_size_and_read_whole(calm: t.Any, store: Store, shape: tuple[int, int]) -> None:
    calm.control.service(max_side=4096)
    graph = store()
    (user,) = resolved(graph, people(calm, 1))
    assert [r.status for _u, r in graph.write([Write(user, rectangle(*shape, (1, 2, 3)), None)])] == ["written"]
    seen = look(graph, [user])[user.identity]
    assert (seen.width, seen.height) == shape
    assert seen.picture
    whole = dict(graph.read([user]))[user]
    assert whole.picture == calm.control.photo(user.identity)
    assert (whole.width, whole.height) == shape
    calm.control.service(max_side=0)


@pytest.mark.usefixtures("scaler")
def test_a_size_that_is_refused_in_any_way_leads_to_the_whole_photo(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 24, rectangle(80, 120, (1, 2, 3))))
    seen = look(graph, users)
    assert calm.control.counters()["statuses"].keys() >= {"400", "404"}
    assert all(s.picture == calm.control.photo(name) and not s.problem for name, s in seen.items())


def test_a_restless_store_loses_nothing(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 40, picture(200)))
    calm.control.service(restless=0.05)
    seen = look(graph, users)
    assert all(s.present and s.picture and not s.problem for s in seen.values())
    whole = dict(graph.read(users))
    calm.control.service(restless=0.0)
    for user, found in whole.items():
        now = calm.control.photo(user.identity)
        calm.control.store_anew(user.identity)
        assert found.picture in (now, calm.control.photo(user.identity))


def test_small_photos_have_no_small_rendition(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 12, picture(64)))
    seen = look(graph, users)
    assert all(s.picture == calm.control.photo(name) and s.sha256 for name, s in seen.items())


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"no picture", "as an image"), (picture(20), "too small"), (b"x" * 4194304, "max_bytes")],
)
def test_refused_uploads(calm: t.Any, store: Store, data: bytes, words: str) -> None:
    graph = store()
    (user,) = resolved(graph, people(calm, 1))
    ((_user, result),) = graph.write([Write(user, data, None)])
    assert result.status == "failed"
    assert words in (result.error or "")


def test_missing_permissions_are_named(calm: t.Any, store: Store) -> None:
    (user,) = resolved(store(), people(calm, 1, picture()))

    def with_roles(*roles: str) -> GraphPhotoStore:
        name = f"app-{next(NUMBER)}"
        calm.control.register_app({"client_id": name, "secret": SECRET, "roles": list(roles)})
        return store(client_id=name)

    with pytest.raises(StoreError, match=r"User\.Read\.All"):
        with_roles("ProfilePhoto.ReadWrite.All").resolve(["a@example.com"])
    with pytest.raises(StoreError, match=r"ProfilePhoto\.Read\.All"):
        look(with_roles("Mail.Read"), [user])
    reader = with_roles("User.Read.All", "ProfilePhoto.Read.All")
    tag = look(reader, [user])[user.identity].tag
    with pytest.raises(StoreError, match=r"ProfilePhoto\.ReadWrite\.All"):
        list(reader.write([Write(user, picture(100), tag)]))
    assert reader.blocked() is None


def test_photo_source_on_premises(calm: t.Any, store: Store) -> None:
    graph = store()
    assert graph.blocked() is None
    assert graph.settings.patch("on_premises").source == "on_premises"
    assert "exo_photo_update_settings" in (graph.blocked() or "")
    calm.control.settings(omit_source=True)
    assert graph.blocked() is None
    assert graph.settings.patch("cloud", ["62e90394-69f5-4237-9190-012177145e10"]).source is None
    assert calm.control.settings()["source"] == "cloud"


def test_no_photo_source_lets_both_write_and_is_not_the_cloud(calm: t.Any, store: Store) -> None:
    graph = store()
    assert graph.settings.get().source == "default"
    assert graph.blocked() is None
    (user,) = resolved(graph, people(calm, 1))
    assert [r.status for _u, r in graph.write([Write(user, picture(), None)])] == ["written"]
    assert graph.settings.patch("cloud").source == graph.settings.get().source == "cloud"
    graph.settings.reset()
    assert graph.settings.get().source == "default"
    calm.control.settings(null_source=True)
    assert graph.settings.patch("cloud").source == "default"


# -- a service that misbehaves ----------------------------------------------------------------------------------------


FAULTS: dict[str, list[dict[str, t.Any]]] = {
    "items throttled, decimals": [{"effect": {"throttle": {"retry_after": "0.249"}}, "kind": "photo", "times": 30}],
    "items throttled without a time": [{"effect": {"throttle": {"retry_after": None}}, "kind": "photo", "times": 3}],
    "whole batches throttled": [{"effect": {"throttle": {"retry_after": "0.3"}}, "kind": "batch", "times": 2}],
    "items unavailable": [{"effect": {"fail": {"case": "unavailable"}}, "kind": "photo", "times": 7}],
    "gateway timeouts": [{"effect": {"fail": {"case": "gateway_timeout"}}, "kind": "batch", "times": 2}],
    "store errors": [{"effect": {"fail": {"case": "store_error"}}, "kind": "sized_value", "times": 5}],
    "cut before": [{"effect": {"cut": {"when": "before"}}, "kind": "batch", "times": 2}],
    "cut headers": [{"effect": {"cut": {"when": "headers"}}, "kind": "batch", "times": 2}],
    "cut bodies": [{"effect": {"cut": {"when": "body"}}, "kind": "batch", "times": 2}],
    "items cut": [{"effect": {"cut": {"when": "body"}}, "kind": "sized_value", "times": 2}],
    "everything now and then": [
        {"effect": {"cut": {"when": "body"}}, "probability": 0.1, "seed": 1, "kind": "batch"},
        {"effect": {"throttle": {"retry_after": "0.05"}}, "probability": 0.06, "seed": 2},
        {"effect": {"fail": {"case": "unavailable"}}, "probability": 0.05, "seed": 3, "inside_batch": True},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_is_made_up(calm: t.Any, store: Store, name: str) -> None:
    # Where a quarter of all attempts fail, six are too few for one of 120 questions in a run of the test in thirty.
    graph = store(max_attempts=12 if name == "everything now and then" else 6)
    users = resolved(graph, people(calm, 60, picture(300)))
    for rule in FAULTS[name]:
        calm.control.add_fault(**rule)
    seen = look(graph, users)
    assert all(s.present and s.picture and s.problem is None for s in seen.values()), name
    assert any(rule["fired"] for rule in calm.control.faults())
    whole = dict(graph.read(users[:10]))
    assert all(s.picture == calm.control.photo(user.identity) for user, s in whole.items())


def test_cut_and_truncated_downloads_are_read_again(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 6, picture(648)))
    for when in ("headers", "body"):
        calm.control.add_fault({"cut": {"when": when}}, kind="photo_value", times=2)
    for user, seen in graph.read(users):
        assert seen.picture == calm.control.photo(user.identity)


def test_throttled_writes_are_done_in_the_end(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 30))
    calm.control.add_fault({"throttle": {"retry_after": "0.2"}}, method="PUT", times=6)
    calm.control.add_fault({"fail": {"case": "unavailable"}}, method="PUT", times=2)
    results = dict(graph.write([Write(user, picture(), None) for user in users]))
    assert {r.status for r in results.values()} == {"written"}
    assert all(len(calm.control.history(user.identity)) == 1 for user in users)


@pytest.mark.parametrize("when", ["before", "headers", "body"])
def test_a_cut_write_is_uncertain(calm: t.Any, store: Store, when: str) -> None:
    graph = store()
    users = resolved(graph, people(calm, 10))
    calm.control.add_fault({"cut": {"when": when}}, method="PUT", times=3)
    results = dict(graph.write([Write(user, picture(), None) for user in users]))
    # 204 has no body to cut, so there the answer may come whole.
    assert {r.status for r in results.values()} <= {"written", "uncertain"}
    assert sum(r.status == "uncertain" for r in results.values()) <= 3
    if when != "body":
        assert sum(r.status == "uncertain" for r in results.values()) == 3
    for user, result in results.items():
        if result.status == "written":
            assert calm.control.photo(user.identity) is not None


def test_a_real_limit_is_found_and_kept_to(calm: t.Any, store: Store) -> None:
    graph = store()
    users = resolved(graph, people(calm, 200, picture()))
    calm.control.throttle(rate=150, burst=40)
    seen = look(graph, users, wanted=False)
    assert all(s.present for s in seen.values()), [s.problem for s in seen.values() if s.problem][:3]


def test_a_token_that_ends_in_mid_run(calm: t.Any, store: Store) -> None:
    calm.control.token_lifetime(2)
    calm.control.latency(read_ms=40)
    try:
        graph = store()
        users = resolved(graph, people(calm, 600, picture()))
        start = time.monotonic()
        for _round in range(4):
            assert all(s.present for s in look(graph, users, wanted=False).values())
        assert time.monotonic() - start > 2
        calm.control.revoke_tokens()
        assert all(s.present for s in look(graph, users, wanted=False).values())
    finally:
        calm.control.latency(read_ms=0)


def test_a_given_token_that_is_revoked_says_so(calm: t.Any, store: Store) -> None:
    calm.forget()
    graph = store(access_token=calm.token(), client_secret=None, client_id=None, tenant_id=None)
    users = resolved(graph, people(calm, 3))
    assert graph.authority == TENANT_ID
    calm.control.revoke_tokens()
    calm.forget()
    with pytest.raises(StoreError, match=r"access_token.*new one"):
        look(graph, users)


def test_lag_shows_the_old_photo_and_its_tag(calm: t.Any, store: Store) -> None:
    graph = store()
    (user,) = resolved(graph, people(calm, 1, picture(300)))
    before = look(graph, [user])[user.identity]
    calm.control.service(lag_s=0.6)
    ((_user, result),) = graph.write([Write(user, picture(200), before.tag)])
    assert result.status == "written"
    assert look(graph, [user])[user.identity].tag == before.tag
    time.sleep(0.8)
    after = look(graph, [user])[user.identity]
    assert after.tag != before.tag
    assert after.width == 200


def test_bad_options_never_reach_the_network(calm: t.Any, store: Store) -> None:
    with pytest.raises(PhotoError, match="match_by"):
        store("sAMAccountName")
    with pytest.raises(PhotoError, match="concurrency"):
        store(concurrency=0)
    assert isinstance(store().resolve(["\n"])["\n"], Unresolved)
