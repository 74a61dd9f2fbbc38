# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's checks one by one, on servers that say what they are told to say."""

from __future__ import annotations

import base64
import json
import sqlite3
import time
import typing as t
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    PhotoError,
    StoreError,
    Unresolved,
    User,
)
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._doctor import ad, diagnosis, environment
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.answer import answer
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.exo import Cloud
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.model import (
    DAY,
    Check,
    Step,
    certificate,
    clock,
    ends_of,
    examine,
    ok,
)
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.side import found, readable
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.settings import PhotoSettings, SettingsNotThere
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts

GRAPH = GraphOptions(tenant_id="contoso.test", client_id="me", client_secret="hush")
AD = DirectoryOptions("dc1.photos.test", username="svc@photos.test", password="hush", tls_mode="ldaps")
LEAST = ("ProfilePhoto.ReadWrite.All", "User.Read.All", "PeopleSettings.Read.All")


def status(checks: t.Sequence[Check]) -> dict[str, str]:
    return {check.name: check.status for check in checks}


def user(name: str, immutable: str | None = "x") -> User:
    return User(name, f"id-{name}", name, name, immutable)


# ---------------------------------------------------------------------------------------------------------- running


def test_one_failure_does_not_stop_the_others_and_what_needs_it_is_skipped() -> None:
    def broken() -> Check:
        raise ZeroDivisionError("oops")

    def told() -> Check:
        raise PhotoError("the option is wrong")

    steps = [
        Step("a", broken),
        Step("b", told),
        Step("c", lambda: ok("fine"), ("b",)),
        Step("d", lambda: ok("fine")),
        Step("e", lambda: ok("fine"), ("c",)),
    ]
    checks = examine("ad", steps)
    assert status(checks) == {"a": "fail", "b": "fail", "c": "skipped", "d": "ok", "e": "skipped"}
    assert "ZeroDivisionError" in checks[0].text
    assert checks[1].text == "the option is wrong"
    assert checks[2].text == "not checked, because 'b' failed"
    assert checks[4].text == "not checked, because 'c' was not checked"
    assert {check.area for check in checks} == {"ad"}


@pytest.mark.parametrize(
    ("skew", "strict", "expected"),
    [
        (0.4, True, "ok"),
        (-59, True, "ok"),
        (61, True, "warn"),
        (-301, True, "fail"),
        (301, False, "warn"),
        (None, True, "skipped"),
    ],
)
def test_clocks(skew: float | None, strict: bool, expected: str) -> None:
    assert clock("Graph", skew, strict).status == expected


@pytest.mark.parametrize(
    ("days", "validation", "expected", "words"),
    [
        (21.1, "always", "ok", "the certificate for dc1 is valid for 21 more days"),
        (20.9, "always", "warn", "the certificate for dc1 is valid for 21 more days"),
        (1.0, "always", "warn", "the certificate for dc1 is valid for 1 more day"),
        (100.0, "ignore_hostname", "warn", "its name is not compared (cert_validation ignore_hostname)"),
        (None, "ignore", "warn", "the certificate is not checked (cert_validation ignore)"),
    ],
)
def test_a_servers_certificate_is_warned_of_three_weeks_before(
    days: float | None, validation: str, expected: str, words: str
) -> None:
    check = certificate("dc1", None if days is None else days * DAY, 0.0, validation, "ca_cert")
    assert (check.status, words in check.text) == (expected, True)


@pytest.mark.parametrize(
    ("problems", "expected", "words"),
    [
        ([None], "ok", "checked 1 user in 2.0 s"),
        ([None, "no mailbox"], "warn", "checked 2 users in 2.0 s; not possible for 1: u1: no mailbox"),
        (["no mailbox"], "fail", "no photo of 1 user could be read; u0: no mailbox"),
    ],
)
def test_how_many_photos_could_be_read(problems: list[str | None], expected: str, words: str) -> None:
    check = readable([(user(f"u{n}"), Observation(problem=why)) for n, why in enumerate(problems)], 2.0, "look")
    assert (check.status, check.text) == (expected, words)
    assert check.advice == ("look" if expected == "warn" else "")


