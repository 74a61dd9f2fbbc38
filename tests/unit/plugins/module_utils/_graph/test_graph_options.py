# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checked before anything is sent; ways to sign in; the life of a token."""

from __future__ import annotations

import base64
import datetime
import json
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.doc_fragments.graph import ModuleDocFragment
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph import options
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth import sign_in
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.aadsts import explain
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.sign_in import Token, TokenSource, claims
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import Clock
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions, graph_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._graph.permissions import Permissions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

APP = {"tenant_id": "contoso.example", "client_id": "app"}


def jwt(**what: t.Any) -> str:
    def part(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(what)}.c2ln"


def test_specification_and_documentation_are_one() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    spec = graph_argument_spec()
    assert set(documented) == set(spec)
    for name, option in spec.items():
        for key in ("type", "default", "choices"):
            assert documented[name].get(key) == option.get(key), (name, key)
        if name in options.ENVIRONMENT:
            assert f"E({options.ENVIRONMENT[name]})" in str(documented[name]["description"])
            assert option["fallback"][1] == [options.ENVIRONMENT[name]]
    assert {n for n, o in spec.items() if o.get("no_log")} == {"client_secret", "certificate_password", "access_token"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "client_secret, certificate_path or federated_token_file"),
        ({"client_secret": "s", "access_token": "t"}, "client_secret.*access_token"),
        ({"client_secret": "s", "client_id": "a"}, "tenant_id.*AZURE_TENANT_ID"),
        ({"client_secret": "s", "tenant_id": "a"}, "client_id.*AZURE_CLIENT_ID"),
        ({"client_secret": "s", "client_id": "a", "tenant_id": "common"}, "tenant_id"),
        ({"client_secret": "s", "client_id": "a", "tenant_id": "a/../b"}, "tenant_id"),
        ({"access_token": "t", "graph_url": "http://graph"}, "graph_url.*https"),
        ({"access_token": "t", "graph_url": "http://localhost.example.com"}, "graph_url.*https"),
        ({"access_token": "t", "graph_url": "http://128.0.0.1"}, "graph_url.*https"),
        ({"access_token": "t", "authority_url": "http://login"}, "authority_url.*https"),
        ({"access_token": "t", "graph_url": "https://user@graph"}, "graph_url"),
        ({"access_token": "t", "graph_url": "https://graph:x"}, "graph_url"),
        ({"access_token": "t", "graph_url": "https://gr aph"}, "graph_url"),
        ({"access_token": "t", "authority_url": "https://login/tenant"}, "tenant_id"),
        ({"access_token": "t", "authority_url": "ftp://login"}, "authority_url"),
        ({"access_token": "t", "ca_cert": "/no/such/file"}, "ca_cert: /no/such/file"),
        ({"access_token": "t", "ca_cert": "/etc/hostname"}, "ca_cert.*PEM"),
        ({"access_token": "Bearer t"}, "access_token"),
        ({"access_token": "t", "timeout": 0}, "timeout"),
        ({"access_token": "t", "max_attempts": 0}, "max_attempts"),
        ({"access_token": "t", "cloud": "moon"}, "cloud"),
        ({**APP, "certificate_path": "/no/such/file"}, "certificate_path: /no/such/file"),
        ({**APP, "federated_token_file": "/no/such/file"}, "federated_token_file: /no/such/file"),
        ({**APP, "federated_token_file": "EMPTY"}, "federated_token_file.*empty"),
    ],
)
def test_bad_options_are_named(given: dict[str, t.Any], words: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    given = {name: str(tmp_path / "empty") if value == "EMPTY" else value for name, value in given.items()}
    if given.get("cloud") == "moon":
        with pytest.raises(PhotoError, match=words):
            GraphOptions(**given).validate()
        return
    with pytest.raises(PhotoError, match=words):
        GraphPhotoStore(GraphOptions.from_params(given, {}))


def test_an_explicit_credential_wins_over_the_environment() -> None:
    environment = {"AZURE_FEDERATED_TOKEN_FILE": "~/token", "AZURE_CLIENT_SECRET": "left over"}
    token_file = str(Path("~/token").expanduser())
    params = {**APP, "client_secret": "mine", "federated_token_file": token_file, "managed_identity": False}
    assert GraphOptions.from_params(params, environment).credential == "client_secret"
    with pytest.raises(PhotoError, match="AZURE_FEDERATED_TOKEN_FILE"):
        GraphOptions.from_params({**params, "client_secret": "left over"}, environment).validate()


def test_roots() -> None:
    assert GraphOptions().graph_root == "https://graph.microsoft.com"
    assert GraphOptions(cloud="usgov_dod").graph_root == "https://dod-graph.microsoft.us"
    assert GraphOptions(graph_url="https://g:1/v1.0/").graph_root == "https://g:1"
    assert GraphOptions(authority_url="login.example").login_root == "https://login.example"
    assert GraphOptions(authority_url="https://login.example/").login_root == "https://login.example"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "127.8.8.8"])
