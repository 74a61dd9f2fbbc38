# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users of the tenant, with indexes, so that twenty thousand users can be searched quickly."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .photos import History, Photo


@dataclass(slots=True, eq=False)
class User:
    """One Entra user, with the photo in the mailbox."""

    serial: int
    id: str
    upn: str
    display_name: str
    key: str = ""
    given_name: str | None = None
    surname: str | None = None
    mail: str | None = None
    employee_id: str | None = None
    immutable_id: str | None = None
    sam: str | None = None
    on_premises_upn: str | None = None
    proxy_addresses: list[str] = field(default_factory=list)
    user_type: str = "Member"
    department: str | None = None
    job_title: str | None = None
    office_location: str | None = None
    account_enabled: bool = True
    mailbox: bool = True
    # What a policy forbids the application (403 ForbiddenByPolicy): "" nothing, writes, all.
    policy: str = ""
    photo: Photo | None = None
    # The earlier photo that readers still see, and until when.
    shown: Photo | None = None
    shown_until: float = 0.0
    uploads: int = 0
    history: list[History] = field(default_factory=list)
    # The error shapes chosen for this user over the control API; empty means by hash of the id.
    no_photo_case: str = ""
    no_mailbox_case: str = ""

    def visible_photo(self, now: float) -> Photo | None:
        """The photo that a read shows at this moment."""
        return self.shown if now < self.shown_until else self.photo


@dataclass(slots=True)
class Group:
    """A group; its members are users, by id, UPN or key, and groups, by id."""

    id: str
    display_name: str
    mail: str | None = None
    members: list[str] = field(default_factory=list)


class DirectoryError(Exception):
    """The directory refuses a change: two users would have the same id or UPN."""


# Indexed properties: Graph's name -> the values a user has under it. Addresses compare without case.
_INDEXED: dict[str, Callable[[User], Iterable[str | None]]] = {
    "id": lambda user: (user.id,),
    "userPrincipalName": lambda user: (user.upn,),
    "mail": lambda user: (user.mail,),
    "employeeId": lambda user: (user.employee_id,),
    "onPremisesImmutableId": lambda user: (user.immutable_id,),
    "displayName": lambda user: (user.display_name,),
    "givenName": lambda user: (user.given_name,),
    "surname": lambda user: (user.surname,),
    "onPremisesSamAccountName": lambda user: (user.sam,),
    "onPremisesUserPrincipalName": lambda user: (user.on_premises_upn,),
    "proxyAddresses": lambda user: user.proxy_addresses,
}
# Only with ConsistencyLevel: eventual and $count=true.
ADVANCED = frozenset({"onPremisesSamAccountName", "onPremisesUserPrincipalName"})
_EXACT = frozenset({"onPremisesImmutableId"})

_READERS: dict[str, Callable[[User], Any]] = {
    "id": lambda user: user.id,
    "userPrincipalName": lambda user: user.upn,
    "displayName": lambda user: user.display_name,
    "givenName": lambda user: user.given_name,
    "surname": lambda user: user.surname,
    "mail": lambda user: user.mail,
    "businessPhones": lambda user: [],
    "jobTitle": lambda user: user.job_title,
    "mobilePhone": lambda user: None,
    "officeLocation": lambda user: user.office_location,
    "preferredLanguage": lambda user: None,
    "employeeId": lambda user: user.employee_id,
    "onPremisesImmutableId": lambda user: user.immutable_id,
    "onPremisesSamAccountName": lambda user: user.sam,
    "onPremisesUserPrincipalName": lambda user: user.on_premises_upn,
    "onPremisesSyncEnabled": lambda user: True if user.immutable_id else None,
    "proxyAddresses": lambda user: user.proxy_addresses,
    "userType": lambda user: user.user_type,
    "accountEnabled": lambda user: user.account_enabled,
    "department": lambda user: user.department,
    "mailNickname": lambda user: user.upn.partition("@")[0],
}
Value = str | bool | None
BOOLEAN = frozenset({"accountEnabled", "onPremisesSyncEnabled"})
_ORDERED = frozenset({"eq", "ne", "ge", "le", "in"})
_TEXT = _ORDERED | {"startswith"}
# The operators that a filter may use with a property, from the contract ("Supports $filter (...)").
OPERATORS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "displayName", "employeeId", "givenName", "jobTitle", "mailNickname", "mobilePhone", "officeLocation",
            "preferredLanguage", "surname", "onPremisesSamAccountName", "onPremisesUserPrincipalName",
        ),
        _TEXT,
    ),
    **dict.fromkeys(("mail", "userPrincipalName"), _TEXT | {"endswith"}),
    **dict.fromkeys(("department", "onPremisesImmutableId"), _ORDERED),
    **dict.fromkeys(("accountEnabled", "onPremisesSyncEnabled", "userType", "id"), frozenset({"eq", "ne", "in"})),
}  # fmt: skip
DEFAULT_PROPERTIES = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
PROPERTIES = {name.lower(): name for name in _READERS}


