# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit for a run without changes: a module that only takes the same options and returns the same result.

python bare_module.py ARGUMENTS        with BENCH_LIMIT, a JSON file of ``spec`` and ``answer``
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    limit = json.loads(Path(os.environ["BENCH_LIMIT"]).read_text())
    module = AnsibleModule(argument_spec=limit["spec"], supports_check_mode=True)
    module.exit_json(**limit["answer"])


if __name__ == "__main__":
    main()
