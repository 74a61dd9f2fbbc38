# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The YAML of photos.yml as nodes with lines. The only file that imports PyYAML."""

from __future__ import annotations

import typing as t

yaml: t.Any
try:
    import yaml
except ImportError:  # The error is reported where PyYAML is needed; this file must be importable everywhere.
    yaml = None

#: The deepest nesting that is read; our own files have three levels.
MAX_DEPTH = 20
_YAML = "tag:yaml.org,2002:"
#: Tags of plain YAML. Other tags have no meaning here, and their code is never run.
_PLAIN_TAGS = frozenset(
    _YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "map", "seq")
)
_TRUE, _FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


def foreign_tags(document: t.Any) -> t.Iterator[tuple[str, int]]:
    """Every tag that is not plain YAML, such as ``!unsafe`` or ``!!python/name``, with its line.

    Aliases may form circles.
    """
    seen: set[int] = set()
    todo = [document]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            yield node.tag.replace(_YAML, "!!"), line_of(node)
        if isinstance(node, yaml.MappingNode):
            todo += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value


def is_text(node: t.Any) -> bool:
    """Is this plain, non-empty text?"""
    return isinstance(node, yaml.ScalarNode) and node.tag == _YAML + "str" and bool(node.value.strip())


def truth(node: t.Any) -> bool | None:
    """The truth value of a node; None: it has none."""
    if not isinstance(node, yaml.ScalarNode) or node.tag != _YAML + "bool":
        return None
    word = node.value.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def compose(text: str) -> t.Any:
    """The nodes of a YAML text. Raises yaml.YAMLError, and RecursionError for text that is nested too deeply.

    libyaml is seven times faster, and its time grows linearly with the length. But deep nesting overflows its stack, so
    the depth is checked first, in its stream of events.
    """
    loader = getattr(yaml, "CSafeLoader", None)
    if loader is None:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise RecursionError
    return yaml.compose(text, Loader=loader)


def text_of(node: t.Any) -> str:
    """A key for a message. A key that is not plain text may contain itself, or anchors that make it endless."""
    return repr(node.value[:100]) if isinstance(node, yaml.ScalarNode) else "that is not plain text"


def line_of(node: t.Any) -> int:
    return int(node.start_mark.line) + 1
