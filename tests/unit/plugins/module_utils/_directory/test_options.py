# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said about connection options before anybody is asked."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.doc_fragments.directory import ModuleDocFragment
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec

GOOD: dict[str, t.Any] = {"server": "dc1.example.com", "username": "svc@example.com", "password": "hunter2hunter2"}


def options(**changes: t.Any) -> DirectoryOptions:
    return DirectoryOptions.from_params(GOOD | changes)


def test_the_documentation_is_about_these_options() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    spec = directory_argument_spec()
    assert list(documented) == list(spec)
    for name, option in spec.items():
        for aspect in ("type", "elements", "choices", "default", "required"):
            assert documented[name].get(aspect) == option.get(aspect), name
        for variable in option.get("fallback", (None, []))[1]:
            assert f"E({variable})" in str(documented[name]["description"])


def test_the_password_is_secret() -> None:
    assert directory_argument_spec()["password"]["no_log"] is True
    assert "hunter2" not in repr(options())


def test_what_is_not_given_has_its_default() -> None:
    made = options(port=None, ca_cert="", user="alice", unknown=1)
    made.validate()
    assert (made.effective_port, made.ca_cert, made.timeout) == (636, None, 30)
    assert options(tls_mode="start_tls").effective_port == 389
    assert options(server="fd00::1").place == "[fd00::1]:636"
    options(auth_protocol="kerberos", tls_mode="none", username=None, password=None).validate()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"server": ""}, "server is not given.*HYBRID_PHOTOS_AD_SERVER.*the host and account that run the module"),
        ({"server": None}, "server is not given"),
        ({"server": "ldaps://dc1"}, "is a URL: give the host name alone"),
        ({"server": "dc1:636"}, "carries a port.*636 as port"),
        ({"server": "dc1 dc2"}, "not a host name"),
        ({"server": "dc1,dc2"}, "not a host name"),
        ({"server": ["dc1", "dc2:636"]}, "'dc2:636' carries a port"),
        ({"server": None, "domain": "corp test"}, "domain 'corp test' is not a domain's DNS name"),
        ({"server": None, "domain": ["corp.test", "CORP.test."]}, "names one domain twice"),
        ({"server": None, "domain": "corp.test", "site": "a.b"}, "site 'a.b' is not the name of a site"),
        ({"site": "Hub"}, "site Hub decides which controllers are looked up.*leave server out and name domain"),
        ({"domain": ["a.test", "b.test"], "server": "dc1"}, "server 'dc1' is in none of the domains a.test, b.test"),
        ({"domain": ["a.test", "b.test"], "server": None, "search_base": "OU=x,DC=a,DC=test"}, "part of one domain"),
        ({"server": "dc1/x"}, "not a host name"),
        ({"server": "dc1\n"}, "not a host name"),
        ({"port": 0}, "port 0 is not a port"),
        ({"port": 3268}, "Global Catalog"),
        ({"port": 3269}, "Global Catalog"),
        ({"timeout": 0}, "timeout 0 must be"),
        ({"tls_mode": "none"}, "tls_mode none with auth_protocol simple"),
        ({"password": ""}, "needs password.*anonymous"),
        ({"password": None}, "needs password.*HYBRID_PHOTOS_AD_PASSWORD"),
        (
            {"username": None, "password": None},
            r"needs username \(HYBRID_PHOTOS_AD_USERNAME\) and password \(HYBRID_PHOTOS_AD_PASSWORD\)",
        ),
        ({"password": "a\0b"}, "NUL"),
        ({"auth_protocol": "kerberos", "password": None}, "together.*or neither"),
        ({"auth_protocol": "kerberos", "username": "CORP\\svc"}, "not a Kerberos principal"),
        ({"auth_protocol": "kerberos", "username": "-x"}, "not a Kerberos principal"),
        ({"ca_cert": "/no/such/file.pem"}, r"ca_cert \(HYBRID_PHOTOS_AD_CA_CERT\) /no/such/file.pem cannot be read"),
        ({"ca_cert": __file__}, "holds no certificate"),
    ],
)
def test_what_cannot_work_is_refused_offline(changes: dict[str, t.Any], says: str) -> None:
    with pytest.raises(PhotoError, match=says) as refusal:
        options(**changes).validate()
    assert "hunter2" not in str(refusal.value)


def test_an_empty_ca_cert_file(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.touch()
    with pytest.raises(PhotoError, match="holds no certificate"):
        options(ca_cert=str(empty)).validate()
    options(ca_cert=str(empty), cert_validation="ignore").validate()


def test_one_server_or_several() -> None:
    assert options().candidates == ("dc1.example.com",)
    several = options(server=["dc2.example.com", "dc1.example.com"])
    several.validate()
    assert (several.server, several.candidates) == ("dc2.example.com", ("dc2.example.com", "dc1.example.com"))
    assert several.at("dc1.example.com").place == "dc1.example.com:636"


def test_a_domain_instead_of_a_server() -> None:
    made = options(server=None, domain="Corp.Example.com.", site="Hub")
    made.validate()
    assert (made.domain, made.candidates, made.place) == ("corp.example.com", (), "domain corp.example.com")
    assert not DirectoryOptions.from_params({}).is_configured
    # As variables of the environment come: unset ones are missing, empty ones are empty, several have commas.
    assert not DirectoryOptions.from_params({"server": [""], "domain": [""], "site": ""}).is_configured
    assert options(server=["dc1.x", " dc2.x"]).candidates == ("dc1.x", "dc2.x")


def test_servers_belong_to_the_domain_that_their_name_ends_with() -> None:
    made = options(server=["a.sub.x.test", "b.x.test"], domain=["x.test", "sub.x.test", "y.test"])
    made.validate()
    assert [(one.domains, one.candidates) for one in made.each_domain()] == [
        (("x.test",), ("b.x.test",)),
        (("sub.x.test",), ("a.sub.x.test",)),
        (("y.test",), ()),
    ]
    assert options().each_domain() == [options()]
