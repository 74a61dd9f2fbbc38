# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tenant.json and people.json: read and checked completely; errors name the file and the place in it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# How photos are stored and scaled where tenant.json does not say: `microsoft` as contract/microsoft-renditions.md
# measured it, `centred` as this sandbox did at first. The one place to change the default of all tests; the variable
# lets a whole suite run the other way.
SCALER = os.environ.get("SANDBOX_SCALER") or "microsoft"
SCALERS = ("microsoft", "centred")
# How much the first row and column of a scaled picture are blended with white, as a share.
EDGES = {"light": 0.08, "white": 0.5, "mixed": None}


class ConfigError(Exception):
    """The state folder cannot be used; the text says which file, where and why."""


@dataclass
class FederatedCredential:
    """The issuer whose tokens an app trusts instead of a secret."""

    issuer: str
    subject: str
    public_key: str
    audience: str = "api://AzureADTokenExchange"


@dataclass
class App:
    """One app registration with its application permissions."""

    client_id: str
    roles: list[str]
    secret: str | None = None
    certificates: list[str] = field(default_factory=list)
    federated: FederatedCredential | None = None


@dataclass
class ManagedIdentity:
    """The identity whose tokens `/msi/token` issues to callers that know the header."""

    header: str
    roles: list[str]
    client_id: str = "00000000-0000-4000-8000-00000000aaaa"


@dataclass
class Latency:
    """The additional delay for each kind of request, in milliseconds."""

    read_ms: float = 0.0
    write_ms: float = 0.0
    directory_ms: float = 0.0
    login_ms: float = 0.0


@dataclass
class Settings:
    """The tenant's photoUpdateSettings. A new tenant has `source` null: both sources may write."""

    source: str | None = None
    allowedRoles: list[str] | None = None
    omit_source: bool = False  # the source is in no answer
    null_source: bool = False  # the source is null in every answer, whatever it is


@dataclass
class Service:
    """The behaviour of the photo service. Every field can be changed while it runs."""

    scaler: str = SCALER  # microsoft, centred
    edges: str = "mixed"  # light, white, mixed: by picture; for the scaler `microsoft`
    max_side: int = 0  # larger uploads are shrunk; 0: as the scaler does (microsoft: never, centred: 648)
    min_side: int = 24
    jpeg_quality: int = 0  # 0: as the scaler does (microsoft: 90, centred: 82)
    subsampling: int = 2
    restless: float = 0.0  # the share of reads before which the service stores the photo again by itself
    restless_tag: str = "other"  # other, same: whether the ETag moves then; nobody knows
    unlike_404: bool = True  # a size that a photo which is not square has not got is not always a 404
    max_bytes: int = 4 * 1024 * 1024
    etag_form: str = "mixed"  # strong, weak, mixed
    rendition_etag: str = "different"  # different, same
    put_status: int = 0  # 0: 200 or 204, by user; the contract knows both
    delete_status: int = 0
    not_an_image_status: int = 500
    lag_s: float = 0.0
    settings_lag_s: float = 0.0
    empty_pages: bool = False
    batch_photo_width: int = 4

    def __post_init__(self) -> None:
        for name, allowed in (("scaler", SCALERS), ("edges", tuple(EDGES)), ("restless_tag", ("other", "same"))):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"service.{name}: {getattr(self, name)!r} is not one of {', '.join(allowed)}")

    @property
    def longest(self) -> int:
        """The side in pixels above which an upload is shrunk; 0: it keeps its size."""
        return self.max_side or (648 if self.scaler == "centred" else 0)

    @property
    def quality(self) -> int:
        """The quality of the JPEGs that are made, on the scale of the IJG."""
        return self.jpeg_quality or (82 if self.scaler == "centred" else 90)


@dataclass
class Throttle:
    """Real limits; 0 switches one off."""

    rate: float = 0.0
    burst: float = 0.0
    per_mailbox: int = 0


@dataclass
class TenantConfig:
    """All of tenant.json."""

    tenant_id: str
    control_key: str
    apps: list[App]
    token_lifetime: float = 3599.0
    page_size: int = 100
    managed_identity: ManagedIdentity | None = None
    settings: Settings = field(default_factory=Settings)
    latency: Latency = field(default_factory=Latency)
    service: Service = field(default_factory=Service)
    throttle: Throttle = field(default_factory=Throttle)
    graph_audiences: list[str] = field(default_factory=list)
    seed: int = 1


