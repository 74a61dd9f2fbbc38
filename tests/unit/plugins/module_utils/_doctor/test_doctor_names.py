# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor finds people by the names that each target knows, and counts mailboxes on-premises."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import User
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.ad import Domain
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.exo import Cloud
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.model import Step, examine
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore

GRAPH = GraphOptions(tenant_id="contoso.test", client_id="me", client_secret="hush")
AD = DirectoryOptions("dc1.photos.test", username="svc@photos.test", password="hush", tls_mode="ldaps")
PEOPLE = {
    "target": "ad",
    "users": [{"user": "10234", "immutable_id": "QUE="}, {"user": "10235", "immutable_id": None, "reason": "nobody"}],
}


def cloud(store: ScriptedStore, users: list[str], **more: t.Any) -> tuple[Cloud, dict[str, t.Any]]:
    told: dict[str, t.Any] = {}

    def open_store(_options: GraphOptions, **options: t.Any) -> t.Any:
        told.update(options)
        return store

    return Cloud(GRAPH, users, open_store=open_store, **more), told


def test_people_are_looked_for_by_the_anchor() -> None:
    side, told = cloud(ScriptedStore(["QUE="]), ["10234", "10235"], match_by="anchor", people=PEOPLE)
    assert "1 of 2 users are in the tenant; not: 10235" in side.resolve().text
    assert told == {"match_by": "onPremisesImmutableId"}
    assert side.photos().status == "ok"
    assert [user.identity for user in side.found.values()] == ["10234"]


def test_nobody_to_check_is_told_as_the_role_knows_it() -> None:
    """Users may be declared, all of them absent or for another target."""
    side, _told = cloud(ScriptedStore([]), [])
    assert side.resolve().text == "no users were named"
    side.options = replace(GRAPH, option_prefix="doctor_")
    assert side.resolve().text.startswith(
        "no users to check: doctor_users names nobody, and photos.yml declares nobody"
    )


def test_an_active_directory_that_could_not_be_asked_is_the_failed_check() -> None:
    people = {"failed": True, "msg": "no domain controller answers", "target": "ad"}
    side, _told = cloud(ScriptedStore([]), ["10234"], match_by="anchor", people=people)
    (check,) = examine("exo", [Step("users", side.resolve)])
    assert (check.status, "no domain controller answers" in check.text) == ("fail", True)


def test_names_of_one_target_are_looked_for_there() -> None:
    side, _told = cloud(ScriptedStore(["a@example.com"]), ["alice"], names={"alice": "a@example.com"})
    assert side.resolve().status == "ok"


def domain(*mailboxes: str | None) -> Domain:
    store = ScriptedStore([f"u{n}" for n in range(len(mailboxes))], "ad")
    for n, mailbox in enumerate(mailboxes):
        user: User = store.users[f"u{n}"]
        store.users[f"u{n}"] = replace(user, mailbox=t.cast(t.Any, mailbox))
    side = Domain(AD, list(store.users), open_store=lambda *_a, **_k: t.cast(t.Any, store))
    assert side.resolve().status == "ok"
    return side


def test_mailboxes_on_premises_are_counted() -> None:
    check = domain("on_premises", "cloud", None, "on_premises").mailboxes()
    assert check.status == "warn"
    assert "2 of 4 users have their mailbox on-premises" in check.text
    assert check.text.endswith("u0, u3")
    assert "exo_when" in check.advice


def test_counts_of_one_are_in_the_singular() -> None:
    assert domain("on_premises").mailboxes().text.startswith("1 of 1 user has their mailbox on-premises")


def test_a_company_without_mailboxes_on_premises_is_in_order() -> None:
    assert domain("cloud", None).mailboxes().status == "ok"
    assert domain(None).mailboxes().status == "ok"
