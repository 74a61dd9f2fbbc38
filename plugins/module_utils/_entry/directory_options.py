# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of every ``ad_*`` module, for Ansible."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback


def directory_argument_spec() -> dict[str, t.Any]:
    """The connection options of every ``ad_*`` module; documented in the doc fragment ``directory``."""
    return {
        "server": {"type": "list", "elements": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_SERVER"])},
        "domain": {"type": "list", "elements": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_DOMAIN"])},
        "site": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_SITE"])},
        "port": {"type": "int"},
        "tls_mode": {
            "type": "str",
            "choices": ["ldaps", "start_tls", "none"],
            "default": "ldaps",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_TLS_MODE"]),
        },
        "auth_protocol": {
            "type": "str",
            "choices": ["simple", "kerberos"],
            "default": "simple",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_AUTH_PROTOCOL"]),
        },
        "username": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_USERNAME"])},
        "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_PASSWORD"])},
        "ca_cert": {"type": "path", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_CA_CERT"])},
        "cert_validation": {
            "type": "str",
            "choices": ["always", "ignore_hostname", "ignore"],
            "default": "always",
        },
        "search_base": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_SEARCH_BASE"])},
        "timeout": {"type": "int", "default": 30},
    }
