"""Turning, mirroring and straightening pictures. Arrays are uint8 ``[H, W]`` or ``[H, W, C]``."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from engine.imaging.crop import box_of_size, crop

Frame = Literal["inside", "all", "whole"]

_NEARLY = 1e-6  # so that the noise of floating point does not add a row


def turn(array: np.ndarray, quarters: int, *, mirror: bool = False) -> np.ndarray:
    """``array`` mirrored left to right if asked, then turned clockwise by quarters."""
    found = array[:, ::-1] if mirror else array
    return np.ascontiguousarray(np.rot90(found, -quarters))


def turned_size(size: tuple[int, int], quarters: int) -> tuple[int, int]:
    """(width, height) after :func:`turn`."""
    return size if quarters % 2 == 0 else (size[1], size[0])


def straighten(array: np.ndarray, degrees: float, *, frame: Frame = "inside") -> np.ndarray:
    """``array`` rotated clockwise about its middle by -45 to 45 degrees, bicubic.

    ``inside`` keeps the largest part of the same shape without empty corners; ``all`` keeps the
    frame, and ``whole`` grows it around all corners of the picture. What is empty then is 0
    (transparent, where there is an alpha channel). Colors are premultiplied meanwhile, so that
    hidden colors do not bleed out.
    """
    import cv2

    if degrees == 0:
        return array
    height, width = array.shape[:2]
    outer = straightened_size((width, height), degrees, frame=frame)
    canvas = outer if frame == "whole" else (width, height)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    matrix[:, 2] += (canvas[0] - width) / 2, (canvas[1] - height) / 2
    has_alpha = array.ndim == 3 and array.shape[2] == 4
    turned = cv2.warpAffine(
        _premultiplied(array) if has_alpha else array,
        matrix,
        canvas,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE if frame == "inside" else cv2.BORDER_CONSTANT,
    )
    if has_alpha:
        turned = _straight(turned)
    return crop(turned, box_of_size((width, height), outer)) if frame == "inside" else turned


def straightened_size(
    size: tuple[int, int], degrees: float, *, frame: Frame = "inside"
) -> tuple[int, int]:
    """(width, height) after :func:`straighten`: the largest rectangle of the same shape that fits
    into the rotated picture, the size as it was, or the smallest that holds all of it.
    """
    if frame == "all" or degrees == 0:
        return size
    width, height = size
    angle = math.radians(abs(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    if frame == "whole":
        outer = width * cosine + height * sine, width * sine + height * cosine
        return math.ceil(outer[0] - _NEARLY), math.ceil(outer[1] - _NEARLY)
    scale = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def _premultiplied(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:].astype(np.uint16)
    colors = (rgba[..., :3] * alpha + 127) // 255
    return np.dstack([colors.astype(np.uint8), rgba[..., 3]])


def _straight(rgba: np.ndarray) -> np.ndarray:
    divisor = np.maximum(rgba[..., 3:].astype(np.uint16), 1)
    colors = np.minimum((rgba[..., :3] * np.uint16(255) + divisor // 2) // divisor, 255)
    return np.dstack([colors.astype(np.uint8), rgba[..., 3]])
