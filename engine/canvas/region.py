"""The stages of repainting a region, as plain functions on numpy arrays.

selection -> sizes -> frame (what the model sees) and masks -> working size -> fill -> (the model)
-> resize back -> color match -> stitch. The default distances follow the selection's diagonal and
the strength: a weak strength gives a tight transition, a strong one a wide one. They were found on
models of 512 pixels and scale with the model's native size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from engine.canvas.raster import bounds
from engine.canvas.rect import Rect
from engine.imaging.adjust import resize

Surroundings = Literal["auto", "tight", "whole"]
GRID = 8
UNCUT = (False, False, False, False)
FEATHER_SHARE = 0.10
PADDING_SHARE = 0.06
LARGEST_AREA = 1.5
LARGEST_SIDE = 4096
# Lab units; noise of a decoded plain color stays below.
LEAST_SPREAD = 2.0


@dataclass(frozen=True)
class Sizes:
    """Distances in document pixels from the selection's edge.

    The model may change everything up to ``start``, less and less up to ``reach``, nothing beyond.
    The result is opaque up to ``reach - blend``. ``padding`` is the scenery round the selection.
    """

    start: int
    reach: int
    blend: int
    padding: int


def sizes(
    selection: Rect,
    strength: float,
    native_size: int,
    grow: int | None = None,
    feather: int | None = None,
) -> Sizes:
    """The distances for a selection; ``grow`` and ``feather`` in pixels, None chooses them."""
    scale = unit(native_size)
    diagonal = math.hypot(selection.width, selection.height)
    if feather is None:
        feather = round(max(FEATHER_SHARE * strength * diagonal, 32 * scale * strength))
    if grow is None:
        grow = round(4 * scale) + feather // 2
    start = max(0, grow - feather // 2)
    reach = start + feather
    blend = min(round(25 * scale), reach)
    scenery = max(FEATHER_SHARE * diagonal, 32 * scale * strength) + PADDING_SHARE * diagonal
    return Sizes(start, reach, blend, max(reach + 2, round(scenery + 4 * scale)))


def context_frame(
    size: tuple[int, int],
    selection: Rect,
    strength: float = 0.6,
    native_size: int = 512,
    grow: int | None = None,
    feather: int | None = None,
    surroundings: Surroundings = "auto",
) -> Rect:
    """What the model sees: the selection and scenery round it, inside a document of ``size``.

    At full strength nothing of the old picture is left to guide the model, so it sees more, in a
    square where the document allows. ``tight`` surroundings end where the result does, ``whole``
    ones are the document. Sides are multiples of 8 unless the document is too small.
    """
    whole = Rect(0, 0, *size)
    selection = selection.intersected(whole)
    if selection.empty or selection == whole or surroundings == "whole":
        return whole
    distances = sizes(selection, strength, native_size, grow, feather)
    padding, least = distances.padding, native_size // 2
    if surroundings == "tight":
        padding, least = distances.reach + 2, GRID
    elif strength >= 1.0:
        padding = max(padding, max(size) // 16, (selection.width + selection.height) // 4)
        least = max(native_size, selection.width + 2 * padding, selection.height + 2 * padding)
    padded = selection.grown(padding)
    x, width = _span(padded.x, padded.width, least, size[0])
    y, height = _span(padded.y, padded.height, least, size[1])
    return Rect(x, y, width, height)


def extension(size: tuple[int, int], frame: Rect) -> int:
    """How far a frame reaches beyond a document of ``size``, in pixels; 0 for one inside."""
    width, height = size
    return max(0, -frame.x, -frame.y, frame.right - width, frame.bottom - height)


def around(selection: Rect, size: tuple[int, int], frame: Rect) -> Rect:
    """What the distances follow: the selection, or the widest new strip where that is larger."""
    strip = extension(size, frame)
    side = max(selection.width, selection.height)
    return selection if strip <= side else Rect(0, 0, strip, strip)


def work_size(frame: tuple[int, int], native_size: int) -> tuple[int, int]:
    """Width and height at which the model paints a frame: near its native area, same shape.

    A frame between the native area and one and a half of it keeps its pixels.
    """
    width, height = frame
    area, native = width * height, native_size * native_size
    factor = math.sqrt(native / area) if area < native or area > LARGEST_AREA * native else 1.0
    step = 64 if native_size >= 512 else 16
    return _rounded(width * factor, step), _rounded(height * factor, step)


def masks(
    selection: np.ndarray, distances: Sizes, cut: tuple[bool, bool, bool, bool] = UNCUT
) -> tuple[np.ndarray, np.ndarray]:
    """(denoise, composite) float32 0..1 [h, w] of a uint8 ``selection`` cut to the frame.

    Both are 1 where the selection is whole and 0 beyond ``distances.reach``, apart from its own
    soft edges; the composite mask is 0 wherever the denoise mask is. ``cut`` tells which of the
    frame's sides (left, top, right, bottom) have more of the document behind them: beside the
    selection both masks end there, while the border of the document weakens neither.
    """
    import cv2

    inside = selection.astype(np.float32) / np.float32(255.0)
    if not selection.any():
        return inside, inside.copy()
    whole = selection == 255
    if not whole.any():
        whole = selection >= min(128, int(selection.max()))
    away = cv2.distanceTransform((~whole).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if whole.all():
        away = np.zeros(selection.shape, np.float32)
    feather = distances.reach - distances.start
    shape, blend = selection.shape, distances.blend
    denoise = np.minimum(_ramp(away, distances.start, feather), _room(shape, cut, feather))
    composite = np.minimum(_ramp(away, distances.reach - blend, blend), _room(shape, cut, blend))
    composite = composite * composite * (3.0 - 2.0 * composite)
    return np.maximum(denoise, inside), np.maximum(composite, inside)


def cut_sides(frame: Rect, size: tuple[int, int]) -> tuple[bool, bool, bool, bool]:
    """Which sides of a frame have more of the document behind them, see :func:`masks`."""
    width, height = size
    return frame.x > 0, frame.y > 0, frame.right < width, frame.bottom < height


def prepare(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """RGB uint8 ``picture`` at (width, height) ``size``: by area when it shrinks, else Lanczos."""
    return resize(np.ascontiguousarray(picture), size)


def prepare_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask 0..1 at (width, height) ``size`` as uint8 0..255."""
    resized = Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR)
    return np.rint(np.clip(np.asarray(resized), 0.0, 1.0) * 255).astype(np.uint8)


