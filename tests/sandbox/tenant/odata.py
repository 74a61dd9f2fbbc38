# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of OData that Graph's users endpoint supports, and its errors for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

from .directory import ADVANCED, BOOLEAN, OPERATORS, PROPERTIES, Directory, User, Value, value_of

MAX_CLAUSES = 15

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<punct>[(),:/])|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<other>\S))"
)
_FUNCTIONS = frozenset({"startswith", "endswith", "contains"})
# Operators that only the index supports (learn.microsoft.com/graph/aad-advanced-queries).
_INDEX_ALONE = frozenset({"ne", "not", "endswith"})
# The recorded answer to startswith(surname,'smith') is Request_UnsupportedQuery. The index supports it (documented).
_NOT_PLAINLY = frozenset({("surname", "startswith")})


class QueryError(Exception):
    """A query that Graph refuses: `case` names the error and `reason` fills its message."""

    def __init__(self, case: str, reason: str = "") -> None:
        super().__init__(reason or case)
        self.case = case
        self.reason = reason


class _Parser:
    """filter := term ('or' term)*, term := factor ('and' factor)*, factor := 'not' factor | clause | '(' filter ')'."""

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
        if self._word("not"):
            self._needs_index("not")
            inside = self._one()
            return self._those(lambda user: user.serial not in inside)
        if self._punct("("):
            result = self._any()
            self._need("punct", ")")
            return result
        return self._clause()

    def _clause(self) -> dict[int, User]:
        word = self._need("word")
        if word.lower() in _FUNCTIONS and self._peek() == ("punct", "("):
            return self._function(word.lower())
        name = self._property(word)
        if name == "proxyAddresses":
            return self._lambda(name)
        operator = self._need("word")
        if operator not in ("eq", "ne", "ge", "le", "in"):
            raise QueryError("bad_request", f"Invalid filter clause: '{operator}' is no operator.")
        self._allow(name, operator)
        values = self._list() if operator == "in" else [self._literal(name)]
        self._values += len(values)
        if operator in ("eq", "in"):
            return {user.serial: user for value in values for user in self._directory.having(name, value)}
        wanted = _fold(values[0])
        if operator == "ne":
            return self._those(lambda user: _fold(value_of(user, name)) != wanted)
        if not isinstance(wanted, str):
            raise QueryError("unsupported_query")
        low = operator == "le"
        return self._those(
            lambda user: (
                isinstance(held := _fold(value_of(user, name)), str) and (held <= wanted if low else held >= wanted)
            )
        )

    def _function(self, function: str) -> dict[int, User]:
        self._need("punct", "(")
        name = self._property(self._need("word"))
        self._need("punct", ",")
        part = self._string().lower()
        self._need("punct", ")")
        self._allow(name, function)
        self._values += 1
        meets = str.startswith if function == "startswith" else str.endswith
        return self._those(lambda user: isinstance(held := _fold(value_of(user, name)), str) and meets(held, part))

    def _those(self, meets: Callable[[User], bool]) -> dict[int, User]:
        return {serial: user for serial, user in self._directory.users.items() if meets(user)}

    def _property(self, word: str) -> str:
        name = PROPERTIES.get(word.lower())
        if name is None:
            raise QueryError("bad_request", f"Invalid filter clause: Could not find a property named '{word}'.")
        return name

    def _allow(self, name: str, operator: str) -> None:
        if operator not in OPERATORS.get(name, frozenset()):
            raise QueryError("unsupported_query")
        if name in ADVANCED or (name, operator) in _NOT_PLAINLY:
            self._needs_index(operator)
        if operator in _INDEX_ALONE:
            self._needs_index(operator)

    def _needs_index(self, operator: str) -> None:
        if not self._advanced:
            raise QueryError("unsupported_query", f"Operator '{operator}' is not supported without ConsistencyLevel.")

    def _literal(self, name: str) -> Value:
        kind, text = self._peek()
        if kind == "word" and text in ("true", "false", "null"):
            self._at += 1
            value = None if text == "null" else text == "true"
        else:
            value = self._string()
        boolean = name in BOOLEAN
        if value is not None and isinstance(value, bool) != boolean:
            kinds = ("Edm.Boolean", "Edm.String") if boolean else ("Edm.String", "Edm.Boolean")
            raise QueryError(
                "bad_request",
                "A binary operator with incompatible types was detected. Found operand types "
                f"'{kinds[0]}' and '{kinds[1]}' for operator kind 'Equal'.",
            )
        return value

    def _lambda(self, name: str) -> dict[int, User]:
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
        self._values += 1
        return {user.serial: user for user in self._directory.match(name, value)}

    def _list(self) -> list[Value]:
        self._need("punct", "(")
        values: list[Value] = [self._string()]
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


def _fold(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else value


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