def test_without_tls_only_on_this_machine(host: str) -> None:
    GraphOptions(access_token="t", graph_url=f"http://{host}", authority_url=f"http://{host}/").validate()


def test_nothing_secret_in_a_repr() -> None:
    shown = repr(GraphOptions(client_secret="S3", certificate_password="P4", access_token="T5"))
    shown += repr(Token("T6", 1.0))
    assert not any(secret in shown for secret in ("S3", "P4", "T5", "T6"))


def certificate(folder: Path, password: str | None, kind: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    path = folder / f"app.{kind}"
    if kind == "pfx":
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"app", key, made, None, lock))
    else:
        pem = made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
        path.write_bytes(b"bag attributes\n" + pem)
    return str(path)


@pytest.mark.parametrize("kind", ["pem", "pfx"])
@pytest.mark.parametrize("password", [None, "open sesame"])
def test_certificates_are_opened_before_anything_is_sent(tmp_path: Path, kind: str, password: str | None) -> None:
    path = certificate(tmp_path, password, kind)
    GraphPhotoStore(GraphOptions(**APP, certificate_path=path, certificate_password=password)).close()
    if password:
        with pytest.raises(PhotoError, match="needs certificate_password"):
            GraphPhotoStore(GraphOptions(**APP, certificate_path=path))
        with pytest.raises(PhotoError, match="does not open it") as caught:
            GraphPhotoStore(GraphOptions(**APP, certificate_path=path, certificate_password="wr0ng"))
        assert "wr0ng" not in str(caught.value)


def test_a_certificate_file_without_key_or_of_another_kind(tmp_path: Path) -> None:
    pem = Path(certificate(tmp_path, None, "pem"))
    pem.write_text(pem.read_text().split("-----BEGIN PRIVATE")[0])
    with pytest.raises(PhotoError, match="no private key"):
        GraphPhotoStore(GraphOptions(**APP, certificate_path=str(pem)))
    pem.write_bytes(b"\x00nonsense")
    with pytest.raises(PhotoError, match="no PEM or PFX"):
        GraphPhotoStore(GraphOptions(**APP, certificate_path=str(pem)))


def test_a_given_token_that_has_ended() -> None:
    with pytest.raises(PhotoError, match="access_token: it ended"):
        GraphPhotoStore(GraphOptions(access_token=jwt(exp=1000)))


def test_a_given_token_cannot_be_renewed_and_tells_the_tenant() -> None:
    store = GraphPhotoStore(GraphOptions(access_token=jwt(exp=9e9, tid="ABC", roles=["User.Read.All"])))
    assert store.token_roles() == ("User.Read.All",)
    assert store.authority == "abc"
    with pytest.raises(StoreError, match=r"access_token.*new one"):
        store._tokens.renew(store._tokens.token())


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.eyJ.c", "x." + base64.b64encode(b"[1]").decode() + ".z"])
def test_a_token_that_cannot_be_read(token: str) -> None:
    assert claims(token) is None
    assert Permissions(lambda: claims(token)).lacks("write") is None


