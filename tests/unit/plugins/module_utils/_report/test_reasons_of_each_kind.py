# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.hybrid.photos.plugins.module_utils._report import run
from ansible_collections.hybrid.photos.plugins.module_utils._report.reasons import SHOWN
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def test_many_reasons_of_one_kind_do_not_hide_why_others_were_not_examined() -> None:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    failed = [
        {**sample.row(f"f{n:02}@x", "ad", "missing failed", True), "error": f"error {n}"} for n in range(SHOWN + 5)
    ]
    odd = [sample.row("z@x", "ad", "unresolved", True)]
    killed = {"target": "ad", "failed": True, "msg": "the module was killed", "shard": "photos_0002", "users": ["k@x"]}
    results = [sample.result([*failed, *odd], target="ad"), killed]
    lines = run.prepare({**values, "results": results, "dest": "/nowhere", "targets": ["ad"], "mode": "done"}).problems
    assert len(lines) == SHOWN + 1
    assert "k@x: not examined in Active Directory: the module was killed" in lines
    assert [line for line in lines if line.startswith("z@x: unresolved in Active Directory: ")]
    assert lines[0].startswith("f00@x") and lines[0].endswith("error 0")
    assert lines[-1] == "and 7 more, see the report"
