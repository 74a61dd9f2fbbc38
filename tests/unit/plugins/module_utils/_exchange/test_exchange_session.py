# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pypsrp raises and returns, as our errors and answers; and the options that are refused before it is called."""

from __future__ import annotations

import socket
import typing as t
from types import SimpleNamespace

import pytest
import requests
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._exchange import session as module
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.cmdlets import get_photo, set_photo
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.errors import ExchangeBusy, ExchangeGone
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.session import Session
from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from spnego.exceptions import SpnegoError

OPTIONS = ExchangeOptions(
    "ex1.corp.example.com", username="svc@CORP.EXAMPLE.COM", password="pass-of-the-test", timeout=5
)
BASIC = ExchangeOptions(
    "ex1.corp.example.com", tls_mode="https", auth_protocol="basic", username="svc", password="pass-of-the-test"
)


class Pool:
    """A RunspacePool that does as it is told."""

    error: t.ClassVar[Exception | None] = None

    def __init__(self, _wsman: object, **_more: object) -> None:
        self.closed = False

    def open(self) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed = True


class Pipeline:
    """A PowerShell of pypsrp that does as it is told."""

    begin_error: t.ClassVar[Exception | None] = None
    error: t.ClassVar[Exception | None] = None
    objects: t.ClassVar[list[t.Any]] = []
    records: t.ClassVar[list[t.Any]] = []
    sent: t.ClassVar[list[t.Any]] = []

    def __init__(self, _pool: object) -> None:
        self.output = list(self.objects)
        self.streams = SimpleNamespace(error=list(self.records))

    def add_cmdlet(self, name: str) -> None:
        self.sent.append(name)

    def add_parameter(self, name: str, value: object) -> None:
        self.sent.append((name, value))

    def begin_invoke(self) -> None:
        if self.begin_error is not None:
            raise self.begin_error

    def end_invoke(self) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        raise WinRMError("the pipeline is gone already")


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RunspacePool", Pool)
    monkeypatch.setattr(module, "PowerShell", Pipeline)
    monkeypatch.setattr(Pipeline, "sent", [])


def gss(text: str) -> Exception:
    return SpnegoError(error_code=13, context_msg=text)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (gss("Major (851968): Unspecified GSS failure, Minor: Clock skew too great"), "set it by NTP"),
        (gss("Minor: Server not found in Kerberos database"), "does not know HTTP/ex1.corp.example.com"),
        (gss("Minor: Cannot find KDC for realm 'WRONG'"), "check the realm in username"),
        (gss("Minor: Client 'svc@X' not found in Kerberos database"), "name@EXAMPLE.COM"),
        (gss("Minor: Preauthentication failed"), "password (HYBRID_PHOTOS_EXCHANGE_PASSWORD) is wrong"),
        (gss("Minor: No Kerberos credentials available (default cache: FILE:/tmp/x)"), "run kinit"),
        (gss("Minor: Ticket expired"), "ticket has expired"),
        (ValueError("Server responded with the auth protocol 'NTLM' which is incompatible"), "offers NTLM and not"),
        (
            AuthenticationError("The server did not response with one of the methods Negotiate - actual: 'NTLM'"),
            "offers NTLM and not Kerberos",
        ),
        (AuthenticationError("Failed to authenticate the user svc with kerberos"), "did not accept the Kerberos"),
        (WSManFaultError(5, None, "Access is denied.", None, None, None), "RemotePowerShellEnabled"),
        (WSManFaultError(2150858811, None, "The resource URI was not found", None, None, None), "no Exchange"),
        (WinRMTransportError("http", 404, "<html>"), "no Exchange remote PowerShell (HTTP 404)"),
        (WinRMTransportError("http", 403, ""), "tls_mode https"),
    ],
)
def test_no_session_comes_about_and_one_message_says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    monkeypatch.setattr(Pool, "error", error)
    with pytest.raises(StoreError) as told:
        Session(OPTIONS).open()
    text = str(told.value)
    assert says in text
    assert text.startswith("http://ex1.corp.example.com:80/PowerShell/: ")
    assert "\n" not in text
    assert "pass-of-the-test" not in text
    assert not isinstance(told.value, (ExchangeGone, ExchangeBusy)), "another try would end the same way"


def test_a_wrong_password_with_basic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "error", AuthenticationError("Failed to authenticate the user svc with basic"))
    with pytest.raises(StoreError, match="Basic is not enabled"):
        Session(BASIC).open()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (WSManFaultError(2150859173, None, "quota; at least 1500 milliseconds", None, None, None), ExchangeBusy),
        (WinRMTransportError("http", 503, ""), ExchangeBusy),
        (WinRMTransportError("http", 500, ""), ExchangeGone),
        (WSManFaultError(2150858843, None, "the shell was not found", None, None, None), ExchangeGone),
        (WinRMError("Received related id does not match"), ExchangeGone),
        (ConnectionResetError("reset"), ExchangeGone),
        (SyntaxError("no element found"), ExchangeGone),
    ],
)
def test_what_may_pass_is_told_apart(monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[StoreError]) -> None:
    session = Session(OPTIONS)
    session.open()
    running = session.begin(get_photo("x"))
    monkeypatch.setattr(Pipeline, "error", error)
    with pytest.raises(kind):
        session.finish(running)
    monkeypatch.setattr(Pipeline, "begin_error", error)
    with pytest.raises(kind):
        session.begin(get_photo("x"))


