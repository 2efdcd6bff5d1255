"""The art that ships, as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.runtime.resources import resource

PLANTED = ("_soft", "_copy", "_thumb")


def paths(style: str, planted: str = "") -> list[Path]:
    """The sample pictures of ``style``: the clean ones, or those planted with a suffix."""
    found = sorted(p for p in resource("sample", style).iterdir() if p.suffix in (".png", ".webp"))
    if planted:
        return [path for path in found if path.stem.endswith(planted)]
    return [path for path in found if not path.stem.endswith(PLANTED)]


def read(files: list[Path]) -> list[np.ndarray]:
    return [fill_color(load_rgba(path), "#FFFFFF") for path in files]


def starter_pictures() -> list[np.ndarray]:
    """What the starter model draws: the 128 px tiles of its preview."""
    with Image.open(resource("starter", "preview.png")) as image:
        sheet = np.asarray(image.convert("RGB"))
    height, width = sheet.shape[0] // 128, sheet.shape[1] // 128
    tiles = sheet[: height * 128, : width * 128].reshape(height, 128, width, 128, 3)
    return list(tiles.transpose(0, 2, 1, 3, 4).reshape(-1, 128, 128, 3))
