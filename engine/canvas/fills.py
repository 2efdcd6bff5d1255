"""What the model starts from inside the mask: the fills, as plain functions on numpy arrays."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.canvas.patches import patched
from engine.canvas.region import unit

FillMode = Literal["auto", "keep", "neutral", "blur", "border", "patch", "noise"]
NEUTRAL = 127
# Drawing inward looks at a picture this small: what it draws is blurred more than that.
DRAWN_SIDE = 256


def chosen(mode: FillMode, strength: float, mask: np.ndarray, *, extends: bool = False) -> FillMode:
    """What ``auto`` stands for: below full strength the picture is kept.

    At full strength it is the blurred surroundings, where the canvas is extended what was drawn
    into the new part, and noise alone where there are no surroundings.
    """
    if mode != "auto":
        return mode
    if strength < 1.0 or extends:
        return "keep"
    return "noise" if (mask >= 1.0).all() else "blur"


def filled(
    picture: np.ndarray, mask: np.ndarray, mode: FillMode, native_size: int = 512
) -> np.ndarray:
    """What the model starts from inside ``mask`` (0..1 [h, w]); RGB uint8 as ``picture``.

    ``keep`` the picture (also for ``noise``, which covers it later), ``neutral`` gray, ``blur`` of
    the surroundings, ``border`` colors drawn inward, or ``patch``: pieces of the surroundings.
    Where there are no surroundings the picture is kept.
    """
    hard = mask > 0.5
    if mode in ("auto", "keep", "noise") or not hard.any():
        return picture
    if mode != "neutral" and hard.all():
        return picture
    if mode == "neutral":
        content = np.full(picture.shape, NEUTRAL, np.uint8)
    elif mode == "border":
        content = drawn_inward(picture, hard)
    elif mode == "patch":
        content = patched(picture, hard)
    else:
        content = _from_surroundings(picture, hard)
    return _mixed(picture, content, _softened(hard, round(9 * unit(native_size))))


def drawn_inward(picture: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """``picture`` [h, w, 3] with ``missing`` (bool [h, w]) painted from its border.

    Navier-Stokes inpainting, then a blur that hides its streaks.
    """
    import cv2

    if not missing.any() or missing.all():
        return picture
    height, width = missing.shape
    factor = min(1.0, DRAWN_SIDE / max(width, height))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    there = (~missing).astype(np.float32)
    seen = cv2.resize(there, small, interpolation=cv2.INTER_AREA)
    color = cv2.resize(picture * there[..., None], small, interpolation=cv2.INTER_AREA)
    color = np.rint(color / np.maximum(seen, 1e-4)[..., None]).astype(np.uint8)
    drawn = cv2.inpaint(color, (seen < 1e-3).astype(np.uint8), 3, cv2.INPAINT_NS)
    drawn = cv2.GaussianBlur(drawn, (0, 0), max(small) / 48)
    content = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(missing[..., None], content, picture)


def _softened(hard: np.ndarray, falloff: int) -> np.ndarray:
    """1 inside, falling to 0 over ``falloff`` pixels outside."""
    import cv2

    away = cv2.distanceTransform((~hard).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if falloff <= 0:
        return hard.astype(np.float32)
    return np.clip((falloff - away) / falloff, 0.0, 1.0).astype(np.float32)


def _mixed(picture: np.ndarray, content: np.ndarray, share: np.ndarray) -> np.ndarray:
    weight = share[..., None]
    return np.rint(picture * (1.0 - weight) + content * weight).astype(np.uint8)


def _from_surroundings(picture: np.ndarray, hard: np.ndarray) -> np.ndarray:
    """The outside pixels blurred inward, from wide to narrow so that no place stays empty."""
    import cv2

    height, width = hard.shape
    factor = min(1.0, DRAWN_SIDE / max(width, height))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    outside = (~hard).astype(np.float32)
    keep = cv2.resize(outside, small, interpolation=cv2.INTER_AREA)
    color = cv2.resize(picture * outside[..., None], small, interpolation=cv2.INTER_AREA)
    mean = color.sum(axis=(0, 1)) / max(float(keep.sum()), 1e-4)
    result: np.ndarray = np.broadcast_to(mean, color.shape).astype(np.float32)
    for share_of_side in (4, 8, 16, 32):
        sigma = max(small) / share_of_side
        weight = cv2.GaussianBlur(keep, (0, 0), sigma)[..., None]
        blurred = cv2.GaussianBlur(color, (0, 0), sigma) / np.maximum(weight, 1e-4)
        share = np.clip(weight * 4, 0.0, 1.0)
        result = result * (1.0 - share) + blurred * share
    result = cv2.resize(result, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(np.clip(result, 0, 255)).astype(np.uint8)
