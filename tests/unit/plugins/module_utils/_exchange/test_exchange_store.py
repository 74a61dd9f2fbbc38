# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange Server as a PhotoStore, over a session that is told what to answer."""

from __future__ import annotations

import typing as t
import uuid

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    PhotoError,
    StoreError,
    Unresolved,
    User,
    Write,
    WriteResult,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._exchange import mailboxes
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.cmdlets import Answer, Failure, filter_for
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.errors import ExchangeBusy, ExchangeGone
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.pipelines import (
    MOST_ATTEMPTS,
    MOST_FRUITLESS,
    PATIENCE,
)
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._exchange.scripted_exchange import (
    NOBODY,
    Clock,
    ScriptedSession,
    store_over,
)

NO_CMDLET = Failure("CommandNotFoundException", "The term is not recognized")
GONE = ExchangeGone("the session broke")


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession()


def user(store: ExchangePhotoStore, name: str) -> User:
    found = store.resolve([name])[name]
    assert isinstance(found, User)
    return found


def one_write(store: ExchangePhotoStore, write: Write) -> WriteResult:
    [(_user, result)] = store.write([write])
    return result


# -- users ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match_by", "identity"),
    [
        ("userPrincipalName", "Alice@Example.com"),
        ("sAMAccountName", "alice"),
        ("mail", "alice@example.com"),
        ("objectGUID", "{guid}"),
    ],
)
def test_users_are_found_by_each_name(session: ScriptedSession, match_by: str, identity: str) -> None:
    id_ = session.add("alice@example.com")
    session.add("bob@example.com")
    identity = identity.format(guid=id_.upper())
    found = store_over(session, match_by).resolve([identity])[identity]
    assert found == User(identity, id_, id_, "alice@example.com", None, "on_premises")


def test_a_name_of_a_users_own_is_a_user_principal_name(session: ScriptedSession) -> None:
    id_ = session.add("alice@example.com")
    found = store_over(session, "objectGUID").resolve_by("userPrincipalName", ["alice@example.com"])
    assert t.cast(User, found["alice@example.com"]).id == id_


def test_a_mailbox_in_the_cloud_is_a_user_who_has_no_photo_here(session: ScriptedSession) -> None:
    session.add("cleo@example.com", "RemoteUserMailbox")
    store = store_over(session)
    cleo = user(store, "cleo@example.com")
    assert cleo.mailbox == "cloud"
    [(_user, seen)] = store.observe([cleo], lambda _u, _t: True)
    assert seen.no_mailbox
    assert "is in the cloud" in (seen.problem or "")
    assert [call.cmdlet for call in session.calls] == ["Get-Mailbox", "Get-User"]


def test_without_get_user_nobody_says_that_there_is_no_such_account(session: ScriptedSession) -> None:
    session.events["Get-User"].append(NO_CMDLET)
    found = store_over(session).resolve(["cleo@example.com"])["cleo@example.com"]
    assert isinstance(found, Unresolved)
    assert "may be in the cloud" in found.reason
    assert not found.gone


def test_that_there_is_no_such_account_is_certain_where_both_cmdlets_found_nobody(session: ScriptedSession) -> None:
    session.add("alice@example.com")
    found = store_over(session).resolve(["alice@example.com", "left@example.com"])
    assert isinstance(found["alice@example.com"], User)
    assert t.cast(Unresolved, found["left@example.com"]).gone


def test_a_name_that_the_server_takes_for_another_is_not_certainly_nobodys(session: ScriptedSession) -> None:
    session.add("jose@example.com")
    session.get_mailbox = lambda _parameters: Answer(tuple(session.accounts))  # type: ignore[method-assign]
    found = store_over(session).resolve(["josé@example.com"])["josé@example.com"]
    assert not t.cast(Unresolved, found).gone


def test_several_mailboxes_are_nobody_and_what_a_filter_takes_for_equal_does_not_count(
    session: ScriptedSession,
) -> None:
    session.add("a@example.com", PrimarySmtpAddress="x@example.com")
    session.add("b@example.com", PrimarySmtpAddress="x@example.com")
    session.add("c@example.com", PrimarySmtpAddress="jose@example.com")
    answers = store_over(session, "mail").resolve(["x@example.com", "josé@example.com"])
    assert "2 accounts have mail 'x@example.com'" in t.cast(Unresolved, answers["x@example.com"]).reason
    assert isinstance(answers["josé@example.com"], Unresolved)


@pytest.mark.parametrize("identity", ["", " ", "x" * 1025, "a\nb@example.com", "a\x00b"])
def test_what_can_be_nobody_is_not_asked_for(session: ScriptedSession, identity: str) -> None:
    assert isinstance(store_over(session).resolve([identity])[identity], Unresolved)
    assert session.calls == []


