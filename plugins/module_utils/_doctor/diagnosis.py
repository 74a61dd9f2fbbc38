# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings for all targets together, and the lines for the screen. No input or output."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

from .._core.model import identity_key
from .._core.targets import TARGETS
from .._core.wording import counted, which
from .environment import LIBRARIES
from .model import Check, Step, examine, fail, ok, skipped, some, warn

TITLES = {"machine": "This machine", **{name: known.title for name, known in TARGETS.items()}, "both": "Both together"}
MARKS = {"ok": "ok", "warn": "warning", "fail": "FAILED", "skipped": "skipped"}
#: What to do about a target without a connection.
UNSET = "Configure it, or leave it out of the targets of all runs (doctor_targets, drift_targets, sync_targets)."
_STATUSES = ("ok", "warn", "fail", "skipped")

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "results": {"type": "list", "elements": "dict", "required": True},
    "targets": {"type": "list", "elements": "str", "choices": list(TARGETS), "default": ["ad", "exo"]},
    "excluded": {"type": "list", "elements": "str", "default": []},
    "dest": {"type": "path"},
    "show": {"type": "bool", "default": True},
}


def diagnosis(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Join the modules' findings. The keys are ``checks``, ``ok``, ``counts``, ``excluded``, ``lines``."""
    results = [result for result in options["results"] if not result.get("skipped")]
    checks = [check for result in results for check in _checks(result)]
    asked = set(options["targets"])
    for target in ("ad", "exo"):
        if target not in asked:
            checks.append(Check("connection", "skipped", "not asked for", area=t.cast(t.Any, target)))
    checks = _with_libraries_once(_without_repeats(checks))
    unset = [target for target in TARGETS if target in asked and any(_is_unset(check, target) for check in checks)]
    checks = [replace(each, advice=UNSET) if each.area in unset and not each.advice else each for each in checks]
    if "exchange" in asked:
        checks = [_with_exchange(check) for check in checks]
    steps = []
    if asked >= {"ad", "exo"}:
        steps.append(Step("identities", lambda: identities(_people(results, "ad"), _people(results, "exo"))))
    if asked >= {"ad", "exchange"}:
        ids = [_people(results, target, "id") for target in ("ad", "exchange")]
        steps.append(Step("accounts", lambda: accounts(*ids)))
    checks += examine("both", steps)
    if not any(check.status in ("ok", "warn", "fail") and check.area in TARGETS for check in checks):
        checks.append(Check("connection", "fail", "nothing was checked: no target is configured"))
    counts = {status: sum(check.status == status for check in checks) for status in _STATUSES}
    return {
        "checks": [check.as_dict() for check in checks],
        "ok": counts["fail"] == 0,
        "counts": counts,
        "excluded": [str(user) for user in options.get("excluded", ())],
        "lines": [*_of_excluded(options.get("excluded", ())), *table(checks, unset)],
    }


def _checks(result: t.Mapping[str, t.Any]) -> list[Check]:
    target = result.get("target")
    area: t.Any = target if target in TARGETS else "machine"
    given = result.get("checks")
    if not isinstance(given, list):
        return [Check("module", "fail", str(result.get("msg", "the module gave no answer")), area=area)]
    names = ("name", "status", "text", "advice", "area")
    return [Check(**{name: str(check.get(name, "")) for name in names}) for check in given]  # type: ignore[arg-type]


def _is_unset(check: Check, target: str) -> bool:
    """Does the check say that the target has no connection? Then it is the only check of the target."""
    return (check.area, check.name, check.status) == (target, "connection", "skipped")


def _without_repeats(checks: t.Sequence[Check]) -> list[Check]:
    """The checks without repetitions: all modules check the same machine."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for check in checks:
        key = (check.area, check.name, check.text)
        if key not in seen:
            kept.append(check)
        seen.add(key)
    return kept


def _with_libraries_once(checks: t.Sequence[Check]) -> list[Check]:
    """The libraries that are in order, of all targets in one line, where the first of them stood."""
    good = [check for check in checks if (check.area, check.name, check.status) == ("machine", LIBRARIES, "ok")]
    if not good:
        return list(checks)
    names = dict.fromkeys(name for check in good for name in check.text.split(", "))
    joined = replace(good[0], text=", ".join(names))
    return [joined if check is good[0] else check for check in checks if check is good[0] or check not in good]


def _with_exchange(check: Check) -> Check:
    """On-premises mailboxes are no warning if Exchange Server is a target, too."""
    if (check.area, check.name, check.status) != ("ad", "mailboxes", "warn"):
        return check
    return replace(check, status="ok", advice="")


def _people(
    results: t.Sequence[t.Mapping[str, t.Any]], target: str, what: str = "immutable_id"
) -> dict[str, tuple[str, t.Any]] | None:
    """User and immutable id (or another value) by identity key; None if that target was not checked."""
    lists = [r["users"] for r in results if r.get("target") == target and isinstance(r.get("users"), list)]
    if not lists:
        return None
    return {identity_key(str(u["user"])): (str(u["user"]), u[what]) for users in lists for u in users}


def accounts(ad: t.Mapping[str, tuple[str, str]] | None, exchange: t.Mapping[str, tuple[str, str]] | None) -> Check:
    """Do names lead to the same account in AD and Exchange? Exchange's GUID is the account's objectGUID."""
    if not ad or not exchange:
        return skipped("there are no users at both targets to compare")
    both = [(ad[key][0], ad[key][1], exchange[key][1]) for key in ad if key in exchange]
    strangers = [user for user, here, there in both if here != there]
    if strangers:
        return fail(
            f"{counted(len(strangers), 'user has', 'users have')} one account in Active Directory and another in "
            f"Exchange Server: {some(strangers)}",
            "Name users by the same attribute at both targets, or find the mailbox by the account "
            "(exchange_match_by: anchor of the roles).",
        )
    who = which(len(both), "the one user", f"all {len(both)} users")
    what = which(len(both), "is the same account", "are the same accounts")
    return ok(f"{who} of Active Directory and Exchange Server {what}")


def identities(
    ad: t.Mapping[str, tuple[str, str | None]] | None, exo: t.Mapping[str, tuple[str, str | None]] | None
) -> Check:
    """Did Entra Connect make each name's cloud account from the on-premises account with the same name?"""
    if not ad or not exo:
        return skipped("there are no users at both targets to compare")
    both = [(ad[key][0], ad[key][1], exo[key][1]) for key in ad if key in exo]
    strangers = [user for user, here, there in both if there and here != there]
    loose = [user for user, _here, there in both if not there]
    if strangers:
        return fail(
            f"{counted(len(strangers), 'user has', 'users have')} one account at each target, but the immutable IDs of "
            f"the two differ: {some(strangers)}",
            "The cloud account was made from another on-premises account. Name the right one in the definitions, or "
            "correct ms-DS-ConsistencyGuid or onPremisesImmutableId.",
        )
    if loose:
        return warn(
            f"{len(loose)} of {counted(len(both), 'cloud account')} {which(len(loose), 'is', 'are')} not synced from "
            f"Active Directory: {some(loose)}",
            "Make sure that they are the same people.",
        )
    who = which(len(both), "the one user at both targets has", f"all {len(both)} users at both targets have")
    return ok(f"{who} matching immutable IDs")


def _of_excluded(users: t.Sequence[str]) -> list[str]:
    return [f"{counted(len(users), 'user')} excluded and not checked: {some(list(users))}"] if users else []


def table(checks: t.Sequence[Check], unset: t.Sequence[str] = ()) -> list[str]:
    """A title for each target, a line for each check, and advice below it. ``unset``: targets without a connection."""
    lines: list[str] = []
    width = max((len(check.name) for check in checks), default=0)
    for area, title in TITLES.items():
        mine = [check for check in checks if check.area == area]
        if mine:
            lines.append(title)
        for check in mine:
            text = " ".join(check.text.split())
            lines.append(f"  {MARKS[check.status]:<8} {check.name:<{width}}  {text}")
            if check.advice:
                lines.append(f"  {'':<8} {'':<{width}}  -> {check.advice}")
    failed = sum(check.status == "fail" for check in checks)
    warned = sum(check.status == "warn" for check in checks)
    good = sum(check.status == "ok" for check in checks)
    verdict = "A run would fail." if failed else _nothing_stops(unset)
    lines.append(f"{verdict} {good} ok, {counted(warned, 'warning')}, {failed} failed.")
    return lines


def _nothing_stops(unset: t.Sequence[str]) -> str:
    if not unset:
        return "Nothing stops a run."
    them, are = ("it", "it is") if len(unset) == 1 else ("them", "they are")
    without = " and ".join(TITLES[target] for target in unset)
    return f"Nothing stops a run without {without}. A run with {them} fails, because {are} not configured."


def as_json(answer: t.Mapping[str, t.Any]) -> str:
    """JSON text for a file, always in the same order."""
    kept = {key: answer[key] for key in ("ok", "counts", "excluded", "checks")}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"