# ------------------------------------------------------------------------------------------------------ this machine


def test_python() -> None:
    assert environment.python_version((3, 11, 0)).status == "ok"
    assert environment.python_version((3, 10, 9)).status == "fail"


def test_libraries() -> None:
    assert environment.libraries((environment.PILLOW,)).status == "ok"
    assert environment.libraries((environment.Library("Pillow", "PIL", "999.0"),)).status == "warn"
    missing = environment.libraries((environment.Library("no-such-library", "no_such_library", "1"),))
    assert missing.status == "fail"
    assert "pip install 'no-such-library>=1'" in missing.advice


def test_versions_are_compared_as_numbers() -> None:
    assert environment.numbers("10.10.1rc1") > environment.numbers("10.9")
    assert environment.numbers("unknown") == ()


def test_programs() -> None:
    assert environment.program("sh", "").status == "ok"
    assert environment.program("no-such-program", "install it").advice == "install it"


def test_receipts_file(tmp_path: Path) -> None:
    path = tmp_path / "receipts.sqlite"
    assert environment.receipts(None, "ad").status == "skipped"
    assert environment.receipts(str(path), "ad").status == "ok"
    assert not path.exists(), "the doctor makes nothing"
    assert environment.receipts(str(tmp_path / "no" / "yet" / "r.sqlite"), "ad").status == "ok"
    assert list(tmp_path.iterdir()) == [], "a look makes nothing"
    (tmp_path / "file").write_text("in the way")
    assert environment.receipts(str(tmp_path / "file" / "r.sqlite"), "ad").status == "fail"
    Receipts(path, "ad").close()
    assert environment.receipts(str(path), "ad").status == "ok"
    path.write_bytes(b"no database, but more than enough text to be read as one " * 40)
    assert environment.receipts(str(path), "ad").status == "fail"
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    assert "another program" in environment.receipts(str(path), "ad").text


# -------------------------------------------------------------------------------------------------- Microsoft 365


class Tenant:
    """What exo.Cloud sees of a GraphPhotoStore."""

    authority = "contoso"

    def __init__(self, options: GraphOptions, **says: t.Any) -> None:
        self.options = options
        self.refuses: str | None = says.get("refuses")
        self.roles: tuple[str, ...] | None = says.get("roles", LEAST)
        self.source: str | None = says.get("source", "cloud")
        self.hidden: bool = says.get("hidden", False)
        self.clock_skew: float | None = says.get("skew", 0.0)
        self.users: dict[str, User] = {name: user(name) for name in says.get("users", ("alice",))}
        self.problem: str | None = says.get("problem")
        self.settings = self
        days = says.get("days", 100)
        self.ends: float | None = None if days is None else time.time() + days * DAY + 60
        self.closed = False

    def validate(self) -> None:
        GraphPhotoStore(self.options).validate()

    def open(self) -> str:
        if self.refuses:
            raise StoreError(self.refuses)
        return self.authority

    def token_roles(self) -> tuple[str, ...] | None:
        return self.roles

    def credential_end(self) -> float | None:
        return self.ends

    def get(self) -> PhotoSettings:
        if self.hidden:
            raise SettingsNotThere("no")
        return PhotoSettings(self.source, None)  # type: ignore[arg-type]

    def resolve(self, names: t.Sequence[str]) -> dict[str, User | Unresolved]:
        return {name: self.users.get(name, Unresolved(name, "nobody")) for name in names}

    def observe(self, users: t.Sequence[User], _wanted: t.Any) -> t.Iterator[tuple[User, Observation]]:
        for each in users:
            yield each, Observation(problem=self.problem)

    def close(self) -> None:
        self.closed = True