def matched_color(
    generated: np.ndarray,
    original: np.ndarray,
    mask: np.ndarray,
    amount: float,
    native_size: int = 512,
) -> np.ndarray:
    """``generated`` with its Lab mean and spread moved toward ``original``'s; RGB uint8.

    Measured only in the transition round the mask, where both show the same things. Scale stays
    within 0.8..1.25, lightness moves at most 12; nothing is done where the transition is too small.
    A plain transition tells where its color lies but nothing of the spread, which stays.
    """
    import cv2

    size = unit(native_size)
    band = cv2.dilate((mask > 0).astype(np.uint8), _disk(round(16 * size))).astype(bool)
    weights = np.where(band, 1.0 - mask, 0.0).astype(np.float32)
    if amount <= 0 or np.count_nonzero(weights) < 500 * size * size:
        return generated
    unit_range = np.float32(1 / 255)
    lab = cv2.cvtColor(generated * unit_range, cv2.COLOR_RGB2LAB)
    wanted = cv2.cvtColor(original * unit_range, cv2.COLOR_RGB2LAB)
    counted = weights > 0
    mean, deviation = _statistics(lab[counted], weights[counted])
    target_mean, target_deviation = _statistics(wanted[counted], weights[counted])
    telling = np.minimum(deviation, target_deviation) >= LEAST_SPREAD
    scale = np.clip(target_deviation / np.maximum(deviation, 1e-3), 0.8, 1.25)
    scale = np.where(telling, scale, 1.0)
    shift = np.clip(target_mean - mean, (-12, -20, -20), (12, 20, 20))
    # As factor and term of each channel, with ``amount`` of the way to it.
    factor = (1.0 + (scale - 1.0) * amount).astype(np.float32)
    term = ((mean - mean * scale + shift) * amount).astype(np.float32)
    result = cv2.cvtColor(lab * factor + term, cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(result, 0.0, 1.0) * np.float32(255)).astype(np.uint8)


def stitch(
    generated: np.ndarray, composite_mask: np.ndarray, frame: Rect
) -> tuple[np.ndarray, int, int]:
    """(RGBA uint8, x, y): a layer that shows ``generated`` (RGB of the frame's size) in the mask.

    Outside the mask its alpha is 0, so that nothing under it changes. It is cut to the mask.
    """
    alpha = np.rint(np.clip(composite_mask, 0.0, 1.0) * 255).astype(np.uint8)
    layer = np.dstack([generated, alpha])
    layer[alpha == 0] = 0
    part = bounds(alpha)
    return layer[part.slices].copy(), frame.x + part.x, frame.y + part.y


def unit(native_size: int) -> float:
    """How distances scale against a model of 512 pixels."""
    return min(2.0, max(0.25, native_size / 512))


def _span(start: int, length: int, least: int, limit: int) -> tuple[int, int]:
    """(start, length) widened evenly to ``least`` and the grid, then moved and cut inside limit."""
    wanted = max(length, least)
    wanted += -wanted % GRID
    if wanted >= limit:
        return 0, limit
    start -= (wanted - length) // 2
    return min(max(0, start), limit - wanted), wanted


def _rounded(value: float, step: int) -> int:
    return min(LARGEST_SIDE, max(step, round(value / step) * step))


def _ramp(distance: np.ndarray, start: float, length: float) -> np.ndarray:
    """1 up to ``start``, falling evenly to 0 at ``start + length``."""
    if length <= 0:
        return (distance <= start).astype(np.float32)
    return np.clip((start + length - distance) / length, 0.0, 1.0).astype(np.float32)


def _disk(radius: int) -> np.ndarray:
    import cv2

    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _statistics(lab: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation per channel of [n, 3]; the ``weights`` [n] are also the divisor."""
    shares = (weights / weights.sum(dtype=np.float64)).astype(np.float64)
    mean = shares @ lab
    return mean, np.sqrt(shares @ (lab - mean) ** 2)


def _room(shape: tuple[int, ...], cut: tuple[bool, bool, bool, bool], length: int) -> np.ndarray:
    """0 at the sides that are cut, rising evenly to 1 at ``length`` pixels from them."""
    height, width = shape[:2]
    left, top, right, bottom = cut
    length = max(1, length)
    across, down = np.full(width, length), np.full(height, length)
    for line, near, far in ((across, left, right), (down, top, bottom)):
        count = np.arange(len(line))
        if near:
            np.minimum(line, count, out=line)
        if far:
            np.minimum(line, count[::-1], out=line)
    room = np.minimum(down[:, None], across[None, :]) / length
    return np.clip(room, 0.0, 1.0).astype(np.float32)
