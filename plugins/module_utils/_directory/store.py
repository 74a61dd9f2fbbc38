# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active Directory as a PhotoStore: thumbnailPhoto of the users of one domain or several.

Each user's photo is read and written at a controller of the user's own domain (thumbnailPhoto is not in the Global
Catalog). The distinguished name tells the domain.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.choice import EVERYBODY, Whom
from .._core.model import Observation, Resolution, User, Write, WriteResult
from .._core.option_names import called
from .._core.units import GroupBy, unit_of
from .._sync.store import Expected, Memory, OnObserved, Wanted
from . import people, selected
from .connection import Connection
from .domain import DomainUsers
from .errors import DirectoryError
from .filters import parse
from .options import DirectoryOptions
from .people import MatchBy, Matches
from .rootdse import RootDSE, domain_of

_Answer = t.TypeVar("_Answer")


class DirectoryPhotoStore:
    """The users of the domains that ``options`` name. ``memory`` is asked once ``authority`` is known."""

    target = "ad"
    #: There is one connection for each domain.
    overlaps = False
    keeps_bytes = True

    def __init__(
        self,
        options: DirectoryOptions,
        match_by: MatchBy = "userPrincipalName",
        memory: Memory | None = None,
        group_by: GroupBy | None = None,
    ) -> None:
        self.options = options
        self.match_by = match_by
        self.authority = ""
        self._open = False
        #: The unit is part of the distinguished name; the department is an attribute more for each user.
        self._group_by = group_by
        also = ("department",) if group_by == "department" else ()
        self.domains = [DomainUsers(one, match_by, memory, also) for one in options.each_domain()]

    def open(self) -> str:
        """Sign in to a controller of each domain; the authority that receipts are kept under: the first domain's name.

        Raises PhotoError for options that cannot work, StoreError when a domain cannot be used.
        """
        if not self._open:
            self.options.validate()
            for domain in self.domains:
                domain.connect()
            self.authority = self.domains[0].name
            self._open = True
        return self.authority

    def close(self) -> None:
        """See PhotoStore."""
        self._open = False
        for domain in self.domains:
            domain.close()

    @property
    def requests(self) -> int:
        """LDAP operations sent."""
        return sum(domain.connection.requests for domain in self.domains)

    @property
    def notes(self) -> list[str]:
        """Remarks on this run for a person, such as skipped controllers."""
        return [note for domain in self.domains for note in domain.notes]

    def blocked(self) -> str | None:
        """None: nothing blocks writes to a directory as a whole. Opens it, so that ``authority`` is known."""
        self.open()
        return None

    def limit(self) -> int | None:
        """rangeUpper of thumbnailPhoto, in bytes; the least of several domains."""
        self.open()
        told = [domain.connection.schema.photo_limit for domain in self.domains]
        return min((limit for limit in told if limit is not None), default=None)

    # -- of a store of one domain (for the doctor) --------------------------------------------------------------------

    def connect(self) -> Connection:
        """The connection to the first domain."""
        self.open()
        return self.domains[0].connect()

    @property
    def root(self) -> RootDSE:
        """The domain controller that answered for the first domain."""
        return self.connect().root

    @property
    def base(self) -> str:
        """The search base of the first domain."""
        self.open()
        return self.domains[0].base

    # -- PhotoStore ---------------------------------------------------------------------------------------------------

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        """See PhotoStore. Upper and lower case are the same; text that only a directory considers equal is not.

        Every domain is searched for every user, since a name in two domains is ``unresolved``.
        """
        self.open()
        names = [domain.name for domain in self.domains]
        answers: dict[str, Resolution] = {}
        matches: dict[str, Matches] = {}
        for identity in dict.fromkeys(identities):
            why = people.refusal(self.match_by, identity, names)
            if why is not None:
                answers[identity] = people.nobody(self.match_by, identity, why)
            else:
                matches[identity] = Matches()
        alone = len(self.domains) == 1
        for domain in self.domains:
            asked = [i for i in matches if alone or self._may_be_in(i, domain)]
            # That only one domain has a name is certain when all were searched, so photos are read later.
            for identity, found in domain.find(asked, on_observed if alone else None).items():
                matches[identity].found += found.found
                matches[identity].near += found.near
        where = ", ".join(domain.where for domain in self.domains)
        option = called("match_by", self.options.option_prefix, "ad")
        for identity, all_found in matches.items():
            answer = people.judge(self.match_by, identity, all_found, where, option)
            if self._group_by == "ou" and isinstance(answer, User):
                answer = replace(answer, group=unit_of(answer.handle))
            answers[identity] = answer
        return {identity: answers[identity] for identity in identities}

    def shared_anchors(self, users: t.Sequence[User]) -> dict[str, list[str]]:
        """Anchors of these users that several accounts have, with the accounts' distinguished names."""
        self.open()
        anchors = {people.key(people.ANCHOR, u.immutable_id): u.immutable_id for u in users if u.immutable_id}
        owners: dict[str, dict[str, str]] = {}
        for domain in self.domains:
            for key, found in domain.anchored(anchors).items():
                owners.setdefault(anchors[key], {}).update({one.id: one.dn for one in found})
        return {anchor: list(dns.values()) for anchor, dns in owners.items() if len(dns) > 1}

    def _may_be_in(self, identity: str, domain: DomainUsers) -> bool:
        return self.match_by != "distinguishedName" or people.refusal(self.match_by, identity, [domain.name]) is None

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """See PhotoStore. An account without the ``match_by`` attribute is named by its sAMAccountName."""
        wanted = parse(whom.filter) if whom.filter else None
        self.open()
        if wanted is not None:
            selected.check_attributes(self.domains, wanted)
        clauses = selected.clauses(self.domains, whom.group) if whom.group else None
        for domain in self.domains:
            if clauses is not None and domain.name not in clauses:
                continue
            try:
                yield from domain.everyone(wanted.text if wanted else "", clauses[domain.name] if clauses else ())
            except DirectoryError as error:
                raise selected.refused(error, whom.filter) from error

    def holders(self) -> t.Iterator[User]:
        """See KnowsHolders."""
        self.open()
        for domain in self.domains:
            yield from domain.holders()

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore. With a memory, only photos of users that changed since are read, and those ``wanted``."""
        of_domain, others = self._by_domain(users, lambda user: user)
        for domain, some in of_domain:
            yield from domain.observe(some, wanted)
        for user in others:
            yield user, Observation(problem=self._foreign(user))

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore."""
        of_domain, others = self._by_domain(users, lambda user: user)
        for domain, some in of_domain:
            yield from domain.read(some)
        for user in others:
            yield user, Observation(problem=self._foreign(user))

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """See PhotoStore."""
        of_domain, others = self._by_domain(writes, lambda write: write.user)
        for domain, some in of_domain:
            yield from domain.write(some)
        for write in others:
            yield write.user, WriteResult("failed", self._foreign(write.user))

    def _by_domain(
        self, items: t.Sequence[_Answer], user_of: t.Callable[[_Answer], User]
    ) -> tuple[list[tuple[DomainUsers, list[_Answer]]], list[_Answer]]:
        """Items by the domain of their user; and those whose domain is not among the named ones."""
        self.open()
        if len(self.domains) == 1:
            return [(self.domains[0], list(items))], []
        by_name: dict[str, list[_Answer]] = {domain.name: [] for domain in self.domains}
        others: list[_Answer] = []
        for item in items:
            by_name.get(domain_of(user_of(item).handle), others).append(item)
        return [(domain, by_name[domain.name]) for domain in self.domains if by_name[domain.name]], others

    def _foreign(self, user: User) -> str:
        names = ", ".join(domain.name for domain in self.domains)
        return f"{user.identity}: the account is in {domain_of(user.handle)}, and domain names {names}; add it there"