def cloud(writes: bool = True, options: GraphOptions = GRAPH, **says: t.Any) -> dict[str, Check]:
    tenant = Tenant(options, **says)
    side = Cloud(options, ["alice"], writes=writes, open_store=lambda *a, **k: tenant)  # type: ignore[arg-type, return-value]
    checks = {check.name: check for check in side.checks()}
    assert tenant.closed or checks.get("options", Check("", "fail", "")).status == "fail"
    return checks


def test_a_tenant_in_order() -> None:
    assert {check.status for check in cloud().values()} == {"ok", "skipped"}
    assert [name for name, check in cloud().items() if check.status == "skipped"] == ["receipts file"]


def test_a_tenant_that_is_not_configured_is_skipped() -> None:
    assert [check.status for check in cloud(options=GraphOptions()).values()] == ["skipped"]


def test_options_that_cannot_be_used_are_told_without_asking() -> None:
    checks = cloud(options=GraphOptions(client_secret="hush"))
    assert checks["options"].status == "fail"
    assert "tenant_id" in checks["options"].text
    assert checks["sign-in"].status == "skipped"


def test_a_refused_sign_in_leaves_the_rest_unlooked_at() -> None:
    checks = cloud(refuses="client_secret is wrong")
    assert checks["sign-in"].text == "client_secret is wrong"
    assert {checks[name].status for name in ("permissions", "photo source", "users", "photos")} == {"skipped"}


@pytest.mark.parametrize(
    ("roles", "writes", "expected", "names"),
    [
        (LEAST, True, "ok", ""),
        (("User.Read.All",), True, "fail", "ProfilePhoto.ReadWrite.All"),
        (("ProfilePhoto.Read.All", "User.Read.All"), True, "fail", "ProfilePhoto.ReadWrite.All"),
        (("ProfilePhoto.Read.All", "User.Read.All"), False, "ok", ""),
        ((), True, "fail", "User.Read.All and ProfilePhoto.ReadWrite.All"),
        ((*LEAST, "Mail.ReadWrite"), True, "warn", "Mail.ReadWrite"),
        (("User.ReadWrite.All",), True, "warn", "User.ReadWrite.All"),
        (("ProfilePhoto.ReadWrite.All", "User.Read.All"), False, "ok", "ProfilePhoto.ReadWrite.All"),
        (("ProfilePhoto.ReadWrite.All", "User.Read.All", "Mail.Read"), False, "warn", "needs: Mail.Read"),
        (("User.ReadWrite.All",), False, "warn", "User.ReadWrite.All"),
        (None, True, "warn", "cannot be read"),
    ],
)
def test_permissions(roles: tuple[str, ...] | None, writes: bool, expected: str, names: str) -> None:
    check = cloud(writes=writes, roles=roles)["permissions"]
    assert check.status == expected
    assert names in check.text


def test_who_prepares_a_sync_is_not_told_to_give_up_the_right_to_write() -> None:
    """The first steps ask for this permission before the doctor is called for reading alone."""
    check = cloud(writes=False, roles=("ProfilePhoto.ReadWrite.All", "User.Read.All"))["permissions"]
    assert check.advice.startswith("ProfilePhoto.ReadWrite.All is needed as soon as hybrid.photos.sync runs.")
    assert "For hybrid.photos.drift alone ProfilePhoto.Read.All is enough." in check.advice
    assert cloud(roles=LEAST)["permissions"].advice == ""
    more = cloud(writes=False, roles=("ProfilePhoto.ReadWrite.All", "User.Read.All", "Mail.Read"))["permissions"]
    assert more.advice == "User.Read.All and ProfilePhoto.ReadWrite.All are enough; remove the others."


def test_photo_source() -> None:
    assert cloud(source="on_premises")["photo source"].status == "fail"
    assert cloud(source="on_premises", writes=False)["photo source"].status == "warn"
    assert cloud(source=None)["photo source"].status == "ok"
    both = cloud(source="default")["photo source"]
    assert (both.status, "on-premises" in both.text) == ("ok", True)
    for source in ("cloud", "default", None):
        assert "SetPhotoEnabled" in cloud(source=source)["photo source"].advice
    assert cloud(hidden=True)["photo source"].status == "warn"


