# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of one tenant, in memory."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

from .config import Person, Settings, TenantConfig
from .directory import Directory, User
from .faults import Faults
from .limits import Counters, Limits
from .photos import History, Kitchen, Photo
from .tokens import Tokens
from .wire import Clock


class Tenant:
    """The state that all services share."""

    def __init__(self, config: TenantConfig) -> None:
        self.config = config
        self.clock = Clock()
        self.directory = Directory()
        self.kitchen = Kitchen(config.service)
        self.faults = Faults()
        self.limits = Limits(config.throttle)
        self.counters = Counters()
        self.tokens = Tokens(self.clock, config.tenant_id, config.token_lifetime, config.graph_audiences)
        # The errors for identities that no user has, if a test chose them.
        self.missing_cases: dict[str, str] = {}
        self._settings_before = config.settings
        self._settings_from = 0.0

    def effective_settings(self) -> Settings:
        """The photo settings that are in force now; a change may take some time."""
        return self.config.settings if time.monotonic() >= self._settings_from else self._settings_before

    def change_settings(self, settings: Settings) -> None:
        """Take new photo settings, in force after the configured lag."""
        self._settings_before = replace(self.effective_settings())
        self._settings_from = time.monotonic() + self.config.service.settings_lag_s
        self.config.settings = settings

    async def admit(self, person: Person) -> User:
        """Create the user of one people.json entry, with its photo."""
        user = self.directory.add(
            person.cloud_upn or person.upn,
            person.display_name,
            user_id=person.object_id,
            key=person.key,
            given_name=person.given_name,
            surname=person.surname,
            mail=person.mail or None,
            employee_id=person.employee_id or None,
            immutable_id=person.immutable_id or None,
            sam=person.sam or None,
            on_premises_upn=person.upn if person.immutable_id else None,
            proxy_addresses=list(person.proxy_addresses),
            user_type=person.user_type,
            department=person.department or None,
            job_title=person.job_title or None,
            office_location=person.office_location or None,
            account_enabled=person.account_enabled,
            mailbox=person.mailbox,
            policy=person.policy,
        )
        if person.cloud_photo:
            await self.seed(user, Path(person.cloud_photo).read_bytes())
        return user

    async def seed(self, user: User, raw: bytes) -> None:
        """Give a user a photo without history, lag and counters, as if it had always been there."""
        blob = await self.kitchen.blob(raw, hashlib.sha256(raw).hexdigest())
        user.uploads += 1
        user.photo = Photo(blob, user.id, user.uploads, self.config.service.etag_form)

    async def store(
        self, user: User, raw: bytes, *, action: str, content_type: str, lag: float = 0.0, wrong_photo: bool = False
    ) -> Photo:
        """Process an upload: re-encoded, with a new tag, shown after the lag, and recorded in the history."""
        digest = hashlib.sha256(raw).hexdigest()
        blob = await self.kitchen.blob(raw, digest)
        if wrong_photo:
            blob = await self.kitchen.stranger()
        self._hold_back(user, lag)
        user.uploads += 1
        photo = Photo(blob, user.id, user.uploads, self.config.service.etag_form)
        user.photo = photo
        user.history.append(History(self.clock.now(), action, digest, len(raw), photo.etag(), content_type))
        self.counters.totals["photo_writes"] += 1
        return photo

    async def anew(self, user: User) -> None:
        """Store a photo again as the service does by itself: other bytes of the same picture, without a write.

        It is no change to the photo, so it is in no history and no counter.
        """
        photo = user.photo
        if photo is None:
            return
        blob = await self.kitchen.anew(photo.blob)
        if user.photo is not photo:  # it was changed in the meantime
            return
        if self.config.service.restless_tag == "other":
            user.uploads += 1
        user.photo = Photo(blob, user.id, user.uploads, photo.etag_form)

    def erase(self, user: User, *, action: str, lag: float = 0.0) -> None:
        """Remove a user's photo."""
        self._hold_back(user, lag)
        user.photo = None
        user.history.append(History(self.clock.now(), action, None, 0, None))
        self.counters.totals["photo_writes"] += 1

    def _hold_back(self, user: User, lag: float) -> None:
        now = time.monotonic()
        lag = max(lag, self.config.service.lag_s)
        user.shown, user.shown_until = user.visible_photo(now), now + lag
