# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what a run needs in Microsoft 365. Only reads."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from .._graph.options import GraphOptions, with_variables
from .._graph.permissions import LEAST, NEEDED
from .._graph.settings import SettingsNotThere
from .._graph.store import GraphPhotoStore
from . import environment
from .model import Check, Step, clock, expiry, fail, ok, skipped, warn
from .side import SAMPLE, Side, readable

#: All permissions that this collection can use.
USED = frozenset({*LEAST.values()})
#: This setting cannot be checked with Microsoft Graph, so the text only names it.
SECOND_SWITCH = (
    "A second switch says whether users may change their own photo: SetPhotoEnabled of the OWA mailbox policy. "
    "Microsoft Graph does not show it; Get-OwaMailboxPolicy in Exchange Online PowerShell does."
)


@dataclass(slots=True)
class Cloud(Side[GraphOptions, GraphPhotoStore]):
    """The checks of the tenant."""

    target = "exo"
    where = "in the tenant"
    unset = "no credential for Microsoft Graph (AZURE_CLIENT_SECRET and the like) was given"

    open_store: t.Callable[..., GraphPhotoStore] = field(default=GraphPhotoStore, kw_only=True)

    def libraries(self) -> t.Sequence[environment.Library]:
        """See Side."""
        return environment.GRAPH

    def steps(self) -> list[Step]:
        """See Side."""
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
        """Are the options complete and valid? Checked without a connection."""
        self.store.validate()
        return ok(f"{self.options.credential} at {self.options.login_root}, Graph at {self.options.graph_root}")

    def sign_in(self) -> Check:
        """Does the sign-in return a token?"""
        self.store.open()
        return ok(f"signed in to tenant {self.store.authority} with {self.options.credential}")

    def credential(self) -> Check:
        """Does the certificate or secret of the app registration expire soon?"""
        kind = {"client_secret": "the client secret", "certificate_path": "the certificate of the application"}
        what = kind.get(self.options.credential)
        if what is None:
            return ok(f"{self.options.credential} is renewed by its issuer")
        why = "that takes the permission Application.Read.All, which photos do not need; look in Entra ID"
        end = self.store.credential_end()
        if end is not None:
            self.ends[self.options.credential.removesuffix("_path")] = end
        return expiry(what, end, time.time(), why, with_variables(self.options.credential))

    def permissions(self) -> Check:
        """Does the token have the necessary permissions, and no others?

        The permission to write is only too much if no sync ever runs. Only the reader knows this.
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
        """Does the tenant accept photos from the cloud?"""
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
        """Does the clock agree with the date in Graph's answers?"""
        if self.store.clock_skew is None and self._store is not None:
            return skipped("Microsoft Graph sent no answer with a date")
        return clock("Microsoft Graph", self.store.clock_skew, strict=True)

    def photos(self) -> Check:
        """Can the photos of a few users be read?"""
        sample = list(self.found.values())[:SAMPLE]
        if not sample:
            return skipped("no users to check")
        began = time.monotonic()
        seen = list(self.named.observe(sample, lambda _user, _tag: False))
        return readable(
            seen,
            time.monotonic() - began,
            "Every run reports them as unavailable. A sync processes all other users and then fails, unless this is "
            "accepted (known_problems in photos.yml, or sync_ignore_problems).",
        )
