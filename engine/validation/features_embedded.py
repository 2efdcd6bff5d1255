"""The extractor that needs no download: edges by direction and colors by place, in many views.

A picture is looked at twice: as it is, and its subject alone, cut out of a plain ground, centered
and brought to one size (both 64 pixels a side). Each look gives the energy of edges in 8 directions
in 8 x 8 soft cells, square-rooted and freed of its mean (after Dalal and Triggs, "Histograms of
Oriented Gradients for Human Detection", 2005; the strongest color channel decides, so that a change
of hue hardly matters), and a layout of Lab colors in 4 x 4 cells. Copies are looked for in 30
windows of a training picture down to 72 % of its side, and in its subject upright and turned by 8
degrees, all of them also mirrored.

Two pictures are as alike as their best looks: edges and colors together (85 to 15), or edges alone
with the distance counted 1.8 times, so that a recolored copy is found and two round things are not
the same for being round.

How well planted copies of the two sample styles (36 pictures each) stand out from the 35 others of
their style, changed in the same ways: area under the ROC curve, and the share found when 1 % of
different pictures are taken for copies; the worse of the two styles.

    copy                      1.000  1.00
    JPEG of quality 30        1.000  1.00
    blur and noise            1.000  1.00
    a quarter of the size     1.000  1.00
    mirrored                  1.000  1.00
    crop of 90 %              1.000  1.00
    crop of 80 %              1.000  1.00
    crop of 70 %              1.000  1.00
    mirrored crop of 80 %     1.000  1.00
    hue shift                 1.000  1.00
    recolored                 1.000  1.00
    another plain ground      1.000  1.00
    a gradient ground         0.998  0.97
    a cloudy ground           0.788  0.31
    moved by up to 10 %       1.000  1.00
    70 to 90 % of the size    1.000  1.00
    turned by 5 degrees       1.000  1.00
    turned by 10 degrees      1.000  1.00

Its limits: it compares shapes in places, not meaning. A copy on a busy painted ground, one below
70 % of the picture, one turned by more than 15 degrees or drawn anew is not found; two subjects of
one outline and coloring are taken for each other. Use an SSCD or DINOv2 file for those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import numpy as np

from engine.imaging.adjust import resize
from engine.validation.features import best_view, unit

SIDE = 64
_WORK = 128  # pixels a side before a picture is looked at
_CELLS = 8
_DIRECTIONS = 8
_COLOR_CELLS = 4
_EDGES = _CELLS * _CELLS * _DIRECTIONS
_COLORS = _COLOR_CELLS * _COLOR_CELLS * 3
_LOOK = _EDGES + _COLORS
_EDGE_SHARE = 0.85
_RECOLORED = 1.8
# Side of the window as a share, and how many places along each side.
_WINDOWS = ((1.0, 1), (0.9, 2), (0.8, 3), (0.72, 4))
_TURNS = (-8.0, 0.0, 8.0)
_WINDOW_COUNT = sum(places**2 for _, places in _WINDOWS)
_FOREGROUND = 24.0  # levels from the ground
_LEAST_SUBJECT = 100  # pixels of _WORK x _WORK
_MARGIN = 1.1
_NEUTRAL = (127.0, 127.0, 127.0)
_UNSEEN = 0.01  # levels or Lab units: what rounding leaves of one color


class EmbeddedExtractor:
    """The default :class:`~engine.validation.features.Extractor`; deterministic, CPU only."""

    name = "embedded"
    version = "2"
    copy_floor = 0.83

    def describe(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, 1120]``: the look as it is, then that of the subject."""
        found = np.empty((len(pictures), 2 * _LOOK), np.float32)
        for row, picture in zip(found, pictures, strict=True):
            work = _working(picture)
            row[:_LOOK], row[_LOOK:] = _look(_small(work)), _look(_subject(work))
        return found * np.float32(np.sqrt(0.5))

    def describe_views(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, 66, 560]``: windows, then turned subjects; first upright, then mirrored."""
        found = np.empty((len(pictures), 2 * (_WINDOW_COUNT + len(_TURNS)), _LOOK), np.float32)
        for rows, picture in zip(found, pictures, strict=True):
            work = _working(picture)
            subject = _subject(work)
            windows = np.stack([_look(_small(part)) for part in _windows(work)])
            turned = np.stack([_look(_turned(subject, angle)) for angle in _TURNS])
            rows[:] = np.concatenate([windows, _mirrored(windows), turned, _mirrored(turned)])
        return found

    def similarity(self, described: np.ndarray, views: np.ndarray) -> np.ndarray:
        """float32 ``[n, m]``; see the module for what it is the best of. Pictures of one color have
        nothing to compare: they are like each other, and like nothing else.
        """
        looks = described * np.float32(np.sqrt(2.0))
        windows, subjects = views[:, : 2 * _WINDOW_COUNT], views[:, 2 * _WINDOW_COUNT :]
        pairs = ((looks[:, :_LOOK], windows), (looks[:, _LOOK:], subjects))
        both = [best_view(look, parts) for look, parts in pairs]
        edges = [
            best_view(look[:, :_EDGES], parts[..., :_EDGES]) / np.float32(_EDGE_SHARE)
            for look, parts in pairs
        ]
        alone = 1.0 - _RECOLORED * (1.0 - np.maximum(*edges))
        found = np.minimum(np.maximum(np.maximum(*both), alone), np.float32(1.0))
        found[np.ix_(~described.any(axis=1), ~views.any(axis=(1, 2)))] = 1.0
        return found


def _working(picture: np.ndarray) -> np.ndarray:
    return resize(picture, (_WORK, _WORK)).astype(np.float32)


def _small(picture: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _windows(picture: np.ndarray) -> Iterator[np.ndarray]:
    for share, places in _WINDOWS:
        side = int(_WORK * share)
        starts = [(_WORK - side) * place // max(1, places - 1) for place in range(places)]
        for top, left in product(starts, starts):
            yield picture[top : top + side, left : left + side]


def _subject(picture: np.ndarray) -> np.ndarray:
    """What stands out from the border's color, centered on gray with a little room around it."""
    import cv2

    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    distance = np.abs(picture - np.median(border, axis=0))
    away = np.maximum(np.maximum(distance[..., 0], distance[..., 1]), distance[..., 2])
    mask = cv2.medianBlur((away > _FOREGROUND).astype(np.uint8), 5)
    if int(mask.sum()) < _LEAST_SUBJECT:
        return _small(picture)
    left, top, width, height = cv2.boundingRect(mask)
    scale = SIDE / (max(width, height) * _MARGIN)
    middle = (left + width / 2, top + height / 2)
    shift = [SIDE / 2 - scale * place for place in middle]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    alone = np.where(mask[..., None] > 0, picture, np.float32(_NEUTRAL[0]))
    return cv2.warpAffine(alone, matrix, (SIDE, SIDE), borderValue=_NEUTRAL)


