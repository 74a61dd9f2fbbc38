# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a definitions folder from Git into definitions. Every problem is named by file and line."""

from __future__ import annotations

import os
import typing as t
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from .._core.files import UnusableFile, read_file
from .._core.model import PROBLEMS, Definition, PhotoError, Source, identity_key
from .._core.targets import TARGETS
from .._core.text import printable, shown, unusable
from .accounts import clashes
from .default_picture import cannot_be_rendered
from .found import DefaultPicture, DefinitionsError, Entry, Folder, OddFile, Problem
from .names import MANIFEST, meant_as_manifest, named_after
from .yaml_text import compose, foreign_tags, is_text, line_of, text_of, truth, yaml

#: Enough for about 150,000 users.
MAX_MANIFEST_BYTES = 8 * 1024 * 1024
_LONGEST_MESSAGE = 1000
#: Keys whose value is a list, with the words that the list may contain.
LISTS: dict[str, frozenset[str]] = {"targets": frozenset(TARGETS), "known_problems": PROBLEMS}
ENTRY_KEYS = ("src", "state", "default", *LISTS, *TARGETS)


def read_folder(folder: Path) -> Folder:
    """All definitions of a folder, ordered by user, and its default picture.

    Raises DefinitionsError, with every problem, and never returns half a folder. A folder that is missing or declares
    nobody is an error too: the reason is more likely a failed checkout than an intention.
    """
    found = examine(folder)
    if found.problems:
        raise DefinitionsError(str(folder), found.problems)
    return found


def examine(folder: Path) -> Folder:
    """The readable definitions, and every problem. For the check of a pull request, which needs both."""

    def unusable_folder(why: str) -> Folder:
        return Folder([], [Problem(shown(str(folder)), None, why)])

    if not folder.is_dir():
        return unusable_folder("there is no such folder; check the path and the Git checkout")
    try:
        root = folder.resolve()
        with os.scandir(root) as found:
            ordinary = {entry.name: entry.is_file(follow_symlinks=False) for entry in found}
    except OSError as error:
        return unusable_folder(f"the folder cannot be read: {error.strerror}")
    if (why := unusable(str(root))) is not None:
        return unusable_folder(f"the folder's own path cannot be used: {why}; rename it")
    entries = sorted(ordinary)
    reader = _Reader(root, ordinary)
    if MANIFEST in entries:
        reader.read_manifest()
    for name in entries:
        if name != MANIFEST and meant_as_manifest(name):
            reader.say(name, None, f"this file is not read; the name must be {MANIFEST}, in lower case")
    for name in entries:
        reader.read_picture(name)
    for clash in clashes(list(reader.found.values())):
        reader.say(MANIFEST, clash.line, str(clash))
    if not reader.found and not reader.odd and not reader.problems:
        reader.say(
            str(folder), None, "it declares no user at all; put a picture named after a user, or a photos.yml, into it"
        )
    return Folder(sorted(reader.found.values(), key=lambda d: d.key), reader.problems, reader.default, reader.odd)


