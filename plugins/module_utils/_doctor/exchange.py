# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what a run needs in Exchange Server. Writes nothing."""

from __future__ import annotations

import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._core.model import User
from .._core.wording import counted, which
from .._exchange import endpoint, rights
from .._exchange.errors import no_exchange, no_kerberos
from .._exchange.options import CA_CERT, ExchangeOptions
from .._exchange.store import ExchangePhotoStore
from .._pictures.encode import blank
from . import environment
from .model import Check, Step, certificate, clock, fail, ok, skipped, some, warn
from .side import SAMPLE, Side, readable

LEAST_ROLE = (
    "Use an account whose management role has Get-Mailbox, Get-User, Get-UserPhoto, Set-UserPhoto and Remove-UserPhoto "
    "alone (the PowerShell lines are on the safety page)."
)


@dataclass(slots=True)
class OnPremises(Side[ExchangeOptions, ExchangePhotoStore]):
    """The checks of the Exchange server."""

    target = "exchange"
    where = "in the organization"
    unset = "no Exchange server was named (server, HYBRID_PHOTOS_EXCHANGE_SERVER)"

    open_store: t.Callable[..., ExchangePhotoStore] = field(default=ExchangePhotoStore, kw_only=True)
    look: t.Callable[[ExchangeOptions], endpoint.Endpoint] = endpoint.look
    #: The photos that were read, by user id.
    pictures: dict[str, bytes] = field(default_factory=dict)
    _seen: endpoint.Endpoint | None = None

    def libraries(self) -> t.Sequence[environment.Library]:
        """See Side."""
        if self.options.auth_protocol == "kerberos":
            return (*environment.EXCHANGE, environment.KERBEROS)
        return environment.EXCHANGE

    def steps(self) -> list[Step]:
        """See Side."""
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
            # Does not need the check of the users: even if it failed, most users are usually found.
            Step("mailboxes", self.mailboxes, ("management role",)),
            Step("photos", self.photos, ("management role",)),
            Step("right to write", self.scope, ("management role",)),
        ]

    def usable(self) -> Check:
        """Are the options complete and valid? Checked without a connection."""
        self.options.validate()
        o = self.options
        protected = "TLS" if o.tls_mode == "https" else "every message is encrypted by Kerberos"
        return ok(f"{o.place}, {o.auth_protocol}, {protected}")

    def reach(self) -> Check:
        """Does anything answer HTTP on the port?"""
        self._seen = self.look(self.options)
        return ok(f"{self.options.place} answers (HTTP {self._seen.status})")

    def certificate(self) -> Check:
        """How long is the server's certificate valid? The check before this one showed that it is accepted."""
        seen, o = t.cast(endpoint.Endpoint, self._seen), self.options
        if o.tls_mode == "http":
            return ok("not used: Kerberos encrypts")
        return certificate(o.server, seen.certificate_end, time.time(), o.cert_validation, CA_CERT)

    def endpoint(self) -> Check:
        """Is there remote PowerShell, and does it accept our way to sign in?"""
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
        """Does the clock agree with the date in the server's answers? Kerberos allows five minutes."""
        skew = t.cast(endpoint.Endpoint, self._seen).skew
        return clock(self.options.server, skew, strict=self.options.auth_protocol == "kerberos")

    def sign_in(self) -> Check:
        """Can the account sign in, and is there an Exchange organization?"""
        authority = self.store.open()
        how = "password" if self.options.password else "Kerberos ticket or keytab"
        who = self.options.username or "the account of the ticket"
        return ok(f"signed in as {who} ({how}) at {self.options.server}; receipts are kept under {authority}")

    def role(self) -> Check:
        """Does the account have the necessary cmdlets, and no others?"""
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
        """What does the throttling policy allow, if the account may read it?"""
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

    def mailboxes(self) -> Check:
        """Who has the mailbox here (RecipientTypeDetails)? Other users do not belong to this target."""
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
        return readable(seen, time.monotonic() - began)

    def scope(self) -> Check:
        """May the account write the photos of a few users? Tested with WhatIf; nothing is written."""
        if not self.writes:
            return skipped("not needed to compare")
        sample = self._sample()
        if not sample:
            return skipped("no users with a mailbox here to check")
        scope = rights.scope_of(self.store.pipelines, sample, self.pictures, blank(64))
        if scope.outside:
            return fail(
                f"{len(scope.outside)} of {counted(len(sample), 'user')} "
                f"{which(len(scope.outside), 'is', 'are')} outside of the write scope of the "
                f"account's management role: {some(scope.outside)}",
                "Widen the scope (New-ManagementScope, Set-ManagementRoleAssignment; see the safety page).",
            )
        if scope.odd:
            user, why = scope.odd[0]
            some_of = f"{len(scope.odd)} of {counted(len(sample), 'user')}"
            return warn(f"Set-UserPhoto -WhatIf failed for {some_of}; {user}: {why}")
        checked = counted(len(sample), "user that was", "users that were")
        return ok(f"Set-UserPhoto -WhatIf allows it for the {checked} checked")

    def _sample(self) -> list[User]:
        return [user for user in self.found.values() if user.mailbox == "on_premises"][:SAMPLE]
