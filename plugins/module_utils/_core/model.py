# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the collection as frozen types: definition, recipe, rendition, observation, change, receipt, outcome.

Nothing in this file does work. All sides are in pixels, all lengths in bytes, all hashes are lower-case hexadecimal
SHA-256, all times are seconds since the epoch.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
import unicodedata
from dataclasses import dataclass, field

State = t.Literal["present", "absent"]
Crop = t.Literal["center", "top", "face", "none"]
Drift = t.Literal["in_sync", "missing", "different", "unwanted", "unresolved", "unavailable", "invalid"]
Action = t.Literal["none", "put", "remove"]
Verdict = t.Literal["same", "different", "ambiguous"]
#: Where a user's mailbox is, as Active Directory says.
Mailbox = t.Literal["on_premises", "cloud"]
OnForeignChange = t.Literal["overwrite", "keep"]
#: The type ``bytes``, for classes that have a field of that name.
Blob = bytes

DRIFTS: tuple[Drift, ...] = ("in_sync", "missing", "different", "unwanted", "unresolved", "unavailable", "invalid")
#: Drift states in which the photo could not be compared; they fail a run unless they are ignored.
PROBLEMS: frozenset[Drift] = frozenset({"unresolved", "unavailable", "invalid"})

#: Increased when our own code begins to make other pixels or other bytes from the same source and options.
RECIPE_VERSION = 1


class PhotoError(Exception):
    """A failure that a person can mend. Its text names the user, file or option and says what to do."""


class SourceError(PhotoError):
    """A source picture that cannot be used. Its text names the file, the limit and what to do."""


class SourceElsewhere(SourceError):
    """The picture itself is needed, and only its hash is known on this host."""


class StoreError(PhotoError):
    """A target that cannot be used at all (sign-in, TLS, not reachable, no permission): it fails for all users."""


def sha256(data: bytes) -> str:
    """The hash that identifies a picture."""
    return hashlib.sha256(data).hexdigest()


