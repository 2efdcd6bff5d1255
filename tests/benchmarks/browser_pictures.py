"""What the browser is measured with: 20,000 JPEGs of 512 pixels with captions, 400 of 2,400."""

from __future__ import annotations

import io
import os
import random
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

SMALL, LARGE = 20_000, 400
TAG, RENAMED = "red cloak", 1_683


def _jpeg(chance: np.random.Generator, grain: int, side: int) -> bytes:
    small = Image.fromarray(chance.integers(0, 255, (grain, grain, 3), np.uint8))
    data = io.BytesIO()
    small.resize((side, side), Image.Resampling.BILINEAR).save(data, "JPEG", quality=88)
    return data.getvalue()


def make_small(folder: Path) -> None:
    """20,000 different pictures with about 15 tags of 4,000, 1,683 of them with one tag more."""
    folder.mkdir(parents=True, exist_ok=True)
    chance, words = np.random.default_rng(1), random.Random(1)
    tags = [f"tag {number}" for number in range(4000)]
    cloaked = set(words.sample(range(SMALL), RENAMED))
    for number in range(SMALL):
        chosen = words.choices(tags, k=15) + ([TAG] if number in cloaked else [])
        picture, caption = folder / f"picture_{number}.jpg", folder / f"picture_{number}.txt"
        if not picture.exists():
            picture.write_bytes(_jpeg(chance, 12, 512))
        caption.write_text(", ".join(chosen))


def make_large(folder: Path) -> None:
    """400 files of eight different pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(2)
    files = [_jpeg(chance, 60, 2400) for _ in range(8)]
    for number in range(LARGE):
        place = folder / f"large_{number}.jpg"
        if not place.exists():
            place.write_bytes(files[number % 8])


def forget(folder: Path) -> None:
    """Have the system read the files of ``folder`` from the disk again."""
    if not hasattr(os, "posix_fadvise"):
        return
    for entry in os.scandir(folder):
        file = os.open(entry.path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