def test_users_and_photos_of_the_tenant() -> None:
    nobody = cloud(users=())
    assert (nobody["users"].status, nobody["photos"].status) == ("fail", "skipped")
    assert cloud(problem="no mailbox")["photos"].status == "fail"
    side = Cloud(GRAPH, ["alice", "bob"], open_store=lambda *a, **k: Tenant(GRAPH))  # type: ignore[arg-type, return-value]
    check = next(check for check in side.checks() if check.name == "users")
    assert check.status == "fail", "a sync fails in the end because of Bob"
    assert "bob" in check.text
    assert "known_problems" in check.advice
    side = Cloud(GRAPH, ["alice", "bob"], writes=False, open_store=lambda *a, **k: Tenant(GRAPH))  # type: ignore[arg-type, return-value]
    assert next(check for check in side.checks() if check.name == "users").status == "warn", "drift goes on"


@pytest.mark.parametrize(
    ("days", "expected", "words"),
    [
        (100, "ok", "100 more days"),
        (29, "warn", "29 more days"),
        (-1, "fail", "has expired"),
        (None, "skipped", "not known"),
    ],
)
def test_the_end_of_our_own_secret_is_warned_of_thirty_days_before(days: int | None, expected: str, words: str) -> None:
    check = cloud(days=days)["credential"]
    assert check.status == expected
    assert words in check.text


@pytest.mark.parametrize(("days", "told"), [(10, ["client_secret"]), (-1, ["client_secret"]), (None, [])])
def test_the_end_of_our_own_secret_is_returned_for_the_metrics(days: int | None, told: list[str]) -> None:
    tenant = Tenant(GRAPH, days=days)
    side = Cloud(GRAPH, ["alice"], open_store=lambda *a, **k: tenant)  # type: ignore[arg-type, return-value]
    found = answer("exo", side.checks(), side.found, {}, side.ends)["expires"]
    assert [each["credential"] for each in found] == told
    for each in found:
        ends = datetime.fromisoformat(each["ends"]).timestamp()
        assert abs(ends - time.time() - t.cast("int", days) * DAY) < 120


def test_what_never_ends_is_not_among_what_ends() -> None:
    assert ends_of({"password": float("inf"), "certificate": 0.0}) == [
        {"credential": "certificate", "ends": "1970-01-01T00:00:00Z"}
    ]


def test_graphs_clock() -> None:
    assert cloud(skew=-400.0)["clock"].status == "fail"
    assert cloud(skew=None)["clock"].status == "skipped"


# ------------------------------------------------------------------------------------------------ Active Directory


class Root(t.NamedTuple):
    host: str = "dc1.photos.test"
    domain: str = "photos.test"
    current_time: float | None = None


