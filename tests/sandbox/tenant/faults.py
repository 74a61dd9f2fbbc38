# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules from tests: which requests fail, how, and how often."""

from __future__ import annotations

import dataclasses
import random
import re
from dataclasses import dataclass, field
from typing import Any, cast

from .errors import CASES
from .wire import CutMoment


class RuleError(Exception):
    """A rule that is not valid; the text says why."""


SIGN_IN = frozenset({"login", "msi"})
EFFECTS = ("throttle", "fail", "cut", "lag", "delay", "wrong_photo", "truncate")


@dataclass
class Match:
    """Which requests a rule matches. A field that is not given matches everything."""

    method: str | None = None
    route: str | None = None  # a regular expression, searched in the decoded path with its version
    kind: str | None = None  # as in routes.TEMPLATES, or "login", "msi"
    user: str | None = None  # an identity as in the path, or the key, id or UPN of the user
    inside_batch: bool | None = None


@dataclass
class Rule:
    """One rule and how often it was used."""

    effect: dict[str, Any]
    match: Match = field(default_factory=Match)
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    name: str = ""
    fired: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._pattern = re.compile(self.match.route) if self.match.route else None

    def wants(self, subject: Subject) -> bool:
        """Does the rule apply to this request? If yes, it is counted."""
        match = self.match
        if self.times is not None and self.fired >= self.times:
            return False
        if match.method is not None and match.method.upper() != subject.method:
            return False
        if match.kind is not None and match.kind != subject.kind:
            return False
        if subject.kind in SIGN_IN and match.kind is None and match.route is None:
            return False  # "every request" means every request to Graph
        if match.inside_batch is not None and match.inside_batch != subject.inside_batch:
            return False
        if match.user is not None and match.user.lower() not in subject.names:
            return False
        if self._pattern is not None and not self._pattern.search(subject.path):
            return False
        if self.probability < 1.0 and self._dice.random() >= self.probability:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.fired += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {**dataclasses.asdict(self)}


@dataclass(slots=True)
class Subject:
    """The properties of a request that a rule can use."""

    method: str
    path: str
    kind: str
    names: frozenset[str] = frozenset()
    inside_batch: bool = False


@dataclass(slots=True)
class Plan:
    """The effects of all matching rules together."""

    delay: float = 0.0
    case: str | None = None
    status: int | None = None
    retry_after: str | None = None
    cut: CutMoment | None = None
    lag: float = 0.0
    wrong_photo: bool = False
    truncate: float | None = None


NOTHING = Plan()


def make_rule(raw: dict[str, Any]) -> Rule:
    """Check a rule that came over the control API."""
    raw = dict(raw)
    try:
        match = Match(**raw.pop("match", {}))
        rule = Rule(match=match, **raw)
    except (TypeError, re.error) as ex:
        raise RuleError(f"not a rule: {ex}") from ex
    if not isinstance(rule.effect, dict) or len(rule.effect) != 1 or next(iter(rule.effect)) not in EFFECTS:
        raise RuleError(f"effect must be an object with exactly one of {', '.join(EFFECTS)}")
    _apply(rule.effect, Plan())
    return rule


def _apply(effect: dict[str, Any], plan: Plan) -> bool:
    """Add one effect to the plan. Returns True if later effects do not matter."""
    name, value = next(iter(effect.items()))
    options = value if isinstance(value, dict) else {}
    try:
        if name == "throttle":
            wait = options.get("retry_after", 1)
            plan.case = options.get("case", "throttled")
            plan.status = int(options.get("status", 429))
            plan.retry_after = None if wait is None else str(wait)
        elif name == "fail":
            plan.case = options.get("case", "unavailable")
            plan.status = int(options["status"]) if "status" in options else None
            plan.retry_after = str(options["retry_after"]) if "retry_after" in options else None
        elif name == "cut":
            moment = options.get("when", "body")
            if moment not in ("before", "headers", "body"):
                raise RuleError("cut.when must be before (nothing is done), headers (done, not answered) or body")
            plan.cut = cast(CutMoment, moment)
            return plan.cut == "before"
        elif name == "lag":
            plan.lag = float(options["seconds"])
        elif name == "delay":
            plan.delay += float(options["seconds"])
        elif name == "truncate":
            plan.truncate = float(options.get("keep", 0.5))
        else:
            plan.wrong_photo = True
    except (KeyError, TypeError, ValueError) as ex:
        raise RuleError(f"effect {name}: {ex!r}") from ex
    if plan.case is not None and plan.case not in CASES:
        raise RuleError(f"effect {name}: unknown case {plan.case!r}; known are {', '.join(CASES)}")
    return name in ("throttle", "fail")


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def plan(self, subject: Subject) -> Plan:
        """The effects for this request."""
        if not self.rules:
            return NOTHING
        plan = Plan()
        for rule in self.rules:
            if rule.wants(subject) and _apply(rule.effect, plan):
                break
        return plan
