# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the house as frozen values: definition, recipe, rendition, observation, change, receipt, outcome.

Nothing in here does work. All sides are in pixels, all lengths in bytes, all hashes are lower-case hexadecimal SHA-256,
all times are seconds since the epoch.
"""

from __future__ import annotations

import functools
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
#: Where a user's mailbox is, as Active Directory knows it.
Mailbox = t.Literal["on_premises", "cloud"]
OnForeignChange = t.Literal["overwrite", "keep"]
#: The type, under a name that a field called ``bytes`` does not hide.
Blob = bytes

DRIFTS: tuple[Drift, ...] = ("in_sync", "missing", "different", "unwanted", "unresolved", "unavailable", "invalid")
#: The states in which a user could not be judged; they fail a run unless they are ignored.
PROBLEMS: frozenset[Drift] = frozenset({"unresolved", "unavailable", "invalid"})

#: Bumped when our own code starts to make other pixels or other bytes out of the same source and options.
RECIPE_VERSION = 1


class PhotoError(Exception):
    """A failure that a person can act on. Its text names the user, file or option and says what to do."""


class SourceError(PhotoError):
    """A source picture that cannot be used. Its text names the file, the limit and what to do."""


class SourceElsewhere(SourceError):
    """The picture itself is needed, and only its hash is known here."""


class StoreError(PhotoError):
    """A target that cannot be worked with at all (sign-in, TLS, not reachable, no permission): no user can be done."""


def sha256(data: bytes) -> str:
    """The hash by which pictures are named here."""
    return hashlib.sha256(data).hexdigest()


def identity_key(identity: str) -> str:
    """The form in which two spellings of one identity are equal: case and Unicode composition do not count.

    Not ``casefold``, to which "straße" and "strasse" are one. Active Directory's searches are wider still: they ignore
    accents and width (MS-ADTS 3.1.1.2.2.4.13 and 6.5), but an answer counts only if it is what was asked for.
    """
    return identity.lower() if identity.isascii() else unicodedata.normalize("NFC", identity).lower()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a declared picture is: a file on this host, or bytes that came in the arguments.

    ``sha256`` alone: the picture is elsewhere, and only its hash is known here.
    """

    path: str | None = None
    content: bytes | None = field(default=None, repr=False)
    sha256: str | None = None

    @property
    def name(self) -> str:
        """What a message calls it."""
        return self.path if self.path is not None else "content"

    @property
    def at_hand(self) -> bool:
        """Can the picture be read here?"""
        return self.path is not None or self.content is not None or self.sha256 is None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What was approved for one user; a change is carried out only while all of it still holds.

    ``tag`` is what the target held then (None: no photo), ``source_sha256`` what was declared (None: do not care).
    """

    action: Action
    tag: str | None = None
    source_sha256: str | None = None
    #: The account that was meant; None: do not care.
    user_id: str | None = None
    #: Of the photo that the target held then: a service may give the same photo another tag by itself.
    fingerprint: str | None = None
    #: The target's tag while the change was never begun; then there is nothing to undo.
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
    #: Problems of this user that are known and accepted: reported, and no reason to fail.
    known_problems: frozenset[str] = frozenset()
    #: Where the photo is declared; empty: at every target.
    targets: frozenset[str] = frozenset()
    #: The user's name at single targets, where it is another one than ``user``: (target, name).
    accounts: tuple[tuple[str, str], ...] = ()
    #: The source is the default picture: it is put where there is no photo, and replaces none but itself.
    default: bool = False
    #: The source is what another target holds, where the same picture may be stored anew in other bytes.
    copied: bool = False
    #: Identities are compared without regard to case and to how letters are composed, as both directories do.
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", identity_key(self.user))  # asked for a dozen times a user

    def named_at(self, target: str) -> str:
        """What the user is called at a target."""
        return next((name for where, name in self.accounts if where == target), self.user)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a target wants a picture. ``size`` is the side of the square, ``max_bytes`` the limit of the JPEG."""

    size: int
    max_bytes: int
    crop: Crop = "center"
    #: What lies behind transparent pixels, as #rrggbb.
    background: str = "#ffffff"
    #: AD keeps our bytes as they are, so there the JPEG carries our mark; Microsoft 365 strips it.
    mark: bool = False
    #: The source's own bytes are the rendition when they are a JPEG within the limit: for bringing a backup back.
    as_is: bool = False

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change when anything that shapes the rendition changes."""
        return _digest(self)


@functools.lru_cache(maxsize=64)
def _digest(recipe: Recipe) -> str:
    parts = [RECIPE_VERSION, recipe.size, recipe.max_bytes, recipe.crop, recipe.background, recipe.as_is]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rendition:
    """The JPEG that a recipe makes of a source. ``notes`` say what a person should know ("no face found").

    ``pixels`` is a small copy of the picture before it was encoded (prepare.Prepared, about 48 kB), where the JPEG
    looks just like it: comparing with that saves a decode.
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
    """A picture as results show it: never the picture itself."""

    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class User:
    """One user of a target.

    ``id`` never changes while the account exists (Entra object id; AD objectGUID, both as lower-case UUID text).
    ``handle`` is how the store reaches the account now (object id; distinguished name).
    ``immutable_id`` ties an on-premises account to its cloud one: base64 of ms-DS-ConsistencyGuid or objectGUID.
    ``mailbox`` is None when nobody knows, or when there is none.
    ``account`` is the account's own userPrincipalName there (AD: else sAMAccountName), ``label`` what people call it.
    """

    identity: str
    id: str
    handle: str
    label: str = ""
    immutable_id: str | None = None
    mailbox: Mailbox | None = None
    account: str = ""
    #: The department or organizational unit; None where nobody asked, or where there is none.
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An identity that is no user, or several. ``reason`` says which and what to do.

    ``gone``: it is certain that there is no such account.
    """

    identity: str
    reason: str
    gone: bool = False
    #: The target gave no answer, so nothing is known of the account.
    no_answer: bool = False


Resolution = t.Union[User, Unresolved]


@dataclass(frozen=True, slots=True)
class Observation:
    """What a store saw for one user.

    ``problem`` set: it could not see, and why; nothing else counts then. ``present`` False: there is no photo.
    ``tag`` moves whenever the photo is written (ETag; SHA-256 of the value). ``picture`` is what pixels are compared
    with: the photo or a smaller rendition of it; None when nobody asked for it or memory answered instead.
    ``sha256`` is of the photo itself and so only there when the store saw all of its bytes.
    ``fingerprint`` is of the picture, or of the one that our memory says is there.
    """

    present: bool = False
    tag: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    picture: Blob | None = field(default=None, repr=False)
    problem: str | None = None
    #: With ``problem``: it is certain that the account has no place for a photo (no mailbox), and so has none.
    no_mailbox: bool = False
    #: With ``problem``: the service gave no answer, so the problem says nothing about this user.
    no_answer: bool = False
    fingerprint: str | None = None


#: Stands in ``Pending.prints`` for a photo that is removed.
REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Pending:
    """A write that was begun and that nobody has seen on the target yet. It is kept from before the write.

    ``sha256`` and ``fingerprint`` are of what is written; both None: the photo is removed. ``before`` is the tag that
    the target held. ``sent``: the target said that it took the write. ``unseen``: runs that waited for it in vain.
    ``over_foreign``: what the target held before was somebody else's.
    ``earlier``: of writes before this one that nobody has seen either, their fingerprints, or SHA-256 where the target
    keeps bytes as they are; REMOVED for a removal. A service may show any of them yet.
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
        """What may still be shown: this write, and those before it."""
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
    #: Why the target's copy is not the same picture as our upload, when the service changed it that much.
    service_transform: str | None = None
    written_at: float = 0.0
    fingerprint: str | None = None
    seen: bool = True
    pending: Pending | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Is what the target holds the declared photo? ``rung`` is the evidence that decided.

    ``by_product``: it is the declared photo as a write to another target leaves it here, so nobody else changed it.
    """

    verdict: Verdict
    rung: t.Literal["tag", "bytes", "mark", "pixels"]
    reason: str
    by_product: bool = False
    #: The same picture all the same, only not as the recipe wants it (too large, not sharp).
    same_picture: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What would mend a drift, with the reason in one sentence. ``replaces``: a photo is lost by it."""

    drift: Drift
    action: Action
    reason: str
    foreign: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One change on its way to a store. ``data`` None removes the photo; ``expected`` None means none was there."""

    user: User
    data: bytes | None = field(repr=False)
    #: The tag that the change was planned on.
    expected: str | None
    #: The value itself where the store holds the photo as bytes, for a compare-and-swap.
    expected_bytes: bytes | None = field(default=None, repr=False)
    #: Is this picture, found under another tag, still the photo that the change was planned on? None: nobody can tell.
    same: t.Callable[[bytes], bool] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How a write ended. ``conflict``: the target no longer held what the change was planned on, nothing was written.

    ``uncertain``: the connection broke after the request went out, so it may or may not have been carried out.
    ``error`` has the service's own words.
    """

    status: t.Literal["written", "conflict", "failed", "uncertain"]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A definition after everything that was done for it: one row of a result. ``change`` says what was planned."""

    definition: Definition
    target: str
    change: Change
    user: User | None = None
    source_sha256: str | None = None
    desired: Summary | None = None
    observed: Observation | None = None
    #: True after a write was done (or would be, in check mode).
    changed: bool = False
    #: None: nothing was written or verification was off.
    verified: bool | None = None
    backup: str | None = None
    error: str | None = None
    #: What a person should know besides: notes of the rendition, an upload that the service transformed.
    warnings: tuple[str, ...] = ()
    #: The change was wanted, but is not what was approved, or was approved on another state of things.
    stale: bool = False
    #: Other users who have, or are declared with, the same picture.
    shared_with: tuple[str, ...] = ()
    #: The default picture is declared, and the user has a photo of their own, which stays.
    own_photo: bool = False
    #: What became of the change (_sync/change.py); None: none was to be made.
    state: str | None = None
    #: Only the picture itself could tell, and its hash alone was given.
    source_needed: bool = False

    @property
    def no_answer(self) -> bool:
        """Is nothing known of this user's photo, because the target gave no answer?"""
        return self.change.drift == "unavailable" and (self.observed is None or self.observed.no_answer)
