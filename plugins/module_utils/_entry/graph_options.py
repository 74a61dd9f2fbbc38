# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of every exo_* module as AnsibleModule takes them, documented in the doc fragment graph.

They have no rules such as required_together. AnsibleModule treats a value from an environment variable like one from
the playbook, so a rule would refuse an explicit secret on every host that has AZURE_FEDERATED_TOKEN_FILE set.
GraphOptions knows the difference and checks everything itself.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

from .._graph.options import CLOUDS, ENVIRONMENT


def graph_argument_spec() -> dict[str, dict[str, t.Any]]:
    """The argument specification of the options in GraphOptions."""

    def option(name: str, **spec: t.Any) -> dict[str, t.Any]:
        return {**spec, "fallback": (env_fallback, [ENVIRONMENT[name]])}

    return {
        "tenant_id": option("tenant_id", type="str"),
        "client_id": option("client_id", type="str"),
        "client_secret": option("client_secret", type="str", no_log=True),
        "certificate_path": option("certificate_path", type="path"),
        "certificate_password": option("certificate_password", type="str", no_log=True),
        "federated_token_file": option("federated_token_file", type="path", no_log=False),
        "managed_identity": {"type": "bool"},
        "access_token": option("access_token", type="str", no_log=True),
        "cloud": option("cloud", type="str", default="public", choices=list(CLOUDS)),
        "authority_url": option("authority_url", type="str"),
        "graph_url": option("graph_url", type="str"),
        "ca_cert": option("ca_cert", type="path"),
        "timeout": {"type": "int", "default": 30},
        "max_attempts": {"type": "int", "default": 6},
        "max_wait": {"type": "int", "default": 600},
    }
