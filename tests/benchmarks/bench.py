# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements and their comparisons. One call measures one process from its start to its end.

``repository`` is the work tree whose modules run: this one, or an older commit's (compare.py).
"""

from __future__ import annotations

import json
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import photo_argument_spec
from company import Company
from measure import REPOSITORY, Took, cpu_of, module, process, python
from sizes import Sizes

#: Milliseconds for a photo read, a write, and a directory request; a batch processes 4 items at a time.
LATENCY = {"read_ms": 50, "write_ms": 300, "directory_ms": 50}
CONCURRENCY = 8


class Ran(NamedTuple):
    """A call of a module: its cost, its result, the tenant's counters and CPU seconds."""

    took: Took
    answer: dict[str, Any]
    totals: dict[str, Any]
    tenant: float


class Bench:
    def __init__(self, company: Company, folder: Path, sizes: Sizes) -> None:
        self.company = company
        self.folder = folder
        self.sizes = sizes

    def file(self, name: str) -> Path:
        return self.folder / name

    def fresh(self, name: str) -> str:
        """The path of a receipts file that does not exist yet."""
        path = self.file(f"{name}.sqlite")
        for each in self.folder.glob(f"{path.name}*"):
            each.unlink()
        return str(path)

    # -- Exchange Online

    def latency(self) -> None:
        self.company.control.latency(**LATENCY)

    @cached_property
    def cloud(self) -> tuple[list[dict[str, str]], list[str]]:
        """Declared photos and object ids of users whose photo is in sync."""
        names, ids = self.company.cloud("sync", self.sizes.in_sync)
        return self.company.declared(names), ids

    def exo(self, photos: list[dict[str, str]], repository: Path = REPOSITORY, **more: Any) -> Ran:
        control = self.company.control
        control.reset_counters()
        before = cpu_of(self.company.tenant_pid)
        arguments = {"concurrency": CONCURRENCY, "max_replaced": "100%", "rows": "drifting", **more}
        took, answer = module("exo_user_photo", self.folder, repository, photos=photos, **arguments)
        return Ran(took, answer, control.counters(), cpu_of(self.company.tenant_pid) - before)

    def checked(self, photos: list[dict[str, str]], repository: Path = REPOSITORY, **more: Any) -> Ran:
        """The same, but all users must be in sync."""
        ran = self.exo(photos, repository, **more)
        assert ran.answer["summary"]["in_sync"] == len(photos), ran.answer["summary"]
        return ran

    def put(self, prefix: str, repository: Path = REPOSITORY) -> Ran:
        """Put photos of new users in the cloud."""
        names, _ids = self.company.cloud(prefix, self.sizes.puts, fraction=0)
        ran = self.exo(self.company.declared(names), repository, receipts=self.fresh(prefix))
        assert ran.answer["summary"]["put"] == len(names), ran.answer["summary"]
        return ran

    def bare(self, what: str, ids: list[str], *more: str) -> Took:
        users = self.file("ids.json")
        users.write_text(json.dumps(ids))
        return python("bare_graph.py", what, str(users), str(CONCURRENCY), *more)

    def bare_put(self, prefix: str) -> Took:
        _names, ids = self.company.cloud(prefix, self.sizes.puts, fraction=0)
        return self.bare("put", ids, str(self.company.sources(1)[0]))

    # -- Active Directory

    @cached_property
    def people(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Declared photos of the domain's users with a photo, and of those without one."""
        there, without = self.company.people()
        return self.company.declared(there), self.company.declared(without)

    def ad(self, photos: list[dict[str, str]], repository: Path = REPOSITORY, **more: Any) -> tuple[Took, Any]:
        options = {"search_base": self.company.ou, "rows": "drifting", "max_replaced": "100%", **more}
        return module("ad_thumbnail_photo", self.folder, repository, photos=photos, **options)

    def ad_checked(self, receipts: str, repository: Path = REPOSITORY, **more: Any) -> tuple[Took, Any]:
        photos = self.people[0]
        took, answer = self.ad(photos, repository, receipts=receipts, plan_only=True, **more)
        assert answer["summary"]["in_sync"] == len(photos), answer["summary"]
        return took, answer

    def ad_put(self, receipts: str, repository: Path = REPOSITORY) -> Took:
        """Put photos of users without a photo; earlier photos of them are removed first."""
        photos = self.people[1]
        self.without_photos()
        took, answer = self.ad(photos, repository, receipts=receipts)
        assert answer["summary"]["put"] == len(photos), answer["summary"]
        return took

    def without_photos(self) -> None:
        python("bare_ldap.py", str(self.dns), "-")

    @cached_property
    def dns(self) -> Path:
        """A file of the distinguished names of those without a photo."""
        path = self.file("dns.json")
        path.write_text(json.dumps([self.company.dn(each["user"]) for each in self.people[1]]))
        return path

    @property
    def thumbnail(self) -> Path:
        return self.company.folder / "thumbnails" / "1.jpg"

    def bare_modifies(self) -> Took:
        self.without_photos()
        return python("bare_ldap.py", str(self.dns), str(self.thumbnail))

    def bare_renders(self) -> Took:
        """A script that makes each picture and writes it, one after another."""
        self.without_photos()
        jobs = self.file("jobs.json")
        jobs.write_text(json.dumps([[self.company.dn(each["user"]), each["src"]] for each in self.people[1]]))
        return python("bare_render.py", str(jobs))

    def bare_module(self, answer: dict[str, Any], **arguments: Any) -> Took:
        """A module with these options and this result."""
        spec = {**directory_argument_spec(), **photo_argument_spec("ad")}
        plain = {name: {key: value for key, value in one.items() if key != "fallback"} for name, one in spec.items()}
        limit, given = self.file("limit.json"), self.file("limit-arguments.json")
        limit.write_text(json.dumps({"spec": plain, "answer": answer}))
        given.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        here = Path(__file__).with_name("bare_module.py")
        return process([sys.executable, str(here), str(given)], {"BENCH_LIMIT": str(limit)})

    def ldapsearch(self) -> Took:
        environ = os.environ
        command = ["ldapsearch", "-LLL", "-x", "-H", f"ldaps://{environ['HYBRID_PHOTOS_AD_SERVER']}"]
        command += ["-D", environ["HYBRID_PHOTOS_AD_USERNAME"], "-w", environ["HYBRID_PHOTOS_AD_PASSWORD"]]
        command += ["-b", self.company.ou, "-E", "pr=1000/noprompt", "(thumbnailPhoto=*)"]
        command += ["userPrincipalName", "objectGUID", "displayName", "uSNChanged", "thumbnailPhoto"]
        took = process(command, {"LDAPTLS_CACERT": environ["HYBRID_PHOTOS_AD_CA_CERT"]})
        assert took.printed.count("userPrincipalName:") >= self.sizes.domain, took.printed[-500:]
        return took

    # -- playbooks

    def playbook(self, name: str, photos: list[dict[str, str]], receipts: str = "", forks: int = 5) -> Took:
        given = self.file("photos.json")
        given.write_text(json.dumps({"bench_photos": photos, "bench_receipts": receipts}))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", f"--forks={forks}"]
        command += ["-e", f"@{given}", str(Path(__file__).parent / "playbooks" / name)]
        paths = f"{REPOSITORY / '.dev'}:{REPOSITORY / '.venv-bench'}"
        return process(
            command, {"ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"}
        )