class Controller:
    """What ad.Domain sees of a DirectoryPhotoStore."""

    base = "DC=photos,DC=test"

    def __init__(self, **says: t.Any) -> None:
        self.root = Root(current_time=time.time() + says.get("skew", 0))
        self.says = says
        self.users = {name: replace(user(name), mailbox=says.get("mailbox")) for name in says.get("users", ("alice",))}

    @property
    def domains(self) -> list[Controller]:
        return [self]

    def open(self) -> str:
        self.connect()
        return "photos.test"

    def connect(self) -> Controller:
        if "refuses" in self.says:
            raise StoreError(self.says["refuses"])
        return self

    def everyone(self, whom: object = None) -> t.Iterator[User]:
        yield from self.users.values()

    def limit(self) -> int | None:
        return self.says.get("limit", 102400)

    def resolve(self, names: t.Sequence[str]) -> dict[str, User | Unresolved]:
        return {name: self.users.get(name, Unresolved(name, "nobody")) for name in names}

    def observe(self, users: t.Sequence[User], _wanted: t.Any) -> t.Iterator[tuple[User, Observation]]:
        for each in users:
            picture = self.says.get("picture")
            yield each, Observation(present=True, bytes=self.says.get("bytes", 5000), picture=picture)

    def close(self) -> None:
        return


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., dict[str, Check]]:
    def examined(options: DirectoryOptions = AD, writes: bool = True, **says: t.Any) -> dict[str, Check]:
        may = says.get("may", frozenset({"thumbnailphoto"}))
        days = says.get("days", 100)
        monkeypatch.setattr(ad, "writable", lambda _c, _b, users: [(each.id, may) for each in users])
        monkeypatch.setattr(ad, "certificate_end", lambda _o: None if days is None else time.time() + days * DAY)
        monkeypatch.setattr(ad.Domain, "reach", lambda _self: ok("there"))
        ends = says.get("password", 100)
        monkeypatch.setattr(ad, "password_end", lambda _c: None if ends is None else time.time() + ends * DAY)
        controller = Controller(**says)
        side = ad.Domain(options, ["alice"], writes=writes, open_store=lambda *a, **k: controller)  # type: ignore[arg-type, return-value]
        return {check.name: check for check in side.checks()}

    return examined


Examine = t.Callable[..., dict[str, Check]]


def test_a_domain_in_order(domain: Examine) -> None:
    assert [name for name, check in domain().items() if check.status != "ok"] == ["receipts file"]


@pytest.mark.parametrize(
    ("days", "expected"), [(31, "ok"), (29, "warn"), (-2, "fail"), (None, "skipped"), (float("inf"), "ok")]
)
def test_the_end_of_our_own_password_is_warned_of_thirty_days_before(
    domain: Examine, days: float | None, expected: str
) -> None:
    assert domain(password=days)["password"].status == expected


def test_a_domain_that_is_not_configured_is_skipped(domain: Examine) -> None:
    assert [check.status for check in domain(DirectoryOptions("")).values()] == ["skipped"]


def test_a_refused_bind_leaves_the_rest_unlooked_at(domain: Examine) -> None:
    checks = domain(refuses="username or password is wrong")
    assert checks["sign-in"].status == "fail"
    assert {checks[name].status for name in ("clock", "search base", "users", "right to write")} == {"skipped"}


def test_a_controller_that_is_not_well_is_a_warning_while_another_one_is(
    domain: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = replace(AD, servers=("dc1.photos.test", "dc2.photos.test"))
    assert domain(two)["domain controllers"].text == "domain controllers named: dc1.photos.test, dc2.photos.test"

    def ends(options: DirectoryOptions) -> float:
        if options.server in broken:
            raise OSError
        return time.time() + 100 * DAY

    def examined() -> str:
        side = ad.Domain(two, ["alice"], open_store=lambda *a, **k: Controller())  # type: ignore[arg-type, return-value]
        return {check.name: check for check in side.checks()}["certificate"].status

    monkeypatch.setattr(ad, "certificate_end", ends)
    monkeypatch.setattr(ad.diagnose, "why_no_connection", lambda o: f"{o.place}: its certificate is not right")
    broken = {"dc1.photos.test"}
    assert examined() == "warn"
    broken = {"dc1.photos.test", "dc2.photos.test"}
    assert examined() == "fail"


def test_certificates_about_to_end_or_not_compared(domain: Examine) -> None:
    assert domain(days=10)["certificate"].status == "warn"
    assert domain(days=None)["certificate"].status == "warn"
    loose = DirectoryOptions("dc1", username="a", password="b", cert_validation="ignore_hostname")
    assert domain(loose)["certificate"].status == "warn"


def test_the_right_to_write(domain: Examine) -> None:
    assert domain(may=frozenset())["right to write"].status == "fail"
    assert "dsacls" in domain(may=frozenset())["right to write"].advice
    assert domain(may=frozenset(), writes=False)["right to write"].status == "ok"
    more = domain(may=frozenset({"thumbnailphoto", "unicodepwd"}))["right to write"]
    assert more.status == "warn"
    assert "unicodepwd" in more.text


def test_photos_over_the_limit_of_entra_id(domain: Examine) -> None:
    assert domain(bytes=10240)["limit of Entra ID"].status == "ok"
    assert "10,241 bytes" in domain(bytes=10241)["limit of Entra ID"].text
    assert domain(bytes=10241)["limit of Entra ID"].status == "warn"


def test_photos_that_are_base64_text(domain: Examine) -> None:
    text = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(300))
    check = domain(picture=text)["photos as text"]
    assert (check.status, "alice" in check.text, "replaces" in check.advice) == ("warn", True, True)
    assert domain(picture=b"\xff\xd8\xff\xe0" + bytes(300))["photos as text"].status == "ok"


