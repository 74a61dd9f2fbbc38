# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Exchange store with Kerberos against the sandbox's domain: encrypted over http, and inside TLS.

PYTHONPATH=.dev:tests/sandbox tests/sandbox/sandbox run --netns -- pytest tests/integration/stores
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("gssapi")
if "HYBRID_PHOTOS_SANDBOX" not in os.environ:
    pytest.skip("needs the sandbox: tests/sandbox/sandbox run --netns -- pytest ...", allow_module_level=True)

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError, User, Write
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore
from domain.control import Domain
from exchange.control import Control
from PIL import Image

SANDBOX = Path(os.environ["HYBRID_PHOTOS_SANDBOX"])
TOLD: dict[str, t.Any] = json.loads((SANDBOX / "sandbox.json").read_text())
EXCHANGE = TOLD["exchange"]
CONTROL = Control(EXCHANGE["control_url"], EXCHANGE["control_key"])
WENDY = "wendy@photos.test"
OPTIONS = ExchangeOptions(
    EXCHANGE["host"],
    EXCHANGE["http_port"],
    username=EXCHANGE["username"],
    password=EXCHANGE["password"],
    timeout=10,
)
SECURE = replace(OPTIONS, tls_mode="https", port=EXCHANGE["https_port"], ca_cert=TOLD["ca_cert"])


def picture(side: int = 700) -> bytes:
    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    image.paste((220, 30, 30), (side // 4, side // 4, side // 2, side // 2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.fixture(autouse=True)
def fresh() -> None:
    CONTROL.start_over()


@pytest.fixture(params=[OPTIONS, SECURE], ids=["http", "https"])
def store(request: pytest.FixtureRequest) -> t.Iterator[ExchangePhotoStore]:
    opened = ExchangePhotoStore(request.param)
    yield opened
    opened.close()


def wendy(store: ExchangePhotoStore) -> User:
    return t.cast(User, store.resolve([WENDY])[WENDY])


def test_a_photo_is_written_and_its_64x64_is_in_active_directory(store: ExchangePhotoStore) -> None:
    domain = Domain.from_sandbox(SANDBOX)
    assert wendy(store).id == str(domain.guid(WENDY)), "one account has one id on both sides"
    [(_user, result)] = store.write([Write(wendy(store), picture(), None)])
    assert result.status == "written"
    [(_user, seen)] = store.read([wendy(store)])
    assert seen.picture == CONTROL.photo(WENDY)
    with Image.open(io.BytesIO(domain.photo(WENDY) or b"")) as thumbnail:
        assert thumbnail.size == (64, 64)


def test_nothing_of_a_message_over_http_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    sent: list[bytes] = []
    send = requests.Session.send

    def watched(self: t.Any, request: t.Any, **more: t.Any) -> t.Any:
        answer = send(self, request, **more)
        sent.extend([request.body or b"", answer.content])
        return answer

    monkeypatch.setattr(requests.Session, "send", watched)
    store = ExchangePhotoStore(OPTIONS)
    store.resolve([WENDY])
    store.close()
    bodies = [body for body in sent if body]
    assert len(bodies) > 6
    assert all(b"Encrypted Boundary" in body and b"Envelope" not in body for body in bodies)


@pytest.mark.parametrize("kind", ["cut", "kill"])
def test_a_session_that_is_lost_is_opened_anew_with_a_new_security_context(
    store: ExchangePhotoStore, kind: str
) -> None:
    CONTROL.put_photo(WENDY, picture())
    CONTROL.fault(kind, cmdlet="Get-UserPhoto")
    [(_user, seen)] = store.read([wendy(store)])
    assert seen.present
    assert "reopened" in store.notes[0]


def test_a_ticket_or_a_keytab_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = TOLD["domain"]
    cache = f"FILE:{tmp_path / 'ticket'}"
    monkeypatch.setenv("KRB5CCNAME", cache)
    without = replace(OPTIONS, username=None, password=None)
    with pytest.raises(StoreError, match="run kinit before"):
        ExchangePhotoStore(without).open()
    subprocess.run(["kinit", "-c", cache, "-k", "-t", domain["keytab"], domain["principal"]], check=True)
    store = ExchangePhotoStore(without)
    assert wendy(store).mailbox == "on_premises"
    store.close()


def test_sign_ins_that_cannot_work_say_why() -> None:
    for options, says in [
        (replace(OPTIONS, password="wrong-password"), r"password \(HYBRID_PHOTOS_EXCHANGE_PASSWORD\) is wrong"),
        (replace(OPTIONS, username="nobody@PHOTOS.TEST"), "no such account"),
        (replace(OPTIONS, username="svc-photos@WRONG.TEST"), "check the realm"),
        (replace(OPTIONS, server="dc1.photos.test"), "HTTP/dc1.photos.test|did not accept the Kerberos ticket"),
        (replace(OPTIONS, username="administrator@PHOTOS.TEST", password=TOLD["domain"]["admin_password"]), "role"),
    ]:
        with pytest.raises(StoreError, match=says):
            ExchangePhotoStore(options).open()


def test_a_server_that_offers_ntlm_alone_is_told_and_never_answered_with_it() -> None:
    CONTROL.service(kerberos=False, basic=False)
    with pytest.raises(StoreError, match="offers NTLM and not Kerberos"):
        ExchangePhotoStore(OPTIONS).open()