def value_of(user: User, name: str) -> Value:
    """A property that has one value."""
    value: Value = _READERS[name](user)
    return value


def as_json(user: User, properties: Iterable[str]) -> dict[str, Any]:
    """The user as Graph shows it: the asked-for properties and no others."""
    return {name: _READERS[name](user) for name in properties}


class Directory:
    """All users. They are listed in the order of creation."""

    def __init__(self) -> None:
        self._serial = 0
        self.users: dict[int, User] = {}
        self.groups: dict[str, Group] = {}
        self._index: dict[str, dict[str, dict[int, User]]] = {name: {} for name in _INDEXED}

    def add(self, upn: str, display_name: str, *, user_id: str | None = None, **fields: Any) -> User:
        """Create a user; an id or UPN that is taken is refused."""
        user_id = (user_id or str(uuid.uuid4())).lower()
        if self.match("id", user_id):
            raise DirectoryError(f"the object id {user_id} is taken")
        if self.match("userPrincipalName", upn):
            raise DirectoryError(f"the userPrincipalName {upn} is taken")
        self._serial += 1
        user = User(serial=self._serial, id=user_id, upn=upn, display_name=display_name, **fields)
        if not user.proxy_addresses and user.mail:
            user.proxy_addresses = [f"SMTP:{user.mail}"]
        self.users[user.serial] = user
        self._enter(user)
        return user

    def remove(self, user: User) -> None:
        """Delete a user."""
        self._leave(user)
        del self.users[user.serial]

    def change(self, user: User, **fields: Any) -> None:
        """Change attributes, and update the indexes."""
        upn = fields.get("upn")
        if upn is not None and any(other is not user for other in self.match("userPrincipalName", upn)):
            raise DirectoryError(f"the userPrincipalName {upn} is taken")
        self._leave(user)
        try:
            for name, value in fields.items():
                setattr(user, name, value)
        finally:
            self._enter(user)

    def match(self, name: str, value: str) -> list[User]:
        """Every user whose indexed property has this value."""
        return list(self._index[name].get(_norm(name, value), {}).values())

    def having(self, name: str, value: Value) -> list[User]:
        """Every user whose property, indexed or not, is this value; text without regard to case."""
        if name in _INDEXED and isinstance(value, str):
            return self.match(name, value)
        wanted = _norm(name, value) if isinstance(value, str) else value
        held = ((user, value_of(user, name)) for user in self.users.values())
        return [user for user, has in held if (_norm(name, has) if isinstance(has, str) else has) == wanted]

    def find(self, identity: str) -> User | None:
        """The user of `/users/{identity}`: only by object id or UPN."""
        found = self.match("id", identity) or self.match("userPrincipalName", identity)
        return found[0] if found else None

    def is_address(self, identity: str) -> bool:
        """Is this a user's e-mail address? Graph's photo paths treat it as a user without a photo."""
        return bool(self.match("mail", identity) or self.match("proxyAddresses", f"smtp:{identity}"))

    def by_key(self, key: str) -> User | None:
        """For tests: by the key of people.json, else as `find`."""
        found = self.find(key)
        return found or next((user for user in self.users.values() if user.key == key), None)

    def _enter(self, user: User) -> None:
        for name, values in _INDEXED.items():
            for value in values(user):
                if value is not None:
                    self._index[name].setdefault(_norm(name, value), {})[user.serial] = user

    def _leave(self, user: User) -> None:
        for name, values in _INDEXED.items():
            for value in values(user):
                if value is not None:
                    self._index[name].get(_norm(name, value), {}).pop(user.serial, None)


def _norm(name: str, value: str) -> str:
    return value if name in _EXACT else value.lower()
