# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory store against a real domain controller (Samba AD DC of the sandbox).

PYTHONPATH=.dev:tests/sandbox tests/sandbox/sandbox run --netns --only domain -- pytest tests/integration/stores
"""

from __future__ import annotations

import base64
import io
import json
import os
import random
import signal
import socket
import string
import subprocess
import threading
import time
import typing as t
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("ldap")
if "HYBRID_PHOTOS_SANDBOX" not in os.environ:
    pytest.skip("needs the sandbox: tests/sandbox/sandbox run --netns -- pytest ...", allow_module_level=True)

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Observation,
    Outcome,
    PhotoError,
    Recipe,
    Source,
    StoreError,
    Unresolved,
    User,
    Write,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._directory import lookup, modify, session
from ansible_collections.hybrid.photos.plugins.module_utils._directory import people as names
from ansible_collections.hybrid.photos.plugins.module_utils._directory.access import sid_text
from ansible_collections.hybrid.photos.plugins.module_utils._directory.connection import Connection
from ansible_collections.hybrid.photos.plugins.module_utils._directory.errors import DirectoryGone
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.rights import writable
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import Notebook
from ca import Authority
from domain import controller
from domain.control import Domain, connection
from PIL import Image
from processes import Process

SANDBOX = Path(os.environ["HYBRID_PHOTOS_SANDBOX"])
TOLD: dict[str, str] = json.loads((SANDBOX / "sandbox.json").read_text())["domain"]
UPN = "@photos.test"
#: This domain's schema is not extended for Exchange.
WITHOUT_EXCHANGE = [match_by for match_by in names.MATCH_BY if match_by not in names.EXTENSIONS]


def options(**changes: t.Any) -> DirectoryOptions:
    return DirectoryOptions.from_params(connection(SANDBOX) | changes)


@pytest.fixture(scope="module")
def door() -> t.Iterator[Domain]:
    door = Domain.from_sandbox(SANDBOX)
    yield door
    door.close()


@pytest.fixture
def store() -> t.Iterator[DirectoryPhotoStore]:
    store = DirectoryPhotoStore(options())
    yield store
    store.close()


@pytest.fixture
def people(door: Domain) -> t.Iterator[list[str]]:
    """Thirty users of this test's own, each with a photo of random bytes, gone afterwards."""
    mark = "".join(random.choices(string.ascii_lowercase, k=8))
    upns = [f"{mark}{number:02d}{UPN}" for number in range(30)]
    for number, upn in enumerate(upns):
        sam = upn.partition("@")[0]
        door.add_user(
            upn, sam, mail=f"{sam}@mail.test", employeeID=f"{mark}{number}", employeeNumber=f"{mark}-{number}",
            proxyAddresses=f"SMTP:{sam}@proxy.test", thumbnailPhoto=os.urandom(700 + number),
        )  # fmt: skip
    yield upns
    for dn, _entry in door.search(f"(&(objectClass=user)(sAMAccountName={mark}*))", ["cn"]):
        door.delete(dn)


def resolve(store: DirectoryPhotoStore, identities: t.Sequence[str]) -> list[User]:
    found = store.resolve(identities)
    assert list(found) == list(identities)
    return [t.cast(User, found[i]) for i in identities if isinstance(found[i], User)]


def nothing_wanted(_user: User, _tag: str | None) -> bool:
    return False


# -- signing in -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ambient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket of the writing account, as kinit leaves it."""
    cache = f"FILE:{tmp_path / 'cache'}"
    monkeypatch.setenv("KRB5CCNAME", cache)
    monkeypatch.setenv("KRB5_CONFIG", TOLD["krb5_conf"])
    subprocess.run(["kinit", "-k", "-t", TOLD["keytab"], TOLD["principal"]], check=True)


def works(chosen: DirectoryOptions) -> None:
    store = DirectoryPhotoStore(chosen)
    try:
        assert store.blocked() is None
        assert (store.authority, store.limit()) == ("photos.test", 102400)
        assert store.root.invocation_id
        assert any(True for _user in store.everyone())
    finally:
        store.close()


@pytest.mark.parametrize("mode", ["ldaps", "start_tls"])
@pytest.mark.parametrize(
    "username", [TOLD["username"], "PHOTOS\\svc-photos", "CN=svc-photos,CN=Users,DC=photos,DC=test"]
)
def test_simple_sign_in(mode: str, username: str) -> None:
    works(options(tls_mode=mode, username=username))


@pytest.mark.usefixtures("ambient")
@pytest.mark.parametrize("mode", ["ldaps", "start_tls", "none"])
def test_kerberos_with_a_ticket(mode: str) -> None:
    works(options(tls_mode=mode, auth_protocol="kerberos", username=None, password=None))


