# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session with an Exchange server that is told what to answer: ``session.Session`` without a network."""

from __future__ import annotations

import re
import typing as t
import uuid
from collections import defaultdict, deque

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.cmdlets import Answer, Call, Failure
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore

OPTIONS = ExchangeOptions("ex1.corp.example.com", concurrency=3)
NOBODY = Failure("ManagementObjectNotFoundException", "The operation couldn't be performed")
NO_CMDLET = Failure("CommandNotFoundException", "The term is not recognized")
NO_PHOTO = Failure("UserPhotoNotFoundException", "There is no photo stored here.")


class Clock:
    """Waits in no time."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class ScriptedSession:
    """``events``, by cmdlet: what happens instead of the next calls, one after the other (None: nothing odd)."""

    def __init__(self, options: ExchangeOptions = OPTIONS) -> None:
        self.options = options
        self.requests = 0
        self.accounts: list[dict[str, t.Any]] = []
        self.photos: dict[str, bytes] = {}
        self.records: set[str] = set()
        self.calls: list[Call] = []
        self.begins: dict[str, deque[StoreError | None]] = defaultdict(deque)
        self.events: dict[str, deque[StoreError | Failure | None]] = defaultdict(deque)
        self.opens: deque[StoreError | None] = deque()
        self.opened = 0
        self.most = 0
        #: Management roles that the account may read about, and throttling policies.
        self.roles: list[str] = []
        self.policies: list[str] = []
        self.out_of_scope: set[str] = set()
        #: Pictures that Set-UserPhoto was called with and WhatIf.
        self.tried: list[bytes] = []
        #: Members of groups by name or GUID, as the server lists them.
        self.groups: dict[str, list[dict[str, t.Any]]] = {}
        self._under_way: list[t.Any] = []

    def add(self, name: str, kind: str = "UserMailbox", **more: t.Any) -> str:
        """An account by its user principal name; its GUID."""
        id_ = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        account = {
            "Guid": uuid.UUID(id_),
            "UserPrincipalName": name,
            "SamAccountName": name.partition("@")[0],
            "PrimarySmtpAddress": name,
            "WindowsEmailAddress": name,
            "RecipientTypeDetails": kind,
        }
        self.accounts.append({**account, **more})
        return id_

    def open(self) -> None:
        self.opened += 1
        error = self.opens.popleft() if self.opens else None
        if error is not None:
            raise error

    def close(self) -> None:
        self.drop()

    def drop(self) -> None:
        self._under_way.clear()

    def begin(self, call: Call) -> t.Any:
        error = self.begins[call.cmdlet].popleft() if self.begins[call.cmdlet] else None
        if error is not None:
            raise error
        self.requests += 1
        self.calls.append(call)
        running = [call]
        self._under_way.append(running)
        self.most = max(self.most, len(self._under_way))
        return running

    def finish(self, running: t.Any) -> Answer:
        assert self._under_way and self._under_way[0] is running, "answers come in the order of the calls"
        self._under_way.pop(0)
        [call] = running
        event = self.events[call.cmdlet].popleft() if self.events[call.cmdlet] else None
        if isinstance(event, StoreError):
            raise event
        if event is not None:
            return Answer(failure=event)
        answer: Answer = getattr(self, call.cmdlet.lower().replace("-", "_"))(call.parameters)
        return answer

    # -- the cmdlets ------------------------------------------------------------------------------------------------

    def get_mailbox(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        return Answer(tuple(a for a in self._filtered(parameters) if a["RecipientTypeDetails"].endswith("Mailbox")))

    def get_user(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        found = [{k: v for k, v in a.items() if k != "PrimarySmtpAddress"} for a in self._filtered(parameters, True)]
        return Answer(tuple(found))

    def _filtered(self, parameters: t.Mapping[str, t.Any], remote: bool = False) -> list[dict[str, t.Any]]:
        pool = [a for a in self.accounts if remote or not a["RecipientTypeDetails"].startswith("Remote")]
        if "Filter" not in parameters:
            return pool
        clauses = re.findall(r"(\w+) -eq '((?:[^']|'')*)'(?: -or |$)", parameters["Filter"])
        wanted = {(name, value.replace("''", "'").lower()) for name, value in clauses}
        return [a for a in pool if any((name, str(value).lower()) in wanted for name, value in a.items())]

    def get_userphoto(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        id_ = parameters["Identity"]
        if not any(str(a["Guid"]) == id_ for a in self.accounts):
            return Answer(failure=NOBODY)
        if id_ not in self.photos:
            return Answer(failure=NO_PHOTO)
        return Answer(({"PictureData": self.photos[id_], "Thumbprint": 7, "Identity": id_},))

    def get_distributiongroupmember(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        assert parameters["ResultSize"] == "Unlimited", "the server would stop at 1,000"
        members = self.groups.get(parameters["Identity"])
        return Answer(failure=NOBODY) if members is None else Answer(tuple(members))

    def get_managementroleentry(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        assert parameters == {"Identity": "*\\Set-UserPhoto"}
        return Answer(tuple({"Role": role} for role in self.roles)) if self.roles else Answer(failure=NO_CMDLET)

    def get_throttlingpolicy(self, _parameters: t.Mapping[str, t.Any]) -> Answer:
        return Answer(tuple({"PowerShellMaxConcurrency": each} for each in self.policies))

    def set_userphoto(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        assert parameters["Confirm"] is False, "it would ask, and wait for ever"
        if "WhatIf" in parameters:
            self.tried.append(parameters["PictureData"])
            return self._may_write(parameters["Identity"])
        self.photos[parameters["Identity"]] = parameters["PictureData"]
        return Answer()

    def remove_userphoto(self, parameters: t.Mapping[str, t.Any]) -> Answer:
        assert parameters["Confirm"] is False, "it would ask, and wait for ever"
        id_ = parameters["Identity"]
        if "WhatIf" in parameters:
            return self._may_write(id_)
        if "ClearMailboxPhotoRecord" in parameters:
            self.records.discard(id_)
            return Answer()
        if self.photos.pop(id_, None) is None:
            return Answer(failure=NO_PHOTO)
        self.records.add(id_)
        return Answer()

    def _may_write(self, id_: str) -> Answer:
        if not any(str(a["Guid"]) == id_ for a in self.accounts):
            return Answer(failure=NOBODY)
        outside = Failure("ADScopeException", "isn't within your current write scopes")
        return Answer(failure=outside) if id_ in self.out_of_scope else Answer()


def store_over(session: ScriptedSession, match_by: str = "userPrincipalName", **more: t.Any) -> ExchangePhotoStore:
    """The store as the algorithm sees it."""
    return ExchangePhotoStore(
        session.options, match_by, session=t.cast(t.Any, session), clock=more.pop("clock", Clock()), **more
    )
