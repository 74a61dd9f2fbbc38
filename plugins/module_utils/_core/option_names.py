# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an option is called where the reader of a message can set it.

Who calls a module sets its option. Who runs a role sets the role's variable, and roles pass their prefix
(``option_prefix``) so that a message can name it. Connections have no variables in roles: they come from the
environment, so their messages name the environment variable too.
"""

from __future__ import annotations

#: Parts of variables that differ from the names of the modules' options.
_VARIABLES = {"dest": "report_dir", "only": "users", "path": "from"}
#: Role lead has one variable for the target it reads and one for those it writes to; only the latter get the prefix.
#: Role restore knows accounts by id.
_OF_A_ROLE = {("lead_", "match_by"): "lead_follow_by", ("restore_", "match_by"): "match_by"}
_ENVIRONMENT = {"ad": "HYBRID_PHOTOS_AD_", "exchange": "HYBRID_PHOTOS_EXCHANGE_", "exo": "HYBRID_PHOTOS_GRAPH_"}


def called(option: str, prefix: str = "", target: str = "") -> str:
    """The variable of the role with this prefix, or without a prefix the module's option.

    ``target``: where a role has a variable for each target, such as ``sync_ad_match_by``.
    """
    if not prefix:
        return option
    part = f"{target}_" if target else ""
    return _OF_A_ROLE.get((prefix, option)) or f"{prefix}{part}{_VARIABLES.get(option, option)}"


def with_environment(option: str, target: str) -> str:
    """An option of a connection, with the environment variable that sets it."""
    return f"{option} ({_ENVIRONMENT[target]}{option.upper()})"
