# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run needs of Microsoft 365. Reads only."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from .._core.model import Unresolved, User, identity_key
from .._core.option_names import called
from .._core.wording import counted
from .._graph.options import CREDENTIALS, GraphOptions
from .._graph.permissions import LEAST, NEEDED
from .._graph.settings import SettingsNotThere
from .._graph.store import GraphPhotoStore
from .._sync.named import inner_match_by, named_store, needs_people
from .._sync.people import people_of
from .._sync.store import PhotoStore
from . import environment
from .model import Check, Step, clock, examine, expiry, fail, ok, skipped, some, warn

#: Permissions that one part or the other of this collection uses.
USED = frozenset({*LEAST.values()})
#: What decides it besides photoUpdateSettings cannot be checked from here, so it is named.
SECOND_SWITCH = (
    "A second switch says whether users may change their own photo: SetPhotoEnabled of the OWA mailbox policy. "
    "Microsoft Graph does not show it; Get-OwaMailboxPolicy in Exchange Online PowerShell does."
)
#: So many users' photos are looked at, to see that photos can be read.
SAMPLE = 20


@dataclass(slots=True)
class Cloud:
    """The tenant under examination. ``writes``: whether runs are to change photos, or only to compare."""

    options: GraphOptions
    users: t.Sequence[str]
    match_by: str = "userPrincipalName"
    receipts: str | None = None
    writes: bool = True
    open_store: t.Callable[..., GraphPhotoStore] = GraphPhotoStore
    #: By user, the names of those who have another one there.
    names: t.Mapping[str, str] = field(default_factory=dict)
    #: What Active Directory says of them, as ad_user_info returned it.
    people: t.Any = None
    found: dict[str, User] = field(default_factory=dict)
    #: When our own certificate or secret ends, in seconds since the epoch, where that is known.
    ends: dict[str, float] = field(default_factory=dict)
    _store: GraphPhotoStore | None = None

    @property
    def store(self) -> GraphPhotoStore:
        if self._store is None:
            self._store = self.open_store(self.options, match_by=inner_match_by(self.match_by, "exo"))
        return self._store

    @property
    def named(self) -> PhotoStore:
        """The store, with users named as they are declared."""
        names = {identity_key(user): name for user, name in self.names.items()}
        needed = needs_people(self.match_by, "exo", self.options.option_prefix)
        return named_store(self.store, names, people_of(self.people, self.match_by, needed=needed), self.match_by)

    def checks(self) -> list[Check]:
        """Everything, in the order in which it matters."""
        if not any(getattr(self.options, name) for name in CREDENTIALS):
            why = "not configured: no credential for Microsoft Graph (AZURE_CLIENT_SECRET and the like) was given"
            return examine("exo", [Step("connection", lambda: skipped(why))])
        try:
            return [
                *examine("machine", environment.steps(environment.GRAPH, self.receipts, "exo")),
                *examine("exo", self._steps()),
            ]
        finally:
            if self._store is not None:
                self._store.close()

    def _steps(self) -> list[Step]:
        return [
            Step("options", self.usable),
            Step("sign-in", self.sign_in, ("options",)),
            Step("permissions", self.permissions, ("sign-in",)),
            Step("credential", self.credential, ("sign-in",)),
            Step("photo source", self.source, ("sign-in",)),
            Step("clock", self.clock, ("options",)),
            Step("users", self.resolve, ("sign-in",)),
            Step("photos", self.photos, ("users",)),
        ]

    def usable(self) -> Check:
        """Are the options complete and in order, as far as can be seen from here?"""
        self.store.validate()
        return ok(f"{self.options.credential} at {self.options.login_root}, Graph at {self.options.graph_root}")

    def sign_in(self) -> Check:
        """Does the login give a token?"""
        self.store.open()
        return ok(f"signed in to tenant {self.store.authority} with {self.options.credential}")

    def credential(self) -> Check:
        """Does the certificate or secret of the app registration end soon?"""
        kind = {"client_secret": "the client secret", "certificate_path": "the certificate of the application"}
        what = kind.get(self.options.credential)
        if what is None:
            return ok(f"{self.options.credential} is renewed by its issuer")
        why = "that takes the permission Application.Read.All, which photos do not need; look in Entra ID"
        end = self.store.credential_end()
        if end is not None:
            self.ends[self.options.credential.removesuffix("_path")] = end
        return expiry(what, end, time.time(), why)

    def permissions(self) -> Check:
        """Does the token carry what is needed, and nothing else?

        The permission to write is too large only where no sync ever runs, which nobody but the reader knows.
        """
        roles = self.store.token_roles()
        if roles is None:
            return warn("the token cannot be read, so its permissions are not known")
        tasks = ["users", "write" if self.writes else "read"]
        missing = [LEAST[task] for task in tasks if not set(roles).intersection(NEEDED[task])]
        has = ", ".join(sorted(roles)) or "none"
        if missing:
            return fail(
                f"the application lacks {' and '.join(missing)} (its token has: {has})",
                "Grant it as application permission, with admin consent; then wait for a new token.",
            )
        later = ""
        if not self.writes and LEAST["write"] in roles:
            tasks = ["users", "write"]
            later = (
                f"{LEAST['write']} is needed as soon as hybrid.photos.sync runs. For hybrid.photos.drift alone "
                f"{LEAST['read']} is enough."
            )
        needed = {role for task in tasks for role in roles if role == LEAST[task]}
        extra = sorted(set(roles) - USED - {"Application.Read.All"})
        if extra or len(needed) < len(tasks):
            return warn(
                f"the application has more permissions than it needs: {', '.join(extra) or has}",
                f"{' and '.join(LEAST[task] for task in tasks)} are enough; remove the others.",
            )
        return Check("", "ok", has, later)

    def source(self) -> Check:
        """Does the tenant take photos from the cloud?"""
        try:
            source = self.store.settings.get().source
        except SettingsNotThere as error:
            return warn(
                f"the tenant's photo source could not be read: {error}",
                f"With {LEAST['settings_read']} a run can say beforehand that the tenant takes no photos.",
            )
        if source == "on_premises":
            return (fail if self.writes else warn)(
                "the tenant takes photos from on-premises only (photoUpdateSettings source is onPremises)",
                "Set source: cloud with hybrid.photos.exo_photo_update_settings; it takes up to 24 hours.",
            )
        texts = {
            "cloud": "the tenant takes photos from the cloud",
            "default": "the tenant has no photo source set, so photos may come from the cloud and from on-premises",
            None: "the tenant does not name its photo source",
        }
        return Check("", "ok", texts[source], SECOND_SWITCH)

    def clock(self) -> Check:
        """Graph dates its answers."""
        if self.store.clock_skew is None and self._store is not None:
            return skipped("Microsoft Graph sent no answer with a date")
        return clock("Microsoft Graph", self.store.clock_skew, strict=True)

    def resolve(self) -> Check:
        """Which of the users are in the tenant?"""
        if not self.users:
            return skipped("no users were named")
        answers = self.named.resolve(list(self.users))
        self.found = {name: answer for name, answer in answers.items() if isinstance(answer, User)}
        missing = [name for name, answer in answers.items() if isinstance(answer, Unresolved)]
        option = called("match_by", self.options.option_prefix, "exo")
        return found("in the tenant", len(self.users), len(self.found), missing, option=option, stops=self.writes)

    def photos(self) -> Check:
        """Can the photos of a few users be looked at?"""
        sample = list(self.found.values())[:SAMPLE]
        if not sample:
            return skipped("no users to check")
        began = time.monotonic()
        seen = list(self.named.observe(sample, lambda _user, _tag: False))
        problems = [f"{user.identity}: {look.problem}" for user, look in seen if look.problem is not None]
        if len(problems) == len(seen):
            return fail(f"no photo of {counted(len(seen), 'user')} could be read; {problems[0]}")
        words = f"checked {len(seen)} users in {time.monotonic() - began:.1f} s"
        if problems:
            return warn(
                f"{words}; not possible for {len(problems)}: {some(problems, 2)}",
                "Every run reports them as unavailable. A sync processes all other users and then fails, "
                "unless this is accepted "
                "(known_problems in photos.yml, or sync_ignore_problems).",
            )
        return ok(words)


def found(where: str, asked: int, number: int, missing: t.Sequence[str], *, option: str, stops: bool) -> Check:
    """How many of the users are there. ``stops``: a run ends as failed when one is not.

    ``option``: says by which property users are named.
    """
    if not missing:
        return ok(f"all {asked} users are {where}" if asked > 1 else f"the user is {where}")
    words = f"{number} of {counted(asked, 'user')} {'is' if asked == 1 else 'are'} {where}; not: {some(missing)}"
    if not number:
        return fail(words, f"Is {option} the property that the definitions use, and is this the right place?")
    if stops:
        return fail(
            words,
            "A sync processes all other users and then fails. Correct their definitions, say where they are (targets "
            "in photos.yml), or accept it (known_problems in photos.yml, or sync_ignore_problems).",
        )
    return warn(words, "Correct their definitions, or take them out; every run reports them as unresolved.")