@pytest.mark.parametrize("mode", ["ldaps", "none"])
@pytest.mark.parametrize("username", [TOLD["username"], "svc-photos"])
def test_kerberos_with_a_password_leaves_nothing_behind(
    mode: str, username: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("KRB5_CONFIG", TOLD["krb5_conf"])
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'not-there'}")
    works(options(tls_mode=mode, auth_protocol="kerberos", username=username))
    assert list(tmp_path.iterdir()) == []
    assert os.environ["KRB5CCNAME"].endswith("not-there")


@pytest.mark.usefixtures("ambient")
def test_kerberos_without_tls_is_sealed() -> None:
    chosen = options(tls_mode="none", auth_protocol="kerberos", username=None, password=None)
    connection = Connection(chosen)
    connection.open()
    assert connection.session._ldap.get_option(session.ldap.OPT_X_SASL_SSF) >= 56
    connection.close()


@pytest.mark.usefixtures("ambient")
def test_kerberos_without_tls_that_would_not_seal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SEALED", 100_000)  # stronger than anything there is
    with pytest.raises(StoreError, match=r"cannot sign in|did not seal"):
        works(options(tls_mode="none", auth_protocol="kerberos", username=None, password=None))


def test_ignored_names_still_check_the_authority(tmp_path: Path) -> None:
    works(options(server="localhost", cert_validation="ignore_hostname"))
    other = Authority(tmp_path, "Other CA")
    del other
    with pytest.raises(StoreError, match="not signed by an authority"):
        works(options(cert_validation="ignore_hostname", ca_cert=str(tmp_path / "ca.pem")))
    works(options(server="localhost", cert_validation="ignore", ca_cert=str(tmp_path / "ca.pem")))


def test_settings_of_one_connection_are_not_those_of_the_next(tmp_path: Path) -> None:
    Authority(tmp_path, "Other CA")
    works(options(cert_validation="ignore"))
    with pytest.raises(StoreError, match="not signed by an authority"):
        works(options(ca_cert=str(tmp_path / "ca.pem")))
    works(options())


@pytest.mark.parametrize("mode", ["ldaps", "start_tls"])
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password": "wrong-Pass-1"}, r"username .* or password \(HYBRID_PHOTOS_AD_PASSWORD\) is wrong"),
        ({"username": "nobody@photos.test"}, r"username .* or password \(HYBRID_PHOTOS_AD_PASSWORD\) is wrong"),
        ({"server": "localhost"}, "certificate is not for the name localhost.*cert_validation"),
        ({"ca_cert": "OTHER"}, r"not signed by an authority trusted by ca_cert \(HYBRID_PHOTOS_AD_CA_CERT\)"),
        ({"ca_cert": None}, "not signed by an authority trusted by this host"),
        ({"port": 1}, r"connection refused.*check server \(HYBRID_PHOTOS_AD_SERVER\), port"),
        ({"server": "no-such-host.invalid"}, "not a name that this host can resolve"),
        ({"search_base": "OU=Nowhere,DC=photos,DC=test"}, "search_base"),
        ({"search_base": "OU=People,DC=other,DC=test"}, "search_base"),
    ],
)
def test_bad_sign_in_says_what_to_do(mode: str, changes: dict[str, t.Any], says: str, tmp_path: Path) -> None:
    if changes.get("ca_cert") == "OTHER":
        Authority(tmp_path, "Other CA")
        changes = {"ca_cert": str(tmp_path / "ca.pem")}
    with pytest.raises(StoreError, match=says) as failure:
        works(options(tls_mode=mode, **changes))
    assert TOLD["password"] not in str(failure.value)
    assert "wrong-Pass-1" not in str(failure.value)


def test_the_wrong_port_of_the_right_server() -> None:
    with pytest.raises(StoreError, match=r"does not speak TLS|ended the TLS"):
        works(options(port=389))
    with pytest.raises(StoreError, match="does not offer StartTLS"):
        works(options(tls_mode="start_tls", port=636))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password": "wrong-Pass-1"}, r"password \(HYBRID_PHOTOS_AD_PASSWORD\) is wrong"),
        ({"username": "nobody@PHOTOS.TEST"}, "no such account"),
        ({"username": "svc-photos@NOWHERE.TEST"}, "Kerberos service is not found"),
        ({"server": "localhost", "cert_validation": "ignore_hostname"}, "not a name that Kerberos knows"),
        ({"username": None, "password": None}, "there is no Kerberos ticket"),
    ],
)
def test_bad_kerberos_says_what_to_do(
    changes: dict[str, t.Any], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRB5_CONFIG", TOLD["krb5_conf"])
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'not-there'}")
    with pytest.raises(StoreError, match=says) as failure:
        works(options(tls_mode="none", auth_protocol="kerberos", **changes))
    assert "wrong-Pass-1" not in str(failure.value)