@dataclass
class Person:
    """One entry of people.json; other keys belong to the domain and are ignored here."""

    key: str
    display_name: str
    upn: str
    object_id: str
    in_cloud: bool = True
    given_name: str | None = None
    surname: str | None = None
    cloud_upn: str | None = None
    mail: str | None = None
    employee_id: str | None = None
    mailbox: bool = True
    policy: str = ""
    immutable_id: str | None = None
    sam: str | None = None
    cloud_photo: str | None = None
    proxy_addresses: list[str] = field(default_factory=list)
    user_type: str = "Member"
    department: str | None = None
    job_title: str | None = None
    office_location: str | None = None
    account_enabled: bool = True


# What each annotation (a string, as annotations are postponed) accepts from JSON. bool is no number here.
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,), "str | None": (str, type(None)), "bool": (bool,), "int": (int,), "float": (int, float),
    "list[str]": (list,), "list[str] | None": (list, type(None)),
}  # fmt: skip


def build(kind: type[Any], raw: Any, place: str, *, ignore_unknown: bool = False) -> Any:
    """Make a dataclass from a JSON object. Raises ConfigError that names the wrong field."""
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{place}: expected an object, found {type(raw).__name__}")
    known = {item.name: item for item in dataclasses.fields(kind)}
    unknown = [name for name in raw if name not in known]
    if unknown and not ignore_unknown:
        raise ConfigError(f"{place}: unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    for item in known.values():
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if required and item.name not in raw:
            raise ConfigError(f"{place}: the field {item.name!r} is missing")
    values = {name: raw[name] for name in raw if name in known}
    for name, value in values.items():
        accepted = _KINDS.get(str(known[name].type))
        if accepted is None:
            continue
        wrong = not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted)
        if not wrong and isinstance(value, list):
            wrong = any(not isinstance(entry, str) for entry in value)
        if wrong:
            raise ConfigError(f"{place}.{name}: {value!r} is not of the kind {known[name].type}")
    return kind(**values)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as ex:
        raise ConfigError(f"{path}: cannot be read: {ex.strerror}") from ex
    except ValueError as ex:
        raise ConfigError(f"{path}: is not JSON: {ex}") from ex


def build_app(raw: Any, place: str) -> App:
    """One app registration; it needs at least one way to sign in."""
    app: App = build(App, raw, place)
    if isinstance(raw.get("federated"), Mapping):
        app.federated = build(FederatedCredential, raw["federated"], f"{place}.federated")
    if not (app.secret or app.certificates or app.federated):
        raise ConfigError(f"{place}: give a secret, certificates or federated; the app has no way to sign in")
    return app


def load_tenant(path: Path) -> TenantConfig:
    """Read and check tenant.json."""
    raw = _read(path)
    config: TenantConfig = build(TenantConfig, raw, str(path))
    if not isinstance(config.apps, list) or not config.apps:
        raise ConfigError(f"{path}: apps must be a list with at least one app")
    config.apps = [build_app(app, f"{path}: apps[{number}]") for number, app in enumerate(config.apps)]
    parts: dict[str, type[Any]] = {
        "managed_identity": ManagedIdentity, "settings": Settings, "latency": Latency,
        "service": Service, "throttle": Throttle,
    }  # fmt: skip
    for name, kind in parts.items():
        if raw.get(name) is not None:
            setattr(config, name, build(kind, raw[name], f"{path}: {name}"))
    if config.settings.source not in (None, "cloud", "onPremises"):
        raise ConfigError(f"{path}: settings.source must be null, cloud or onPremises, not {config.settings.source!r}")
    if not 1 <= config.page_size <= 999:
        raise ConfigError(f"{path}: page_size must be between 1 and 999")
    return config


def load_people(path: Path) -> list[Person]:
    """Read and check people.json (a list, or an object with the list under `people`); those in the cloud only."""
    raw = _read(path)
    if isinstance(raw, Mapping):
        raw = raw.get("people")
    if not isinstance(raw, list):
        raise ConfigError(f"{path}: expected a list of people")
    people: list[Person] = []
    for number, entry in enumerate(raw):
        place = f"{path}: [{number}]"
        if isinstance(entry, Mapping) and not entry.get("in_cloud", True):
            continue
        person: Person = build(Person, entry, place, ignore_unknown=True)
        if person.cloud_photo is not None:
            picture = path.parent / person.cloud_photo
            if not picture.is_file():
                raise ConfigError(f"{place}: cloud_photo {picture} is not there")
            person.cloud_photo = str(picture)
        people.append(person)
    return people