class _Reader:
    """Collects what one folder says. It is a class because each part may add definitions as well as problems."""

    def __init__(self, root: Path, entries: t.Mapping[str, bool]) -> None:
        """``entries``: each name in the folder, and whether it is an ordinary file and no link."""
        self.root = root
        self.ordinary = entries
        #: Pictures at the top of the folder, by the key of the user in the file's name.
        self.own: dict[str, list[str]] = {}
        for name in entries:
            if (user := named_after(name)) is not None:
                self.own.setdefault(identity_key(user), []).append(name)
        self.found: dict[str, Definition] = {}
        self.problems: list[Problem] = []
        self.odd: list[OddFile] = []
        #: Files that the manifest names. They do not also declare a user by their own name.
        self.named: set[Path] = set()
        self.default: DefaultPicture | None = None
        #: Was a default picture named, even if it cannot be used?
        self.has_default = False

    def say(self, file: str, line: int | None, message: str) -> None:
        # Names and texts come from outside: characters that a terminal or a log would interpret are escaped.
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[: _LONGEST_MESSAGE // 2]} … {message[-_LONGEST_MESSAGE // 2 :]}"
        self.problems.append(Problem(shown(file), line, shown(message)))

    def add(self, definition: Definition, file: str, line: int | None) -> None:
        why = unusable(definition.user)
        if why is not None:
            self.say(file, line, f"{definition.user} cannot be the name of a user: {why}; correct the name")
            return
        before = self.found.get(definition.key)
        if before is not None:
            self.say(
                file,
                line,
                f"{definition.user} is declared twice, here and in {before.origin} "
                "(upper and lower case make no difference); keep one of them",
            )
            return
        self.found[definition.key] = definition

    def read_picture(self, name: str) -> None:
        user = named_after(name)
        if user is None:
            return
        if (why := unusable(name)) is not None:
            self.read_odd(name, user, why)
            return
        stem = os.path.splitext(name)[0]  # noqa: PTH122 - Path.stem is blind to names like ".jpg"
        # Most are ordinary files with plain names, and their links need not be resolved.
        plain = name.isascii() and name.isprintable() and self.ordinary[name]
        path = self.root / name if plain else self.inside(name, name, None)
        if path is None or (not plain and path.is_dir()):
            return
        # A name that safe_name made of an identity is also that user's file.
        own = {identity_key(stem), identity_key(unquote(stem))}
        if path in self.named and (
            "@" not in stem or any(d.key in own and self.is_source(d, path) for d in self.found.values())
        ):
            return
        self.add(Definition(user, "present", Source(path=str(path)), origin=name), name, None)

    def read_odd(self, name: str, user: str, why: str) -> None:
        """A picture that nobody can be named after. Others are processed."""
        if (self.root / name).is_dir():
            return
        path = str(self.root / printable(name))
        definition = Definition(shown(user), "present", Source(path=path), origin=shown(name))
        self.odd.append(OddFile(definition, Problem(shown(name), None, f"{why}; rename the file")))

    @staticmethod
    def is_source(definition: Definition, path: Path) -> bool:
        return definition.source is not None and definition.source.path == str(path)

    def read_manifest(self) -> None:
        if yaml is None:
            raise PhotoError("reading photos.yml needs PyYAML: install it with 'pip install pyyaml'")
        try:
            data, _status = read_file(self.root / MANIFEST, MAX_MANIFEST_BYTES, inside=self.root)
        except UnusableFile as error:
            self.say(MANIFEST, None, f"it cannot be read: {error.why}")
            return
        try:
            document = compose(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.say(MANIFEST, line, "it is not UTF-8; save it as UTF-8")
        except RecursionError:
            self.say(MANIFEST, None, "it is nested too deeply; it must contain only users and their pictures")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.say(
                MANIFEST, mark.line + 1 if mark else None, f"it is not YAML: {getattr(error, 'problem', None) or error}"
            )
        else:
            self.read_document(document)

    def read_document(self, document: t.Any) -> None:
        if document is None:
            return
        for tag, line in foreign_tags(document):
            self.say(MANIFEST, line, f"the tag {tag} has no meaning here; write plain text")
        if not isinstance(document, yaml.MappingNode):
            self.say(MANIFEST, line_of(document), "it must hold a mapping with the key 'photos'")
            return
        for key, value in document.value:
            # Before the users, wherever it stands in the file: they refer to it.
            if key.value == "default":
                self.read_default(key, value)
        for key, value in document.value:
            if key.value not in ("photos", "default"):
                self.say(MANIFEST, line_of(key), f"unknown key {text_of(key)}; known are 'photos' and 'default'")
            elif key.value == "default":
                continue
            elif isinstance(value, yaml.MappingNode):
                for user, entry in value.value:
                    self.read_entry(user, entry)
            elif value.value not in ("", "null", "~"):
                self.say(MANIFEST, line_of(value), "'photos' must map users to pictures")

    def read_default(self, key: t.Any, value: t.Any) -> None:
        """The picture for users without one: a file name, or a mapping with src. It must be a usable picture."""
        line, again = line_of(key), self.has_default
        self.has_default = True
        src = value
        if isinstance(value, yaml.MappingNode):
            src = value.value[0][1] if [each.value for each, _src in value.value] == ["src"] else None
        if again or src is None or not is_text(src):
            why = "'default' must be given once: a file of this folder, or a mapping with src and nothing else"
            self.say(MANIFEST, line, why)
            return
        path = self.inside(src.value, MANIFEST, line_of(src))
        if path is None:
            return
        # Thousands of users may get it. So it is checked once here and reported once.
        why_not = cannot_be_rendered(path)
        if why_not is not None:
            self.say(MANIFEST, line, f"the default picture {src.value} cannot be used: {why_not}")
            return
        self.named.add(path)
        self.default = DefaultPicture(path, line)

    def read_entry(self, key: t.Any, entry: t.Any) -> None:
        line = line_of(key)
        if not isinstance(key, yaml.ScalarNode) or not key.value.strip():
            self.say(MANIFEST, line, "a user must be named by plain text, such as bob@example.com")
            return
        user: str = key.value
        said = self.read_value(user, entry)
        if said is None:
            return
        origin, more = f"{MANIFEST}:{line}", (said.known_problems, said.targets, said.accounts)
        if said.state == "absent":
            self.add(Definition(user, "absent", None, origin, None, *more), MANIFEST, line)
            return
        if said.default and identity_key(unicodedata.normalize("NFC", user)) not in self.own:
            self.add_default(user, line, said)
            return
        src = said.src if said.src is not None else self.own_picture(user, line)
        path = None if src is None else self.inside(src, MANIFEST, line_of(entry))
        if path is not None:
            self.named.add(path)
            self.add(Definition(user, "present", Source(path=str(path)), origin, None, *more), MANIFEST, line)

    def add_default(self, user: str, line: int, said: Entry) -> None:
        """A user without a picture of their own, who gets the default one."""
        if self.default is not None:
            source, more = Source(path=str(self.default.path)), (said.known_problems, said.targets, said.accounts)
            self.add(Definition(user, "present", source, f"{MANIFEST}:{line}", None, *more, True), MANIFEST, line)
        elif not self.has_default:
            why = "and no default picture is named; add 'default: {src: …}' beside 'photos'"
            self.say(MANIFEST, line, f"{user} has default: true, {why}")

    def own_picture(self, user: str, line: int) -> str | None:
        """The one picture at the top of the folder that has the user's name; None after a problem was reported."""
        found = self.own.get(identity_key(unicodedata.normalize("NFC", user)), [])
        if len(found) == 1:
            return found[0]
        many = f"has several pictures ({', '.join(found)}); name one of them with src"
        none = "has no picture; give src, or state: absent, or put a picture named after the user into the folder"
        self.say(MANIFEST, line, f"{user} {many if found else none}")
        return None

    def read_list(self, user: str, name: str, key: t.Any, value: t.Any) -> frozenset[str] | None:
        """The words of a list such as ``targets``; None after a problem was reported."""
        nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
        words = [node.value if isinstance(node, yaml.ScalarNode) else "" for node in nodes]
        if words and set(words) <= LISTS[name]:
            return frozenset(words)
        allowed = ", ".join(sorted(LISTS[name]))
        self.say(MANIFEST, line_of(key), f"{name} of {user} must be a list of one or more of these: {allowed}")
        return None

    def read_value(self, user: str, entry: t.Any) -> Entry | None:
        """The content of one entry; None after a problem was reported."""
        line = line_of(entry)
        if isinstance(entry, yaml.ScalarNode):
            if is_text(entry):
                return Entry(entry.value, "present")
            self.say(MANIFEST, line, f"{user} has no picture; give a file of this folder, or {{state: absent}}")
            return None
        if not isinstance(entry, yaml.MappingNode):
            self.say(MANIFEST, line, f"{user} must be given a file name, or a mapping with src or state")
            return None
        values: dict[str, str] = {}
        lists: dict[str, frozenset[str]] = {}
        for key, value in entry.value:
            if not self.read_key(user, key, value, values, lists):
                return None
        targets, known = lists.get("targets", frozenset()), lists.get("known_problems", frozenset())
        accounts = tuple((name, values.pop(name)) for name in TARGETS if name in values)
        if odd := next((name for name, account in accounts if not account.strip() or unusable(account)), None):
            self.say(MANIFEST, line, f"{odd} of {user} must be the user's name there, such as {user}")
            return None
        default = values.pop("default", "")
        if not values and (lists or accounts or default):
            return Entry(None, None, targets, known, accounts, default == "true")
        why = _wrong_state(user, values, default == "true")
        if why is not None:
            self.say(MANIFEST, line, why)
            return None
        return Entry(values.get("src"), values.get("state", "present"), targets, known, accounts, default == "true")

    def read_key(
        self, user: str, key: t.Any, value: t.Any, values: dict[str, str], lists: dict[str, frozenset[str]]
    ) -> bool:
        """Store one key of an entry; False after a problem was reported."""
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in ENTRY_KEYS:
            known = ", ".join(ENTRY_KEYS)
            self.say(MANIFEST, line_of(key), f"unknown key {text_of(key)} for {user}; known are {known}")
        elif name in values or name in lists or (name not in LISTS and not isinstance(value, yaml.ScalarNode)):
            self.say(MANIFEST, line_of(key), f"{name} of {user} must be given once, as plain text")
        elif name == "default" and truth(value) is None:
            self.say(MANIFEST, line_of(key), f"default of {user} must be true or false")
        elif name not in LISTS:
            values[name] = value.value if name != "default" else str(truth(value)).lower()
            return True
        elif (words := self.read_list(user, name, key, value)) is not None:
            lists[name] = words
            return True
        return False

    def inside(self, name: str, file: str, line: int | None) -> Path | None:
        """The file of that name, if it exists and lies (links followed) in the folder.

        macOS may have decomposed the letters of a name, on disk or in the manifest.
        """
        spellings = dict.fromkeys([name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))])
        try:
            paths = [(self.root / spelling).resolve() for spelling in spellings]
            there = [path for path in paths if path.exists()]
            path, exists = (there or paths)[0], bool(there)
        except (OSError, ValueError, RuntimeError):  # too long, a NUL in it, a loop of links
            self.say(file, line, f"{name!r} is not a usable file name")
            return None
        if os.path.isabs(name) or not path.is_relative_to(self.root):  # noqa: PTH117 - also for foreign path syntax
            self.say(file, line, f"{name} leaves the folder; keep pictures inside it")
        elif not exists:
            self.say(file, line, f"there is no file {name} in the folder")
        elif (why := unusable(str(path.relative_to(self.root)))) is not None:
            # The name of a link may be plain and the name of its file odd.
            leads = "" if path == self.root / name else f", which is {path.relative_to(self.root)},"
            # The file that the message is about is named before it.
            start = f"{name}{leads} cannot be used: " if file != name or leads else ""
            self.say(file, line, f"{start}{why}; rename the file")
        else:
            return path
        return None