def identity_key(identity: str) -> str:
    """The form in which two spellings of one identity are equal: case and Unicode composition do not matter.

    Not ``casefold``, which makes "straße" and "strasse" equal. Active Directory's searches ignore more: accents and
    width (MS-ADTS 3.1.1.2.2.4.13 and 6.5). But an answer counts only if it is equal to the name that was asked for.
    """
    return identity.lower() if identity.isascii() else unicodedata.normalize("NFC", identity).lower()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a declared picture is: a file on this host, or bytes from the module's arguments.

    Only ``sha256``: the picture is on another host, and only its hash is known here.
    """

    path: str | None = None
    content: bytes | None = field(default=None, repr=False)
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The name of the source in messages."""
        return self.path if self.path is not None else "content"

    @property
    def at_hand(self) -> bool:
        """Can the picture be read here?"""
        return self.path is not None or self.content is not None or self.sha256 is None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What was approved for one user. A change is made only while all of this is still true.

    ``tag`` is what the target held then (None: no photo), ``source_sha256`` what was declared (None: any).
    """

    action: Action
    tag: str | None = None
    source_sha256: str | None = None
    #: The id of the approved account; None: any.
    user_id: str | None = None
    #: Fingerprint of the photo that the target held then: a service may give the same photo another tag.
    fingerprint: str | None = None
    #: The target's tag, if the change was planned but never started; then there is nothing to undo.
    untouched: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """What Git declares for one user. ``source`` is None exactly when ``state`` is absent."""

    user: str
    state: State = "present"
    source: Source | None = None
    #: Where it was declared ("photos.yml:12"), for messages.
    origin: str = ""
    expect: Expectation | None = None
    #: Problems of this user that are known and accepted: they are reported and do not fail the run.
    known_problems: frozenset[str] = frozenset()
    #: The targets for which the photo is declared; empty: all targets.
    targets: frozenset[str] = frozenset()
    #: The user's name at single targets, where it differs from ``user``: (target, name).
    accounts: tuple[tuple[str, str], ...] = ()
    #: The source is the default picture: it is put only where there is no photo or another default picture of ours.
    default: bool = False
    #: The source is what another target holds, which may store the same picture again in other bytes.
    copied: bool = False
    #: Key of the identity; case and the composition of letters do not matter, as in both directories.
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", identity_key(self.user))  # cached: asked about twelve times a user

    def named_at(self, target: str) -> str:
        """The user's name at a target."""
        return dict(self.accounts).get(target, self.user) if self.accounts else self.user


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a target wants a picture. ``size`` is the side of the square, ``max_bytes`` the limit of the JPEG."""

    size: int
    max_bytes: int
    crop: Crop = "center"
    #: The colour behind transparent pixels, as #rrggbb.
    background: str = "#ffffff"
    #: The JPEG carries our mark. Only for targets that keep our bytes (AD); Microsoft 365 removes the mark.
    mark: bool = False
    #: The source's own bytes are the rendition when they are a JPEG within the limit. Used to restore a backup.
    as_is: bool = False

    #: Sixteen hexadecimal digits that change when anything that influences the rendition changes.
    digest: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = [RECIPE_VERSION, self.size, self.max_bytes, self.crop, self.background, self.as_is]
        object.__setattr__(self, "digest", hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16])


@dataclass(frozen=True, slots=True)
class Rendition:
    """The JPEG that a recipe makes of a source. ``notes`` are hints for the reader ("no face found").

    ``pixels`` is a small copy of the picture before it was encoded (prepare.Prepared, about 48 kB), kept where the JPEG
    looks the same: comparing with it saves a decode.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    quality: int
    notes: tuple[str, ...] = ()
    pixels: t.Any = field(default=None, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        return sha256(self.data)


@dataclass(frozen=True, slots=True)
class Summary:
    """A picture as results show it, without its bytes."""

    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class User:
    """One user of a target.

    ``id`` never changes while the account exists (Entra object id; AD objectGUID, both as lower-case UUID text).
    ``handle`` is how the store addresses the account now (object id; distinguished name). ``immutable_id`` connects an
    on-premises account and its cloud account: base64 of ms-DS-ConsistencyGuid or objectGUID. ``mailbox`` is None when
    it is not known, or when there is none. ``account`` is the account's own userPrincipalName there (AD: else
    sAMAccountName), ``label`` the name for people.
    """

    identity: str
    id: str
    handle: str
    label: str = ""
    immutable_id: str | None = None
    mailbox: Mailbox | None = None
    account: str = ""
    #: The department or organizational unit; None when it was not asked for, or when there is none.
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An identity that leads to no user, or to several. ``reason`` says which and what to do.

    ``gone``: it is certain that there is no such account.
    """

    identity: str
    reason: str
    gone: bool = False
    #: The target gave no answer, so nothing is known about the account.
    no_answer: bool = False


Resolution = t.Union[User, Unresolved]


@dataclass(frozen=True, slots=True)
class Observation:
    """What a store saw for one user.

    ``problem`` set: the store could not see, and why; then the other fields say nothing. ``present`` False: there is no
    photo. ``tag`` changes whenever the photo is written (ETag; SHA-256 of the value). ``picture`` is compared by its
    pixels: the photo or a smaller rendition of it; None when it was not asked for or a receipt was enough. ``sha256``
    is of the photo itself, and only set when the store saw all of its bytes. ``fingerprint`` is of the picture, or of
    the one that the receipt names.
    """

    present: bool = False
    tag: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    picture: Blob | None = field(default=None, repr=False)
    problem: str | None = None
    #: With ``problem``: it is certain that the account has no mailbox, and so no photo.
    no_mailbox: bool = False
    #: With ``problem``: the service gave no answer, so the problem says nothing about this user's photo.
    no_answer: bool = False
    fingerprint: str | None = None


#: Used in ``Pending.prints`` for a photo that is removed.
REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Pending:
    """A write that was started and is not yet visible on the target. The receipt has it from before the write.

    ``sha256`` and ``fingerprint`` are of what is written; both None: the photo is removed. ``before`` is the tag that
    the target held. ``sent``: the target accepted the write. ``unseen``: runs that looked for it in vain.
    ``over_foreign``: the target held a foreign photo before. ``earlier``: fingerprints of earlier writes that are not
    visible either (SHA-256 where the target keeps bytes; REMOVED for a removal). A service may still show any of them.
    """

    source_sha256: str | None
    recipe: str | None
    before: str | None
    sha256: str | None = None
    fingerprint: str | None = None
    begun_at: float = 0.0
    sent: bool = False
    unseen: int = 0
    rendition: Summary = Summary()
    over_foreign: bool = False
    earlier: tuple[str, ...] = ()

    @property
    def prints(self) -> tuple[str, ...]:
        """What the target may still show: this write, and the earlier ones."""
        return (self.fingerprint or self.sha256 or REMOVED, *self.earlier)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Our memory of one user's photo on one target.

    ``tag`` is the target's tag when our photo was last seen there (None: we removed it); ``fingerprint`` is of that
    photo. ``seen`` False: nothing was ever seen, and only ``pending`` counts.
    """

    user_id: str
    source_sha256: str | None
    recipe: str | None
    tag: str | None
    rendition: Summary = Summary()
    #: How the service transformed our upload, if its copy is not the same picture.
    service_transform: str | None = None
    written_at: float = 0.0
    fingerprint: str | None = None
    seen: bool = True
    pending: Pending | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Does the target hold the declared photo? ``rung`` is the evidence that decided.

    ``by_product``: it is a copy that a write of the declared photo to another target made here; so it is no foreign
    change.
    """

    verdict: Verdict
    rung: t.Literal["tag", "bytes", "mark", "pixels"]
    reason: str
    by_product: bool = False
    #: It is the same picture, but not as the recipe wants it (too large, not sharp).
    same_picture: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What would mend a drift, with the reason in one sentence. ``replaces``: a photo that is there is lost."""

    drift: Drift
    action: Action
    reason: str
    foreign: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One change as a store gets it. ``data`` None removes the photo; ``expected`` None: there was no photo."""

    user: User
    data: bytes | None = field(repr=False)
    #: The tag of the photo that the change was planned for.
    expected: str | None
    #: The value itself where the store holds the photo as bytes, for an atomic compare-and-swap.
    expected_bytes: bytes | None = field(default=None, repr=False)
    #: Is this picture, found under another tag, still the photo that the change was planned for? None: cannot be
    #: decided.
    same: t.Callable[[bytes], bool] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How a write ended. ``conflict``: the target held another photo than planned for, and nothing was written.

    ``uncertain``: the connection broke after the request was sent, so it is not known whether it was carried out.
    ``error`` has the service's own words.
    """

    status: t.Literal["written", "conflict", "failed", "uncertain"]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A definition with its result: one row of a result. ``change`` is what was planned."""

    definition: Definition
    target: str
    change: Change
    user: User | None = None
    source_sha256: str | None = None
    desired: Summary | None = None
    observed: Observation | None = None
    #: True after a write was done (in check mode: would be done).
    changed: bool = False
    #: None: nothing was written, or verification was off.
    verified: bool | None = None
    backup: str | None = None
    error: str | None = None
    #: Hints for the reader: notes of the rendition, or how a service transformed an upload.
    warnings: tuple[str, ...] = ()
    #: The change is needed, but it was not approved, or the state is not the approved one any more.
    stale: bool = False
    #: Other users who have, or are declared with, the same picture.
    shared_with: tuple[str, ...] = ()
    #: The default picture is declared, and the user has a photo of their own, which is kept.
    own_photo: bool = False
    #: The final state of the change (_sync/change.py); None: no change was to be made.
    state: str | None = None
    #: Only the picture itself could decide, and only its hash was given.
    source_needed: bool = False

    @property
    def no_answer(self) -> bool:
        """Is nothing known about this user's photo, because the target gave no answer?"""
        return self.change.drift == "unavailable" and (self.observed is None or self.observed.no_answer)