def test_range_upper(domain: Examine) -> None:
    assert domain(limit=None)["largest photo"].status == "warn"
    assert domain(limit=8192)["largest photo"].status == "fail"


def test_mailboxes_on_premises_are_counted(domain: Examine) -> None:
    assert domain()["mailboxes"].status == "ok"
    found = domain(mailbox="on_premises")["mailboxes"]
    assert (found.status, "1 of 1 user" in found.text, "alice" in found.text) == ("warn", True, True)
    assert domain(mailbox="cloud")["mailboxes"].status == "ok"


def test_the_controllers_clock(domain: Examine) -> None:
    assert domain(skew=400)["clock"].status == "warn"
    kerberos = DirectoryOptions("dc1", auth_protocol="kerberos", tls_mode="none")
    assert domain(kerberos, skew=400)["clock"].status == "fail"


def test_an_empty_search_base(domain: Examine) -> None:
    assert domain(users=())["search base"].status == "fail"


# ---------------------------------------------------------------------------------------------------------- together


def people(**ids: str | None) -> dict[str, tuple[str, str | None]]:
    return {name: (name, immutable) for name, immutable in ids.items()}


def test_identities_that_do_not_belong_together() -> None:
    assert diagnosis.identities(people(a="1", b="2"), people(a="1", b="2")).status == "ok"
    check = diagnosis.identities(people(a="1", b="2"), people(a="1", b="3"))
    assert (check.status, "b" in check.text) == ("fail", True)
    assert diagnosis.identities(people(a="1"), people(a=None)).status == "warn"
    assert diagnosis.identities(None, people(a="1")).status == "skipped"


def result(target: str, checks: t.Sequence[Check], *users: User) -> dict[str, t.Any]:
    return answer(target, checks, {each.identity: each for each in users}, {})


def test_the_two_sides_are_joined() -> None:
    machine = Check("Python", "ok", "Python 3.11", area="machine")
    both = [
        result("ad", [machine, Check("sign-in", "ok", "in", area="ad")], user("alice")),
        result("exo", [machine, Check("sign-in", "fail", "out", "do it", area="exo")], user("alice")),
    ]
    told = diagnosis.diagnosis({"results": both, "targets": ["ad", "exo"]})
    assert not told["ok"]
    assert told["counts"] == {"ok": 3, "warn": 0, "fail": 1, "skipped": 0}
    assert sum("Python 3.11" in line for line in told["lines"]) == 1
    assert any(line.strip() == "-> do it" for line in told["lines"])
    assert told["lines"][-1] == "A run would fail. 3 ok, 0 warnings, 1 failed."
    assert json.loads(diagnosis.as_json(told))["counts"]["fail"] == 1


def libraries_of(target: str, own: Check) -> dict[str, t.Any]:
    pillow = Check("libraries", "ok", "Pillow 12.0", area="machine")
    return result(
        target, [pillow, replace(own, area="machine"), Check("sign-in", "ok", "in", area=t.cast(t.Any, target))]
    )


