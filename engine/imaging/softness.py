"""Blurring and sharpening of straight RGBA: colors count by their alpha, hidden ones not at all."""

from __future__ import annotations

import math

import numpy as np

# From this deviation on the picture is blurred at a smaller size, where nothing can be told apart.
_COARSE = 12.0


def reach(radius: float) -> int:
    """How many pixels away a blur with this deviation still looks."""
    return math.ceil(3 * radius) + 1


def blurred(rgba: np.ndarray, radius: float) -> np.ndarray:
    """A Gaussian blur of uint8 [h, w, 4] with a deviation of ``radius`` pixels; edges repeat."""
    if radius <= 0:
        return rgba.copy()
    return straight(_blurred(premultiplied(rgba), radius))


def unsharp(rgba: np.ndarray, amount: float, radius: float, threshold: int) -> np.ndarray:
    """Sharper uint8 [h, w, 4]: what differs from the blurred picture is added ``amount`` times.

    Differences of less than ``threshold`` (0..255) are left alone. Alpha stays.
    """
    soft = blurred(rgba, radius)[..., :3].astype(np.float32)
    color = rgba[..., :3].astype(np.float32)
    away = color - soft
    if threshold:
        away *= np.abs(away).max(axis=2, keepdims=True) >= threshold
    result = rgba.copy()
    result[..., :3] = np.rint(np.clip(color + away * np.float32(amount), 0, 255))
    return result


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    """Straight uint8 [h, w, 4] as float32 with colors weighed by alpha, all 0..255."""
    weighed = rgba.astype(np.float32)
    weighed[..., :3] *= weighed[..., 3:] * np.float32(1 / 255)
    return weighed


def straight(weighed: np.ndarray) -> np.ndarray:
    """The way back; what is transparent is all zero."""
    result = np.empty(weighed.shape, np.uint8)
    alpha = np.clip(weighed[..., 3:], 0, 255)
    color = weighed[..., :3] * (np.float32(255) / np.maximum(alpha, np.float32(1e-3)))
    result[..., :3] = np.rint(np.clip(color, 0, 255))
    result[..., 3:] = np.rint(alpha)
    result[result[..., 3] == 0] = 0
    return result


def _blurred(weighed: np.ndarray, radius: float) -> np.ndarray:
    import cv2

    times = 1
    while radius / times > _COARSE:
        times *= 2
    if times == 1:
        return cv2.GaussianBlur(weighed, (0, 0), radius, borderType=cv2.BORDER_REPLICATE)
    height, width = weighed.shape[:2]
    padded = cv2.copyMakeBorder(
        weighed, 0, -height % times, 0, -width % times, cv2.BORDER_REPLICATE
    )
    size = padded.shape[1] // times, padded.shape[0] // times
    small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), radius / times, borderType=cv2.BORDER_REPLICATE)
    whole = padded.shape[1], padded.shape[0]
    return cv2.resize(soft, whole, interpolation=cv2.INTER_LINEAR)[:height, :width]
