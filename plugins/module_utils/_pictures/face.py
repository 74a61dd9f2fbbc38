# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds faces, with OpenCV if it is installed. The only file that imports OpenCV.

The detector is the Haar cascade that is part of the ``opencv-python-headless`` wheel up to version 4. Version 5 removed
it, and its successors need models that are not in the wheel.
"""

from __future__ import annotations

import functools
import threading
import typing as t
from pathlib import Path

try:
    import cv2
    import numpy
except ImportError:
    _HAS_OPENCV = False
else:
    _HAS_OPENCV = True

Box = tuple[int, int, int, int]

MISSING = "OpenCV is not installed"
OUTDATED = "OpenCV is of version 5 or newer, which has no face detector of its own"
ADVICE = "pip install 'opencv-python-headless<5' there, or choose another crop"

#: A detector has buffers of its own, so only one thread may use it at a time.
_LOCK = threading.Lock()


def find(grey: bytes, width: int, height: int) -> tuple[list[Box], str | None]:
    """Faces as (left, top, width, height) in pixels, in a greyscale picture of ``width * height`` bytes.

    The second value is the reason why faces cannot be detected at all. For pictures of about 480 pixels a side: in
    smaller ones faces are missed, larger ones take more time.
    """
    if not _HAS_OPENCV:
        return [], MISSING
    try:
        with _LOCK:
            detector = _detector()
            if detector is None:
                return [], OUTDATED
            pixels = numpy.frombuffer(grey, dtype=numpy.uint8).reshape(height, width)
            side = max(24, min(width, height) // 8)
            found = detector.detectMultiScale(
                cv2.equalizeHist(pixels), scaleFactor=1.05, minNeighbors=3, minSize=(side, side)
            )
    except cv2.error as error:
        return [], f"OpenCV failed: {error}"
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found], None


@functools.cache
def _detector() -> t.Any:
    folder = getattr(getattr(cv2, "data", None), "haarcascades", "")
    path = Path(folder) / "haarcascade_frontalface_alt2.xml"
    if not hasattr(cv2, "CascadeClassifier") or not path.is_file():
        return None
    return cv2.CascadeClassifier(str(path))
