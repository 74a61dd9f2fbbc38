# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of every ``exchange_*`` module, for Ansible."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback


def exchange_argument_spec() -> dict[str, t.Any]:
    """The connection options of every ``exchange_*`` module; documented in the doc fragment ``exchange``."""
    return {
        "server": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_SERVER"])},
        "port": {"type": "int", "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_PORT"])},
        "tls_mode": {
            "type": "str",
            "choices": ["https", "http"],
            "default": "http",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_TLS_MODE"]),
        },
        "auth_protocol": {
            "type": "str",
            "choices": ["kerberos", "basic"],
            "default": "kerberos",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_AUTH_PROTOCOL"]),
        },
        "username": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_USERNAME"])},
        "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_PASSWORD"])},
        "ca_cert": {"type": "path", "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_CA_CERT"])},
        "cert_validation": {
            "type": "str",
            "choices": ["always", "ignore_hostname", "ignore"],
            "default": "always",
        },
        "domain_controller": {
            "type": "str",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_EXCHANGE_DOMAIN_CONTROLLER"]),
        },
        "timeout": {"type": "int", "default": 30},
        "concurrency": {"type": "int", "default": 5},
    }
