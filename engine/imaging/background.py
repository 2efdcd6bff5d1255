"""Telling a subject from its background. Masks are uint8 ``[H, W]``, 255 on the subject."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.imaging.adjust import resize, resize_area
from engine.imaging.alpha import Color, fill_color, has_transparency, picture_color
from engine.imaging.edges import refined

if TYPE_CHECKING:
    from engine.imaging.crop import Box

COARSE, FINE = 256, 768
"""Longer sides at which colors are learned, and at which the outline is found."""

TOLERANCE = 24
"""How far a channel may be from the background's color, of 255."""

_CLEAR = 8  # alpha below which there is nothing to see
_MARGIN = 0.02  # of each side: taken for background when no box is given
_ROUNDS = 4
_SEED = 1


@dataclass(frozen=True)
class Plain:
    """The commonest color along the frame, and the share of the frame that has it (0 to 1)."""

    color: Color
    share: float

    @property
    def is_plain(self) -> bool:
        """Whether the picture stands on one color."""
        return self.share >= 0.6


def separate(
    rgba: np.ndarray,
    *,
    box: Box | None = None,
    inside: np.ndarray | None = None,
    outside: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """The subject of ``rgba`` uint8 ``[H, W, 4]``, found by GrabCut (Rother, Kolmogorov and Blake,
    2004). The same input gives the same mask.

    The subject lies within ``box`` (without one, not along the frame). Hints painted over the
    picture, bool or uint8 ``[H, W]``: ``inside`` surely belongs to the subject, ``outside`` surely
    does not. ``start`` is a mask to begin with in place of the box. Colors are learned at 256
    pixels, the outline is found at 768 and its soft edge at full size.
    """
    import cv2

    height, width = rgba.shape[:2]
    labels = _labels(rgba, box, inside, outside, start)
    small = _shrunk((width, height), COARSE)
    found = _shrunk_labels(labels, small)
    if _is_subject(found).all() or not _is_subject(found).any():  # nothing to compare with
        return _as_mask(labels)
    rgb = opaque(rgba)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    found = _grab(_picture(rgb, small), found, models, learn=True)
    size = _shrunk((width, height), FINE)
    if size != small:
        found = _around_edge(found, size, _shrunk_labels(labels, size))
        found = _grab(_picture(rgb, size), found, models, learn=False)
    mask = cv2.resize(_as_mask(found), (width, height), interpolation=cv2.INTER_LINEAR)
    scale = -(-max(width, height) // max(size))
    mask = refined(rgb, mask, 2 + scale)
    mask[labels == 0] = 0
    mask[labels == 1] = 255
    return mask


def opaque(rgba: np.ndarray) -> np.ndarray:
    """RGB over a color that sets the subject off; colors that nobody can see are not looked at."""
    if not has_transparency(rgba):
        return rgba[..., :3]
    small = _shrunk((rgba.shape[1], rgba.shape[0]), COARSE)
    return fill_color(rgba, picture_color(_picture(rgba, small)))


def from_alpha(rgba: np.ndarray) -> np.ndarray:
    """The transparency of ``rgba`` as a mask."""
    return rgba[..., 3].copy()


def plain_color(rgba: np.ndarray, tolerance: int = TOLERANCE) -> Plain:
    """The color a picture stands on, as far as its frame has one. What is transparent there counts
    as background of any color.
    """
    frame = np.concatenate([rgba[0], rgba[-1], rgba[1:-1, 0], rgba[1:-1, -1]])
    seen = frame[frame[:, 3] >= _CLEAR][:, :3]
    if not len(seen):
        return Plain((255, 255, 255), 1.0)
    cells = (seen // 32).astype(np.int32) @ (64, 8, 1)
    commonest = seen[cells == np.bincount(cells).argmax()]
    # A color at the border of a cell has half of its pixels next door.
    near = seen[_distance(seen, np.median(commonest, axis=0)) <= tolerance]
    color = np.rint(np.median(near if len(near) else commonest, axis=0)).astype(int)
    same = np.count_nonzero(_distance(seen, color) <= tolerance)
    share = (same + len(frame) - len(seen)) / len(frame)
    return Plain((int(color[0]), int(color[1]), int(color[2])), float(share))


def from_plain(
    rgba: np.ndarray,
    tolerance: int = TOLERANCE,
    *,
    color: Color | None = None,
    enclosed: bool = False,
) -> np.ndarray:
    """What is not the plain background of ``rgba`` uint8 ``[H, W, 4]``.

    Background is what has ``color`` (that of the frame without one) within ``tolerance`` and is
    connected to the frame; with ``enclosed`` also what the subject surrounds. Edge pixels get the
    share of subject that their color shows.
    """
    import cv2

    color = color or plain_color(rgba, tolerance).color
    least, most = (tuple(value + by for value in color) for by in (-tolerance, tolerance))
    near = (cv2.inRange(rgba[..., :3], least, most) > 0) | (rgba[..., 3] < _CLEAR)
    if not enclosed:
        frame = np.pad(near, 1, constant_values=True).astype(np.uint8)
        _, labels = cv2.connectedComponents(frame, connectivity=4)
        near = labels[1:-1, 1:-1] == labels[0, 0]
    mask = _blended_edge(rgba[..., :3], ~near, np.array(color, np.float32))
    return np.minimum(mask, rgba[..., 3])


def _distance(colors: np.ndarray, color: np.ndarray) -> np.ndarray:
    return np.abs(colors.astype(np.int16) - color.astype(np.int16)).max(-1)


def _blended_edge(rgb: np.ndarray, subject: np.ndarray, background: np.ndarray) -> np.ndarray:
    """``subject`` with edge pixels seen as a blend of the background and the nearest core."""
    import cv2

    mask = np.where(subject, np.uint8(255), np.uint8(0))
    kernel = np.ones((3, 3), np.uint8)
    core = cv2.erode(mask, kernel, iterations=2)
    shell = (core > 0) & (cv2.erode(core, kernel) == 0)
    if not shell.any():
        return mask
    away, labels = cv2.distanceTransformWithLabels(
        (~shell).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Thin parts have no core near enough to be compared with.
    rim = (cv2.dilate(mask, kernel) > 0) & (core == 0) & (away <= 6)
    nearest = rgb[shell].astype(np.float32)[labels[rim] - 1]  # numbered in reading order from 1
    step = nearest - background
    offset = rgb[rim] - background
    share = (offset * step).sum(1) / np.maximum((step * step).sum(1), 1.0)
    mask[rim] = np.rint(np.clip(share, 0, 1) * 255)
    return mask


# GrabCut's labels: 0 surely background, 1 surely subject, 2 probably background, 3 probably subject


def _labels(
    rgba: np.ndarray,
    box: Box | None,
    inside: np.ndarray | None,
    outside: np.ndarray | None,
    start: np.ndarray | None,
) -> np.ndarray:
    height, width = rgba.shape[:2]
    if start is not None:
        labels = np.where(start >= 128, np.uint8(3), np.uint8(2))
    else:
        across, down = (-(-side * _MARGIN // 1) if side > 2 else 0 for side in (width, height))
        left, top, wide, high = box or (
            int(across), int(down), width - 2 * int(across), height - 2 * int(down)
        )  # fmt: skip
        labels = np.zeros((height, width), np.uint8)
        labels[max(0, top) : max(0, top + high), max(0, left) : max(0, left + wide)] = 3
    labels[rgba[..., 3] < _CLEAR] = 0
    if outside is not None:
        labels[outside > 0] = 0
    if inside is not None:
        labels[inside > 0] = 1
    return labels


def _shrunk(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """For each pixel of ``size`` the commonest label; a thin stroke of a sure brush is kept."""
    if labels.shape == size[::-1]:
        return labels.copy()
    shares = [
        resize_area((labels == label).astype(np.float32), size) * weight
        for label, weight in ((0, 1.0), (1, 4.0), (2, 1.0), (3, 1.0))
    ]
    return np.argmax(shares, axis=0).astype(np.uint8)


def _picture(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return array if array.shape[1::-1] == size else resize(array, size)


def _grab(
    rgb: np.ndarray, labels: np.ndarray, models: tuple[np.ndarray, np.ndarray], *, learn: bool
) -> np.ndarray:
    """``labels`` after GrabCut. OpenCV's random numbers belong to a thread: one of its own leaves
    everyone else's alone, and starts from the same seed every time.
    """
    import cv2

    def work() -> None:
        cv2.setRNGSeed(_SEED)
        mode = cv2.GC_INIT_WITH_MASK if learn else cv2.GC_EVAL_FREEZE_MODEL
        cv2.grabCut(rgb, labels, (0, 0, 1, 1), *models, _ROUNDS if learn else 1, mode)

    with ThreadPoolExecutor(1, "separation") as alone:
        alone.submit(work).result()
    return labels


def _is_subject(labels: np.ndarray) -> np.ndarray:
    return (labels & 1).astype(bool)


def _as_mask(labels: np.ndarray) -> np.ndarray:
    return np.where(_is_subject(labels), np.uint8(255), np.uint8(0))


def _around_edge(labels: np.ndarray, size: tuple[int, int], sure: np.ndarray) -> np.ndarray:
    """Coarse ``labels`` at ``size``: open again along the edge, sure elsewhere and where hints say
    so.
    """
    import cv2

    subject = _is_subject(labels).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    opened = subject | np.uint8(2)
    opened[cv2.dilate(subject, kernel) == 0] = 0
    opened[cv2.erode(subject, kernel) == 1] = 1
    large = cv2.resize(opened, size, interpolation=cv2.INTER_NEAREST)
    large[sure == 0] = 0
    large[sure == 1] = 1
    return large
