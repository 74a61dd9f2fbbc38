# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of an option as the reader of a message can set it.

A playbook with a module sets the module's option. A playbook with a role sets the role's variable, so roles pass their
prefix (``option_prefix``). Connections have no role variables: they come from the environment, so their messages name
the environment variable too.
"""

from __future__ import annotations

#: Role variables whose names differ from the modules' options.
_VARIABLES = {"dest": "report_dir", "only": "users", "path": "from"}
#: Role lead has one variable for the target that it reads (its prefix here is lead_from_) and one for the targets that
#: it writes (lead_). Role restore identifies accounts by id.
_OF_A_ROLE = {
    ("lead_", "match_by"): "lead_follow_by",
    ("lead_from_", "match_by"): "lead_match_by",
    ("restore_", "match_by"): "match_by",
    ("export_", "dest"): "export_dest",
    ("export_", "list_file"): "export_list",
}
_ENVIRONMENT = {"ad": "HYBRID_PHOTOS_AD_", "exchange": "HYBRID_PHOTOS_EXCHANGE_", "exo": "HYBRID_PHOTOS_GRAPH_"}


def called(option: str, prefix: str = "", target: str = "") -> str:
    """The role's variable with this prefix; without a prefix the module's option.

    ``target``: for roles that have one variable for each target, such as ``sync_ad_match_by``.
    """
    if not prefix:
        return option
    part = f"{target}_" if target else ""
    named = _OF_A_ROLE.get((prefix, option))
    prefix = "lead_" if prefix == "lead_from_" else prefix
    return named or f"{prefix}{part}{_VARIABLES.get(option, option)}"


def with_environment(option: str, target: str) -> str:
    """An option of a connection, with the environment variable that sets it."""
    return f"{option} ({_ENVIRONMENT[target]}{option.upper()})"