def test_the_libraries_of_all_targets_are_told_once() -> None:
    good = [
        libraries_of("ad", Check("libraries", "ok", "python-ldap 3.4")),
        libraries_of("exo", Check("libraries", "ok", "msal 1.28, requests 2.31")),
    ]
    told = diagnosis.diagnosis({"results": good, "targets": ["ad", "exo"]})
    lines = [line.split() for line in told["lines"] if "libraries" in line]
    assert lines == [["ok", "libraries", "Pillow", "12.0,", "python-ldap", "3.4,", "msal", "1.28,", "requests", "2.31"]]
    missing = Check("libraries", "fail", "missing or broken: msal (No module named 'msal')", "pip install msal")
    told = diagnosis.diagnosis({"results": [good[0], libraries_of("exo", missing)], "targets": ["ad", "exo"]})
    texts = [check["text"] for check in told["checks"] if check["name"] == "libraries"]
    assert texts == ["Pillow 12.0, python-ldap 3.4", missing.text]


def test_a_library_that_all_targets_need_is_a_check_of_its_own() -> None:
    steps = environment.steps(environment.GRAPH, None, "exo")
    texts = [step.make().text for step in steps if step.name == "libraries"]
    assert [("Pillow" in text, "msal" in text) for text in texts] == [(True, False), (False, True)]


def test_a_module_that_could_not_run_is_a_failed_check() -> None:
    told = diagnosis.diagnosis({"results": [{"target": "ad", "msg": "it broke"}], "targets": ["ad"]})
    assert not told["ok"]
    assert [check["text"] for check in told["checks"] if check["status"] == "fail"] == ["it broke"]
    assert [c["text"] for c in told["checks"] if c["area"] == "exo"] == ["not asked for"]


def one_is_not_configured(*targets: str) -> t.Any:
    """A diagnosis in which only Exchange Online was checked, and these targets have no connection."""
    results = [result("exo", [Check("sign-in", "ok", "in", area="exo")], user("alice"))]
    results += [result(name, [Check("connection", "skipped", "not configured", area=name)]) for name in targets]  # type: ignore[arg-type]
    return diagnosis.diagnosis({"results": results, "targets": ["exo", *targets]})


def test_the_last_line_says_that_a_run_with_a_target_that_is_not_configured_fails() -> None:
    one = one_is_not_configured("ad")
    assert one["ok"]
    assert one["lines"][-1] == (
        "Nothing stops a run without Active Directory. A run with it fails, because it is not configured. "
        "1 ok, 0 warnings, 0 failed."
    )
    assert any("-> Configure it, or leave it out of the targets" in line for line in one["lines"])
    assert one_is_not_configured("ad", "exchange")["lines"][-1].startswith(
        "Nothing stops a run without Active Directory and Exchange Server. A run with them fails, because they are not "
    )


def test_a_target_that_nobody_asked_for_is_missed_by_nobody() -> None:
    told = one_is_not_configured()
    assert told["lines"][-1].startswith("Nothing stops a run. ")
    assert not any("Configure it" in line for line in told["lines"])


def test_users_are_not_called_declared_where_they_were_named() -> None:
    some = found("in the tenant", 2, 1, ["bob"], option="doctor_exo_match_by", stops=True)
    assert some.text == "1 of 2 users are in the tenant; not: bob"
    none = found("in the tenant", 1, 0, ["bob"], option="doctor_exo_match_by", stops=True)
    assert none.text == "0 of 1 user is in the tenant; not: bob"
    assert none.advice.startswith("Are the names right, are they values of doctor_exo_match_by,")
    both = found("in the tenant", 2, 2, [], option="match_by", stops=True)
    assert both.text == "all 2 users are in the tenant"


def test_nothing_looked_at_is_no_good_news() -> None:
    nothing = [
        result(target, [Check("connection", "skipped", "not configured", area=target)]) for target in ("ad", "exo")
    ]  # type: ignore[arg-type]
    assert not diagnosis.diagnosis({"results": nothing, "targets": ["ad", "exo"]})["ok"]
