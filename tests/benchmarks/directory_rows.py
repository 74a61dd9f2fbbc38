# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Active Directory."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from bench import Bench
from measure import Took
from pairs import Spread, Table, ratios


def check(bench: Bench, table: Table) -> None:
    """In-sync users of the domain: a first run, and one after which nothing has changed."""
    photos = bench.people[0]
    searches, firsts, limits, agains, shorts = [], [], [], [], []
    for _turn in range(bench.sizes.turns):
        receipts = bench.fresh("ad")
        searches.append(bench.ldapsearch())
        firsts.append(bench.ad_checked(receipts)[0])
        shorts.append(bench.ad_checked(receipts)[0])
        again, answer = bench.ad_checked(receipts, rows="all")
        limits.append(bench.bare_module(answer, search_base=bench.company.ou, photos=photos, rows="all"))
        agains.append(again)
    work = f"check {len(photos):,} users in AD"
    peak = Spread.of(took.peak for took in firsts).median
    said = f"{_median(firsts)} s ({_cpu(firsts)} s CPU, {peak:.0f} MiB); ldapsearch of the same attributes"
    table.add(work, f"{said} {_median(searches)} s", _ratio(firsts, searches), 1.5, "x")
    work = f"{work}, nothing changed"
    said = f"{_median(agains)} s ({_cpu(agains)} s CPU), all rows; a module that takes and returns the same"
    table.add(work, f"{said} {_median(limits)} s", _ratio(agains, limits), 1.3, "x")
    said = f"{_median(shorts)} s, rows with drift only; the first run {_median(firsts)} s (the goal is an old one)"
    table.add(work, said, _ratio(shorts, firsts), 0.1, "x")


def put(bench: Bench, table: Table) -> None:
    """First photos; and the same ones again, of which receipts know the renditions."""
    modifies, renders, firsts, agains = [], [], [], []
    for _turn in range(bench.sizes.turns):
        receipts = bench.fresh("ad-put")
        modifies.append(bench.bare_modifies())
        firsts.append(bench.ad_put(receipts))
        renders.append(bench.bare_renders())
        agains.append(bench.ad_put(receipts))
    work = f"put {bench.sizes.without:,} photos in AD"
    ours = f"{_median(firsts)} s ({_cpu(firsts)} s CPU)"
    said = f"{ours}; a script with Pillow and python-ldap, one by one, {_median(renders)} s"
    table.add(work, said, _ratio(firsts, renders), 0.8, "x")
    said = f"{ours}; bare modifies, one by one, {_median(modifies)} s (the goal is an old one)"
    table.add(work, said, _ratio(firsts, modifies), 1, "x")
    said = f"{_median(agains)} s ({_cpu(agains)} s CPU); bare modifies, one by one, {_median(modifies)} s"
    table.add(f"{work}, known from receipts", said, _ratio(agains, modifies), 1.3, "x")


def ldap_attrs(bench: Bench, table: Table) -> None:
    """community.general.ldap_attrs, looped. It cannot write bytes, so it writes base64 text of the same length."""
    few = min(bench.sizes.looped, bench.sizes.without)
    raw = bench.thumbnail.read_bytes() if bench.people else b""
    text = base64.b64encode(raw).decode()[: len(raw)]
    given = [{"dn": bench.company.dn(each["user"]), "text": text} for each in bench.people[1][:few]]
    looped, ours = [], []
    for _turn in range(bench.sizes.turns):
        ours.append(bench.ad_put(bench.fresh("ad-attrs")))
        bench.without_photos()
        start = bench.playbook("nothing.yml", []).seconds
        looped.append((bench.playbook("ldap_attrs.yml", given).seconds - start) / few * bench.sizes.without)
    bench.without_photos()
    said = f"community.general.ldap_attrs looped {Spread.of(looped).median:.0f} s ({few} users scaled)"
    figure = ratios(looped, [took.seconds for took in ours])
    table.add(f"put {bench.sizes.without:,} photos in AD", said, figure, 50, "x", least=True)


def _median(took: Sequence[Took]) -> str:
    return f"{Spread.of(one.seconds for one in took).median:.2f}"


def _cpu(took: Sequence[Took]) -> str:
    return f"{Spread.of(one.cpu for one in took).median:.2f}"


def _ratio(ours: Sequence[Took], against: Sequence[Took]) -> Spread:
    return ratios([one.seconds for one in ours], [one.seconds for one in against])
