# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AnsibleModule whose result always arrives, whatever texts a directory, a tenant or a file system returned."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._core.text import all_encode, lines_shown, sendable

#: Options as AnsibleModule takes them.
Spec = dict[str, dict[str, t.Any]]


class TextModule(AnsibleModule):  # type: ignore[misc]
    """Escapes text that cannot be encoded in the whole result, and control characters in its message.

    Ansible refuses a whole result for one text that is not valid Unicode; the report of what was done would be lost.
    """

    def exit_json(self, **answer: t.Any) -> None:
        """See AnsibleModule."""
        super().exit_json(**_fit(answer, self.params))

    def fail_json(self, msg: str, **answer: t.Any) -> None:
        """See AnsibleModule."""
        # Before the arguments are parsed there are none.
        fit = _fit({**answer, "msg": str(msg)}, getattr(self, "params", {}))
        super().fail_json(**fit)


def _fit(answer: t.Mapping[str, t.Any], params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    exception = {"exception": answer["exception"]} if "exception" in answer else {}
    whole = {"invocation": {"module_args": params}, **answer}
    # Few answers need a copy, and looking is much quicker than copying.
    fit = {name: value if all_encode(value) else sendable(value) for name, value in whole.items()}
    if isinstance(fit.get("msg"), str):
        fit["msg"] = lines_shown(fit["msg"])
    return {**fit, **exception}
