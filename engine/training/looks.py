"""One look at a picture: what chance chose of mirroring, cutting and coloring, and its pixels.

Chance decides before any pixel is read, so that a look can be named, kept and repeated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from engine.dataset.buckets import Assignment
from engine.imaging.adjust import resize
from engine.imaging.crop import crop
from engine.training.ways import Way

Size = tuple[int, int]

_COLORED = 0.33  # the share of draws whose colors are shifted
_HUE = 8  # of OpenCV's 180
_GAMMA = 0.05
_SMALL_FACE = 40  # pixels; jitter would move a smaller face out of its place
_PILLOW = {"lanczos": Image.Resampling.LANCZOS, "box": Image.Resampling.BOX}


@dataclass(frozen=True)
class Look:
    """How a picture is drawn once. ``resized`` is its size before the cut and ``corner`` the left
    top of the cut in it; None as the bucket asks. ``hue`` is in OpenCV's units of two degrees.
    """

    flipped: bool = False
    resized: Size | None = None
    corner: Size | None = None
    hue: int = 0
    gamma: float = 1.0


PLAIN = Look()


@dataclass(frozen=True)
class Face:
    """A face in a picture: its center and its size in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def side(self) -> int:
        """Its longer side."""
        return max(self.width, self.height)

    def scaled(self, scale: float) -> Face:
        """The face in a picture resized by ``scale``."""
        return Face(*(int(value * scale + 0.5) for value in vars(self).values()))


def face_in_name(path: Path) -> Face | None:
    """The face that a file name ending in ``_x_y_width_height`` tells, else None."""
    numbers = path.stem.split("_")[-4:]
    if len(path.stem.split("_")) < 5 or not all(number.isdecimal() for number in numbers):
        return None
    face = Face(*(int(number) for number in numbers))
    return face if face.width and face.height else None


def draw_look(way: Way, place: Assignment, face: Face | None, chance: random.Random) -> Look:
    """Draw a look at a picture of a bucket; ``face`` is cut around instead of the middle."""
    settings = way.pictures
    flipped = settings.flip_aug and chance.random() < 0.5
    resized = corner = None
    if face is not None and way.face_range is not None:
        resized, corner = _around(face, way.face_range, settings.random_crop, place, chance)
    elif settings.random_crop:
        left, top = (chance.randint(0, max(0, trim)) for trim in place.trim)
        corner = left, top
    hue, gamma = _colors(chance) if settings.color_aug else (0, 1.0)
    return Look(flipped, resized, corner, hue, gamma)


def _colors(chance: random.Random) -> tuple[int, float]:
    if chance.random() > _COLORED:
        return 0, 1.0
    if chance.random() < 0.5:
        return chance.randint(-_HUE, _HUE), 1.0
    return 0, chance.uniform(1 - _GAMMA, 1 + _GAMMA)


def _around(
    face: Face,
    enlarged: tuple[float, float],
    everywhere: bool,
    place: Assignment,
    chance: random.Random,
) -> tuple[Size, Size]:
    """Size and corner of a cut with the face in its middle, at a scale drawn from ``enlarged``; or
    ``everywhere`` around it.
    """
    low, high = enlarged
    width, height = place.image
    side = min(place.bucket)
    covers = max(place.bucket[0] / width, place.bucket[1] / height)
    least, most = (max(covers, min(1.0, side / (face.side * part))) for part in (high, low))
    scale = chance.uniform(least, most)
    # Rounding must not leave a picture a pixel short of its cut.
    resized = (
        max(place.bucket[0], int(width * scale + 0.5)),
        max(place.bucket[1], int(height * scale + 0.5)),
    )
    near = face.scaled(scale)
    jitter = 0 if low == high else _jitter(near, side)
    left, top = (
        _start(middle, length, wanted, chance, jitter, everywhere=everywhere)
        for middle, length, wanted in zip((near.x, near.y), resized, place.bucket, strict=True)
    )
    return resized, (left, top)


def _jitter(face: Face, side: int) -> int:
    return face.side // 20 if face.side >= _SMALL_FACE and face.side > side // 10 else 0


def _start(
    middle: int, length: int, wanted: int, chance: random.Random, jitter: int, *, everywhere: bool
) -> int:
    """Where a cut of ``wanted`` pixels around ``middle`` starts, within ``length``."""
    start = middle - wanted // 2
    if everywhere:
        margin = max(0, middle, length - middle)
        start += chance.randint(0, margin) + chance.randint(0, margin) - margin
    elif jitter:
        start += chance.randint(-jitter, jitter)
    return max(0, min(start, length - wanted))


def pixels(array: np.ndarray, place: Assignment, look: Look, interpolation: str) -> np.ndarray:
    """uint8 ``array`` [H,W] or [H,W,3] of a whole picture, or its mask, as ``look`` cuts it from
    the bucket; colors are not changed.
    """
    resized = resized_with(array, look.resized or place.resized, interpolation)
    left, top = look.corner or place.crop_left_top
    found = crop(resized, (left, top, *place.bucket))
    return np.ascontiguousarray(found[:, ::-1]) if look.flipped else found


def resized_with(array: np.ndarray, size: Size, interpolation: str) -> np.ndarray:
    """``array`` at ``size`` (width, height); "auto" averages when shrinking, else Lanczos."""
    if interpolation == "auto" or (array.shape[1], array.shape[0]) == size:
        return resize(array, size)
    if interpolation in _PILLOW:
        image = Image.fromarray(np.ascontiguousarray(array))
        return np.asarray(image.resize(size, _PILLOW[interpolation])).copy()
    import cv2

    filters = {
        "nearest": cv2.INTER_NEAREST,
        "bilinear": cv2.INTER_LINEAR,
        "linear": cv2.INTER_LINEAR,
        "bicubic": cv2.INTER_CUBIC,
        "cubic": cv2.INTER_CUBIC,
        "area": cv2.INTER_AREA,
    }
    return cv2.resize(np.ascontiguousarray(array), size, interpolation=filters[interpolation])


def colored(rgb: np.ndarray, look: Look) -> np.ndarray:
    """``rgb`` uint8 with the hue or the brightness of ``look``.

    The exponent is applied to values from 0 to 255, as in kohya's scripts: 1.05 brightens a middle
    gray from 128 to 163.
    """
    if look.gamma != 1.0:
        return np.clip(rgb.astype(np.float64) ** look.gamma, 0, 255).astype(np.uint8)
    if not look.hue:
        return rgb
    import cv2

    hsv = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + look.hue) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def cut_numbers(place: Assignment, look: Look, *, as_kohya: bool) -> tuple[int, int]:
    """(left, top) that SDXL is told: the true corner of the cut in the resized picture, or that of
    the picture fitted into its bucket, as kohya's scripts tell it.
    """
    if as_kohya:
        left, top, right, _ = place.sdxl_crop
        return int(place.bucket[0] - right if look.flipped else left), int(top)
    left, top = look.corner or place.crop_left_top
    width = (look.resized or place.resized)[0]
    return width - place.bucket[0] - left if look.flipped else left, top
