# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name and shows its progress."""

from __future__ import annotations

from ..plugin_utils.photo_action import PhotoAction


class ActionModule(PhotoAction):
    """See the base class."""

    target = "ad"
