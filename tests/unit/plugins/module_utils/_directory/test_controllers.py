# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which controllers are asked, in what order; and what a connection does when one is lost. Nobody is connected to."""

from __future__ import annotations

import subprocess
import sys
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._directory import connection, controllers
from ansible_collections.hybrid.photos.plugins.module_utils._directory.connection import Connection
from ansible_collections.hybrid.photos.plugins.module_utils._directory.errors import (
    TIMEOUT,
    DirectoryError,
    DirectoryGone,
    SignInRefused,
    sign_in_refused,
)
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.rootdse import RootDSE, Schema

Behaviour = t.Union[None, Exception, str]
LOST = DirectoryGone("the connection was lost", -1)


def test_the_lowest_priority_comes_first_then_the_greatest_weight_then_the_name() -> None:
    records = [
        (0, 100, "DC2.x"),
        (10, 100, "far.x"),
        (0, 100, "dc1.x"),
        (0, 200, "big.x"),
        (0, 0, "."),
        (0, 1, "dc1.x"),
    ]
    assert controllers.ordered(records) == ["big.x", "dc1.x", "dc2.x", "far.x"]


def test_where_dns_has_them() -> None:
    assert controllers.record_name("corp.test", None) == "_ldap._tcp.dc._msdcs.corp.test"
    assert controllers.record_name("corp.test", "Hub") == "_ldap._tcp.Hub._sites.dc._msdcs.corp.test"


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.exception", None)
    with pytest.raises(StoreError, match=r"dnspython.*pip install dnspython, or name a domain controller in server"):
        controllers.find("corp.test", None, 1)
    assert controllers.endpoints(DirectoryOptions("dc1.corp.test"))[0][0].server == "dc1.corp.test"


def test_the_library_is_not_loaded_for_a_controller_that_is_named() -> None:
    program = f"import sys; sys.path[:] = {sys.path}; import {controllers.__name__}; print('dns' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout == "False\n"


class Net:
    """What each controller does when it is asked; None: it answers. Later behaviour after a comma of a list."""

    def __init__(self, **behaviour: t.Any) -> None:
        self.behaviour: dict[str, t.Any] = behaviour
        self.asked: list[str] = []

    def open(self, server: str) -> str:
        self.asked.append(server)
        what = self.behaviour[server]
        if isinstance(what, list):
            what = what.pop(0) if len(what) > 1 else what[0]
        if isinstance(what, Exception):
            raise what
        return what or "corp.test"


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., tuple[Net, Connection]]:
    def made(domain: str = "", **behaviour: t.Any) -> tuple[Net, Connection]:
        net = Net(**behaviour)

        class Fake:
            """A Session."""

            answers = 1
            requests = 1
            schema = Schema()

            def __init__(self, options: DirectoryOptions) -> None:
                self.options = options

            def open(self) -> None:
                domain = net.open(self.options.server)
                base = ",".join(f"DC={part}" for part in domain.split("."))
                self.root = RootDSE(base, "", self.options.server, "x", 0, None, frozenset())

            def close(self) -> None:
                return

        monkeypatch.setattr(connection, "Session", Fake)
        options = DirectoryOptions.from_params({"server": list(behaviour), "domain": domain, "timeout": 1})
        return net, Connection(options)

    return made


Made = t.Callable[..., tuple[Net, Connection]]


def test_the_first_that_answers_is_worked_with(net: Made) -> None:
    asked, made = net(dc1=LOST, dc2=DirectoryError("no domain controller"), dc3=None, dc4=None)
    made.open()
    assert made.root.host == "dc3"
    assert asked.asked == ["dc1", "dc2", "dc3"]
    assert [note.split()[2] for note in made.notes] == ["dc1", "dc2"]
    assert made.requests == 3


def test_a_refused_account_is_not_tried_elsewhere(net: Made) -> None:
    asked, made = net(dc1=SignInRefused("wrong password"), dc2=None)
    with pytest.raises(SignInRefused):
        made.open()
    assert asked.asked == ["dc1"]


def test_one_controller_alone_speaks_for_itself(net: Made) -> None:
    _asked, made = net(dc1=DirectoryGone("dc1:636: nothing listens there"))
    with pytest.raises(DirectoryGone, match=r"^dc1:636: nothing listens there$"):
        made.open()
    assert made.notes == []


def test_a_lost_controller_is_asked_once_more_before_the_next(net: Made) -> None:
    asked, made = net(dc1=[None, None, LOST], dc2=None)
    made.open()
    made.reopen(LOST)
    assert (made.root.host, made.notes, made.generation) == ("dc1", [], 2)
    made.reopen(LOST)
    assert made.root.host == "dc2"
    assert asked.asked == ["dc1", "dc1", "dc1", "dc2"]
    assert "dc1" in made.notes[0]


def test_a_silent_controller_is_not_waited_for_again(net: Made) -> None:
    asked, made = net(dc1=None, dc2=None)
    made.open()
    made.reopen(DirectoryGone("no answer", TIMEOUT))
    assert asked.asked == ["dc1", "dc2"]


def test_the_last_one_s_return_is_waited_for_and_the_others_left_alone(net: Made) -> None:
    asked, made = net(dc1=LOST, dc2=[None, LOST, None])
    made.open()
    made.reopen(LOST)
    assert asked.asked == ["dc1", "dc2", "dc2", "dc2"]


def test_when_none_is_left_any_that_returns_will_do(net: Made) -> None:
    _asked, made = net(dc1=[None, LOST, LOST, None], dc2=LOST)
    made.open()
    made.reopen(LOST)
    assert made.root.host == "dc1"


def test_the_next_controller_must_be_of_the_same_domain(net: Made) -> None:
    _asked, made = net(dc1=[None, LOST], dc2="other.test", dc3=None)
    made.open()
    made.reopen(LOST)
    assert made.root.host == "dc3"
    assert "domain controller of other.test" in made.notes[1]


def test_a_server_of_another_domain_than_was_named(net: Made) -> None:
    _asked, made = net("branch.test", dc1=None)
    with pytest.raises(DirectoryError, match=r"domain controller of corp\.test.*looked for in branch\.test"):
        made.open()


@pytest.mark.parametrize(
    ("auth", "code", "info", "everywhere"),
    [
        ("simple", 49, "data 52e", True),
        ("simple", 8, "", False),
        ("kerberos", -2, "(Clock skew too great)", False),
        ("kerberos", -2, "(Server not found in Kerberos database)", False),
        ("kerberos", -2, "(No Kerberos credentials available)", True),
        ("kerberos", 53, "", False),
    ],
)
def test_which_refusals_hold_everywhere(auth: t.Any, code: int, info: str, everywhere: bool) -> None:
    options = DirectoryOptions("dc1", auth_protocol=auth, tls_mode="ldaps")
    assert isinstance(sign_in_refused(code, info, "desc", options), SignInRefused) is everywhere
