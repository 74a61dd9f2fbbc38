# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling a module inside the test, on every ansible-core."""

from __future__ import annotations

import contextlib
import json
import typing as t
from unittest import mock

from ansible.module_utils import basic

#: From 2.22 on a module hands its secrets to the controller, which masks them everywhere and removes this.
FOR_THE_CONTROLLER = "_ansible_new_secrets"

try:
    from ansible.module_utils import testing  # noqa: TID251 - this is the place
except ImportError:  # ansible-core before 2.19

    @contextlib.contextmanager
    def patch_module_args(module_args: t.Mapping[str, t.Any] | None = None) -> t.Iterator[None]:
        """The arguments for the next AnsibleModule."""
        given = json.dumps({"ANSIBLE_MODULE_ARGS": dict(module_args or {})}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", given):
            yield
else:
    patch_module_args = testing.patch_module_args


def answer(printed: str) -> dict[str, t.Any]:
    """The result that a module printed, as it leaves the controller."""
    result: dict[str, t.Any] = json.loads(printed.strip().splitlines()[-1])
    result.pop(FOR_THE_CONTROLLER, None)
    return result
