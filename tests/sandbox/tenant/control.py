# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API as a Python object, for tests and benchmarks.

>>> control = Control(url, key, ca)
>>> control.add_fault({"throttle": {"retry_after": "0.2"}}, kind="photo", times=3)
"""

from __future__ import annotations

from typing import Any, cast

import requests

Json = dict[str, Any]


class ControlFailed(Exception):
    """The tenant refused a control call; the text says why."""


class Control:
    """Drives one running tenant. `ca` is the file of the CA that signed the tenant's certificate."""

    def __init__(self, url: str, key: str, ca: str | None = None, timeout: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._ca = ca
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-Sandbox-Key"] = key

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def health(self) -> Json:
        """Number of users and the tenant's time."""
        return cast(Json, self._call("GET", "health"))

    def start_over(self) -> None:
        """Return to the state of a new process, with the present tenant.json and people.json."""
        self._call("POST", "start_over")

    # -- counters

    def counters(self) -> Json:
        """The requests since the last reset; see limits.TOTALS, plus routes and statuses."""
        return cast(Json, self._call("GET", "counters"))

    def reset_counters(self) -> None:
        """Set all counters to zero."""
        self._call("POST", "counters/reset")

    # -- faults

    def add_fault(
        self,
        effect: Json,
        *,
        method: str | None = None,
        route: str | None = None,
        kind: str | None = None,
        user: str | None = None,
        inside_batch: bool | None = None,
        times: int | None = None,
        skip: int = 0,
        probability: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Add one rule. Effects: throttle {retry_after, status, case}, fail {case, status, retry_after}, cut {when},
        lag {seconds}, delay {seconds}, wrong_photo {}, truncate {keep}."""
        match = {"method": method, "route": route, "kind": kind, "user": user, "inside_batch": inside_batch}
        rule = {"match": match, "effect": effect, "times": times, "skip": skip}
        self._call("POST", "faults", {**rule, "probability": probability, "seed": seed})

    def set_faults(self, rules: list[Json]) -> None:
        """Replace all rules."""
        self._call("PUT", "faults", rules)

    def faults(self) -> list[Json]:
        """The rules in force, each with how often it fired."""
        return cast("list[Json]", self._call("GET", "faults"))

    def clear_faults(self) -> None:
        """Drop all rules."""
        self._call("DELETE", "faults")

    # -- behaviour of the services; without arguments, each method only returns the present values

    def service(self, **changes: Any) -> Json:
        """Photo service: see config.Service."""
        return self._part("service", changes)

    def latency(self, **changes: float) -> Json:
        """Latency in ms: read_ms, write_ms, directory_ms, login_ms."""
        return self._part("latency", changes)

    def throttle(self, **changes: float) -> Json:
        """Real limits: rate and burst (requests a second, whole app), per_mailbox (at once); 0 is off."""
        return self._part("throttle", changes)

    def settings(self, **changes: Any) -> Json:
        """photoUpdateSettings: source (null: both may write), allowedRoles, omit_source, null_source."""
        return self._part("settings", changes)

    # -- sign-in

    def revoke_tokens(self) -> None:
        """Make all tokens issued so far invalid."""
        self._call("POST", "tokens/revoke")

    def token_lifetime(self, seconds: float) -> None:
        """How long tokens issued from now on live."""
        self._call("PATCH", "tokens", {"lifetime": seconds})

    def clock_skew(self, seconds: float) -> None:
        """Set the tenant's clock forward or back."""
        self._call("PATCH", "clock", {"skew": seconds})

    def register_app(self, app: Json) -> None:
        """Add or replace an app registration, as in tenant.json."""
        self._call("POST", "apps", app)

    # -- users

    def users(self) -> list[Json]:
        """All users: key, id, upn and whether there is a photo."""
        return cast("list[Json]", self._call("GET", "users"))

    def user(self, user: str) -> Json:
        """The true state of one user. Every `user` is a key, an object id or a UPN."""
        return cast(Json, self._call("GET", "user", user=user))

    def add_user(self, upn: str, **person: Any) -> Json:
        """Add a user, with the fields of people.json."""
        return cast(Json, self._call("POST", "users", {"upn": upn, **person}))

    def generate_users(
        self,
        count: int,
        photos: list[str] | None = None,
        *,
        prefix: str = "user",
        domain: str = "bench.example",
        photo_fraction: float = 1.0,
        mailbox_fraction: float = 1.0,
        seed: int = 1,
    ) -> Json:
        """Add many users <prefix>000001@<domain>…, with photos from these files in turn."""
        body = {"count": count, "photos": photos or [], "prefix": prefix, "domain": domain}
        fractions = {"photo_fraction": photo_fraction, "mailbox_fraction": mailbox_fraction}
        return cast(Json, self._call("POST", "users/generate", {**body, **fractions, "seed": seed}))

    def change_user(self, user: str, **changes: Any) -> Json:
        """Change upn, display_name, mail, employee_id, immutable_id, proxy_addresses, department, job_title,
        office_location, account_enabled, mailbox, policy (writes or all is
        kept from the application with 403 ForbiddenByPolicy), no_photo_case (image_not_found, error_entity_not_found,
        documented_1x1, null_in_batch) or no_mailbox_case (photo_api.NO_MAILBOX_CASES)."""
        return cast(Json, self._call("PATCH", "user", changes, user=user))

    def delete_user(self, user: str) -> None:
        """Delete a user."""
        self._call("DELETE", "user", user=user)

    def add_group(self, display_name: str, members: list[str], **fields: Any) -> Json:
        """Add a group of users (id, UPN or key) and groups (id); `fields` are mail and id."""
        return cast(Json, self._call("POST", "groups", {"display_name": display_name, "members": members, **fields}))

    def clear_groups(self) -> None:
        """Delete all groups."""
        self._call("DELETE", "groups")

    def missing_cases(self, cases: dict[str, str]) -> None:
        """Which error identities get that nobody has: request_resource_not_found, resource_not_found,
        unknown_error_unresolved, image_not_found."""
        self._call("PUT", "missing_cases", cases)

    # -- photos, by hand

    def photo(self, user: str) -> bytes | None:
        """The picture that the service really has, or None."""
        response = self._send("GET", "user/photo", user=user)
        return None if response.status_code == 404 else self._good(response).content

    def put_photo(self, user: str, picture: bytes) -> Json:
        """Change a photo as the user would, without a client."""
        return cast(Json, self._good(self._send("PUT", "user/photo", data=picture, user=user)).json())

    def store_anew(self, user: str) -> Json:
        """Make the service store a photo again, as it does by itself: other bytes of the same picture, another tag.

        The second call restores the former bytes. This is not a write, so no history and no counter shows it.
        """
        return cast(Json, self._good(self._send("POST", "user/photo", user=user)).json())

    def delete_photo(self, user: str) -> None:
        """Remove a photo as the user would."""
        self._call("DELETE", "user/photo", user=user)

    def history(self, user: str) -> list[Json]:
        """Every change of this photo: time, action, sha256 and length of the upload, the new etag."""
        return cast("list[Json]", self._call("GET", "user/history", user=user))

    def _part(self, name: str, changes: Json) -> Json:
        return cast(Json, self._call("PATCH", name, changes) if changes else self._call("GET", name))

    def _call(self, method: str, path: str, body: Any = None, user: str | None = None) -> Any:
        return self._good(self._send(method, path, json=body, user=user)).json()

    def _send(
        self, method: str, path: str, *, json: Any = None, data: bytes | None = None, user: str | None = None
    ) -> requests.Response:
        params = None if user is None else {"user": user}
        return self._session.request(
            method, f"{self.url}/sandbox/{path}", json=json, data=data, params=params,
            timeout=self._timeout, verify=self._ca if self._ca else True,
        )  # fmt: skip

    @staticmethod
    def _good(response: requests.Response) -> requests.Response:
        if response.status_code >= 400:
            raise ControlFailed(f"{response.status_code}: {response.json().get('error')}")
        return response
