# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run needs of Exchange Server. Writes nothing."""

from __future__ import annotations

import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._core.model import Unresolved, User, identity_key
from .._core.option_names import called
from .._core.wording import counted
from .._exchange import endpoint, rights
from .._exchange.errors import no_exchange, no_kerberos
from .._exchange.options import CA_CERT, ExchangeOptions
from .._exchange.store import ExchangePhotoStore
from .._pictures.encode import blank
from .._sync.named import inner_match_by, named_store, needs_people
from .._sync.people import people_of
from .._sync.store import PhotoStore
from . import environment
from .exo import found
from .model import DAY, Check, Step, clock, examine, fail, ok, skipped, some, warn

#: So many users' photos are read, and so many users are tried for the right to write.
SAMPLE = 20
#: Days before the end of the server's certificate from which on there is a warning.
ENDS_SOON = 21
LEAST_ROLE = (
    "Use an account whose management role has Get-Mailbox, Get-User, Get-UserPhoto, Set-UserPhoto and Remove-UserPhoto "
    "alone (the PowerShell lines are on the safety page)."
)


@dataclass(slots=True)
class OnPremises:
    """The Exchange server under examination. ``writes``: whether runs are to change photos, or only to compare."""

    options: ExchangeOptions
    users: t.Sequence[str]
    match_by: str = "userPrincipalName"
    receipts: str | None = None
    writes: bool = True
    open_store: t.Callable[..., ExchangePhotoStore] = ExchangePhotoStore
    look: t.Callable[[ExchangeOptions], endpoint.Endpoint] = endpoint.look
    #: By user, the names of those who have another one there.
    names: t.Mapping[str, str] = field(default_factory=dict)
    #: What Active Directory says of them, as ad_user_info returned it.
    people: t.Any = None
    found: dict[str, User] = field(default_factory=dict)
    #: The photos that were read, by user id.
    pictures: dict[str, bytes] = field(default_factory=dict)
    _seen: endpoint.Endpoint | None = None
    _store: ExchangePhotoStore | None = None

    @property
    def store(self) -> ExchangePhotoStore:
        if self._store is None:
            self._store = self.open_store(self.options, match_by=inner_match_by(self.match_by, "exchange"))
        return self._store

    @property
    def named(self) -> PhotoStore:
        """The store, with users named as they are declared."""
        names = {identity_key(user): name for user, name in self.names.items()}
        needed = needs_people(self.match_by, "exchange", self.options.option_prefix)
        return named_store(self.store, names, people_of(self.people, self.match_by, needed=needed), self.match_by)

    def checks(self) -> list[Check]:
        """Everything, in the order in which it matters."""
        if not self.options.is_configured:
            why = "not configured: no Exchange server was named (server, HYBRID_PHOTOS_EXCHANGE_SERVER)"
            return examine("exchange", [Step("connection", lambda: skipped(why))])
        try:
            libraries: tuple[environment.Library, ...] = environment.EXCHANGE
            if self.options.auth_protocol == "kerberos":
                libraries = (*libraries, environment.KERBEROS)
            return [
                *examine("machine", environment.steps(libraries, self.receipts, "exchange")),
                *examine("exchange", self._steps()),
            ]
        finally:
            if self._store is not None:
                self._store.close()

    def _steps(self) -> list[Step]:
        return [
            Step("options", self.usable),
            Step("reachable", self.reach, ("options",)),
            Step("certificate", self.certificate, ("reachable",)),
            Step("endpoint", self.endpoint, ("reachable",)),
            Step("clock", self.clock, ("reachable",)),
            Step("sign-in", self.sign_in, ("endpoint",)),
            Step("management role", self.role, ("sign-in",)),
            Step("throttling policy", self.throttling, ("sign-in",)),
            Step("users", self.resolve, ("management role",)),
            # Some users are mostly found, also where the check of all of them failed.
            Step("mailboxes", self.mailboxes, ("management role",)),
            Step("photos", self.photos, ("management role",)),
            Step("right to write", self.scope, ("management role",)),
        ]

    def usable(self) -> Check:
        """Are the options complete and in order, as far as can be seen from here?"""
        self.options.validate()
        o = self.options
        protected = "TLS" if o.tls_mode == "https" else "every message is encrypted by Kerberos"
        return ok(f"{o.place}, {o.auth_protocol}, {protected}")

    def reach(self) -> Check:
        """Does anything answer HTTP on the port?"""
        self._seen = self.look(self.options)
        return ok(f"{self.options.place} answers (HTTP {self._seen.status})")

    def certificate(self) -> Check:
        """How long does the server's certificate hold? That it is accepted is known already."""
        seen, o = t.cast(endpoint.Endpoint, self._seen), self.options
        if o.tls_mode == "http":
            return ok("not used: Kerberos encrypts")
        if seen.certificate_end is None:
            return warn(
                "the certificate is not looked at (cert_validation ignore)", f"Name its authority in {CA_CERT}."
            )
        left = round((seen.certificate_end - time.time()) / DAY)
        words = f"the certificate for {o.server} is valid for {counted(left, 'more day')}"
        if o.cert_validation != "always":
            return warn(f"{words}, but its name is not compared (cert_validation {o.cert_validation})")
        return warn(words, "Renew it in time.") if left < ENDS_SOON else ok(words)

    def endpoint(self) -> Check:
        """Is there remote PowerShell, and does it take what we sign in with?"""
        seen, o = t.cast(endpoint.Endpoint, self._seen), self.options
        offers = seen.offers.lower()
        if seen.status == 401 and offers:
            if o.auth_protocol == "kerberos" and not ("negotiate" in offers or "kerberos" in offers):
                return fail(str(no_kerberos(seen.offers, o)))
            if o.auth_protocol == "basic" and "basic" not in offers:
                return fail(
                    f"{o.place}: the server offers {seen.offers} and not Basic",
                    "Use auth_protocol kerberos. Basic is off by default.",
                )
        if seen.status in (403, 404) or seen.status >= 500:
            return fail(str(no_exchange(seen.status, o)))
        return ok(f"remote PowerShell asks for a sign-in ({seen.offers or f'HTTP {seen.status}'})")

    def clock(self) -> Check:
        """The server dates its answers; Kerberos allows five minutes."""
        skew = t.cast(endpoint.Endpoint, self._seen).skew
        return clock(self.options.server, skew, strict=self.options.auth_protocol == "kerberos")

    def sign_in(self) -> Check:
        """Is the account let in, and is there an Exchange organization?"""
        authority = self.store.open()
        how = "password" if self.options.password else "Kerberos ticket or keytab"
        who = self.options.username or "the account of the ticket"
        return ok(f"signed in as {who} ({how}) at {self.options.server}; receipts are kept under {authority}")

    def role(self) -> Check:
        """Does the account have the cmdlets that are needed, and no others?"""
        role = rights.role_of(self.store.pipelines, blank(64))
        needed = (*rights.READING, *(rights.WRITING if self.writes else ()))
        missing = [name for name in needed if name in role.missing]
        if missing:
            return fail(f"the account's management role does not have {', '.join(missing)}", LEAST_ROLE)
        if role.roles is not None:
            which = f" (Set-UserPhoto is in {some(role.roles)})" if role.roles else ""
            return warn(f"the account may also read management roles, which photos do not need{which}", LEAST_ROLE)
        if not self.writes and not role.missing.issuperset(rights.WRITING):
            return warn(
                "the account may also write photos, which comparing does not need",
                "Get-Mailbox, Get-User and Get-UserPhoto are enough.",
            )
        return ok(f"has {', '.join(needed)}")

    def throttling(self) -> Check:
        """What does the throttling policy allow, as far as the account may know?"""
        allowed = rights.sessions_allowed(self.store.pipelines)
        waited = self.store.pipelines.throttled
        if waited:
            return warn(
                f"the throttling policy made this check wait {waited:.0f} s",
                "Lower concurrency, or end other remote PowerShell sessions of the account.",
            )
        if allowed is None:
            return ok("the account may not read it, which photos do not need; nothing was refused so far")
        words = f"allows {counted(allowed, 'session')} of one account (PowerShellMaxConcurrency)"
        if allowed < self.options.concurrency:
            return warn(words, f"Set concurrency to {max(1, allowed)} or less, and run fewer shards at a time (forks).")
        return ok(words)

    def resolve(self) -> Check:
        """Which of the users are in the organization?"""
        if not self.users:
            return skipped("no users were named")
        answers = self.named.resolve(list(self.users))
        self.found = {name: answer for name, answer in answers.items() if isinstance(answer, User)}
        missing = [name for name, answer in answers.items() if isinstance(answer, Unresolved)]
        option = called("match_by", self.options.option_prefix, "exchange")
        return found("in the organization", len(self.users), len(self.found), missing, option=option, stops=self.writes)

    def mailboxes(self) -> Check:
        """Whose mailbox is here (RecipientTypeDetails)? The others are not this target's."""
        if not self.found:
            return skipped("no users to check")
        counts = Counter(user.mailbox for user in self.found.values())
        without = [user.identity for user in self.found.values() if user.mailbox is None]
        words = f"{counts['on_premises']} of {counted(len(self.found), 'user')} have the mailbox here"
        words += f", {counts['cloud']} in the cloud" if counts["cloud"] else ""
        if without:
            return warn(
                f"{words}, {len(without)} have none: {some(without)}",
                "Their photo cannot be kept in a mailbox. Say where they are declared (targets in photos.yml).",
            )
        return ok(words)

    def photos(self) -> Check:
        """Can the photos of a few users be read?"""
        sample = self._sample()
        if not sample:
            return skipped("no users with a mailbox here to check")
        began = time.monotonic()
        seen = list(self.named.observe(sample, lambda _user, _tag: True))
        self.pictures = {user.id: look.picture for user, look in seen if look.picture is not None}
        problems = [f"{user.identity}: {look.problem}" for user, look in seen if look.problem is not None]
        if len(problems) == len(seen):
            return fail(f"no photo of {counted(len(seen), 'user')} could be read; {problems[0]}")
        words = f"checked {counted(len(seen), 'user')} in {time.monotonic() - began:.1f} s"
        if problems:
            return warn(f"{words}; not possible for {len(problems)}: {some(problems, 2)}")
        return ok(words)

    def scope(self) -> Check:
        """May the account write the photos of a few users? It is asked for with WhatIf, and not tried."""
        if not self.writes:
            return skipped("not needed to compare")
        sample = self._sample()
        if not sample:
            return skipped("no users with a mailbox here to check")
        scope = rights.scope_of(self.store.pipelines, sample, self.pictures, blank(64))
        if scope.outside:
            return fail(
                f"{len(scope.outside)} of {counted(len(sample), 'user')} are outside of the write scope of the "
                f"account's management role: {some(scope.outside)}",
                "Widen the scope (New-ManagementScope, Set-ManagementRoleAssignment; see the safety page).",
            )
        if scope.odd:
            user, why = scope.odd[0]
            return warn(f"Set-UserPhoto -WhatIf failed for {len(scope.odd)} of {len(sample)} users; {user}: {why}")
        return ok(f"Set-UserPhoto -WhatIf allows it for the {counted(len(sample), 'user')} that were checked")

    def _sample(self) -> list[User]:
        return [user for user in self.found.values() if user.mailbox == "on_premises"][:SAMPLE]
