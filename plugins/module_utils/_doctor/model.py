# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check says, and how a row of checks is made so that one failure never stops the others."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from .._core.model import PhotoError
from .._core.wording import counted

Status = t.Literal["ok", "warn", "fail", "skipped"]
Area = t.Literal["machine", "ad", "exchange", "exo", "both"]
#: Seconds that clocks may differ before it is worth a word, and before sign-ins are refused.
SKEW_WORTH_A_WORD, SKEW_TOO_MUCH = 60.0, 300.0
NAMES_SHOWN = 5
#: Days before an end from which on there is a warning.
EXPIRES_SOON = 30
#: The same of a server's certificate, which mostly renews itself.
RENEWS_SOON = 21
DAY = 86400.0
#: The year 9999, as far as a date goes.
_NO_YEAR_OF_OURS = 253_370_764_800.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's. ``advice`` is what to do about it, empty when there is nothing to do."""

    name: str
    status: Status
    text: str
    advice: str = ""
    area: Area = "machine"

    def as_dict(self) -> dict[str, str]:
        """For a module's result."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    """A check to be made. ``needs``: names of checks without whose success this one makes no sense."""

    name: str
    make: t.Callable[[], Check]
    needs: tuple[str, ...] = ()


def examine(area: Area, steps: t.Iterable[Step]) -> list[Check]:
    """Every step's check in order. Whatever goes wrong in one is that one's failure."""
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
    """Nothing to do."""
    return Check("", "ok", text)


def warn(text: str, advice: str = "") -> Check:
    """A run would go on, but somebody should know."""
    return Check("", "warn", text, advice)


def fail(text: str, advice: str = "") -> Check:
    """A run would be stopped by this, or would fail at its end."""
    return Check("", "fail", text, advice)


def skipped(text: str) -> Check:
    """Not asked for, or not possible here."""
    return Check("", "skipped", text)


def ends_of(ends: t.Mapping[str, float]) -> list[dict[str, str]]:
    """When credentials of our own end, for a module's result. What never ends is left out."""
    return [
        {"credential": name, "ends": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for name, end in ends.items()
        if 0 <= end < _NO_YEAR_OF_OURS
    ]


def expiry(what: str, ends: float | None, now: float, unknown: str, option: str) -> Check:
    """Whether something of our own ends soon. ``ends``: seconds since the epoch, ``inf`` never, None not known.

    ``option``: the option that takes the new one, with its environment variable.
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
    """How long a server's certificate holds. ``ends``: seconds since the epoch, None when it is not looked at.

    ``validation``: the option cert_validation. ``ca_cert``: the option that names the authority, for the advice.
    """
    if ends is None:
        return warn("the certificate is not looked at (cert_validation ignore)", f"Name its authority in {ca_cert}.")
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
    """How far a server's clock is from ours. ``strict``: five minutes end a sign-in."""
    if skew is None:
        return skipped(f"{whose} did not return its time")
    apart = abs(skew)
    words = f"this machine's clock is {apart:.0f} seconds {'behind' if skew > 0 else 'ahead of'} that of {whose}"
    if apart > SKEW_TOO_MUCH and strict:
        return fail(f"{words}; sign-ins fail from five minutes on", "Set the clock by NTP (timedatectl, chronyc).")
    if apart > SKEW_WORTH_A_WORD:
        return warn(words, "Set the clock by NTP (timedatectl, chronyc).")
    return ok(f"this machine's clock agrees with that of {whose}")
