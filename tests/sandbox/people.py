# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the sandbox: real faces, difficult names, and every state of drift."""

from __future__ import annotations

import base64
import dataclasses
import io
import uuid
from dataclasses import dataclass
from pathlib import Path

import portraits
from PIL import Image, ImageDraw, ImageOps

DOMAIN = "photos.test"
_NAMESPACE = uuid.UUID("6f6a2f5e-4d0c-4a8e-9d0c-0a1b2c3d4e5f")
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Person:
    """One user of the domain, of the tenant, or of both.

    `source`: how the definitions folder declares the photo (see `write_source`); "" if it does not.
    `ad` and `cloud`: the initial photos at the targets: "" none, "right" the declared photo in another encoding,
    "older" another person's photo as a former photo, "mine" the person's own photo, which is not declared.
    `expect_ad` and `expect_exo` (or `expect` for both): the drift that a first run finds; "" if nothing is declared.
    """

    key: str
    display_name: str
    trait: str
    face: str
    source: str = ""
    ad: str = ""
    cloud: str = ""
    expect: dataclasses.InitVar[str] = ""
    expect_ad: str = ""
    expect_exo: str = ""
    upn: str = ""
    cloud_upn: str = ""
    mail: str = ""
    in_ad: bool = True
    in_cloud: bool = True
    mailbox: bool = True
    user_type: str = "Member"
    consistency_guid: bool = False
    number: int = 0

    def __post_init__(self, expect: str) -> None:
        """Use one value for both targets."""
        for name in ("expect_ad", "expect_exo") if expect else ():
            object.__setattr__(self, name, expect)

    @property
    def identity(self) -> str:
        """The userPrincipalName that the definitions use."""
        return self.upn or f"{self.key}@{DOMAIN}"

    @property
    def address(self) -> str:
        """The mail address."""
        return self.mail or self.identity

    @property
    def object_id(self) -> str:
        """The id in the tenant: the same in every sandbox."""
        return str(uuid.uuid5(_NAMESPACE, self.key))

    @property
    def anchor(self) -> bytes | None:
        """The ms-DS-ConsistencyGuid, for those who have one."""
        return uuid.uuid5(_NAMESPACE, f"anchor {self.key}").bytes if self.consistency_guid else None

    @property
    def recipient(self) -> str:
        """RecipientTypeDetails of the account. People without a mailbox in the cloud have one on-premises."""
        return "RemoteUserMailbox" if self.in_cloud and self.mailbox else "UserMailbox"

    @property
    def employee_id(self) -> str:
        """A number as human resources give it."""
        return f"E{self.number:05d}"

    @property
    def names(self) -> tuple[str, str]:
        """Given name and surname."""
        given, _space, surname = self.display_name.partition(" ")
        return given, surname or given


