# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The company for the measurements: declared pictures, and users of the sandbox's tenant and domain.

Declared pictures are 200 real photographs of 648x648 pixels, changed a little for each user. So decoding and comparing
them is real work, and a program that hashes files or renditions sees no two equal ones.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".dev"))

import portraits
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Receipt, Recipe, Summary, User, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from domain import controller
from domain.control import Domain
from tenant.control import Control

HERE = Path(__file__).resolve().parent
AD = Recipe(size=96, max_bytes=10240, mark=True)
EXO = Recipe(size=648, max_bytes=4194303)
#: The company of the published table. Another number of users makes another company.
DOMAIN_USERS, WITHOUT = 10_000, 1_000


class Company:
    """The company in a folder that is kept after a run, because it takes three minutes to make the domain's users."""

    def __init__(self, sandbox: Path, domain_users: int = DOMAIN_USERS, without: int = WITHOUT) -> None:
        """``domain_users``: those of the domain with a photo; ``without``: those after them."""
        self.domain_users, self.without = domain_users, without
        usual = (domain_users, without) == (DOMAIN_USERS, WITHOUT)
        self.prefix = "bench" if usual else f"b{domain_users}x{without}n"
        self.told: dict[str, Any] = json.loads((sandbox / "sandbox.json").read_text())
        self.folder = sandbox / "benchmarks"
        tenant = self.told["tenant"]
        self.control = Control(tenant["url"], tenant["control_key"], tenant["ca_cert"])

    @property
    def ou(self) -> str:
        """The OU of the domain's users. A sandbox with only a tenant has none."""
        name = "Bench" if self.prefix == "bench" else self.prefix
        return f"OU={name},{self.told['domain']['base']}"

    @property
    def tenant_pid(self) -> int:
        return int(json.loads((Path(self.told["tenant"]["root"]) / "ready.json").read_text())["pid"])

    # -- declared pictures

    def photographs(self) -> list[Path]:
        """The 200 photographs, which are the photos of the tenant's users."""
        folder = self.folder / "photographs"
        if not folder.is_dir():
            new = self.folder / "photographs.new"
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            for number, path in enumerate(portraits.photographs(200)):
                with Image.open(path) as photograph:
                    square = ImageOps.fit(photograph.convert("RGB"), (648, 648))
                square.save(new / f"{number:03d}.jpg", "JPEG", quality=85)
            new.rename(folder)
        return sorted(folder.iterdir())

    def sources(self, count: int, side: int = 648) -> list[Path]:
        """One file for each user. ``side``: smaller for runs that never decode the pictures."""
        folder = self.folder / f"sources-{side}"
        folder.mkdir(parents=True, exist_ok=True)
        pictures = [_small(path, side) for path in self.photographs()]
        made = [folder / f"{number}.jpg" for number in range(1, count + 1)]
        for number, path in enumerate(made, 1):
            if not path.exists():
                path.write_bytes(_of_its_own(pictures[(number - 1) % len(pictures)], number))
        return made

    def declared(self, names: list[str], side: int = 648) -> list[dict[str, str]]:
        """The option ``photos`` of the modules, for users in this order."""
        sources = self.sources(len(names), side)
        return [{"user": name, "src": str(source)} for name, source in zip(names, sources, strict=True)]

    def own_pictures(self, folder: Path, names: list[str]) -> list[dict[str, str]]:
        """A definitions folder with a different small picture for each user; made once. Returns as ``declared``."""
        done = folder.parent / "made"
        if not done.exists():
            folder.mkdir(parents=True, exist_ok=True)
            pictures = [_small(path, 48) for path in self.photographs()]
            for number, name in enumerate(names):
                picture = _of_its_own(pictures[number % len(pictures)], number // len(pictures))
                (folder / f"{name}.jpg").write_bytes(picture)
            done.touch()
        return [{"user": name, "src": str(folder / f"{name}.jpg")} for name in names]

    # -- the tenant

    def cloud(self, prefix: str, count: int, fraction: float = 1.0) -> tuple[list[str], list[str]]:
        """New users of the tenant: their names and their object ids."""
        photos = [str(path) for path in self.photographs()]
        self.control.generate_users(count, photos, prefix=prefix, photo_fraction=fraction)
        ids = {user["upn"]: user["id"] for user in self.control.users() if user["upn"].startswith(prefix)}
        return list(ids), list(ids.values())

    def write_receipts(self, path: Path, photos: list[dict[str, str]], ids: list[str], tags: dict[str, str]) -> None:
        """Write receipts like those of an earlier run."""
        receipts = Receipts(path, "exo")
        receipts.authority = self.told["tenant"]["tenant_id"]
        digest = EXO.digest
        receipts.save_users("userPrincipalName", (User(p["user"], i, i) for p, i in zip(photos, ids, strict=True)))
        receipts.save(
            Receipt(i, sha256(Path(p["src"]).read_bytes()), digest, tags[i], Summary("0" * 64, 40000, 648, 648))
            for p, i in zip(photos, ids, strict=True)
        )
        receipts.close()

    # -- the domain

    def people(self) -> tuple[list[str], list[str]]:
        """Names of the domain's users with the declared photo, and of those without one; creates them if necessary."""
        with contextlib.closing(Domain.from_sandbox(self.told["root"])) as door:
            if not door.search(f"(sAMAccountName={self.prefix}{self.domain_users + self.without:06d})", ["cn"]):
                self._make_people(door)
        names = [f"{self.prefix}{n:06d}@photos.test" for n in range(1, self.domain_users + self.without + 1)]
        return names[: self.domain_users], names[self.domain_users :]

    def dn(self, name: str) -> str:
        return f"CN={name.partition('@')[0]},{self.ou}"

    def _make_people(self, door: Domain) -> None:
        began = time.monotonic()
        thumbnails = self.folder / "thumbnails"
        shutil.rmtree(thumbnails, ignore_errors=True)
        thumbnails.mkdir(parents=True)
        with ProcessPoolExecutor(2) as pool:
            for path, jpeg in zip(
                sources := self.sources(self.domain_users), pool.map(_thumbnail, sources, chunksize=100), strict=True
            ):
                (thumbnails / path.name).write_bytes(jpeg)
        files = controller.Files(Path(self.told["domain"]["root"]))
        door._add(self.ou, "organizationalUnit", {})  # beside the people's OU, which a reset leaves alone
        controller.allow_photo_writes(files, door.sid(f"CN=svc-photos,CN=Users,{door.base}"), self.ou)
        command = ["/usr/bin/python3", str(HERE / "add_users.py"), str(files.conf), self.ou]
        count = str(self.domain_users + self.without)
        subprocess.run([*command, count, str(thumbnails), self.prefix], check=True, env={"PATH": "/usr/bin:/bin"})
        print(f"({count} users of the domain made in {time.monotonic() - began:.0f} s; they are kept)", flush=True)


def _thumbnail(path: Path) -> bytes:
    return render(path.read_bytes(), [AD], path.name)[0].data


def _small(path: Path, side: int) -> bytes:
    if side == 648:
        return path.read_bytes()
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.resize((side, side)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _of_its_own(jpeg: bytes, number: int) -> bytes:
    """The photograph with some of fourteen quantization steps larger by one: other pixels, but it looks the same.

    A JPEG's first table of steps begins after FF DB, two bytes of length and one of its number.
    """
    steps = bytearray(jpeg)
    table = jpeg.index(b"\xff\xdb") + 5
    for bit in range(14):
        steps[table + 20 + bit] += number >> bit & 1
    return bytes(steps)
