# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside is no template, with the API of each ansible-core."""

from __future__ import annotations

import importlib
import sys
import types

import pytest
from ansible_collections.hybrid.photos.plugins.plugin_utils import text as subject

try:
    from ansible.template import is_trusted_as_template, trust_as_template
except ImportError:  # ansible-core before 2.19: all text is trusted but what is marked as unsafe
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    trust_as_template = str

    def is_trusted_as_template(text: str) -> bool:
        return not isinstance(text, AnsibleUnsafe)


TEXTS = ["alice@example.com", "{{ 1 }}", "#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% 1 %]", ""]


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_trusted_even_if_it_was(text: str) -> None:
    for given in (text, trust_as_template(text)):
        made = subject.no_template(given)
        assert made == text
        assert isinstance(made, str)
        assert not is_trusted_as_template(made)


class Unsafe(str):
    """As before ansible-core 2.19: the mark is a class of its own."""

    __slots__ = ()


@pytest.mark.parametrize("text", TEXTS)
def test_before_2_19_every_text_is_marked_unsafe(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    older = types.ModuleType("ansible.utils.unsafe_proxy")
    older.wrap_var = Unsafe  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "ansible.utils.unsafe_proxy", older)
        patch.setitem(sys.modules, "ansible.module_utils.datatag", None)  # importing it fails, as it does there
        importlib.reload(subject)
        made = subject.no_template(text)
    importlib.reload(subject)
    assert isinstance(made, Unsafe)
    assert made == text


def test_nothing_of_the_collection_trusts_a_text() -> None:
    from pathlib import Path

    plugins = Path(__file__).resolve().parents[4] / "plugins"
    files = [path for path in plugins.rglob("*.py") if "trust_as_template" in path.read_text()]
    assert list(plugins.rglob("*.py"))
    assert files == []