def _turned(look: np.ndarray, angle: float) -> np.ndarray:
    import cv2

    if not angle:
        return look
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), angle, 1.0)
    return cv2.warpAffine(look, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)


def _look(small: np.ndarray) -> np.ndarray:
    """float32 ``[560]`` of length 1 of a float32 ``[64, 64, 3]`` picture of values 0 to 255."""
    edges, colors = unit(_edges(small)), unit(_colors(small))
    return np.concatenate([edges * np.sqrt(_EDGE_SHARE), colors * np.sqrt(1 - _EDGE_SHARE)])


def _edges(small: np.ndarray) -> np.ndarray:
    """Square roots of the energy in ``[8, 8, 8]`` (row, column, direction), flat, without mean."""
    import cv2

    soft = cv2.GaussianBlur(small, (0, 0), 1.0)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    strongest = (across * across + down * down).argmax(axis=2).ravel()
    every = np.arange(SIDE * SIDE)
    across = across.reshape(-1, 3)[every, strongest]
    down = down.reshape(-1, 3)[every, strongest]
    energy = np.hypot(across, down)
    if float(energy.max()) < _UNSEEN:
        return np.zeros(_EDGES, np.float32)
    place = np.mod(np.arctan2(down, across), np.pi) * (_DIRECTIONS / np.pi)
    low = place.astype(np.int64)
    part = place - low
    planes = np.zeros((SIDE * SIDE, _DIRECTIONS), np.float32)
    planes[every, low % _DIRECTIONS] = energy * (1 - part)
    planes[every, (low + 1) % _DIRECTIONS] += energy * part
    pool = _pool()
    rows = (pool @ planes.reshape(SIDE, -1)).reshape(_CELLS, SIDE, _DIRECTIONS)
    cells = np.matmul(pool, rows)
    roots = np.sqrt(np.maximum(cells, 0.0) + 1e-6)
    return (roots - roots.mean()).ravel()


@cache
def _pool() -> np.ndarray:
    """float32 ``[8, 64]``: what each of 8 soft cells along a side takes of 64 pixels. A matrix,
    because a blur over all pixels takes most of the time of a look.
    """
    import cv2

    sigma = SIDE / _CELLS / 2
    kernel = cv2.getGaussianKernel(8 * round(sigma) + 1, sigma)
    blurred = cv2.sepFilter2D(np.eye(SIDE, dtype=np.float32), -1, np.ones((1, 1)), kernel)
    found: np.ndarray = blurred.reshape(_CELLS, -1, SIDE).mean(axis=1)
    return found


def _mirrored(looks: np.ndarray) -> np.ndarray:
    """The looks ``[n, 560]`` of the mirrored pictures: cells and directions change places."""
    edges = looks[:, :_EDGES].reshape(-1, _CELLS, _CELLS, _DIRECTIONS)
    colors = looks[:, _EDGES:].reshape(-1, _COLOR_CELLS, _COLOR_CELLS, 3)
    other = [-direction % _DIRECTIONS for direction in range(_DIRECTIONS)]
    sides = (edges[:, :, ::-1][..., other], colors[:, :, ::-1])
    return np.concatenate([side.reshape(len(looks), -1) for side in sides], axis=1)


def _colors(small: np.ndarray) -> np.ndarray:
    """Lab of 4 x 4 cells without their mean, flat; a picture of one color gives nothing."""
    import cv2

    lab = cv2.cvtColor(small / np.float32(255.0), cv2.COLOR_RGB2Lab)
    cells = cv2.resize(lab, (_COLOR_CELLS, _COLOR_CELLS), interpolation=cv2.INTER_AREA)
    found: np.ndarray = (cells - cells.mean(axis=(0, 1))).ravel()
    return found if float(np.linalg.norm(found)) > _UNSEEN else np.zeros_like(found)