def test_an_identity_cannot_leave_its_quotes_in_a_filter() -> None:
    hostile = "o'hara' -or UserPrincipalName -like '*"
    assert filter_for("UserPrincipalName", [hostile]) == (
        "UserPrincipalName -eq 'o''hara'' -or UserPrincipalName -like ''*'"
    )
    for quote in "\u2018\u2019\u201a\u201b":  # PowerShell takes these for single quotes, too
        assert filter_for("Guid", [quote]) == f"Guid -eq '{quote}{quote}'"


def test_many_users_are_asked_for_in_lots(session: ScriptedSession) -> None:
    names = [f"user{number}@example.com" for number in range(60)]
    for name in names:
        session.add(name)
    answers = store_over(session).resolve(names)
    assert all(isinstance(answer, User) for answer in answers.values())
    assert len(session.calls) == 3


# -- photos ---------------------------------------------------------------------------------------------------------


def test_photos_are_read_several_at_a_time_and_handed_on_where_they_are_wanted(session: ScriptedSession) -> None:
    for number in range(7):
        session.photos[session.add(f"u{number}@example.com")] = b"picture %d" % number
    session.add("none@example.com")
    store = store_over(session)
    people = list(store.everyone())
    seen = {u.identity: s for u, s in store.observe(people, lambda u, _tag: u.identity == "u1@example.com")}
    assert len(seen) == 8
    assert not seen["none@example.com"].present
    assert seen["u1@example.com"].picture == b"picture 1"
    assert seen["u2@example.com"].picture is None
    assert seen["u2@example.com"].tag == f"sha256:{sha256(b'picture 2')}"
    assert session.most == 3, "as many as concurrency says"


@pytest.mark.parametrize(
    "answered", [(), ({},), ({"PictureData": None},), ({"PictureData": "aGVsbG8="},), ({"PictureData": [1, 2]},)]
)
def test_an_answer_that_is_neither_a_photo_nor_the_error_that_there_is_none_is_never_no_photo(
    session: ScriptedSession, monkeypatch: pytest.MonkeyPatch, answered: tuple[dict[str, t.Any], ...]
) -> None:
    session.photos[session.add("a@example.com")] = b"theirs"
    store = store_over(session)
    someone = user(store, "a@example.com")
    monkeypatch.setattr(session, "get_userphoto", lambda _parameters: Answer(answered))
    [(_user, seen)] = store.observe([someone], lambda _u, _t: True)
    assert seen.problem is not None and seen.no_answer
    assert one_write(store, Write(someone, b"first", None)).status == "failed"
    assert list(session.photos.values()) == [b"theirs"]


def test_no_photo_is_asked_for_twice_where_memory_says_that_there_is_one(session: ScriptedSession) -> None:
    id_ = session.add("a@example.com")
    session.photos[id_] = b"picture"
    session.events["Get-UserPhoto"].append(Failure("UserPhotoNotFoundException", ""))
    store = store_over(session)
    [(_user, seen)] = store.observe([user(store, "a@example.com")], lambda _u, _t: True, lambda _u: True)
    assert seen.present


def test_a_photo_is_put_only_while_the_mailbox_holds_what_was_planned_on(session: ScriptedSession) -> None:
    id_ = session.add("a@example.com")
    store = store_over(session)
    someone = user(store, "a@example.com")
    assert one_write(store, Write(someone, b"first", None)).status == "written"
    assert session.photos[id_] == b"first"
    assert one_write(store, Write(someone, b"second", None)).status == "conflict"
    assert one_write(store, Write(someone, b"second", "sha256:other")).status == "conflict"
    assert session.photos[id_] == b"first"
    assert one_write(store, Write(someone, b"second", "sha256:other", same=lambda p: p == b"first")).status == "written"
    assert one_write(store, Write(someone, None, f"sha256:{sha256(b'second')}")).status == "written"
    assert id_ not in session.photos
    assert id_ in session.records, "Exchange remembers that the photo was removed"