def _wrong_state(user: str, values: t.Mapping[str, str], default: bool) -> str | None:
    """What is wrong with ``src`` and ``state`` of an entry, or None."""
    state = values.get("state", "present")
    if state not in ("present", "absent"):
        return f"state of {user} is {state[:100]!r}; it must be present or absent"
    if default and ("src" in values or state == "absent"):
        return f"{user} has {'a picture' if 'src' in values else 'state: absent'} and default: true; keep one of them"
    if state == "absent" and "src" in values:
        return f"{user} is declared absent but has a picture; remove src or the state"
    if state == "present" and not values.get("src") and not default:
        return f"{user} has no picture; give src, or state: absent"
    return None


def manifest_entry(definition: Definition, file: str | None) -> str | dict[str, t.Any]:
    """A definition as photos.yml has it; ``file`` is the picture's path in the folder, None when there is none.

    A definition of the default picture without a file stays one.
    """
    lists = {"targets": sorted(definition.targets), "known_problems": sorted(definition.known_problems)}
    said: dict[str, t.Any] = {name: words for name, words in lists.items() if words}
    if file is not None:
        return {"src": file, **said} if said else file
    return {**({"default": True} if definition.default else {"state": "absent"}), **said}


def manifest_text(
    files: t.Mapping[str, str | dict[str, t.Any] | None], comment: str = "", default: str | None = None
) -> str:
    """The text of a photos.yml that maps users to files or entries; None declares the user absent.

    ``default``: the file of the default picture.
    """
    if yaml is None:
        raise PhotoError("writing photos.yml needs PyYAML: install it with 'pip install pyyaml'")
    photos = {user: {"state": "absent"} if file is None else file for user, file in sorted(files.items())}
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    first = {} if default is None else {"default": {"src": default}}
    document = {**first, "photos": photos}
    return "---\n" + head + str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=10_000))
