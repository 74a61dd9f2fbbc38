# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The little OData that Graph's users endpoint speaks, and its way of refusing the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .directory import ADVANCED, FILTERABLE, PROPERTIES, Directory, User

MAX_CLAUSES = 15

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<punct>[(),:/])|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<other>\S))"
)
_FUNCTIONS = frozenset({"startswith", "endswith", "contains", "not"})


class QueryError(Exception):
    """A query that Graph refuses: `case` names the error and `reason` fills its message."""

    def __init__(self, case: str, reason: str = "") -> None:
        super().__init__(reason or case)
        self.case = case
        self.reason = reason


@dataclass(slots=True)
class _Clause:
    name: str
    values: list[str]


class _Parser:
    """filter := term ('or' term)*, term := factor ('and' factor)*, factor := clause | '(' filter ')'."""

    def __init__(self, text: str, directory: Directory, advanced: bool) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None or found.lastgroup in (None, "other"):
                raise QueryError("bad_request", f"Invalid filter clause: syntax error at position {position}.")
            self._tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            position = found.end()
        self._at = 0
        self._directory = directory
        self._advanced = advanced
        self._values = 0

    def run(self) -> dict[int, User]:
        result = self._any()
        if self._at != len(self._tokens):
            raise QueryError("bad_request", "Invalid filter clause: unexpected text after the end.")
        if self._values > MAX_CLAUSES:
            raise QueryError(
                "bad_request",
                f"Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{self._values}. Max allowed: {MAX_CLAUSES}.",
            )
        return result

    def _any(self) -> dict[int, User]:
        result = self._all()
        while self._word("or"):
            result = {**result, **self._all()}
        return result

    def _all(self) -> dict[int, User]:
        result = self._one()
        while self._word("and"):
            other = self._one()
            result = {serial: user for serial, user in result.items() if serial in other}
        return result

    def _one(self) -> dict[int, User]:
        if self._punct("("):
            result = self._any()
            self._need("punct", ")")
            return result
        clause = self._clause()
        self._values += len(clause.values)
        return {user.serial: user for value in clause.values for user in self._directory.match(clause.name, value)}

    def _clause(self) -> _Clause:
        word = self._need("word")
        if word.lower() in _FUNCTIONS:
            # Some properties do allow startswith in Graph; which ones is not in the contract, so none does here.
            raise QueryError("unsupported_query")
        name = PROPERTIES.get(word.lower())
        if name is None:
            raise QueryError("bad_request", f"Invalid filter clause: Could not find a property named '{word}'.")
        if name not in FILTERABLE or (name in ADVANCED and not self._advanced):
            raise QueryError("unsupported_query")
        if name == "proxyAddresses":
            return self._lambda(name)
        operator = self._need("word")
        if operator == "eq":
            return _Clause(name, [self._string()])
        if operator == "in":
            return _Clause(name, self._list())
        raise QueryError("unsupported_query")

    def _lambda(self, name: str) -> _Clause:
        # proxyAddresses/any(p:p eq 'smtp:a@b')
        self._need("punct", "/")
        self._need("word", "any")
        self._need("punct", "(")
        variable = self._need("word")
        self._need("punct", ":")
        if self._need("word") != variable:
            raise QueryError("bad_request", "Invalid filter clause: unknown range variable.")
        if self._need("word") != "eq":
            raise QueryError("unsupported_query")
        value = self._string()
        self._need("punct", ")")
        return _Clause(name, [value])

    def _list(self) -> list[str]:
        self._need("punct", "(")
        values = [self._string()]
        while self._punct(","):
            values.append(self._string())
        self._need("punct", ")")
        return values

    def _string(self) -> str:
        return self._need("string")[1:-1].replace("''", "'")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _word(self, text: str) -> bool:
        return self._take(("word", text))

    def _punct(self, text: str) -> bool:
        return self._take(("punct", text))

    def _take(self, token: tuple[str, str]) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _need(self, group: str, text: str | None = None) -> str:
        kind, value = self._peek()
        if kind != group or (text is not None and value != text):
            raise QueryError("bad_request", f"Invalid filter clause: {text or group} expected, found '{value}'.")
        self._at += 1
        return value


def select_users(text: str, directory: Directory, advanced: bool = False) -> list[User]:
    """The users that a $filter matches, in the directory's order; raises QueryError.

    `advanced`: the request has ConsistencyLevel: eventual and $count=true, which some properties need.
    """
    return [user for _serial, user in sorted(_Parser(text, directory, advanced).run().items())]


def select_properties(text: str) -> tuple[str, ...]:
    """The properties of a $select; raises QueryError for one that does not exist."""
    names: list[str] = []
    for part in text.split(","):
        name = PROPERTIES.get(part.strip().lower())
        if name is None:
            raise QueryError("bad_request", f"Could not find a property named '{part}' on type 'microsoft.graph.user'.")
        if name not in names:
            names.append(name)
    return tuple(names)