_PEOPLE = [
    Person("alice", "Alice Archer", "nothing on either side", "soft/marie", "jpeg", expect="missing",
           consistency_guid=True),
    Person("bob", "Bob Baker", "PNG, declared in photos.yml", "soft/bruce-mars", "png", expect="missing",
           consistency_guid=True),
    Person("carol", "Carol Châtelain", "WebP", "soft/ivana-square", "webp", expect="missing"),
    Person("dave", "Dave Đorđević", "JPEG turned by EXIF orientation 6", "soft/team-3", "exif6", expect="missing"),
    Person("erin", "Erin Eklund", "JPEG turned and mirrored by EXIF orientation 5", "soft/team-1", "exif5",
           expect="missing"),
    Person("frank", "Frank Fischer", "large: 12.9 megapixels", "soft/team-2", "large", expect="missing"),
    Person("grace", "Grace Okonkwo", "64 x 64 pixels", "soft/kal-visuals-square", "small64", expect="missing"),
    Person("henry", "Henry Huang", "48 x 48 pixels", "kit/faces/card-profile2-square", "small48", expect="missing"),
    Person("ingrid", "Ingrid Åkesson", "CMYK JPEG", "kit/faces/camp", "cmyk", expect="missing"),
    Person("judy", "Judy Jensen", "palette PNG", "kit/faces/card-profile4-square", "palette", expect="missing"),
    Person("kim", "Kim Kwon", "PNG with transparency", "kit/faces/card-profile5-square", "alpha", expect="missing"),
    Person("liam", "Liam Lindqvist", "upright format, 500 x 800", "soft/team-4", "tall", expect="missing"),
    Person("marta", "Marta Muñoz", "identity and extension in capitals in the folder", "kit/faces/kendall", "capitals",
           expect="missing"),
    Person("oharanora", "Nora O'Hara", "UPN with an apostrophe", "kit/faces/card-profile6-square", "jpeg",
           expect="missing", upn=f"nora.o'hara@{DOMAIN}"),
    Person("oscarplus", "Oscar Olsen", "UPN with a plus; an older photo in AD", "kit/faces/marc", "jpeg", ad="older",
           upn=f"oscar+photos@{DOMAIN}", expect_ad="different", expect_exo="missing"),
    Person("bjork", "Björk Guðmundsdóttir 山田花子 😀", "display name beyond Latin", "kit/faces/avatar", "jpeg",
           expect="missing"),
    Person("script", "<script>alert('photo')</script>", "display name that is markup", "kit/faces/christian", "jpeg",
           expect="missing"),
    Person("pia", "Pia Petrova", "the declared photo is on both sides, encoded by others", "adminkit/avatars/avatar-5",
           "jpeg", ad="right", cloud="right", expect_ad="in_sync", expect_exo="in_sync"),
    Person("quinn", "Quinn Quigley", "older photo in AD, right in the cloud", "material/team-2", "jpeg",
           ad="older", cloud="right", expect_ad="different", expect_exo="in_sync"),
    Person("rosa", "Rosa Ricci", "right in AD, older photo in the cloud", "material/team-1", "jpeg",
           ad="right", cloud="older", expect_ad="in_sync", expect_exo="different"),
    Person("samir", "Samir Shah", "an older photo on both sides", "material/ivana-square", "jpeg",
           ad="older", cloud="older", expect_ad="different", expect_exo="different"),
    Person("tessa", "Tessa Thorn", "declared absent, photo on both sides", "material/team-3", "absent",
           ad="mine", cloud="mine", expect_ad="unwanted", expect_exo="unwanted"),
    Person("umar", "Umar Usmani", "declared absent, photo in AD alone", "material/team-4", "absent", ad="mine",
           expect_ad="unwanted", expect_exo="in_sync"),
    Person("vera", "Vera Vogel", "declared absent, no photo anywhere", "material/team-5", "absent",
           expect_ad="in_sync", expect_exo="in_sync"),
    Person("wendy", "Wendy Walsh", "in AD only", "adminkit/avatars/avatar-4", "jpeg", in_cloud=False,
           expect_ad="missing", expect_exo="unresolved"),
    Person("xaver", "Xaver Xu", "in the cloud only", "adminkit/avatars/avatar", "jpeg", in_ad=False,
           expect_ad="unresolved", expect_exo="missing"),
    Person("yusuf", "Yusuf Yılmaz", "no mailbox", "adminkit/avatars/avatar-2", "jpeg", mailbox=False,  # noqa: RUF001
           expect_ad="missing", expect_exo="unavailable"),
    Person("zelda", "Zelda Zhang", "broken file: a JPEG cut short; older photo on both sides must stay",
           "material/kal-visuals-square", "broken", ad="older", cloud="older", expect="invalid"),
    Person("zeno", "Zeno Zimmer", "a text file named .jpg", "paper/faces/face-3", "text", expect="invalid"),
    Person("anna", "Anna Adler", "shares a mail address with Anton", "material/ivana-squares", "jpeg", expect="missing",
           mail=f"reception@{DOMAIN}"),
    Person("anton", "Anton Adler", "shares a mail address with Anna", "paper/faces/face-2", "jpeg", expect="missing",
           mail=f"reception@{DOMAIN}"),
    Person("guest", "Gina Guest (Partner)", "guest with #EXT# in the UPN, in the cloud only", "material/marie", "jpeg",
           upn=f"gina_partner.example#EXT#@{DOMAIN}", mail="gina@partner.example", in_ad=False, user_type="Guest",
           expect_ad="unresolved", expect_exo="missing"),
    # Not declared: a run with the default definitions must not change these.
    Person("boris", "Boris Beck", "not declared; AD UPN differs from the cloud UPN", "material/bruce-mars",
           upn=f"boris@corp.{DOMAIN}", cloud_upn=f"boris@{DOMAIN}", mail=f"boris@{DOMAIN}", ad="mine"),
    Person("dora", "Dora Dahl", "not declared; a 60 KB photo in AD, more than Entra ID would sync",
           "adminkit/avatars/avatar-3", ad="heavy", cloud="mine"),
    Person("emil", "Emil Ernst", "not declared; 64 x 64 in AD, as Exchange on-premises writes it",
           "kit/faces/card-profile1-square", ad="tiny", cloud="mine"),
]  # fmt: skip


def everyone(extra: int = 0) -> list[Person]:
    """Return all people, and `extra` generated ones (declared, without a photo on either side)."""
    people = list(_PEOPLE)
    faces = portraits.names()[:40]
    for number in range(1, extra + 1):
        name = f"Extra {number:05d}"
        people.append(
            Person(f"extra{number:05d}", name, "generated", faces[number % len(faces)], "shared", expect="missing")
        )
    return [dataclasses.replace(person, expect="", number=number) for number, person in enumerate(people, 1001)]


def faces(people: list[Person]) -> set[str]:
    """Return the names of the portraits that these people need."""
    return {person.face for person in people} | {_former(person) for person in people if "older" in _held(person)}