@pytest.mark.parametrize("mode", ["ldaps", "start_tls"])
def test_a_silent_server_does_not_hold_us(mode: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(DirectoryGone):
            works(options(server="127.0.0.1", port=silent.getsockname()[1], tls_mode=mode, timeout=1))
        assert time.monotonic() - began < 10


# -- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("match_by", WITHOUT_EXCHANGE)
def test_every_way_to_name_a_user(match_by: names.MatchBy, door: Domain, people: list[str]) -> None:
    dn, entry = door.entry(people[3])
    special = {
        "distinguishedName": dn,
        "objectGUID": str(door.guid(people[3])).upper(),
        "objectSid": door.sid(dn),
        "onPremisesImmutableId": base64.b64encode(door.guid(people[3]).bytes_le).decode(),
        "proxyAddresses": f"{people[3].partition('@')[0]}@proxy.test",
    }
    identity = special.get(match_by) or entry[match_by][0].decode()
    store = DirectoryPhotoStore(options(), match_by=match_by)
    spellings = (identity,) if match_by == names.ANCHOR else (identity, identity.upper(), identity.lower())
    for spelled in spellings:
        (user,) = resolve(store, [spelled])
        assert (user.id, user.handle, user.identity) == (str(door.guid(people[3])), dn, spelled)
        ((_user, seen),) = store.read([user])
        assert seen.picture == door.photo(people[3])
    store.close()


def test_many_at_once_and_twice(store: DirectoryPhotoStore, people: list[str]) -> None:
    spelled = [*people, *(p.upper() for p in people), *(f"nobody{n}{UPN}" for n in range(300))]
    found = store.resolve(spelled)
    assert sum(isinstance(answer, User) for answer in found.values()) == 60
    assert {found[p].id for p in people} == {found[p.upper()].id for p in people}
    assert store.requests < 12


def test_an_attribute_without_index_is_walked_once(people: list[str]) -> None:
    mark = people[0][:8]
    store = DirectoryPhotoStore(options(), match_by="employeeID")
    found = store.resolve([f"{mark}{n}" for n in range(250)])
    assert sum(isinstance(answer, User) for answer in found.values()) == 30
    assert store.requests < 8
    store.close()


def test_two_accounts_with_one_address_are_nobody(door: Domain, people: list[str]) -> None:
    for upn in people[:2]:
        door.set(upn, "mail", "twins@mail.test")
    store = DirectoryPhotoStore(options(), match_by="mail")
    answer = store.resolve(["twins@mail.test"])["twins@mail.test"]
    assert isinstance(answer, Unresolved)
    assert all(door.entry(upn)[0] in answer.reason for upn in people[:2])
    store.close()


def test_computers_are_not_users() -> None:
    store = DirectoryPhotoStore(options(), match_by="sAMAccountName")
    assert isinstance(store.resolve(["DC1$"])["DC1$"], Unresolved)
    assert not any(user.identity.endswith("$") for user in store.everyone())
    store.close()


def test_the_anchor_of_the_cloud(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    door.set(people[0], "mS-DS-ConsistencyGuid", bytes(range(16)))
    first, second = resolve(store, people[:2])
    assert first.immutable_id == base64.b64encode(bytes(range(16))).decode()
    assert second.immutable_id == base64.b64encode(door.guid(people[1]).bytes_le).decode()
    by_anchor = DirectoryPhotoStore(options(), match_by="onPremisesImmutableId")
    former = base64.b64encode(door.guid(people[0]).bytes_le).decode()
    found = by_anchor.resolve([first.immutable_id, str(second.immutable_id), former])
    assert [user.id for user in found.values() if isinstance(user, User)] == [first.id, second.id]
    assert isinstance(found[former], Unresolved), "who has an anchor of their own does not answer to the objectGUID"
    assert len(dict(by_anchor.read([t.cast(User, found[first.immutable_id])]))) == 1
    by_anchor.close()


EXAMPLES = int(os.environ.get("HYBRID_PHOTOS_EXAMPLES", "150"))
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="()*\\&|!=<>~,+\"';#/%\x00\n\r\t é😀aA0@.-", max_size=30),
    st.text(alphabet="aé(*\\", min_size=290, max_size=1100),
    st.sampled_from(
        ["*", "*)(objectClass=*", "a*", "\\2a", "(|(cn=*))", "%s", "$(id)", "\ud800", "CN=", ",,,", "DC=photos,DC=test"]
    ),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=8), st.sampled_from(WITHOUT_EXCHANGE))