def test_the_record_of_a_removal_is_cleared_when_that_is_wanted(session: ScriptedSession) -> None:
    id_ = session.add("a@example.com")
    session.photos[id_] = b"first"
    store = store_over(session, clear_record=True)
    someone = user(store, "a@example.com")
    assert one_write(store, Write(someone, None, f"sha256:{sha256(b'first')}")).status == "written"
    assert session.records == set()
    session.photos[id_] = b"first"
    session.events["Remove-UserPhoto"].extend([None, Failure("StorageTransientException", "")] + [GONE] * 5)
    assert one_write(store, Write(someone, None, f"sha256:{sha256(b'first')}")).status == "written"
    assert "record of that could not be cleared, of a@example.com" in store.notes[-1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("UserPhotoFileTooLargeException", "lower max_bytes"),
        ("UserPhotoFileTooSmallException", "larger source picture"),
        ("UserPhotoNotAnImageException", "as an image"),
        ("ManagementObjectNotFoundException", "has no mailbox of this user"),
        ("ManagementObjectAmbiguousException", "several mailboxes"),
        ("ADScopeException", "write scope"),
        ("SomethingNewException", "could not write the photo (SomethingNewException: its own words)"),
    ],
)
def test_a_refused_write_says_why_and_what_to_do(session: ScriptedSession, name: str, says: str) -> None:
    session.add("a@example.com")
    store = store_over(session)
    session.events["Set-UserPhoto"].append(Failure(name, "its own words"))
    result = one_write(store, Write(user(store, "a@example.com"), b"first", None))
    assert result.status == "failed"
    assert says in (result.error or "")


def test_a_role_without_set_user_photo_stops_all_writes_with_one_message(session: ScriptedSession) -> None:
    for number in range(20):
        session.add(f"u{number}@example.com")
    store = store_over(session)
    people = list(store.everyone())
    session.events["Set-UserPhoto"].extend([NO_CMDLET] * 20)
    results = [result for _u, result in store.write([Write(someone, b"x", None) for someone in people])]
    assert {result.status for result in results} == {"failed"}
    assert all("management role has no Set-UserPhoto" in (result.error or "") for result in results)
    assert sum(call.cmdlet == "Set-UserPhoto" for call in session.calls) <= 3


@pytest.mark.parametrize("cmdlet", ["Get-Mailbox", "Get-UserPhoto", "Set-UserPhoto"])
def test_an_endpoint_that_takes_no_cmdlets_is_said_to_be_no_exchange_servers_own(
    session: ScriptedSession, cmdlet: str
) -> None:
    session.add("a@example.com")
    store = store_over(session)
    session.events[cmdlet].append(Failure("ScriptsNotAllowed", "The syntax is not supported by this runspace."))
    try:
        someone = user(store, "a@example.com")
        list(store.observe([someone], lambda _u, _t: True))
        text = one_write(store, Write(someone, b"x", None)).error or ""
    except StoreError as error:
        text = str(error)
    assert f"does not accept {cmdlet}" in text
    assert "name an Exchange server itself" in text


@pytest.mark.parametrize("cmdlet", ["Get-Mailbox", "Get-UserPhoto"])
def test_a_role_that_may_not_look_is_said_at_once(session: ScriptedSession, cmdlet: str) -> None:
    session.add("a@example.com")
    session.events[cmdlet].append(NO_CMDLET)
    store = store_over(session)
    with pytest.raises(StoreError, match=f"role has no {cmdlet}"):
        list(store.observe([user(store, "a@example.com")], lambda _u, _t: True))


# -- waiting and losing ---------------------------------------------------------------------------------------------


def test_the_throttling_policy_is_waited_for_as_long_as_it_asks(session: ScriptedSession) -> None:
    id_ = session.add("a@example.com")
    clock = Clock()
    store = store_over(session, clock=clock)
    someone = user(store, "a@example.com")
    session.begins["Set-UserPhoto"].append(ExchangeBusy("slow down", 7.0))
    session.events["Set-UserPhoto"].append(Failure("OverBudgetException", "locked for 1500 milliseconds"))
    assert one_write(store, Write(someone, b"first", None)).status == "written"
    assert session.photos[id_] == b"first"
    assert clock.slept == [7.0, 1.5]
    assert "made the run wait" in store.notes[0]


def test_a_place_among_the_sessions_of_the_account_is_waited_for_and_not_for_ever(session: ScriptedSession) -> None:
    clock = Clock()
    session.opens.extend([ExchangeBusy("18 sessions"), None])
    store_over(session, clock=clock).open()
    assert clock.slept == [2.0]
    session.opens.extend([ExchangeBusy("18 sessions")] * 100)
    with pytest.raises(StoreError, match="18 sessions"):
        store_over(session, clock=clock).open()
    assert sum(clock.slept) <= PATIENCE + 2