def _held(person: Person) -> tuple[str, str]:
    return person.ad, person.cloud


def _former(person: Person) -> str:
    """Another person's face, used as an older photo."""
    others = sorted({other.face for other in _PEOPLE})
    return others[(others.index(person.face) + 7) % len(others)]


def _open(face: str) -> Image.Image:
    with Image.open(portraits.portrait(face)) as image:
        return image.convert("RGB")


def _jpeg(image: Image.Image, quality: int = 90, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


def held_photo(person: Person, target: str) -> bytes | None:
    """Return the initial photo at a target ("ad" or "cloud"), encoded as by another tool."""
    state = person.ad if target == "ad" else person.cloud
    if not state:
        return None
    image = _open(_former(person) if state == "older" else person.face)
    if target == "cloud":
        # The tenant re-encodes any upload. The quality and scaling are not ours, but it is the same picture.
        return _jpeg(ImageOps.fit(image, (640, 640), Image.Resampling.BICUBIC), 93)
    if state == "heavy":
        return _jpeg(ImageOps.fit(image, (400, 400)), 93, subsampling=0)
    side = 64 if state == "tiny" else 96
    return _jpeg(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC), 84, optimize=True)


def write_definitions(people: list[Person], folder: Path) -> None:
    """Make the definitions folder: pictures named by identity, the others below portraits/, and photos.yml."""
    (folder / "portraits").mkdir(parents=True, exist_ok=True)
    lines = []
    for person in people:
        told = _write_source(person, folder)
        if told:
            # Always quoted: an identity may hold an apostrophe, a plus or a number sign.
            lines.append("  '" + person.identity.replace("'", "''") + f"': {told}\n")
    (folder / "photos.yml").write_text("---\nphotos:\n" + "".join(lines), encoding="utf-8")


def _write_source(person: Person, folder: Path) -> str:
    """Write one person's picture; return what photos.yml says of it, or "" when the file's name says it all."""
    kind = person.source
    own = folder / f"{person.identity}.jpg"
    if kind == "absent":
        return "{state: absent}"
    if kind == "shared":
        shared = folder / "portraits" / f"{person.face.replace('/', '-')}.jpg"
        if not shared.exists():
            shared.write_bytes(portraits.portrait(person.face).read_bytes())
        return f"portraits/{shared.name}"
    if kind in ("png", "alpha", "palette"):
        path = folder / "portraits" / f"{person.key}.png"
        _special(kind, _open(person.face)).save(path)
        return f"portraits/{path.name}" if kind == "png" else f"{{src: portraits/{path.name}}}"
    if kind == "webp":
        _open(person.face).save(folder / f"{person.identity}.webp", quality=88)
    elif kind == "capitals":
        (folder / f"{person.identity.upper()}.JPG").write_bytes(portraits.portrait(person.face).read_bytes())
    elif kind:
        own.write_bytes(_bytes(kind, person))
    return ""


def _special(kind: str, image: Image.Image) -> Image.Image:
    if kind == "palette":
        return image.quantize(128)
    if kind == "alpha":
        mask = Image.new("L", image.size, 0)
        ImageDraw.Draw(mask).ellipse((0, 0, image.width - 1, image.height - 1), fill=255)
        image.putalpha(mask)
    return image


def _bytes(kind: str, person: Person) -> bytes:
    original = portraits.portrait(person.face).read_bytes()
    image = _open(person.face)
    if kind == "jpeg":
        return original
    if kind in ("exif5", "exif6"):
        # As a phone writes it: the pixels are turned, and the EXIF tag has the orientation.
        turns = {"exif5": Image.Transpose.TRANSPOSE, "exif6": Image.Transpose.ROTATE_90}
        exif = Image.Exif()
        exif[_EXIF_ORIENTATION] = int(kind[-1])
        return _jpeg(image.transpose(turns[kind]), 92, exif=exif.tobytes())
    if kind == "large":
        return _jpeg(image.resize((3592, 3592), Image.Resampling.BICUBIC), 88)
    if kind in ("small64", "small48"):
        side = int(kind[-2:])
        return _jpeg(image.resize((side, side), Image.Resampling.LANCZOS), 90)
    if kind == "cmyk":
        return _jpeg(image.convert("CMYK"), 90)
    if kind == "tall":
        left = (image.width - 500) // 2
        return _jpeg(image.crop((left, 0, left + 500, image.height)), 91, progressive=True)
    if kind == "broken":
        return original[: len(original) // 3]
    if kind == "text":
        return b"This is not a picture. Somebody saved a mail under the wrong name.\n"
    raise ValueError(f"{person.key}: no such kind of source: {kind}")


def immutable_id(person: Person, guid: bytes | None) -> str | None:
    """Return the immutable ID from the user's anchor, otherwise from the objectGUID; None for cloud-only users."""
    anchor = person.anchor or guid
    return base64.b64encode(anchor).decode() if person.in_ad and anchor else None
