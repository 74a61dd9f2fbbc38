# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's chromium without a screen, a network or a home."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

#: Nothing of these pages needs the network, and a test must not hang on a browser that looks for updates.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def binary() -> str:
    """Where chromium is; an error that says what to do when it is not."""
    found = shutil.which("chromium")
    if found is None:
        raise RuntimeError("chromium is missing: apt-get install chromium chromium-driver")
    return found


def screenshot(page: Path, picture: Path, hash_: str = "", size: str = "1360,1500") -> None:
    """A picture of a file as it opens."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                binary(),
                *ARGUMENTS,
                f"--user-data-dir={profile}",
                f"--window-size={size}",
                "--virtual-time-budget=4000",
                f"--screenshot={picture}",
                f"{page.as_uri()}#{hash_}",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