def test_hostile_names_are_never_somebody_else(names: list[str], match_by: names.MatchBy) -> None:
    store = HOSTILE_STORES.setdefault(match_by, DirectoryPhotoStore(options(), match_by=match_by))
    found = store.resolve([*names, HOSTILE_KNOWN[match_by]])
    assert isinstance(found[HOSTILE_KNOWN[match_by]], User), "a hostile neighbour must not hide a user"
    for name in names:
        if not isinstance(found[name], Unresolved):
            assert name.strip().lower() in HOSTILE_EXISTING[match_by]


HOSTILE_STORES: dict[str, DirectoryPhotoStore] = {}
HOSTILE_KNOWN: dict[str, str] = {}
HOSTILE_EXISTING: dict[str, set[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def hostile_world(door: Domain) -> t.Iterator[None]:
    """Accounts whose names are as hostile as a directory takes, and what there is to be found."""
    hostile = ["o'hara(x)*", "a\\b&c|d", "zoë+tag", "semi;colon=x", "ab"]
    for number, name in enumerate(hostile):
        door.add_user(
            f"{name}{UPN}", f"hostile{number}", name=name, mail=f"{name}@mail.test", employeeID=f"h*({number}",
            employeeNumber=f"n*({number}", proxyAddresses=f"SMTP:{name}@proxy.test",
        )  # fmt: skip
    for match_by in WITHOUT_EXCHANGE:
        attribute = {"distinguishedName": "objectGUID", names.ANCHOR: "objectGUID"}.get(match_by, match_by)
        rows = door.search(f"(&(objectCategory=person)(objectClass=user)({attribute}=*))", [attribute])
        texts = [as_text(match_by, dn, e[attribute][0]) for dn, e in rows]
        HOSTILE_EXISTING[match_by] = {text.lower() for text in texts}
        HOSTILE_KNOWN[match_by] = min([text for text in texts if "(" in text or "0" in text] or texts)
    yield
    for store in HOSTILE_STORES.values():
        store.close()
    for name in hostile:
        door.delete_user(f"{name}{UPN}")


def as_text(match_by: str, dn: str, raw: bytes) -> str:
    """What a definition calls the user with this attribute."""
    if match_by == "distinguishedName":
        return dn
    if match_by == names.ANCHOR:
        return base64.b64encode(raw).decode()
    if match_by == "objectSid":
        return sid_text(raw)
    return str(uuid.UUID(bytes_le=raw)) if match_by == "objectGUID" else raw.decode().removeprefix("SMTP:")


def test_an_attribute_that_the_schema_does_not_have_is_named() -> None:
    store = DirectoryPhotoStore(options(), match_by="extensionAttribute3")
    with pytest.raises(StoreError, match=r"match_by extensionAttribute3: the schema of photos\.test"):
        store.resolve(["10234"])
    store.close()


def test_hostile_accounts_are_found_by_their_own_names(door: Domain, store: DirectoryPhotoStore) -> None:
    names = [f"o'hara(x)*{UPN}", f"a\\b&c|d{UPN}", f"zoë+tag{UPN}", f"ZOË+TAG{UPN}", f"semi;colon=x{UPN}"]
    assert [u.id for u in resolve(store, names)] == [str(door.guid(n)) for n in names]
    near = store.resolve([f"zoe+tag{UPN}"])[f"zoe+tag{UPN}"]
    assert isinstance(near, Unresolved)
    by_dn = DirectoryPhotoStore(options(), match_by="distinguishedName")
    dns = list(dict.fromkeys(door.entry(n)[0] for n in names))
    assert [u.handle for u in resolve(by_dn, dns)] == dns
    by_dn.close()


# -- what -------------------------------------------------------------------------------------------------------------


def test_photos_as_they_are(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    door.set_photo(people[5], None)
    seen = {user.identity: what for user, what in store.observe(resolve(store, people), nothing_wanted)}
    assert len(seen) == 30
    assert seen[people[5]] == Observation(present=False)
    for upn in people[6:]:
        photo = door.photo(upn)
        assert photo is not None
        assert (seen[upn].picture, seen[upn].tag, seen[upn].bytes) == (photo, sha256(photo), len(photo))


def test_who_went_away_in_between(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    users = resolve(store, people[:3])
    door.delete_user(people[0])
    door.rename(people[1], f"renamed-{people[1]}")
    seen = {user.identity: what for user, what in store.read(users)}
    assert "not found any more" in (seen[people[0]].problem or "")
    assert f"renamed-{people[1]}" in (seen[people[1]].problem or "")
    assert seen[people[2]].present
    results = dict(store.write([Write(users[0], b"new", None), Write(users[2], b"new", seen[people[2]].tag)]))
    assert "account is gone" in (results[users[0]].error or "")
    assert results[users[2]].status == "written"


def test_compare_and_swap(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    users = resolve(store, people)
    seen = dict(store.read(users))
    door.set_photo(people[0], b"by hand")
    door.set_photo(people[1], b"by hand")
    door.set_photo(people[2], None)
    door.set_photo(people[3], b"by hand")
    writes = [
        Write(users[0], b"ours", seen[users[0]].tag),
        Write(users[1], b"ours", seen[users[1]].tag, seen[users[1]].picture),
        Write(users[2], b"ours", seen[users[2]].tag, seen[users[2]].picture),
        Write(users[3], b"ours", None),
        Write(users[4], None, seen[users[4]].tag),
        Write(users[5], None, seen[users[5]].tag, seen[users[5]].picture),
        *(Write(user, b"ours" + user.id.encode(), seen[user].tag) for user in users[6:]),
    ]
    results = {user.identity: result.status for user, result in store.write(writes)}
    assert results == {p: "conflict" if at < 4 else "written" for at, p in enumerate(people)}
    assert [door.photo(p) for p in people[:6]] == [b"by hand", b"by hand", None, b"by hand", None, None]
    assert all(door.photo(u.identity) == b"ours" + u.id.encode() for u in users[6:])


def test_too_large(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    (user,) = resolve(store, people[:1])
    ((_user, seen),) = store.read([user])
    ((_user, result),) = store.write([Write(user, b"x" * 102401, seen.tag)])
    assert result.status == "failed"
    assert "at most 102400 bytes" in (result.error or "")
    assert door.photo(people[0]) == seen.picture
    ((_user, result),) = store.write([Write(user, b"x" * 102400, seen.tag)])
    assert result.status == "written"


def test_an_account_without_the_right(door: Domain, people: list[str]) -> None:
    store = DirectoryPhotoStore(options(username=TOLD["reader_username"], password=TOLD["reader_password"]))
    users = resolve(store, people[:3])
    seen = dict(store.read(users))
    before = door.highest_usn()
    assert not any("thumbnailphoto" in may for _id, may in writable(store.connect(), store.base, users))
    results = [result for _user, result in store.write([Write(u, b"ours", seen[u].tag) for u in users])]
    assert [r.status for r in results] == ["failed"] * 3
    assert all("grant it Write Property on thumbnailPhoto" in (r.error or "") for r in results)
    assert door.highest_usn() == before
    store.close()


READ_PHOTO, READ_PERMISSIONS = "OD;;RP;8d3bca50-1d7e-11d0-a081-00aa006c33ed", "D;;RC;"


def deny(door: Domain, upn: str, right: str) -> None:
    """Take one right on a user away from the writing account."""
    dn, _entry = door.entry(upn, ["cn"])
    account = door.sid(f"CN=svc-photos,CN=Users,{TOLD['base']}")
    files = controller.Files(Path(TOLD["root"]))
    controller._tool(
        files, "dsacl", "set", f"--configfile={files.conf}", f"--objectdn={dn}", "--action=deny",
        f"--sddl=({right};;{account})", "-H", str(files.samba / "private" / "sam.ldb"),
    )  # fmt: skip


def test_a_photo_that_is_held_back_is_not_overwritten(
    door: Domain, store: DirectoryPhotoStore, people: list[str]
) -> None:
    deny(door, people[0], READ_PHOTO)
    held = door.photo(people[0])
    door.set_photo(people[1], None)
    seen = glimpsed(store, people[:2])
    assert "may not read thumbnailPhoto" in (seen[people[0]].problem or "")
    assert seen[people[1]] == Observation(present=False)
    users = resolve(store, people[:2])
    assert {user.identity: what for user, what in store.read(users)} == seen
    door.set_photo(people[1], b"by hand")
    results = dict(store.write([Write(u, b"ours", None) for u in users]))
    assert (results[users[0]].status, results[users[1]].status) == ("failed", "conflict")
    assert "Read Property on thumbnailPhoto" in (results[users[0]].error or "")
    assert door.photo(people[0]) == held


def run(store: DirectoryPhotoStore, definitions: list[Definition], recipe: Recipe) -> list[Outcome]:
    """A run without receipts and without guards."""
    unlimited = Limit.parse("max_removed", "100%")
    done = reconcile(definitions, store, Settings(recipe, "userPrincipalName", unlimited, unlimited), Services())
    assert done.error is None
    return done.outcomes


def test_a_photo_that_may_not_be_read_is_no_photo_that_is_not_there(
    door: Domain, store: DirectoryPhotoStore, people: list[str]
) -> None:
    deny(door, people[0], READ_PHOTO)
    deny(door, people[1], READ_PERMISSIONS)
    held = door.photo(people[0])
    for upn in people[1:3]:
        door.set_photo(upn, None)
    outcomes = run(store, [Definition(upn, "absent") for upn in people[:3]], Recipe(96, 10_240))
    assert [outcome.change.drift for outcome in outcomes] == ["unavailable", "unavailable", "in_sync"]
    assert "Read Property on thumbnailPhoto" in outcomes[0].change.reason
    assert "Read Permissions on users" in outcomes[1].change.reason
    assert door.photo(people[0]) == held


def test_a_picture_over_the_schema_s_limit_is_refused_before_anything_is_written(
    door: Domain, store: DirectoryPhotoStore, people: list[str]
) -> None:
    noise = Image.frombytes("RGB", (600, 600), os.urandom(3 * 600 * 600))
    file = io.BytesIO()
    noise.save(file, "PNG")
    before = door.highest_usn()
    (outcome,) = run(store, [Definition(people[0], source=Source(content=file.getvalue()))], Recipe(600, 1_000_000))
    assert (outcome.change.drift, outcome.change.action) == ("unavailable", "none")
    assert people[0] in outcome.change.reason
    assert "takes 102,400" in outcome.change.reason
    assert door.highest_usn() == before


def test_the_right_can_be_asked_for_without_a_write(
    door: Domain, store: DirectoryPhotoStore, people: list[str]
) -> None:
    before = door.highest_usn()
    users = resolve(store, people)
    may = dict(writable(store.connect(), store.base, users))
    assert [may[user.id] for user in users] == [frozenset({"thumbnailphoto"})] * 30
    administrator = DirectoryPhotoStore(options(), match_by="sAMAccountName")
    ((_id, names_),) = writable(store.connect(), store.base, resolve(administrator, ["Administrator"]))
    assert "thumbnailphoto" not in names_
    administrator.close()
    assert door.highest_usn() == before


# -- a controller that goes away ---------------------------------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "CLAUSES", 5)
    monkeypatch.setattr(names.chunks, "__defaults__", (5,))
    monkeypatch.setattr(session, "PAGE", 5)
    monkeypatch.setattr(modify, "WINDOW", 4)


@pytest.mark.usefixtures("small_pieces")
def test_a_restart_in_the_middle_of_reading(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    users = resolve(store, people)
    seen: dict[str, Observation] = {}
    restarts = 0
    for user, what in store.read(users):
        if len(seen) in (7, 19):
            door.stop(kill=True)
            threading.Timer(1.0, door.start).start()
            restarts += 1
        seen[user.identity] = what
    assert restarts == 2
    assert {p: what.picture for p, what in seen.items()} == {p: door.photo(p) for p in people}


@pytest.mark.usefixtures("small_pieces")
def test_a_restart_in_the_middle_of_looking(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    seen: list[tuple[str, bytes | None]] = []

    def on_observed(some: t.Sequence[tuple[User, Observation]]) -> None:
        if 5 <= len(seen) < 10:
            door.stop(kill=True)
            threading.Timer(1.0, door.start).start()
        seen.extend((user.identity, what.picture) for user, what in some)

    assert all(isinstance(answer, User) for answer in store.resolve(people, on_observed).values())
    assert seen == [(p, door.photo(p)) for p in people]


@pytest.mark.usefixtures("small_pieces")
def test_a_restart_in_the_middle_of_listing(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    listed: list[str] = []
    for user in store.everyone():
        if len(listed) == 12:
            door.stop(kill=True)
            threading.Timer(1.0, door.start).start()
        listed.append(user.id)
    assert len(listed) == len(set(listed))
    assert {str(door.guid(p)) for p in people} <= set(listed)


@pytest.mark.usefixtures("small_pieces")
def test_a_restart_in_the_middle_of_writing(door: Domain, store: DirectoryPhotoStore, people: list[str]) -> None:
    users = resolve(store, people)
    seen = dict(store.read(users))
    results: dict[str, str] = {}
    for user, result in store.write([Write(u, b"ours" + u.id.encode(), seen[u].tag, seen[u].picture) for u in users]):
        results[user.identity] = result.status
        if len(results) == 6:
            door.stop(kill=True)
            threading.Timer(1.0, door.start).start()
    assert set(results) == set(people)
    assert set(results.values()) <= {"written", "uncertain"}
    assert 1 <= list(results.values()).count("uncertain") <= 4
    for user in users:
        held = door.photo(user.identity)
        if results[user.identity] == "written":
            assert held == b"ours" + user.id.encode()
        else:
            assert held in (b"ours" + user.id.encode(), seen[user].picture)


def test_a_controller_that_stays_away(door: Domain, people: list[str]) -> None:
    store = DirectoryPhotoStore(options(timeout=2))
    users = resolve(store, people)
    door.stop(kill=True)
    try:
        began = time.monotonic()
        with pytest.raises(StoreError, match="connection refused"):
            list(store.read(users))
        assert time.monotonic() - began < 10
    finally:
        door.start()
    store.close()
    assert len(list(store.read(users))) == 30


def test_a_controller_that_freezes(door: Domain, people: list[str]) -> None:
    store = DirectoryPhotoStore(options(timeout=2))
    users = resolve(store, people)
    seen = dict(store.read(users))
    pid = Process(controller.Files(Path(TOLD["root"])).pid).pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(StoreError, match="did not answer within 2 s"):
            list(store.read(users))
        with pytest.raises(StoreError):
            list(store.write([Write(u, b"ours", seen[u].tag, seen[u].picture) for u in users]))
        assert time.monotonic() - began < 20
    finally:
        os.kill(pid, signal.SIGCONT)
    assert dict(store.read(users)) == seen
    store.close()


# -- only what moved ---------------------------------------------------------------------------------------------------


class Spy(DirectoryPhotoStore):
    """Counts the photos that are read."""

    def __init__(self, *args: t.Any, **named: t.Any) -> None:
        super().__init__(*args, **named)
        self.photos = 0
        (domain,) = self.domains
        entries = domain._entries

        def counted(users: t.Any, photo: bool) -> t.Any:
            self.photos += len(users) if photo else 0
            return entries(users, photo)

        domain._entries = counted  # type: ignore[method-assign]


def look(
    people: list[str], memory: Notebook, users: list[User] | None = None, **how: t.Any
) -> tuple[dict[str, Observation], Spy]:
    """One run's look at people, with what was remembered."""
    store = Spy(options(), memory=memory)
    found = users if users is not None else resolve(store, people)
    seen = {user.identity: what for user, what in store.observe(found, how.get("wanted", nothing_wanted))}
    store.close()
    assert list(seen) and len(seen) == len(found)
    return seen, store


@pytest.mark.parametrize("resolved_before", [False, True])
def test_only_what_moved_is_read(resolved_before: bool, door: Domain, people: list[str]) -> None:
    memory = Notebook()
    first, spy = look(people, memory)
    assert spy.photos == 30
    users = None
    if resolved_before:
        store = DirectoryPhotoStore(options())
        users = resolve(store, people)
        store.close()
    again, spy = look(people, memory, users)
    assert (spy.photos, spy.requests < 12) == (0, True)
    assert {p: o.tag for p, o in again.items()} == {p: o.tag for p, o in first.items()}

    door.set_photo(people[4], b"by hand")
    door.set_photo(people[5], None)
    door.set(people[6], "description", "moved, but not the photo")
    third, spy = look(people, memory, users)
    assert spy.photos == 3
    assert third[people[4]].picture == b"by hand"
    assert not third[people[5]].present
    assert third[people[6]].tag == first[people[6]].tag
    _fourth, spy = look(people, memory, users)
    assert spy.photos == 0
    assert not _fourth[people[5]].present

    _seen, spy = look(people, memory, users, wanted=lambda user, tag: user.identity == people[7])
    assert spy.photos == 1
    assert _seen[people[7]].picture == door.photo(people[7])


def glimpsed(store: DirectoryPhotoStore, identities: t.Sequence[str]) -> dict[str, Observation]:
    """What the store has seen while it looked for users; it looks for all of them either way."""
    seen: dict[str, Observation] = {}
    found = store.resolve(identities, lambda some: seen.update({user.identity: what for user, what in some}))
    assert list(found) == list(identities)
    return seen


def test_who_is_looked_for_the_first_time_is_seen_in_the_same_look(
    door: Domain, store: DirectoryPhotoStore, people: list[str]
) -> None:
    door.set_photo(people[3], None)
    door.set(people[4], "mail", "x@mail.test")
    seen = glimpsed(store, [*people, f"nobody{UPN}", f"{people[5]}\n"])
    assert set(seen) == set(people)
    assert {p: what.picture for p, what in seen.items()} == {p: door.photo(p) for p in people}
    assert not seen[people[3]].present
    assert seen[people[4]].tag == seen[people[4]].sha256 == sha256(door.photo(people[4]) or b"")
    assert store.requests <= 8  # sign-in and introduction, one search, one look at the rights where no photo is


@pytest.mark.parametrize("match_by", ["sAMAccountName", "mail", "employeeID", "distinguishedName", "objectGUID"])
def test_photos_come_with_users_by_whatever_name_they_are_looked_for(
    match_by: str, door: Domain, people: list[str]
) -> None:
    names = {}
    for upn in people[:4]:
        dn, entry = door.entry(upn)
        special = {"distinguishedName": dn, "objectGUID": str(door.guid(upn)).upper()}
        names[special.get(match_by) or entry[match_by][0].decode()] = upn
    store = DirectoryPhotoStore(options(), match_by=match_by)
    seen = glimpsed(store, list(names))
    assert {names[name]: what.picture for name, what in seen.items()} == {p: door.photo(p) for p in people[:4]}
    store.close()


def test_two_accounts_with_one_address_are_not_seen_either(door: Domain, people: list[str]) -> None:
    for upn in people[:2]:
        door.set(upn, "mail", "twins@mail.test")
    store = DirectoryPhotoStore(options(), match_by="mail")
    assert glimpsed(store, ["twins@mail.test"]) == {}
    store.close()


def test_who_is_remembered_is_looked_for_without_the_photo(door: Domain, people: list[str]) -> None:
    memory = Notebook()
    store = Spy(options(), memory=memory)
    assert len(glimpsed(store, people[:20])) == 20
    store.close()
    door.set_photo(people[2], b"by hand")
    store = Spy(options(), memory=memory)
    assert set(glimpsed(store, people)) == set(people[20:])
    store.close()
    again, spy = look(people, memory)
    assert spy.photos == 1
    assert {p: what.tag for p, what in again.items()} == {p: sha256(door.photo(p) or b"") for p in people}


def test_nothing_is_remembered_of_what_another_controller_answered(
    people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Notebook()
    store = Spy(options(), memory=memory)
    introduce = session.Session._introduce
    search_them = lookup.search

    def as_another(self: session.Session) -> None:
        introduce(self)
        self.root = replace(self.root, invocation_id="00000000-0000-0000-0000-000000000000")

    def cut(connection: Connection, *args: t.Any) -> t.Any:
        connection.session.close()
        return search_them(connection, *args)

    with monkeypatch.context() as patch:
        patch.setattr(session.Session, "_introduce", as_another)
        patch.setattr(lookup, "search", cut)
        now = store.connect().session
        now.root = replace(now.root, invocation_id="11111111-0000-0000-0000-000000000000")
        assert len(glimpsed(store, people)) == 30
    assert memory.values == {}
    store.close()


def test_our_own_writes_are_seen_at_once(door: Domain, people: list[str]) -> None:
    memory = Notebook()
    look(people, memory)
    store = Spy(options(), memory=memory)
    users = resolve(store, people)
    seen = dict(store.observe(users, nothing_wanted))
    list(store.write([Write(users[0], b"ours", seen[users[0]].tag)]))
    store.photos, requests = 0, store.requests
    after = dict(store.observe(users[:1], nothing_wanted))
    assert store.requests - requests == 2  # the controller's state, and the photo
    after |= dict(store.observe(users, nothing_wanted))
    store.close()
    assert after[users[0]].tag == sha256(b"ours")
    assert store.photos == 1


def test_a_user_who_is_gone_is_not_remembered(door: Domain, people: list[str]) -> None:
    memory = Notebook()
    look(people, memory)
    store = DirectoryPhotoStore(options())
    users = resolve(store, people)
    store.close()
    door.delete_user(people[0])
    door.rename(people[1], f"renamed-{people[1]}")
    door.rename(people[2], f"other-{people[1]}")
    seen, _spy = look(people, memory, users)
    assert all(seen[p].problem for p in people[:3])
    assert not any(seen[p].problem for p in people[3:])


@pytest.mark.parametrize("how", ["other", "older"])
def test_another_controller_or_a_restored_one(how: str, people: list[str]) -> None:
    memory = Notebook()
    look(people, memory)
    for key, value in memory.values.items():
        record = json.loads(value)
        record[0 if how == "other" else 1] = "00000000-0000-0000-0000-000000000000" if how == "other" else 10**12
        memory.values[key] = json.dumps(record)
    _seen, spy = look(people, memory)
    assert spy.photos == 30
    assert "read again" in spy.notes[0]
    assert look(people, memory)[1].photos == 0


def test_another_account_has_its_own_memory(people: list[str]) -> None:
    memory = Notebook()
    look(people, memory)
    store = Spy(options(username=TOLD["reader_username"], password=TOLD["reader_password"]), memory=memory)
    list(store.observe(resolve(store, people), nothing_wanted))
    assert store.photos == 30
    store.close()


def test_a_look_writes_nothing(door: Domain, people: list[str]) -> None:
    before = door.highest_usn()
    look(people, Notebook())
    assert door.highest_usn() == before


def test_offline_refusals() -> None:
    with pytest.raises(PhotoError, match="Global Catalog"):
        DirectoryPhotoStore(options(port=3269)).open()
