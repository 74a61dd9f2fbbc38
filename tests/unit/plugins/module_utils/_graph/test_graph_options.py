# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checked before anything is sent."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.doc_fragments.graph import ModuleDocFragment
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._graph import options
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.method import Token
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.permissions import Permissions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore

APP = {"tenant_id": "contoso.example", "client_id": "app"}


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
        ({}, r"client_secret \(AZURE_CLIENT_SECRET\), certificate_path \(AZURE_CLIENT_CERTIFICATE_PATH\) or fed"),
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
        ({"access_token": "t", "max_wait": 0}, "max_wait"),
        ({"access_token": "t", "cloud": "moon"}, "cloud"),
        (
            {**APP, "certificate_path": "/no/such/file"},
            r"certificate_path \(AZURE_CLIENT_CERTIFICATE_PATH\): /no/such/file",
        ),
        (
            {**APP, "federated_token_file": "/no/such/file"},
            r"federated_token_file \(AZURE_FEDERATED_TOKEN_FILE\): /no/such/file",
        ),
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
        GraphPhotoStore(GraphOptions.from_params(given, {})).validate()


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


def test_permissions() -> None:
    def lacks(task: str, **what: t.Any) -> str | None:
        return Permissions(lambda: what).lacks(task)

    assert lacks("write", roles=["ProfilePhoto.Read.All"]) == "ProfilePhoto.ReadWrite.All"
    assert lacks("read", roles=["ProfilePhoto.ReadWrite.All"]) is None
    assert lacks("users", scp="openid User.Read.All") is None
    assert lacks("settings_write") == "PeopleSettings.ReadWrite.All"


def test_max_wait_bounds_every_wait_of_a_store() -> None:
    store = GraphPhotoStore(GraphOptions(access_token="t", max_wait=5))
    assert store._client.policy.wait(attempts=1, waited=0.0, asked=6.0) is None
