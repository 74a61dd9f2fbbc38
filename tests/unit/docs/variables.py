# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of variables in docs/reference.md, made from the argument specifications of the roles.

``python tests/unit/docs/variables.py`` writes them into the page. A test fails when they are not up to date.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference.md"
BEGIN, END = "<!-- variables: begin -->\n", "<!-- variables: end -->\n"
#: The roles with their headings, in the order of the page.
HEADINGS: t.Mapping[str, str] = {
    "drift": "Role drift",
    "sync": "Role sync",
    "lead": "Role lead",
    "restore": "Role restore",
    "export": "Role export",
    "validate": "Role validate",
    "doctor": "Role doctor",
}
#: Playbooks that do not have the name of their role.
PLAYBOOKS: t.Mapping[str, str] = {"lead": "The playbooks `onprem_to_cloud` and `cloud_to_onprem`."}
#: Where to read more, by the end of a variable's name. Argument specifications cannot have links to pages.
MORE: t.Mapping[str, str] = {
    "_exo_match_by": "See [by the source anchor](estate.md#by-the-source-anchor).",
    "_history": "See [how it went over time](operations.md#how-it-went-over-time).",
    "_metrics_dir": "See [metrics and alerts](operations.md#metrics-and-alerts).",
}
#: Words that are links in the page.
LINKS: t.Mapping[str, str] = {
    "the default picture of `photos.yml`": "[the default picture](#the-default-picture) of `photos.yml`",
    "The README of the role says": "[The README of the role](../roles/restore/README.md#erase-a-person-who-left) says",
}
_DASH = "\N{EN DASH}"
_EXTENSION = re.compile(r"extensionAttribute\d+")

Option = t.Mapping[str, t.Any]


def tables() -> str:
    """What belongs between the two marks of the page."""
    parts = []
    for role, heading in HEADINGS.items():
        spec = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        options: t.Mapping[str, Option] = spec["argument_specs"]["main"]["options"]
        lines = [f"| `{name}` | {_default(option)} | {_meaning(name, option)} |" for name, option in options.items()]
        about = f"{PLAYBOOKS[role]}\n\n" if role in PLAYBOOKS else ""
        head = f"{about}| variable | default | meaning |\n|---|---|---|"
        parts.append("\n".join(["", f"### {heading}", "", head, *lines, ""]))
    return "".join(parts) + "\n"


def with_tables(page: str) -> str:
    """The page with tables that are up to date. Raises ValueError when a mark is missing."""
    before, rest = page.split(BEGIN)
    _old, after = rest.split(END)
    return before + BEGIN + tables() + END + after


def _default(option: Option) -> str:
    default = option.get("default")
    if option.get("required"):
        return "needed"
    if default is None:
        return _DASH
    if default == "":
        return "none"
    value = f"[{', '.join(default)}]" if isinstance(default, list) else str(default)
    return _cell(f"`{value.lower() if isinstance(default, bool) else value}`")


def _meaning(name: str, option: Option) -> str:
    description = option["description"]
    sentences = [description] if isinstance(description, str) else list(description)
    choices = [str(choice) for choice in option.get("choices", []) if choice != ""]
    if choices:
        sentences.append(f"{'Of' if option['type'] == 'list' else 'One of'} {_listed(choices)}.")
    sentences += [text for end, text in MORE.items() if name.endswith(end)]
    text = " ".join(map(_plain, sentences))
    for words, link in LINKS.items():
        text = text.replace(words, link)
    return _cell(text)


def _listed(choices: t.Sequence[str]) -> str:
    """The choices; the fifteen extension attributes as a range."""
    numbered = [choice for choice in choices if _EXTENSION.fullmatch(choice)]
    shown = [f"`{choice}`" for choice in choices if choice not in numbered[1:]]
    if numbered:
        shown[shown.index(f"`{numbered[0]}`")] += f" to `{numbered[-1]}`"
    return ", ".join(shown)


def _plain(text: str) -> str:
    """Ansible's markup as Markdown: names of options, values, plugins and code become code."""
    text = re.sub(r"\bO\([\w.]+#role:\w+:(\w+)\)", r"`\1`", text)
    text = re.sub(r"\b[PM]\(([\w.]+)(?:#\w+)?\)", r"`\1`", text)
    text = re.sub(r"\b[OVCE]\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\)?)*)\)", r"`\1`", text)
    return " ".join(text.replace("\\)", ")").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
