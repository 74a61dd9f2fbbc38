# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Describes the machine and its speed, so that tables of two machines can be compared."""

from __future__ import annotations

import datetime
import io
import os
import platform
import random
import time
from pathlib import Path

import PIL
from pairs import Spread, number
from PIL import Image

SIDE = 648
ROUNDS = 7
TIMES = 10


def picture() -> Image.Image:
    """A picture that is the same on all machines: gradients with grain, as much work for a codec as a photograph."""
    bands = [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L").rotate(90)]
    smooth = Image.merge("RGB", [band.resize((SIDE, SIDE)) for band in bands])
    grain = Image.frombytes("RGB", (SIDE // 3, SIDE // 3), random.Random(1).randbytes(3 * (SIDE // 3) ** 2))
    return Image.blend(smooth, grain.resize((SIDE, SIDE)), 0.15)


def encoded(made: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer, "JPEG", quality=quality, subsampling=2 if quality < 90 else 0)
    return buffer.getvalue()


def speed(rounds: int = ROUNDS) -> tuple[Spread, Spread]:
    """Milliseconds of CPU to decode a fixed JPEG of 648x648, and to encode it at quality 95."""
    made = picture()
    data = encoded(made, 85)
    decodes, encodes = [], []
    for _round in range(rounds):
        began = time.process_time()
        for _turn in range(TIMES):
            Image.open(io.BytesIO(data)).load()
        between = time.process_time()
        for _turn in range(TIMES):
            encoded(made, 95)
        decodes.append(1000 * (between - began) / TIMES)
        encodes.append(1000 * (time.process_time() - between) / TIMES)
    return Spread.of(decodes), Spread.of(encodes)


def card(commit: str, rounds: int = ROUNDS) -> str:
    """One paragraph: the measured commit (``commit`` in words), the machine and its speed."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    decode, encode = speed(rounds)
    when = f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}"
    what = f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"
    fast = (
        f"{number(decode.median)} ms to decode a fixed JPEG of {SIDE}x{SIDE}, {number(encode.median)} ms to encode it"
    )
    least = f"CPU; the least {number(decode.least)} and {number(encode.least)}"
    return (
        f"{when}, {commit}, {what}, Pillow {PIL.__version__}, load {os.getloadavg()[0]:.1f} at the start. "
        f"**Speed of this machine**: {fast} ({least})."
    )
