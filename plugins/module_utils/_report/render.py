# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates: the only file that imports Jinja2."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._core.model import PhotoError

#: Data in, text out.
Template = t.Callable[[t.Mapping[str, t.Any]], str]

_FOLDER = Path(__file__).parent / "templates"


def asset(name: str) -> str:
    """The text of a file in the templates folder."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def own(text: str) -> t.Any:
    """Mark our own text (style, script, data that is already escaped) as safe HTML."""
    import markupsafe

    return markupsafe.Markup(text)  # noqa: S704 - only called with our own assets and escaped JSON


def template(name: str, filters: t.Mapping[str, t.Callable[..., t.Any]], *, html: bool) -> Template:
    """Read a template. A name that is missing in the data is an error.

    With ``html``, all text that is not marked safe is escaped.
    """
    try:
        import jinja2
    except ImportError as ex:
        raise PhotoError(
            "The Markdown and HTML reports need the Python library Jinja2 where the report is written. "
            "Install Jinja2, or ask for the formats json and junit only."
        ) from ex
    environment = jinja2.Environment(
        autoescape=html,  # noqa: S701 - Markdown has its own escape; HTML always comes with html=True
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment.from_string(asset(name)).render
