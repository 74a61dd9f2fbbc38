# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside never becomes a template, on every ansible-core.

No list of dangerous marks is used: a line such as ``#jinja2: variable_start_string:'[%'`` changes the marks.
Nothing in this collection marks text as trusted.
"""

from __future__ import annotations

import importlib.util
import typing as t

# ansible-core 2.19 and later trust only what is tagged as trusted. Before that, all text is trusted that is not
# marked as unsafe. ansible.module_utils.datatag is there from 2.19 on.
if importlib.util.find_spec("ansible.module_utils.datatag") is None:
    from ansible.utils.unsafe_proxy import wrap_var
else:
    wrap_var = None

#: Plain texts: without a tag from 2.19 on, and marked as unsafe before.
_PLAIN_TEXT: type[str] = str if wrap_var is None else type(wrap_var(""))


def no_template(text: str) -> str:
    """The same text, which Ansible never runs as a template.

    From 2.19 on this is plain text without any tag: a tag of the argument is removed. Before 2.19 it is text that is
    marked as unsafe.
    """
    plain = str(text)
    return plain if wrap_var is None else t.cast(str, wrap_var(plain))


def no_templates(value: t.Any) -> t.Any:
    """The same for all texts in a value of plain JSON types that hold no tags, such as what a file was read into."""
    return value if wrap_var is None else wrap_var(value)


def is_no_template(value: t.Any) -> bool:
    """Is it certain that Ansible would find no template in a value of plain JSON types?"""
    if isinstance(value, str):
        return value.__class__ is _PLAIN_TEXT  # and no subclass, which may be a template
    if isinstance(value, t.Mapping):
        # Keys are never templates.
        return all(map(is_no_template, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_no_template, value))
    return value is None or isinstance(value, (bool, int, float))
