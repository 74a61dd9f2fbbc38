# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose Python is too old says so, whatever module runs there."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core import least_python

PLUGINS = Path(least_python.__file__).parents[2]
#: Modules whose work is done by an action plugin on the controller have nothing but documentation.
MODULES = [path for path in sorted((PLUGINS / "modules").glob("*.py")) if "\ndef main(" in path.read_text()]


@pytest.mark.parametrize("version", [(3, 10, 13, "final", 0), (3, 6, 15, "final", 0)])
def test_a_python_that_is_too_old_is_one_sentence_with_the_variable_to_set(
    version: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    why = least_python.problem(version)
    monkeypatch.setattr(least_python, "problem", lambda: why)
    with pytest.raises(SystemExit) as left:
        least_python.require()
    answer = json.loads(capsys.readouterr().out)
    assert left.value.code == 1
    assert answer["failed"]
    assert f"{sys.executable} is Python {version[0]}.{version[1]}." in answer["msg"]
    assert "ansible_python_interpreter" in answer["msg"]


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1), (4, 0, 0)])
def test_a_newer_python_is_let_through(version: tuple[int, ...]) -> None:
    assert least_python.problem(version) is None
    least_python.require()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_asks_before_it_imports_anything_else_and_an_old_python_understands_it_so_far(path: Path) -> None:
    text = path.read_text()
    for source in (text, Path(least_python.__file__).read_text()):
        ast.parse(source, feature_version=(3, 6))
        assert "from __future__" not in source
    first, second = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)][
        :2
    ]
    assert isinstance(first, ast.ImportFrom)
    assert str(first.module).endswith("._core.least_python")
    assert ast.unparse(second) == "require()"


def test_there_are_modules() -> None:
    assert len(MODULES) > 5
