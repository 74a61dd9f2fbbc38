# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a check, and running checks so that one failure never stops the others."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from .._core.model import PhotoError
from .._core.wording import counted

Status = t.Literal["ok", "warn", "fail", "skipped"]
Area = t.Literal["machine", "ad", "exchange", "exo", "both"]
#: Clock differences in seconds: from which there is a warning, and from which sign-ins are refused.
SKEW_WORTH_A_WORD, SKEW_TOO_MUCH = 60.0, 300.0
NAMES_SHOWN = 5
#: How many days before an expiry the warnings begin.
EXPIRES_SOON = 30
#: The same for a server's certificate, which is usually renewed automatically.
RENEWS_SOON = 21
DAY = 86400.0
#: The start of the year 9999, in seconds since the epoch. A later date means that a credential never expires.
_NO_YEAR_OF_OURS = 253_370_764_800.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the doctor. ``advice``: what to do, empty if there is nothing to do."""

    name: str
    status: Status
    text: str
    advice: str = ""
    area: Area = "machine"

    def as_dict(self) -> dict[str, str]:
        """The check for a module's result."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    """A check that is still to run. ``needs``: names of the checks that must succeed before it."""

    name: str
    make: t.Callable[[], Check]
    needs: tuple[str, ...] = ()


def examine(area: Area, steps: t.Iterable[Step]) -> list[Check]:
    """The check of each step, in order. Any error in a step only makes that check fail."""
    checks: list[Check] = []
    came: dict[str, Status] = {}
    for step in steps:
        missing = next((name for name in step.needs if came.get(name) not in ("ok", "warn")), None)
        check = _made(step) if missing is None else _skipped(missing, came.get(missing, "skipped"))
        came[step.name] = check.status
        checks.append(replace(check, name=step.name, area=area))
    return checks


def _skipped(missing: str, came: Status) -> Check:
    return skipped(f"not checked, because '{missing}' {'failed' if came == 'fail' else 'was not checked'}")


def _made(step: Step) -> Check:
    try:
        return step.make()
    except PhotoError as error:
        return Check(step.name, "fail", str(error))
    except Exception as error:
        return Check(step.name, "fail", f"the check failed ({type(error).__name__}: {error})")


def ok(text: str) -> Check:
    """A success: there is nothing to do."""
    return Check("", "ok", text)


def warn(text: str, advice: str = "") -> Check:
    """A warning: a run would go on."""
    return Check("", "warn", text, advice)


def fail(text: str, advice: str = "") -> Check:
    """A failure: it would stop a run or make it fail at its end."""
    return Check("", "fail", text, advice)


def skipped(text: str) -> Check:
    """A check that was not requested or is not possible."""
    return Check("", "skipped", text)


def ends_of(ends: t.Mapping[str, float]) -> list[dict[str, str]]:
    """When credentials of the runs expire, for a module's result. Those that never expire are left out."""
    return [
        {"credential": name, "ends": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for name, end in ends.items()
        if 0 <= end < _NO_YEAR_OF_OURS
    ]


def expiry(what: str, ends: float | None, now: float, unknown: str, option: str) -> Check:
    """Does a credential of the runs expire soon? ``ends``: seconds since the epoch, ``inf`` never, None not known.

    ``option``: the option for the new credential, with its environment variable.
    """
    if ends is None:
        return skipped(f"it is not known when {what} expires: {unknown}")
    if ends == float("inf"):
        return ok(f"{what} does not expire")
    left = (ends - now) / DAY
    if left <= 0:
        return fail(f"{what} has expired", f"Renew it, and give the new one in {option}.")
    words = f"{what} is valid for {counted(round(left), 'more day')}"
    return warn(words, f"Renew it in time. The new one belongs in {option}.") if left < EXPIRES_SOON else ok(words)


def certificate(server: str, ends: float | None, now: float, validation: str, ca_cert: str) -> Check:
    """How long is a server's certificate valid? ``ends``: seconds since the epoch, None if it is not checked.

    ``validation``: the option cert_validation. ``ca_cert``: the option that names the authority, for the advice.
    """
    if ends is None:
        return warn("the certificate is not checked (cert_validation ignore)", f"Name its authority in {ca_cert}.")
    left = (ends - now) / DAY
    words = f"the certificate for {server} is valid for {counted(round(left), 'more day')}"
    if validation != "always":
        return warn(f"{words}, but its name is not compared (cert_validation {validation})")
    return warn(words, "Renew it in time.") if left < RENEWS_SOON else ok(words)


def some(names: t.Sequence[str], shown: int = NAMES_SHOWN) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def clock(whose: str, skew: float | None, strict: bool) -> Check:
    """How much does a server's clock differ from ours? ``strict``: sign-ins fail from five minutes on."""
    if skew is None:
        return skipped(f"{whose} did not return its time")
    apart = abs(skew)
    words = f"this machine's clock is {apart:.0f} seconds {'behind' if skew > 0 else 'ahead of'} that of {whose}"
    if apart > SKEW_TOO_MUCH and strict:
        return fail(f"{words}; sign-ins fail from five minutes on", "Set the clock by NTP (timedatectl, chronyc).")
    if apart > SKEW_WORTH_A_WORD:
        return warn(words, "Set the clock by NTP (timedatectl, chronyc).")
    return ok(f"this machine's clock agrees with that of {whose}")
