# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # For the roles: their users set variables of the role, not options of the module.
    DOCUMENTATION = r"""
options:
  option_prefix:
    description:
      - The prefix of option names in messages, such as V(drift_) for the role P(hybrid.photos.drift#role). So a message
        names the variable of the role.
    type: str
    default: ""
"""
