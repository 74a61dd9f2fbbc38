# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities to users, in bulk: filters of a few values inside batches, or the whole list when that is cheaper.

A photo request for an address that is not the user principal name answers "no photo", so nothing is ever asked by the
identity itself: only by the object id that was found here.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata
from dataclasses import replace
from urllib.parse import quote

from .._core.choice import EVERYBODY, Whom
from .._core.json_text import loads
from .._core.model import Resolution, Unresolved, User
from .._core.targets import TARGETS
from .errors import one_line
from .http.batch import Item
from .http.client import Client
from .http.engine import Engine
from .http.retry import TRANSIENT
from .lists import EVENTUAL, Question, literal, pages
from .permissions import Permissions
from .selected import selected

MATCH_BY = TARGETS["exo"].match_by
#: Filters on these are refused unless the question says that an index that lags behind is good enough, and counts
#: (learn.microsoft.com/graph/aad-advanced-queries).
_ADVANCED = frozenset({"onPremisesSamAccountName", "onPremisesUserPrincipalName"})
_ADDRESSES = "proxyAddresses"
_UNIQUE = frozenset({"userPrincipalName", "id", "onPremisesImmutableId"})
_SELECT = ("id", "userPrincipalName", "displayName", "onPremisesImmutableId")
#: What /users/{…} takes, and names that are fit for that: no slash or dots that lead elsewhere.
_NAMES = frozenset({"userPrincipalName", "id"})
_PLAIN = re.compile(r"[^/\\?%\s]*[@-][^/\\?%\s]*")
#: Answers to a query that a service does not know.
_NO_SUCH_QUERY = frozenset({400, 404, 405, 501})
#: Values in one filter: Microsoft's limit of or-clauses.
_VALUES = 15
#: Characters of one filter in a URL; gateways refuse long ones.
_FILTER = 6000
_LONGEST = 1000
#: From so many identities on, the size of the tenant is asked for: a page holds 999 users, a batch of filters 300.
_MANY = 600
_PAGE = 999
#: A filter of a few values has a handful of answers.
_MOST_FOLLOWED = 50


class Problem(t.NamedTuple):
    """Why an identity could not be looked up. ``no_answer``: the service gave none, so it says nothing of the user."""

    why: str
    no_answer: bool = False


