# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Exchange store against the sandbox's Exchange server over https with Basic: a real process, WSMan and PSRP.

Kerberos over http, and the 64x64 in Active Directory, are in test_exchange_kerberos.py, which needs the domain.
"""

from __future__ import annotations

import io
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    PhotoError,
    Recipe,
    Source,
    StoreError,
    Unresolved,
    User,
    Write,
)
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from PIL import Image

UPNS = [f"user{number}@photos.test" for number in range(30)]
ODD = "nora.o'hara@photos.test"


def picture(colour: tuple[int, int, int], side: int = 700) -> bytes:
    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    image.paste(colour, (side // 4, side // 4, side // 2, side // 2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


RED, BLUE = picture((220, 30, 30)), picture((30, 30, 220))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Any]:
    from exchange.testing import ACCOUNT, PASSWORD, mailbox, running

    people = [mailbox(upn) for upn in (*UPNS, ODD)]
    people += [mailbox("cleo@photos.test", kind="RemoteUserMailbox"), mailbox("max@photos.test", kind="MailUser")]
    # Get-Mailbox does not show a soft-deleted mailbox; what is left is an account without one.
    people += [mailbox("left@photos.test", kind="User")]
    people += [mailbox("jose@photos.test"), mailbox("far@photos.test", out_of_scope=True)]
    accounts = [{"principal": ACCOUNT, "role": "photos", "password": PASSWORD}]
    accounts += [
        {"principal": f"{role}@photos.test", "role": role, "password": PASSWORD} for role in ("reader", "blind")
    ]
    accounts += [{"principal": "nobody@photos.test", "role": None, "password": PASSWORD}]
    with running(tmp_path_factory.mktemp("exchange"), people, accounts) as started:
        yield started


@pytest.fixture(autouse=True)
def fresh(server: t.Any) -> None:
    server.control.start_over()


def options(at: t.Any, **changes: t.Any) -> ExchangeOptions:
    from exchange.testing import ACCOUNT, FQDN, PASSWORD

    plain = ExchangeOptions(FQDN, at.https_port, "https", "basic", ACCOUNT, PASSWORD, at.ca, timeout=10, concurrency=5)
    return replace(plain, **changes)


@pytest.fixture
def store(server: t.Any) -> t.Iterator[ExchangePhotoStore]:
    opened = ExchangePhotoStore(options(server))
    yield opened
    opened.close()


def users(store: ExchangePhotoStore, names: t.Sequence[str]) -> list[User]:
    found = store.resolve(names)
    assert all(isinstance(found[name], User) for name in names)
    return [t.cast(User, found[name]) for name in names]


def look(store: ExchangePhotoStore, names: t.Sequence[str]) -> dict[str, t.Any]:
    return {u.identity: seen for u, seen in store.observe(users(store, names), lambda _u, _t: True)}


def write(store: ExchangePhotoStore, *writes: Write) -> dict[str, t.Any]:
    return {user.identity: result for user, result in store.write(writes)}


def declared(
    store: ExchangePhotoStore, definitions: t.Sequence[Definition], check: bool = False, **more: t.Any
) -> Result:
    settings = Settings(
        Recipe(648, 500_000),
        "userPrincipalName",
        Limit.parse("x", "100%"),
        Limit.parse("x", "100%"),
        check=check,
        patience=4.0,
    )
    return reconcile(definitions, store, settings, Services(**more))


def test_users_are_found_and_said_where_they_live(store: ExchangePhotoStore) -> None:
    answers = store.resolve([*UPNS, ODD, "cleo@photos.test", "max@photos.test", "who@photos.test", "josé@photos.test"])
    assert all(t.cast(User, answers[upn]).mailbox == "on_premises" for upn in (*UPNS, ODD))
    assert t.cast(User, answers["cleo@photos.test"]).mailbox == "cloud"
    assert t.cast(User, answers["max@photos.test"]).mailbox is None
    assert isinstance(answers["who@photos.test"], Unresolved)
    assert isinstance(answers["josé@photos.test"], Unresolved), "the server finds jose for josé"
    assert store.authority == "photos.test"


@pytest.mark.parametrize(
    ("match_by", "identity"), [("sAMAccountName", "user3"), ("mail", "user3@photos.test"), ("objectGUID", "{guid}")]
)
def test_each_name_leads_to_the_same_account(server: t.Any, match_by: str, identity: str) -> None:
    guid = server.control.state("user3@photos.test")["guid"]
    store = ExchangePhotoStore(options(server), match_by)
    try:
        [user] = users(store, [identity.format(guid=guid)])
        assert user.id == guid
    finally:
        store.close()


@pytest.mark.parametrize("upn", ["max@photos.test", "left@photos.test"], ids=["mail user", "soft-deleted"])
def test_who_has_no_mailbox_is_said_to_have_none(store: ExchangePhotoStore, upn: str) -> None:
    result = declared(store, [Definition(upn, source=Source(content=RED)), Definition(UPNS[0], "absent")])
    assert [outcome.change.drift for outcome in result.outcomes] == ["unavailable", "in_sync"]
    assert "has no mailbox of this user: it is in the cloud, was removed" in result.outcomes[0].change.reason


def test_a_photo_comes_back_as_exchange_made_it_and_a_second_run_writes_nothing(
    server: t.Any, store: ExchangePhotoStore, tmp_path: Path
) -> None:
    definitions = [Definition(upn, source=Source(content=RED)) for upn in UPNS[:8]]
    checked = declared(store, definitions, check=True)
    assert [o.change.action for o in checked.outcomes] == ["put"] * 8
    assert server.control.counters().get("writes", 0) == 0
    receipts = Receipts(tmp_path / "receipts.sqlite", "exchange", False)
    done = declared(store, definitions, receipts=receipts)
    assert done.error is None
    assert [o.verified for o in done.outcomes] == [True] * 8
    assert server.control.counters()["writes"] == 8
    held = server.control.photo(UPNS[0])
    with Image.open(io.BytesIO(held)) as image:
        assert image.size == (648, 648)
    for with_memory in ({"receipts": receipts}, {}):
        again = declared(store, definitions, **with_memory)
        assert [o.change.drift for o in again.outcomes] == ["in_sync"] * 8
    assert server.control.counters()["writes"] == 8
    receipts.close()


def test_what_somebody_else_put_is_backed_up_and_replaced_and_what_is_declared_absent_is_removed(
    server: t.Any, store: ExchangePhotoStore, tmp_path: Path
) -> None:
    server.control.put_photo(UPNS[0], BLUE)
    server.control.put_photo(UPNS[1], BLUE)
    backups = Backups(tmp_path, "exchange", "run")
    definitions = [Definition(UPNS[0], source=Source(content=RED)), Definition(UPNS[1], "absent")]
    result = declared(store, definitions, backups=backups)
    assert [(o.change.drift, o.state) for o in result.outcomes] == [("different", "verified"), ("unwanted", "verified")]
    assert [Path(o.backup or "").read_bytes() for o in result.outcomes] == [BLUE, BLUE]
    assert server.control.state(UPNS[1]) == {**server.control.state(UPNS[1]), "removed": True, "photo": False}


def test_the_record_of_a_removal_can_be_cleared(server: t.Any) -> None:
    server.control.put_photo(UPNS[0], BLUE)
    store = ExchangePhotoStore(options(server), clear_record=True)
    try:
        assert declared(store, [Definition(UPNS[0], "absent")]).outcomes[0].state == "verified"
        assert server.control.state(UPNS[0])["removed"] is False
    finally:
        store.close()


def test_a_photo_that_somebody_else_set_meanwhile_is_not_overwritten(server: t.Any, store: ExchangePhotoStore) -> None:
    server.control.put_photo(UPNS[0], BLUE)
    [user] = users(store, UPNS[:1])
    tag = look(store, UPNS[:1])[UPNS[0]].tag
    server.control.put_photo(UPNS[0], RED)
    assert write(store, Write(user, BLUE, tag))[UPNS[0]].status == "conflict"
    assert server.control.photo(UPNS[0]) == RED


@pytest.mark.parametrize(
    ("upn", "data", "says"),
    [
        ("far@photos.test", RED, "outside of the account's write scope"),
        (UPNS[0], picture((1, 2, 3), 20), "too small"),
        (UPNS[0], b"no picture", "as an image"),
    ],
)
def test_the_servers_refusals_are_explained(store: ExchangePhotoStore, upn: str, data: bytes, says: str) -> None:
    [user] = users(store, [upn])
    result = write(store, Write(user, data, None))[upn]
    assert result.status == "failed"
    assert says in result.error


def test_a_picture_above_the_limit_is_refused(server: t.Any, store: ExchangePhotoStore) -> None:
    server.control.service(largest=10_000)
    [user] = users(store, UPNS[:1])
    assert "too large" in write(store, Write(user, RED, None))[UPNS[0]].error


def test_an_upload_of_a_megabyte_arrives_in_pieces(server: t.Any, store: ExchangePhotoStore) -> None:
    noise = Image.effect_noise((900, 900), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=100)
    assert len(out.getvalue()) > 1_000_000
    [user] = users(store, UPNS[:1])
    assert write(store, Write(user, out.getvalue(), None))[UPNS[0]].status == "written"
    assert server.control.photo(UPNS[0]) is not None


# -- accounts -------------------------------------------------------------------------------------------------------


def test_an_account_without_a_role_is_told_so_at_once(server: t.Any) -> None:
    with pytest.raises(StoreError, match="RemotePowerShellEnabled"):
        ExchangePhotoStore(options(server, username="nobody@photos.test")).open()


def test_a_wrong_password(server: t.Any) -> None:
    with pytest.raises(StoreError, match=r"username \(HYBRID_PHOTOS_EXCHANGE_USERNAME\) or password .* is wrong"):
        ExchangePhotoStore(options(server, password="wrong")).open()


def test_an_account_that_may_only_read_writes_nothing(server: t.Any) -> None:
    store = ExchangePhotoStore(options(server, username="reader@photos.test"))
    try:
        result = declared(store, [Definition(upn, source=Source(content=RED)) for upn in UPNS[:3]])
        assert all("role has no Set-UserPhoto" in (o.error or "") for o in result.outcomes)
    finally:
        store.close()


def test_without_get_user_a_missing_mailbox_may_live_in_the_cloud(server: t.Any) -> None:
    store = ExchangePhotoStore(options(server, username="blind@photos.test"))
    try:
        assert (
            "may be in the cloud" in t.cast(Unresolved, store.resolve(["cleo@photos.test"])["cleo@photos.test"]).reason
        )
    finally:
        store.close()


def test_a_server_that_is_no_exchange(server: t.Any) -> None:
    server.control.service(is_exchange=False)
    with pytest.raises(StoreError, match="no Exchange"):
        ExchangePhotoStore(options(server)).open()


def test_a_server_without_basic_offers_other_ways(server: t.Any) -> None:
    server.control.service(basic=False)
    with pytest.raises(StoreError, match="Basic is not enabled"):
        ExchangePhotoStore(options(server)).open()


def test_a_certificate_of_a_stranger_and_a_name_that_is_not_in_it(server: t.Any) -> None:
    with pytest.raises(StoreError, match="certificate is not accepted"):
        ExchangePhotoStore(options(server, ca_cert=None)).open()
    with pytest.raises(StoreError, match="certificate is not accepted"):
        ExchangePhotoStore(options(server, server="dc1.photos.test")).open()
    for validation in ("ignore_hostname", "ignore"):
        store = ExchangePhotoStore(options(server, server="dc1.photos.test", cert_validation=validation))
        store.open()
        store.close()


# -- trouble --------------------------------------------------------------------------------------------------------


def test_no_proxy_of_the_environment_is_used(server: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    store = ExchangePhotoStore(options(server))
    assert len(users(store, UPNS[:2])) == 2
    store.close()


def test_sessions_are_given_back_and_a_place_is_waited_for(server: t.Any) -> None:
    for _run in range(3):
        store = ExchangePhotoStore(options(server))
        store.open()
        store.close()
    assert server.control.counters()["open_sessions"] == 0
    server.control.service(max_sessions=1)
    first, second = ExchangePhotoStore(options(server)), ExchangePhotoStore(options(server), clock=_Ending(server))
    first.open()
    second.open()
    assert "made the run wait" in second.notes[0]
    second.close()


class _Ending:
    """While we wait, the sessions of the account end."""

    def __init__(self, server: t.Any) -> None:
        self.server = server

    def sleep(self, _seconds: float) -> None:
        self.server.control.end_sessions()


def test_over_budget_is_waited_for(server: t.Any, store: ExchangePhotoStore) -> None:
    server.control.fault("busy", cmdlet="Get-UserPhoto", times=2, seconds=0.1)
    assert not look(store, UPNS[:6])[UPNS[0]].present
    assert "throttling policy" in store.notes[0]


def test_micro_delays_make_it_slower_and_nothing_else(server: t.Any, store: ExchangePhotoStore) -> None:
    server.control.service(burst=0, micro_delay=0.02)
    assert len(look(store, UPNS)) == 30
    assert server.control.counters()["micro_delays"] >= 30


@pytest.mark.parametrize("kind", ["cut", "kill"])
@pytest.mark.parametrize("after", [False, True])
def test_a_session_that_ends_while_photos_are_read_is_opened_anew(
    server: t.Any, store: ExchangePhotoStore, kind: str, after: bool
) -> None:
    for upn in UPNS[:12]:
        server.control.put_photo(upn, RED)
    server.control.fault(kind, cmdlet="Get-UserPhoto", upn=UPNS[5], after=after)
    seen = look(store, UPNS[:12])
    assert all(each.picture == RED for each in seen.values())
    assert "reopened" in store.notes[0]


@pytest.mark.parametrize("kind", ["cut", "kill"])
@pytest.mark.parametrize("after", [False, True])
def test_a_session_that_ends_while_photos_are_written_loses_nothing(
    server: t.Any, store: ExchangePhotoStore, tmp_path: Path, kind: str, after: bool
) -> None:
    server.control.fault(kind, cmdlet="Set-UserPhoto", upn=UPNS[5], after=after)
    definitions = [Definition(upn, source=Source(content=RED)) for upn in UPNS[:12]]
    receipts = Receipts(tmp_path / "receipts.sqlite", "exchange", False)
    first = declared(store, definitions, receipts=receipts)
    assert first.error is None
    for outcome in first.outcomes:
        held = server.control.photo(outcome.definition.user) is not None
        assert outcome.state in (("verified",) if held else ("unknown",)), "what is said is what is there"
    second = declared(store, definitions, receipts=receipts)
    assert {o.change.drift for o in second.outcomes} <= {"in_sync", "missing"}
    assert all(server.control.photo(upn) is not None for upn in UPNS[:12])
    receipts.close()


def test_a_photo_that_is_shown_late_is_waited_for(server: t.Any, store: ExchangePhotoStore) -> None:
    server.control.service(lag=1.0)
    result = declared(store, [Definition(UPNS[0], source=Source(content=RED))])
    assert result.outcomes[0].verified is True


def test_a_cmdlet_that_never_ends_is_given_up(server: t.Any) -> None:
    server.control.fault("delay", cmdlet="Get-UserPhoto", times=20, seconds=60)
    store = ExchangePhotoStore(options(server, timeout=1, concurrency=2))
    try:
        [user] = users(store, UPNS[:1])
        server.control.clear_faults()
        server.control.fault("delay", cmdlet="Get-UserPhoto", times=1, seconds=60)
        [(_user, seen)] = store.read([user])
        assert seen.problem is None
        assert "reopened" in store.notes[0]
    finally:
        store.close()


def test_a_server_that_asks_a_person_all_the_same_is_not_waited_for(server: t.Any, store: ExchangePhotoStore) -> None:
    server.control.fault("ask", cmdlet="Set-UserPhoto", upn=UPNS[1])
    result = declared(store, [Definition(upn, source=Source(content=RED)) for upn in UPNS[:3]])
    assert [outcome.state for outcome in result.outcomes] == ["verified", "refused", "verified"]
    assert "the server asks a person (PromptForChoice)" in (result.outcomes[1].error or "")
    assert store.notes == [], "the session goes on"


def test_nothing_is_ever_asked_of_a_person_and_no_script_is_ever_run(server: t.Any, store: ExchangePhotoStore) -> None:
    """What the server does with both, so that the promise is one about the server that we test against."""
    from pypsrp.powershell import PowerShell

    store.open()
    pool = t.cast(t.Any, store)._session._pool
    for name, parameters, script, says in [
        ("Remove-UserPhoto", {"Identity": UPNS[0]}, False, "prompts the user"),
        ("Get-UserPhoto -Identity x", {}, True, "no-language"),
        ("Get-UserPhoto", {"Identity": UPNS[0], "Nonsense": "x"}, False, "Nonsense"),
    ]:
        pipeline = PowerShell(pool)
        pipeline.add_script(name) if script else pipeline.add_cmdlet(name)
        pipeline.add_parameters(parameters)
        pipeline.invoke()
        assert says in str(pipeline.streams.error[0])


@pytest.fixture
def office(server: t.Any) -> None:
    """User 1 in a group, user 2 and one of the cloud in a group in it, and the groups in a ring."""
    from exchange.testing import mailbox

    for number, office in ((1, "Bonn"), (2, "Bonn"), (3, "it's Ulm")):
        server.control.mailbox(f"user{number}@photos.test", office=office, custom_attribute1="x" * (number % 2))
    guids = {name: mailbox(f"{name}@photos.test")["guid"] for name in ("user1", "user2", "cleo", "inner", "staff")}
    groups = {"inner": ["user2", "cleo", "staff"], "staff": ["user1", "inner"]}
    for name, members in groups.items():
        entry = mailbox(f"{name}@photos.test", kind="MailUniversalSecurityGroup")
        server.control.add_mailbox(**entry, members=[guids[member] for member in members])


def some(store: ExchangePhotoStore, **whom: str) -> list[str]:
    return [user.identity.partition("@")[0] for user in store.everyone(Whom(**whom))]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("whom", "found"),
    [
        ({"filter": "Office -eq 'bonn'"}, "user1 user2"),
        ({"filter": "Office -like 'B*' -and CustomAttribute1 -ne 'x'"}, "user2"),
        ({"filter": "Office -eq 'it''s Ulm' -or (CustomAttribute1 -eq 'x' -and -not Office -eq 'Ulm')"}, "user1 user3"),
        ({"group": "staff@photos.test"}, "user1 user2"),
        ({"group": "inner"}, "user1 user2"),
        ({"group": "staff", "filter": "CustomAttribute1 -eq 'x'"}, "user1"),
    ],
)
def test_a_filter_and_a_group_with_a_group_in_it(store: ExchangePhotoStore, whom: dict[str, str], found: str) -> None:
    assert some(store, **whom) == found.split()


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ({"filter": "Office = 'Bonn'"}, "^filter 'Office = 'Bonn'': Exchange Server does not accept it"),
        ({"filter": "Ofice -eq 'Bonn'"}, "not a recognized filterable property"),
        ({"group": "nobody"}, "^group 'nobody' does not exist in Exchange Server"),
        ({"group": "user1"}, "^group 'user1' does not exist in Exchange Server"),
    ],
)
def test_what_exchange_does_not_take_is_said_with_option_and_value(
    store: ExchangePhotoStore, whom: dict[str, str], said: str
) -> None:
    with pytest.raises(PhotoError, match=said):
        some(store, **whom)


@pytest.mark.usefixtures("office")
def test_without_the_cmdlet_for_groups_a_filter_still_works(server: t.Any) -> None:
    store = ExchangePhotoStore(options(server, username="blind@photos.test"))
    assert some(store, filter="Office -eq 'Bonn'") == ["user1", "user2"]
    with pytest.raises(StoreError, match="group 'staff' needs a management role with Get-DistributionGroupMember"):
        some(store, group="staff")
    store.close()