def test_what_was_read_is_read_again_when_the_session_is_lost(session: ScriptedSession) -> None:
    for number in range(9):
        session.photos[session.add(f"u{number}@example.com")] = b"picture %d" % number
    store = store_over(session)
    people = list(store.everyone())
    session.events["Get-UserPhoto"].extend([None, GONE, None, GONE])
    seen = {u.identity: s for u, s in store.observe(people, lambda _u, _t: True)}
    assert [seen[f"u{number}@example.com"].picture for number in range(9)] == [b"picture %d" % n for n in range(9)]
    assert session.opened == 3
    assert "lost 2 times" in store.notes[0]


def test_a_write_under_way_when_the_session_is_lost_may_have_been_done_and_is_not_repeated(
    session: ScriptedSession,
) -> None:
    session.add("a@example.com")
    store = store_over(session)
    session.events["Set-UserPhoto"].append(GONE)
    result = one_write(store, Write(user(store, "a@example.com"), b"first", None))
    assert result.status == "uncertain"
    assert "may or may not have been written" in (result.error or "")
    assert sum(call.cmdlet == "Set-UserPhoto" for call in session.calls) == 1


def test_one_mailbox_that_ends_every_session_does_not_stop_the_others(session: ScriptedSession) -> None:
    session.add("a@example.com")
    store = store_over(session)
    someone = user(store, "a@example.com")
    session.events["Get-UserPhoto"].extend([GONE] * MOST_ATTEMPTS)
    [(_user, seen)] = store.observe([someone], lambda _u, _t: True)
    assert seen.no_answer
    [(_user, seen)] = store.observe([someone], lambda _u, _t: True)
    assert not seen.present


def test_a_server_that_does_not_come_back_ends_the_run_with_what_is_known(session: ScriptedSession) -> None:
    for number in range(5):
        session.photos[session.add(f"u{number}@example.com")] = b"x"
    store = store_over(session)
    people = list(store.everyone())
    session.events["Get-UserPhoto"].extend([None, None, GONE])
    session.opens.extend([ExchangeGone("still away")] * 3)
    seen = []
    with pytest.raises(StoreError, match="still away"):
        seen.extend(store.observe(people, lambda _u, _t: True))
    assert session.opened == 4
    seen = []
    for each in _until_error(store.write([Write(p, None, f"sha256:{sha256(b'x')}") for p in people[:1]])):
        seen.append(each)
    assert len(seen) == 1


def test_a_server_that_ends_every_session_is_given_up_although_new_ones_come_about(session: ScriptedSession) -> None:
    for number in range(500):
        session.add(f"u{number}@example.com")
    store = store_over(session)
    people = list(store.everyone())
    session.events["Get-UserPhoto"].extend([GONE] * 2000)
    with pytest.raises(StoreError, match="sessions in a row ended without an answer"):
        list(store.observe(people, lambda _u, _t: True))
    assert session.opened == MOST_FRUITLESS + 1


def _until_error(answers: t.Iterator[t.Any]) -> t.Iterator[t.Any]:
    try:
        yield from answers
    except StoreError:
        return


def test_a_mailbox_that_is_away_for_a_moment_is_tried_again(session: ScriptedSession) -> None:
    session.photos[session.add("a@example.com")] = b"x"
    store = store_over(session)
    session.events["Get-UserPhoto"].extend([Failure("StorageTransientException", "")] * 2)
    [(_user, seen)] = store.observe([user(store, "a@example.com")], lambda _u, _t: True)
    assert seen.present


# -- some of all ------------------------------------------------------------------------------------------------------


def some(session: ScriptedSession, **whom: str) -> list[str]:
    return [found.identity for found in store_over(session).everyone(Whom(**whom))]


def test_a_filter_is_a_parameter_of_get_mailbox(session: ScriptedSession) -> None:
    session.add("alice@example.com", CustomAttribute1="it's")
    session.add("bob@example.com")
    assert some(session, filter="CustomAttribute1 -eq 'it''s'") == ["alice@example.com"]
    assert dict(session.calls[-1].parameters) == {"Filter": "CustomAttribute1 -eq 'it''s'", "ResultSize": "Unlimited"}


def test_a_group_has_the_members_of_groups_in_it_once_also_in_a_ring(session: ScriptedSession) -> None:
    ids = {name: session.add(f"{name}@example.com") for name in ("alice", "bob", "carol")}
    inner = {"Guid": uuid.uuid4(), "RecipientTypeDetails": "MailUniversalSecurityGroup"}
    dynamic = {"Guid": uuid.uuid4(), "RecipientTypeDetails": "DynamicDistributionGroup"}
    remote = {"Guid": uuid.uuid4(), "RecipientTypeDetails": "RemoteUserMailbox"}

    def member(name: str) -> dict[str, t.Any]:
        return {"Guid": ids[name], "RecipientTypeDetails": "UserMailbox"}

    session.groups = {
        "staff@example.com": [member("alice"), inner, dynamic, remote],
        str(inner["Guid"]): [member("alice"), member("bob"), inner],
    }
    assert some(session, group="staff@example.com") == ["alice@example.com", "bob@example.com"]
    asked = [call.parameters["Identity"] for call in session.calls if call.cmdlet == "Get-DistributionGroupMember"]
    assert asked == ["staff@example.com", str(inner["Guid"])]