class Directory:
    """The tenant's users. ``match_by`` is the property that identities are compared with; ``also``: others to read.

    ``option``: what ``match_by`` is called where the reader of a message can set it.
    """

    def __init__(
        self,
        client: Client,
        match_by: str,
        permissions: Permissions,
        also: t.Sequence[str] = (),
        option: str = "match_by",
    ) -> None:
        self._client = client
        self._match_by = match_by
        self._option = option
        self._permissions = permissions
        self._select = ",".join(dict.fromkeys((*_SELECT, match_by, *also)))
        self._advanced = match_by in _ADVANCED

    def resolve(self, identities: t.Sequence[str]) -> dict[str, Resolution]:
        """Each identity as given, with its user or the reason why there is none."""
        result: dict[str, Resolution] = {}
        wanted: dict[str, list[str]] = {}
        for identity in identities:
            refused = self._refuse(identity)
            if refused is not None:
                result[identity] = Unresolved(identity, refused)
            else:
                wanted.setdefault(self._key(identity), []).append(identity)
        found: dict[str, dict[str, User]] = {}
        problems: dict[str, Problem] = {}
        # Only where no two users can share the value: the list may lag behind for a newcomer, and then the second
        # owner of an address would go unnoticed.
        if len(wanted) >= _MANY and self._match_by in _UNIQUE and self._few_more_than(len(wanted)):
            for page in self._pages(f"/users?$select={self._select}&$top={_PAGE}"):
                self._collect(page, wanted, found)
        missing = {key: given[0] for key, given in wanted.items() if key not in found}
        self._from_filters(missing, found, problems)
        for key, given in wanted.items():
            users = list(found.get(key, {}).values())
            for identity in given:
                result[identity] = self._judge(identity, users, problems.get(key))
        return result

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """All users, by pages; each is named by ``match_by``, or by user principal name where it has none."""
        if whom.asks:
            yield from selected(self._client, self._permissions, self, whom)
            return
        for page in self._pages(f"/users?$select={self._select}&$top={_PAGE}"):
            yield from self._listed(page)

    def listed(self, path: str, question: Question) -> t.Iterator[tuple[User, ...]]:
        """See selected.Lists."""
        parts = f"$select={self._select}&$top={_PAGE}{'&$count=true' if question.advanced else ''}"
        for page in self._pages(f"{path}{'&' if '?' in path else '?'}{parts}", question):
            yield tuple(self._listed(page))

    def _listed(self, page: t.Iterable[dict[str, t.Any]]) -> t.Iterator[User]:
        for raw in page:
            name = next(iter(self._names(raw)), None) or raw.get("userPrincipalName") or raw.get("id")
            if isinstance(name, str) and isinstance(raw.get("id"), str):
                yield _user(name, raw)

    def _refuse(self, identity: str) -> str | None:
        if not identity.strip() or (self._match_by == _ADDRESSES and not _address(identity).strip()):
            return "the identity is empty; name the user"
        if len(identity) > _LONGEST:
            return f"{one_line(identity, 60)!r} has {len(identity)} characters; no identity is that long, check it"
        if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in identity):
            return f"{one_line(identity, 100)!r} holds control characters or line ends; remove them"
        if self._match_by == "id" and not _is_guid(identity):
            return (
                f"{one_line(identity, 100)!r} is not an object id (a GUID); correct it or choose another {self._option}"
            )
        if len(_literal(identity)) > _FILTER - 200:
            return f"{one_line(identity, 60)!r} is too long to be asked for; check it"
        return None

    def _judge(self, identity: str, users: list[User], problem: Problem | None) -> Resolution:
        if len(users) == 1:
            user = users[0]
            return replace(user, identity=identity)
        # repr shows a blank at the end, and nothing is printed as it is.
        shown = repr(identity if len(identity) <= 100 else f"{identity[:97]}...")
        if users:
            some = ", ".join(sorted(user.id for user in users)[:5])
            advice = f"use {self._option}: id for them"
            if self._match_by == "onPremisesImmutableId":
                advice = "each account needs a source anchor of its own"
            why = f"{shown} is the {self._match_by} of {len(users)} users ({some}); {advice}"
        elif problem is not None:
            return Unresolved(identity, f"{shown} could not be looked up: {problem.why}", no_answer=problem.no_answer)
        else:
            advice = f"correct it, or choose another {self._option}"
            if identity != identity.strip():
                advice = "remove the space at its beginning or end"
            why = f"no user of the tenant has the {self._match_by} {shown}; {advice}"
            return Unresolved(identity, why, gone=True)
        return Unresolved(identity, why)

    def _key(self, identity: str) -> str:
        # Base64: letters of another case are other bytes.
        if self._match_by == "onPremisesImmutableId":
            return identity
        return _fold(_address(identity) if self._match_by == _ADDRESSES else identity)

    def _names(self, raw: t.Mapping[str, t.Any]) -> list[str]:
        """The values that a user can be found by; the one that people would use comes first."""
        value = raw.get(self._match_by)
        if self._match_by != _ADDRESSES:
            return [value] if isinstance(value, str) and value else []
        # "SMTP:" in capitals is the primary address. Addresses of other kinds (X500, SIP) keep their prefix.
        values = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
        ranked = sorted(values, key=lambda one: (not one.startswith("SMTP:"), one[:5].lower() != "smtp:"))
        return [_address(one) for one in ranked]

    def _collect(
        self, page: t.Iterable[dict[str, t.Any]], wanted: t.Container[str], found: dict[str, dict[str, User]]
    ) -> None:
        for raw in page:
            name = raw.get("id")
            for value in self._names(raw) if isinstance(name, str) else ():
                if (key := self._key(value)) in wanted:
                    found.setdefault(key, {})[str(name).lower()] = _user(value, raw)

    def _few_more_than(self, asked: int) -> bool:
        """Is the tenant at most twice as large? Then its whole list takes fewer requests than filters."""
        reply = self._client.call("GET", "/v1.0/users?$select=id&$top=1&$count=true", headers=EVENTUAL)
        try:
            count = loads(reply.body)["@odata.count"]
        except (ValueError, KeyError, TypeError):
            return False
        return isinstance(count, int) and count <= 2 * asked

    def _pages(self, path: str, question: Question | None = None) -> t.Iterator[list[dict[str, t.Any]]]:
        return pages(self._client, self._permissions, path, question)

    def _from_filters(
        self, wanted: t.Mapping[str, str], found: dict[str, dict[str, User]], problems: dict[str, Problem]
    ) -> None:
        engine = Engine(self._client)
        chains = _Chains()
        for item, answer in engine.run(self._filters(wanted)):
            keys: list[str] = item.key
            if answer.ok and isinstance(answer.body, dict):
                self._collect([answer.body] if item.step == "user" else _values(answer.body), set(keys), found)
                link = answer.body.get("@odata.nextLink")
                following = self._client.path_of(link)
                endless = chains.refuse(keys[0], following) if link else None
                if endless is not None:
                    problems.update(dict.fromkeys(keys, Problem(endless)))
                elif following is not None:
                    engine.add(self._item(following, keys, "users"))
            elif answer.status == 400 and len(keys) > 1:
                # One value that Graph cannot digest must not spoil the others.
                half = len(keys) // 2
                for part in (keys[:half], keys[half:]):
                    engine.add(self._filter(part, wanted))
            elif answer.status in _NO_SUCH_QUERY and (other := self._other_question(item.step, keys, wanted)):
                for question in other:
                    engine.add(question)
            elif item.step == "user" and answer.status == 404 and answer.error().kind == "no_user":
                continue
            elif answer.status in (403, 404):
                raise self._permissions.failed("look up users", answer.status, answer.body)
            else:
                silent = answer.status == 0 or answer.status in TRANSIENT or answer.status >= 500
                problems.update(dict.fromkeys(keys, Problem(f"Microsoft Graph answered {answer}", silent)))
        for key in problems:
            found.pop(key, None)  # half of an answer could hide a second user

    def _filters(self, wanted: t.Mapping[str, str]) -> t.Iterator[Item]:
        group: list[str] = []
        length = 0
        for key, identity in wanted.items():
            size = len(self._clause(identity))
            if group and (len(group) == _VALUES or length + size > _FILTER):
                yield self._filter(group, wanted)
                group, length = [], 0
            group.append(key)
            length += size
        if group:
            yield self._filter(group, wanted)

    def _filter(self, keys: list[str], wanted: t.Mapping[str, str]) -> Item:
        clauses = [self._clause(wanted[key]) for key in keys]
        if self._match_by == _ADDRESSES:
            return self._question("%20or%20".join(clauses), keys, "equal")
        return self._question(f"{self._match_by}%20in%20%28{'%2C'.join(clauses)}%29", keys, "users")

    def _clause(self, identity: str) -> str:
        """One identity's part of a filter."""
        if self._match_by != _ADDRESSES:
            return _literal(identity)
        # A list of values knows no "in". The comparison ignores case, so that the primary address (SMTP:) is found too.
        whole = identity if ":" in identity else f"smtp:{identity}"
        return f"{_ADDRESSES}%2Fany%28p%3Ap%20eq%20{_literal(whole)}%29"

    def _question(self, text: str, keys: list[str], step: str) -> Item:
        count = "$count=true&" if self._advanced else ""
        return self._item(f"/users?{count}$select={self._select}&$filter={text}", keys, step)

    def _item(self, path: str, keys: list[str], step: str) -> Item:
        return Item(path, keys, step, headers=EVENTUAL if self._advanced else {})

    def _other_question(self, step: str, keys: list[str], wanted: t.Mapping[str, str]) -> list[Item]:
        """The same, for a service that does not know ``in``: one by one, then without a filter. Empty: none is left."""
        if step == "users" and len(keys) == 1:
            return [self._question(f"{self._match_by}%20eq%20{_literal(wanted[keys[0]])}", keys, "equal")]
        names = [wanted[key] for key in keys]
        if step == "user" or self._match_by not in _NAMES or not all(map(_PLAIN.fullmatch, names)):
            return []
        return [
            Item(f"/users/{quote(name, safe='')}?$select={self._select}", [key], "user")
            for key, name in zip(keys, names, strict=True)
        ]