def test_a_quota_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "The next request from this user will not be approved for at least 1500 milliseconds."
    monkeypatch.setattr(Pool, "error", WSManFaultError(2150859173, None, told, None, None, None))
    with pytest.raises(ExchangeBusy) as busy:
        Session(OPTIONS).open()
    assert busy.value.wait == 1.5


def test_a_call_is_a_cmdlet_with_parameters_and_never_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(OPTIONS)
    session.open()
    session.begin(set_photo("guid", b"picture", "dc1.corp.example.com"))
    assert Pipeline.sent == [
        "Set-UserPhoto",
        ("Identity", "guid"),
        ("PictureData", b"picture"),
        ("Confirm", False),
        ("DomainController", "dc1.corp.example.com"),
    ]
    assert session.requests == 1


def test_objects_are_their_properties_and_errors_are_names(monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(adapted_properties={"PictureData": b"x"}, extended_properties={"RunspaceId": "y"})
    monkeypatch.setattr(Pipeline, "objects", [found])
    session = Session(OPTIONS)
    session.open()
    answer = session.finish(session.begin(get_photo("x")))
    assert answer.objects == ({"PictureData": b"x", "RunspaceId": "y"},)
    assert answer.failure is None
    exception = SimpleNamespace(adapted_properties={"Message": "There is no\n photo stored here."})
    category = (
        "[Server=EX1,RequestId=1,TimeStamp=27.11.2026 03:00:00] [FailureCategory=Cmdlet-UserPhotoNotFoundException]"
    )
    for record, name in [
        (SimpleNamespace(fq_error=f"{category} 6E3F57A,Get-UserPhoto", reason="x", exception=exception), "UserPhotoN"),
        (SimpleNamespace(fq_error="6E3F57A,Get-UserPhoto", reason="UserPhotoNotFoundException"), "UserPhotoN"),
        (SimpleNamespace(fq_error="CommandNotFoundException", reason="RemoteException"), "CommandN"),
    ]:
        monkeypatch.setattr(Pipeline, "records", [record])
        failure = session.finish(session.begin(get_photo("x"))).failure
        assert failure is not None
        assert failure.name.startswith(name)
        assert "\n" not in failure.text


def test_an_error_record_whose_parts_are_no_texts_is_a_failure_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    no_text = type("NoText", (), {"adapted_properties": ["no dictionary"], "__str__": lambda self: None})
    monkeypatch.setattr(Pipeline, "objects", [no_text()])
    session = Session(OPTIONS)
    session.open()
    for record in (no_text(), SimpleNamespace(fq_error=no_text(), reason=["x"], exception=no_text(), message=7)):
        monkeypatch.setattr(Pipeline, "records", [record])
        answer = session.finish(session.begin(get_photo("x")))
        assert answer.failure is not None and answer.failure.name
        assert answer.objects == ({},)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen()
        session = Session(ExchangeOptions("localhost", port=silent.getsockname()[1], timeout=1))
        with pytest.raises(ExchangeGone, match=r"no answer within 0\.2 s"):
            session._step(silent.accept, 0.2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"server": ""}, "HYBRID_PHOTOS_EXCHANGE_SERVER"),
        ({"server": "http://ex1.example.com/PowerShell/"}, "is a URL"),
        ({"server": "ex1.example.com:80"}, "carries a port"),
        ({"server": "ex1"}, "full DNS name"),
        ({"server": "10.0.0.1"}, "full DNS name"),
        ({"port": 70000}, "not a port"),
        ({"concurrency": 19}, "1 to 18"),
        ({"auth_protocol": "basic"}, "clear text"),
        ({"auth_protocol": "basic", "tls_mode": "https", "username": "x"}, "needs password"),
        ({"username": "svc@X"}, "together"),
        ({"username": "CORP\\svc", "password": "x"}, "name@EXAMPLE.COM"),
        ({"username": "svc", "password": "x"}, "with the realm"),
        ({"tls_mode": "https", "ca_cert": "/nowhere.pem"}, "cannot be read"),
    ],
)
def test_options_that_cannot_work_are_refused_offline(options: dict[str, t.Any], says: str) -> None:
    with pytest.raises(PhotoError, match=says.replace("\\", "\\\\")):
        ExchangeOptions.from_params({"server": "ex1.corp.example.com", **options}).validate()


def test_receipts_are_kept_under_the_domain_of_the_server() -> None:
    assert ExchangeOptions("EX1.Corp.Example.com").authority == "corp.example.com"


def test_of_the_layers_around_a_refused_connection_the_reason_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(requests.ConnectionError) as refused:
        requests.get(f"http://127.0.0.1:{port}/PowerShell/", timeout=5)
    told = str(Session(OPTIONS)._unreachable(refused.value))
    assert told == (
        "http://ex1.corp.example.com:80/PowerShell/: no connection (Connection refused); "
        "check server (HYBRID_PHOTOS_EXCHANGE_SERVER) and port (HYBRID_PHOTOS_EXCHANGE_PORT)"
    )


def test_an_error_without_layers_is_told_as_it_is() -> None:
    assert module.innermost(OSError("the line is\nbusy")) == "the line is busy"
    assert module.innermost(ValueError()) == "ValueError"
