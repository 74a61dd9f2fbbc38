# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HEIC pictures, with pillow-heif if it is installed. The only file that imports pillow-heif."""

from __future__ import annotations

try:
    import pillow_heif
except ImportError:
    _HAS_PILLOW_HEIF = False
else:
    _HAS_PILLOW_HEIF = True


def register() -> bool:
    """Register HEIC with Pillow; False when pillow-heif is not installed. A second call changes nothing."""
    if not _HAS_PILLOW_HEIF:
        return False
    pillow_heif.register_heif_opener(thumbnails=False)
    return True