class _Chains:
    """The pages of filters' answers that were followed; ``key`` names the filter."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._pages: dict[str, int] = {}

    def refuse(self, key: str, following: str | None) -> str | None:
        """Why a link (None: not one of Graph) is not followed; None: it is."""
        if following is None:
            return "the answer continues at another server, which is not followed"
        self._pages[key] = self._pages.get(key, 0) + 1
        if following in self._seen or self._pages[key] > _MOST_FOLLOWED:
            return "Microsoft Graph's answer has no end"
        self._seen.add(following)
        return None


def _values(body: dict[str, t.Any]) -> t.Iterator[dict[str, t.Any]]:
    values = body.get("value")
    return (raw for raw in values if isinstance(raw, dict)) if isinstance(values, list) else iter(())


def _user(identity: str, raw: t.Mapping[str, t.Any]) -> User:
    account = str(raw.get("userPrincipalName") or "")
    label = str(raw.get("displayName") or account)
    immutable = raw.get("onPremisesImmutableId")
    id_ = str(raw["id"])
    department = str(raw.get("department") or "").strip() or None
    return User(identity, id_.lower(), id_, label, immutable if immutable else None, account=account, group=department)


def _address(text: str) -> str:
    """A proxy address without its usual prefix."""
    return text[5:] if text[:5].lower() == "smtp:" else text


def _literal(identity: str) -> str:
    """An OData string literal for a URL (everything but letters and digits escaped)."""
    return quote(literal(identity), safe="")


def _fold(text: str) -> str:
    """Without regard to case, but never across the border of ASCII: the Kelvin sign is not the letter K."""
    if text.isascii():
        return text.lower()
    return "".join(c.lower() if c.isascii() or not c.lower().isascii() else c for c in text)


def _is_guid(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) is not None
