"""What a repaint shows of itself before it is done: the model's preview, where it will be seen."""

from __future__ import annotations

import numpy as np

from engine.canvas import region
from engine.canvas.rect import Rect

LARGEST_VEIL = 256


def veil(selection: np.ndarray, frame: Rect, around: Rect, distances: region.Sizes) -> np.ndarray:
    """How much of a frame will be painted, 0..255, shrunk so that no side is above 256.

    ``selection`` uint8 [h, w] is cut to ``frame``, ``around`` the rectangle round it.
    """
    import cv2

    if around.empty or frame.empty:
        return np.zeros((1, 1), np.uint8)
    composite = region.masks(selection, distances)[1]
    scale = min(1.0, LARGEST_VEIL / max(frame.width, frame.height))
    size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    small = cv2.resize(composite, size, interpolation=cv2.INTER_AREA)
    return np.rint(np.clip(small, 0.0, 1.0) * 255).astype(np.uint8)


def veiled(preview: np.ndarray, veil: np.ndarray | None) -> np.ndarray:
    """RGBA of a preview RGB uint8 [h, w, 3] of the frame, seen where it will be painted."""
    import cv2

    height, width = preview.shape[:2]
    if veil is None:
        return np.dstack([preview, np.full((height, width), 255, np.uint8)])
    # The edge of the mask is finer than the preview's pixels, and seen beside the picture.
    size = max(width, veil.shape[1]), max(height, veil.shape[0])
    seen = cv2.resize(preview, size, interpolation=cv2.INTER_LINEAR)
    return np.dstack([seen, cv2.resize(veil, size, interpolation=cv2.INTER_LINEAR)])