def test_permissions() -> None:
    def lacks(task: str, **what: t.Any) -> str | None:
        return Permissions(lambda: what).lacks(task)

    assert lacks("write", roles=["ProfilePhoto.Read.All"]) == "ProfilePhoto.ReadWrite.All"
    assert lacks("read", roles=["ProfilePhoto.ReadWrite.All"]) is None
    assert lacks("users", scp="openid User.Read.All") is None
    assert lacks("settings_write") == "PeopleSettings.ReadWrite.All"


class Way:
    def __init__(self, *lives: float) -> None:
        self.lives = list(lives)
        self.asked = 0
        self.problem: Exception | None = None
        self.hold: threading.Event | None = None

    def validate(self) -> None:
        pass

    def acquire(self) -> Token:
        self.asked += 1
        if self.hold is not None:
            self.hold.wait(5)
        if self.problem is not None:
            raise self.problem
        return Token(f"t{self.asked}", self.lives.pop(0) if len(self.lives) > 1 else self.lives[0])


class Hours(Clock):
    now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_a_token_is_kept_and_renewed_before_its_end() -> None:
    way, clock = Way(3600.0), Hours()
    source = TokenSource(way, clock)
    seen = []
    for _minute in range(180):
        clock.now += 60
        seen.append(source.token())
    assert way.asked == 4
    assert seen == sorted(seen)


def test_short_tokens_are_not_renewed_all_the_time() -> None:
    way, clock = Way(20.0), Hours()
    source = TokenSource(way, clock)
    for _time in range(14):
        source.token()
        clock.now += 1
    assert way.asked == 1


def test_the_old_token_serves_while_the_login_is_away() -> None:
    way, clock = Way(3600.0), Hours()
    source = TokenSource(way, clock)
    source.token()
    way.problem = StoreError("login away")
    clock.now = 3400
    assert source.token() == "t1"
    assert source.token() == "t1"
    assert way.asked == 2
    clock.now = 3601
    with pytest.raises(StoreError, match="login away"):
        source.token()
    way.problem = None
    assert source.token() == "t4"


def test_many_threads_renew_once() -> None:
    way, clock = Way(3600.0), Hours()
    source = TokenSource(way, clock)
    old = source.token()
    threads = [threading.Thread(target=source.renew, args=(old,)) for _time in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert way.asked == 2
    assert source.token() == "t2"


def test_nobody_waits_for_a_renewal_while_the_old_token_is_good() -> None:
    way, clock = Way(3600.0), Hours()
    source = TokenSource(way, clock)
    source.token()
    clock.now = 3400
    way.hold = threading.Event()
    renewing = threading.Thread(target=source.token)
    renewing.start()
    while way.asked < 2:
        threading.Event().wait(0.001)
    assert source.token() == "t1"
    way.hold.set()
    renewing.join()
    assert source.token() == "t2"


def test_the_login_is_quoted_without_secrets() -> None:
    known = explain("client_secret", "invalid_client: AADSTS7000215: Invalid client secret 'hush'.", ["hush"])
    assert "AADSTS7000215" in str(known)
    assert "hush" not in str(known)
    other = explain("client_secret", "x: AADSTS99999: hush " + jwt(a=1) + " Trace ID: 1\nCorrelation", ["hush"])
    assert "AADSTS99999" in str(other)
    assert "hush" not in str(other)
    assert "Trace" not in str(other)
    assert jwt(a=1)[:50] not in str(other)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    with pytest.raises(PhotoError, match="pip install msal"):
        sign_in.need_msal()


def test_a_given_token_needs_no_msal_and_options_need_no_library() -> None:
    code = (
        "import sys\n"
        "sys.modules['msal'] = None\n"
        "from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions\n"
        "assert 'requests' not in sys.modules\n"
        "from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore\n"
        "GraphPhotoStore(GraphOptions(access_token='t')).sign_in()\n"
        "sys.modules.pop('msal'); assert 'cryptography' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)})
