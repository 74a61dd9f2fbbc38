# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what a run needs in Active Directory. Only reads."""

from __future__ import annotations

import socket
import ssl
import time
import typing as t
from dataclasses import dataclass, field, replace

from .._core.targets import EXO_SYNC_LIMIT as EXO_LIMIT
from .._core.tls import end_of
from .._core.wording import counted, which
from .._directory import controllers, diagnose
from .._directory.lookup import PHOTO
from .._directory.options import CA_CERT, PASSWORD, SEARCH_BASE, DirectoryOptions
from .._directory.rights import password_end, writable
from .._directory.store import DirectoryPhotoStore
from .._pictures import sniff
from . import environment
from .model import Check, Step, certificate, clock, expiry, fail, ok, skipped, some, warn
from .side import Side

#: For how many users the right to write is checked.
SAMPLE = 50


@dataclass(slots=True)
class Domain(Side[DirectoryOptions, DirectoryPhotoStore]):
    """The checks of the domain."""

    target = "ad"
    where = "in the domain"
    unset = "no domain controller was named (server, HYBRID_PHOTOS_AD_SERVER), and no domain"

    open_store: t.Callable[..., DirectoryPhotoStore] = field(default=DirectoryPhotoStore, kw_only=True)
    #: The size of each photo in bytes, by user id.
    sizes: dict[str, int] = field(default_factory=dict)
    #: Users whose photo is base64 text, which no client shows.
    as_text: list[str] = field(default_factory=list)
    #: For each domain, the connection options of each domain controller.
    endpoints: list[list[DirectoryOptions]] = field(default_factory=list)

    def libraries(self) -> t.Sequence[environment.Library]:
        """See Side."""
        return environment.DIRECTORY

    def steps(self) -> list[Step]:
        """See Side."""
        return [
            Step("options", self.usable),
            Step("domain controllers", self.lookup, ("options",)),
            Step("reachable", self.reach, ("domain controllers",)),
            Step("certificate", self.certificate, ("reachable",)),
            Step("sign-in", self.sign_in, ("certificate",)),
            Step("password", self.password, ("sign-in",)),
            Step("clock", self.clock, ("sign-in",)),
            Step("search base", self.base, ("sign-in",)),
            Step("largest photo", self.limit, ("sign-in",)),
            Step("users", self.resolve, ("search base",)),
            Step("mailboxes", self.mailboxes, ("users",)),
            Step("right to write", self.rights, ("users",)),
            Step("limit of Entra ID", self.entra, ("users",)),
            Step("photos as text", self.texts, ("limit of Entra ID",)),
        ]

    def usable(self) -> Check:
        """Are the options complete and valid? Checked without a connection."""
        self.options.validate()
        o = self.options
        if o.auth_protocol == "kerberos" and o.username:
            kinit = environment.program("kinit", "Install krb5-user (Debian) or krb5-workstation (Red Hat).")
            if kinit.status == "fail":
                return kinit
        protected = "signed and sealed by Kerberos" if o.tls_mode == "none" else o.tls_mode
        return ok(f"{o.place}, {protected}, {o.auth_protocol}")

    def lookup(self) -> Check:
        """Which domain controllers are there?"""
        self.endpoints = controllers.endpoints(self.options)
        names = [", ".join(o.server for o in of_domain) for of_domain in self.endpoints]
        how = "named" if self.options.candidates else "found in DNS"
        return ok(f"domain controllers {how}: {'; '.join(names)}")

    def reach(self) -> Check:
        """Does anything answer on the port?"""
        return self._each(self._reach)

    def certificate(self) -> Check:
        """Is the certificate valid: authority, name, dates?"""
        if self.options.tls_mode == "none":
            return ok("not used: Kerberos signs and seals")
        return self._each(self._certificate)

    def _each(self, check: t.Callable[[DirectoryOptions], Check]) -> Check:
        """Check every controller. A domain needs one that works; others that do not work cause a warning."""
        worst = ok("")
        texts: list[str] = []
        for of_domain in self.endpoints:
            answers = [check(one) for one in of_domain]
            bad = [answer for answer in answers if answer.status == "fail"]
            if len(bad) == len(answers):
                worst = bad[0] if worst.status != "fail" else worst
            elif worst.status != "fail":
                doubtful = next((answer for answer in answers if answer.status != "ok"), None)
                worst = warn(doubtful.text, doubtful.advice) if doubtful is not None else worst
            texts += [answer.text for answer in answers]
        return replace(worst, text="; ".join(texts))

    @staticmethod
    def _reach(o: DirectoryOptions) -> Check:
        try:
            socket.create_connection((o.server, o.effective_port), timeout=min(o.timeout, 10)).close()
        except (OSError, UnicodeError):
            return fail(diagnose.why_no_connection(o))
        return ok(f"{o.place} accepts connections")

    @staticmethod
    def _certificate(o: DirectoryOptions) -> Check:
        try:
            ends = certificate_end(o)
        except (OSError, ssl.SSLError):
            return fail(diagnose.why_no_connection(o))
        return certificate(o.server, ends, time.time(), o.cert_validation, CA_CERT)

    def sign_in(self) -> Check:
        """Can the account sign in?"""
        self.store.open()
        who = self.options.username or "the Kerberos ticket's account"
        roots = [domain.connect().root for domain in self.store.domains]
        where = ", ".join(f"{root.host} (domain {root.domain})" for root in roots)
        return ok(f"signed in as {who} at {where}")

    def password(self) -> Check:
        """Does the password of the account expire soon?"""
        ends = [password_end(domain.connect()) for domain in self.store.domains]
        known = [end for end in ends if end is not None]
        why = "the directory does not return it for this account"
        if known:
            self.ends["password"] = min(known)
        return expiry("the password of this account", min(known, default=None), time.time(), why, PASSWORD)

    def clock(self) -> Check:
        """Does the clock agree with the domain controller's? Kerberos allows a difference of five minutes."""
        now = self.store.root.current_time
        skew = None if now is None else now - time.time()
        return clock(self.store.root.host, skew, strict=self.options.auth_protocol == "kerberos")

    def base(self) -> Check:
        """Does the search base exist, with users that this account may see?"""
        somebody = next(iter(self.store.everyone()), None)
        if somebody is None:
            return fail(
                f"no users are visible under {self.store.base}",
                f"Check {SEARCH_BASE}, and that the account may read users.",
            )
        return ok(f"users are found under {self.store.base}")

    def limit(self) -> Check:
        """How large may a thumbnailPhoto be (rangeUpper in the schema)?"""
        limit = self.store.limit()
        if limit is None:
            return warn("the schema does not say how large a thumbnailPhoto may be (rangeUpper)")
        words = f"thumbnailPhoto takes {limit:,} bytes (rangeUpper)"
        return ok(words) if limit >= EXO_LIMIT else fail(f"{words}, less than a photo has", "Set max_bytes below that.")

    def mailboxes(self) -> Check:
        """Who has the mailbox on an Exchange server, according to Active Directory (msExchRecipientTypeDetails)?"""
        here = [user.identity for user in self.found.values() if user.mailbox == "on_premises"]
        if not here:
            return ok("no user found here is known to have a mailbox on an Exchange server of the company")
        return warn(
            f"{len(here)} of {counted(len(self.found), 'user')} {which(len(here), 'has', 'have')} their mailbox "
            f"on-premises, so Exchange Online holds no photo of theirs: {some(here)}",
            "Add the target exchange, or leave them out of Exchange Online (exo_when: mailbox of the roles), or move "
            "their mailboxes first.",
        )

    def rights(self) -> Check:
        """What may this account write for some of the users? The directory is asked; nothing is written."""
        sample = list(self.found.values())[:SAMPLE]
        if not sample:
            return skipped("no users to check")
        may = {
            id_: names
            for domain in self.store.domains
            for id_, names in writable(domain.connect(), domain.base, sample)
        }
        denied = [user.identity for user in sample if PHOTO.lower() not in may.get(user.id, frozenset())]
        others = sorted({name for names in may.values() for name in names} - {PHOTO.lower()})
        if denied and self.writes:
            return fail(
                f"this account may not write thumbnailPhoto of {len(denied)} of {counted(len(sample), 'user')}: "
                f"{some(denied)}",
                "Grant Write Property on thumbnailPhoto: dsacls OU /I:S /G DOMAIN\\account:WP;thumbnailPhoto;user. "
                "Members of protected groups such as Domain Admins inherit nothing (AdminSDHolder).",
            )
        if others:
            return warn(
                f"this account may write {counted(len(others), 'attribute')} besides thumbnailPhoto: {some(others)}",
                "The right to write thumbnailPhoto is enough; use an account that has no other.",
            )
        if denied:
            return ok("this account may write nothing, which is enough to compare")
        checked = counted(len(sample), "user that was", "users that were")
        return ok(f"may write thumbnailPhoto of the {checked} checked, and nothing else")

    def entra(self) -> Check:
        """Which photos are larger than Exchange Online accepts from Entra ID?"""
        people = list(self.found.values())
        if not people:
            return skipped("no users to check")
        for user, seen in self.named.observe(people, lambda _user, _tag: True):
            if seen.present and seen.bytes is not None:
                self.sizes[user.id] = seen.bytes
            if seen.picture is not None and sniff.base64_text(seen.picture):
                self.as_text.append(user.identity)
        heavy = [
            f"{user.identity} ({self.sizes[user.id]:,} bytes)"
            for user in people
            if self.sizes.get(user.id, 0) > EXO_LIMIT
        ]
        if heavy:
            return warn(
                f"{counted(len(heavy), 'photo has', 'photos have')} more than {EXO_LIMIT:,} bytes, which Exchange "
                f"Online does not take from Entra ID: {some(heavy)}",
                "A sync replaces declared photos by smaller ones.",
            )
        if not self.sizes:
            return ok("none of the users has a photo, so none is too large for Exchange Online")
        photos = counted(len(self.sizes), "photo")
        return ok(f"none of {photos} has more than the {EXO_LIMIT:,} bytes that Exchange Online takes")

    def texts(self) -> Check:
        """Which photos are base64 text? The check of the sizes found them."""
        if self.as_text:
            return warn(
                f"base64 text instead of a picture, which no program shows, is stored for {len(self.as_text)} of "
                f"{counted(len(self.sizes), 'user')} with a photo: {some(self.as_text)}",
                "A sync replaces those of declared users by the declared pictures.",
            )
        return ok("no photo is base64 text")


def certificate_end(options: DirectoryOptions) -> float | None:
    """When the domain controller's certificate expires; None if it is not verified. Raises OSError."""
    place = (options.server, options.effective_port)
    with socket.create_connection(place, timeout=min(options.timeout, 10)) as raw:
        if options.tls_mode == "start_tls":
            raw.sendall(diagnose.START_TLS_REQUEST)
            raw.recv(4096)
        with diagnose.tls_context(options).wrap_socket(raw, server_hostname=options.server) as secured:
            return end_of(secured.getpeercert())
