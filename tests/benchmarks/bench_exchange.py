# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row ``exchange``: the time of our store to check and to put photos on Exchange Server, and of a bare pypsrp client.

Both talk to the sandbox's Exchange server over https with Basic, with five pipelines at a time. The bare client knows
the GUIDs, sends the cmdlets that a run needs (check: Get-UserPhoto; put: Get, Get, Set and Get, to observe, to check
again, to write and to verify), and ignores the results. On that server, a cmdlet has no additional delay.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, Recipe, Source
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import reconcile
from bench import Bench
from exchange.testing import ACCOUNT, FQDN, PASSWORD, mailbox, running
from pairs import Spread, Table, alternately
from PIL import Image
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

AT_A_TIME = 5


def picture() -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((648, 648)).convert("RGB")
    image.paste((200, 60, 30), (160, 160, 320, 320))
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def connected(at: Any) -> RunspacePool:
    wsman = WSMan(
        FQDN, port=at.https_port, path="PowerShell/", ssl=True, auth="basic", username=ACCOUNT, password=PASSWORD,
        cert_validation=at.ca,
    )  # fmt: skip
    return RunspacePool(wsman, configuration_name="Microsoft.Exchange", max_runspaces=AT_A_TIME)


def bare(at: Any, calls: Iterable[tuple[str, dict[str, Any]]]) -> float:
    """Seconds from the sign-in to the end."""
    began = time.monotonic()
    with connected(at) as pool:
        under_way: deque[PowerShell] = deque()

        def begun() -> Iterator[PowerShell]:
            for name, parameters in calls:
                pipeline = PowerShell(pool).add_cmdlet(name).add_parameters(parameters)
                pipeline.begin_invoke()
                yield pipeline

        source = begun()
        while True:
            while len(under_way) < AT_A_TIME and (new := next(source, None)) is not None:
                under_way.append(new)
            if not under_way:
                break
            done = under_way.popleft()
            done.end_invoke()
            done.close()
    return time.monotonic() - began


def ours(at: Any, upns: list[str], data: bytes, *, check: bool) -> float:
    began = time.monotonic()
    store = ExchangePhotoStore(
        ExchangeOptions(FQDN, at.https_port, "https", "basic", ACCOUNT, PASSWORD, at.ca, concurrency=AT_A_TIME)
    )
    limits = [Limit.parse("limit", "100%")] * 2
    settings = Settings(Recipe(648, 500_000), "userPrincipalName", *limits, check=check, shared_pictures="allow")
    result = reconcile([Definition(upn, source=Source(content=data)) for upn in upns], store, settings, Services())
    store.close()
    assert result.error is None, result.error
    assert all(o.error is None for o in result.outcomes)
    return time.monotonic() - began


def one_process_each(at: Any, guid: str, count: int) -> float:
    """Seconds a user of a process that connects, reads one photo and ends: the least cost of a loop in Ansible."""
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r});"
        "from bench_exchange import bare; from types import SimpleNamespace as S;"
        f"bare(S(https_port={at.https_port}, ca={at.ca!r}), [('Get-UserPhoto', {{'Identity': {guid!r}}})])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    began = time.monotonic()
    for _turn in range(count):
        subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    return (time.monotonic() - began) / count


def row(bench: Bench, table: Table) -> None:
    checked, put, turns = bench.sizes.exchange, bench.sizes.exchange_puts, bench.sizes.turns
    data = picture()
    upns = [f"user{number}@photos.test" for number in range(checked)]
    people = [mailbox(upn) for upn in upns]
    guids = [person["guid"] for person in people]
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), people) as at:
        for upn in upns:
            at.control.put_photo(upn, data)
        pairs = alternately(
            turns,
            lambda turn: bare(at, (("Get-UserPhoto", {"Identity": guid}) for guid in guids)),
            lambda turn: ours(at, upns, data, check=True),
        )
        work = f"check {checked:,} users on Exchange Server, first run"
        bares, mine = zip(*pairs, strict=True)
        table.against_bare(work, mine, bares, 1.2)
        alone = Spread.of(one_process_each(at, guids[0], 2) * checked for _turn in range(turns))
        said = f"one process a user {alone.median:.0f} s ({2 * turns} users scaled)"
        table.add(work, said, Spread.of(alone.median / seconds for seconds in mine), 20, "x", least=True)

        def without_photos() -> None:
            for upn in upns[:put]:
                at.control.delete_photo(upn)

        def bare_put(_turn: int) -> float:
            without_photos()
            steps = ("Get-UserPhoto", "Get-UserPhoto", "Set-UserPhoto", "Get-UserPhoto")
            more = {"Set-UserPhoto": {"PictureData": data, "Confirm": False}}
            return bare(
                at, [(step, {"Identity": guid, **more.get(step, {})}) for guid in guids[:put] for step in steps]
            )

        def our_put(_turn: int) -> float:
            without_photos()
            return ours(at, upns[:put], data, check=False)

        bares, mine = zip(*alternately(turns, bare_put, our_put), strict=True)
        table.against_bare(f"put {put:,} photos on Exchange Server", mine, bares, 1.2)
