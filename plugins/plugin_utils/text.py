# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that text from outside never becomes a template, on every version of ansible-core.

This does not search for template marks: a line such as ``#jinja2: variable_start_string:'[%'`` changes the marks.
Nothing in this collection marks text as trusted.
"""

from __future__ import annotations

import importlib.util
import typing as t

# ansible-core 2.19 and later trust only text with a tag. Earlier versions trust all text that is not marked as unsafe.
# ansible.module_utils.datatag exists since 2.19.
if importlib.util.find_spec("ansible.module_utils.datatag") is None:
    from ansible.utils.unsafe_proxy import wrap_var
else:
    wrap_var = None

#: The type of untrusted text: plain text without a tag since 2.19, text marked as unsafe before.
_PLAIN_TEXT: type[str] = str if wrap_var is None else type(wrap_var(""))


def no_template(text: str) -> str:
    """The same text in a form that Ansible never runs as a template.

    Since 2.19 this is plain text without a tag; a tag of the argument is removed. Before 2.19 it is text marked as
    unsafe.
    """
    plain = str(text)
    return plain if wrap_var is None else t.cast(str, wrap_var(plain))


def no_templates(value: t.Any) -> t.Any:
    """The same for all texts in a value of plain JSON types without tags, such as the content of a file."""
    return value if wrap_var is None else wrap_var(value)


def is_no_template(value: t.Any) -> bool:
    """Is it certain that Ansible would find no template in a value of plain JSON types?"""
    if isinstance(value, str):
        return value.__class__ is _PLAIN_TEXT  # not a subclass, which may be a template
    if isinstance(value, t.Mapping):
        # Keys are never templates.
        return all(map(is_no_template, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_no_template, value))
    return value is None or isinstance(value, (bool, int, float))