@pytest.mark.parametrize(
    ("cmdlet", "failure", "whom", "said"),
    [
        (
            "Get-Mailbox",
            Failure("MonadFilterException", "Invalid filter syntax"),
            {"filter": "Office eq 1"},
            r"^filter 'Office eq 1': Exchange Server does not accept it \(MonadFilterException: Invalid filter syn",
        ),
        ("Get-DistributionGroupMember", NOBODY, {"group": "x"}, "^group 'x' does not exist in Exchange Server"),
        (
            "Get-DistributionGroupMember",
            Failure("ManagementObjectAmbiguousException", "matches multiple entries"),
            {"group": "x"},
            r"^group 'x' is several groups \(matches multiple entries\)",
        ),
        ("Get-DistributionGroupMember", NO_CMDLET, {"group": "x"}, "group 'x' needs a management role with Get-Dist"),
        ("Get-Mailbox", NO_CMDLET, {"filter": "x"}, "management role has no Get-Mailbox"),
    ],
)
def test_what_the_server_does_not_take_is_said_with_option_and_value(
    session: ScriptedSession, cmdlet: str, failure: Failure, whom: dict[str, str], said: str
) -> None:
    session.events[cmdlet].append(failure)
    with pytest.raises(PhotoError, match=said):
        some(session, **whom)


def test_a_group_whose_groups_have_no_end_is_given_up(
    session: ScriptedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "MOST_GROUPS", 50)
    numbers = iter(range(10**6))

    def another(_parameters: object) -> Answer:
        group = {"Guid": uuid.UUID(int=next(numbers) + 1), "RecipientTypeDetails": "MailUniversalSecurityGroup"}
        return Answer((group,))

    monkeypatch.setattr(session, "get_distributiongroupmember", another)
    with pytest.raises(PhotoError, match=r"^group 'all@example\.com' has more than 50 groups in it"):
        some(session, group="all@example.com")


@pytest.mark.parametrize("cmdlet", ["Get-Mailbox", "Get-DistributionGroupMember"])
def test_a_list_that_an_error_cut_off_is_not_taken_for_a_whole_one(
    session: ScriptedSession, monkeypatch: pytest.MonkeyPatch, cmdlet: str
) -> None:
    session.add("a@example.com")
    cut = Answer((dict(session.accounts[0]),), Failure("ADOperationException", "a referral was returned"))
    monkeypatch.setattr(session, cmdlet.lower().replace("-", "_"), lambda _parameters: cut)
    with pytest.raises(StoreError, match=rf"{cmdlet} sent a part of its list, and then failed \(ADOperationException"):
        some(session, **({"group": "all@example.com"} if "Group" in cmdlet else {}))


@pytest.mark.parametrize("cmdlet", ["Get-Mailbox", "Get-User"])
def test_a_look_up_that_an_error_cut_off_says_of_nobody_that_there_is_no_such_user(
    session: ScriptedSession, monkeypatch: pytest.MonkeyPatch, cmdlet: str
) -> None:
    session.add("a@example.com")
    mailbox = dict(session.accounts[0])
    if cmdlet == "Get-User":
        session.accounts.clear()
    cut = Answer((mailbox,), Failure("ADOperationException", "a referral was returned"))
    monkeypatch.setattr(session, cmdlet.lower().replace("-", "_"), lambda _parameters: cut)
    with pytest.raises(StoreError, match=rf"{cmdlet} sent a part of its list, and then failed \(ADOperationException"):
        store_over(session).resolve(["a@example.com", "b@example.com"])


def test_values_of_odd_kinds_from_the_server_are_nobody(session: ScriptedSession) -> None:
    class NoText:
        def __str__(self) -> str:
            raise TypeError("__str__ returned non-string")

    session.add("a@example.com")
    for odd in (NoText(), None, 7, ["x"]):
        session.accounts.append({"Guid": odd, "UserPrincipalName": odd, "RecipientTypeDetails": "UserMailbox"})
        session.accounts.append({**session.accounts[0], "Guid": uuid.uuid4(), "UserPrincipalName": odd})
    assert "a@example.com" in [found.identity for found in store_over(session).everyone()]
