"""What makes a style, as numbers on finished pictures, and how near a set of them is to another.

The measures are made for drawn art: how well a picture fits a coarse grid of plain blocks (pixel
art), how few colors carry it, dark outlines, soft shading, detail, contrast, saturation. Not one of
them is "the" style: :func:`style_fit` weighs each by how clearly the wanted style and the base
model differ in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from engine.imaging.adjust import resize

SIDE = 128
BLOCKS = 16
PALETTE_LEVELS = 8
DARK = 70.0
FOREGROUND = 24.0


@dataclass(frozen=True)
class Style:
    """Measures of one picture, each 0..1 except where noted.

    ``blockiness``: share of the detail that a 16 x 16 grid of plain blocks explains and the same
    grid half a block off does not; about 0 for smooth art, near 1 for clean pixel art.
    ``flatness``: share of the subject that lies in flat color. ``colors``: how few colors carry the
    subject (1 is one color). ``outline``: share of the subject's rim that is dark. ``detail``:
    energy of edges. ``contrast``: spread of lightness. ``saturation``: mean.
    """

    blockiness: float
    flatness: float
    colors: float
    outline: float
    detail: float
    contrast: float
    saturation: float


NAMES = tuple(field.name for field in fields(Style))


def measure(picture: np.ndarray) -> Style:
    """The style of an RGB uint8 [H, W, 3] picture; it is looked at with 128 pixels a side."""
    small = resize(picture, (SIDE, SIDE)).astype(np.float32)
    luma = small @ np.array([0.299, 0.587, 0.114], np.float32)
    subject = _across(np.maximum, np.abs(small - _background(small))) > FOREGROUND
    if not subject.any():
        return Style(0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    slope = np.hypot(*np.gradient(luma))
    spread = _across(np.maximum, small) - _across(np.minimum, small)
    return Style(
        blockiness=_blockiness(small),
        flatness=float((slope[subject] < 4.0).mean()),
        colors=1.0 / _color_count(small[subject]),
        outline=_outline(luma, subject),
        detail=float(np.minimum(slope, 64.0).mean() / 64.0),
        contrast=float(luma[subject].std() / 128.0),
        saturation=float(spread[subject].mean() / 255.0),
    )


def measure_all(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Style measures [count, measures] in the order of :data:`NAMES`."""
    rows = [astuple(measure(picture)) for picture in pictures]
    return np.array(rows, np.float64).reshape(len(rows), len(NAMES))


def style_fit(pictures: np.ndarray, wanted: np.ndarray, base: np.ndarray) -> float:
    """How far ``pictures`` went from the base model's style (0) to the wanted one (1).

    All three are :func:`measure_all` tables: generated pictures, held-out pictures of the wanted
    style, and the weight-0 row. Each measure counts by how clearly the two ends differ in it
    (distance over spread, squared); going past the wanted style is as far as falling short.
    """
    return float(style_fits(pictures.mean(axis=0)[None], wanted, base)[0])


def style_fits(means: np.ndarray, wanted: np.ndarray, base: np.ndarray) -> np.ndarray:
    """:func:`style_fit` ``[n]`` of means ``[n, measures]`` of pictures."""
    gap, spread = wanted.mean(axis=0) - base.mean(axis=0), _spread(wanted, base)
    clear = (gap / spread) ** 2
    if not clear.any():
        return np.ones(len(means))
    share = (means - base.mean(axis=0)) / np.where(gap == 0, 1.0, gap)
    reached = np.clip(1.0 - np.abs(1.0 - share), 0.0, 1.0)
    found: np.ndarray = (reached * clear).sum(axis=1) / clear.sum()
    return found


def style_distance(pictures: np.ndarray, wanted: np.ndarray) -> float:
    """Distance of two :func:`measure_all` tables in spreads of their own, averaged; 0 is equal."""
    gap = pictures.mean(axis=0) - wanted.mean(axis=0)
    return float(np.abs(gap / _spread(pictures, wanted)).mean())


def _spread(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The pooled deviation of each measure; a floor keeps constant measures from deciding all."""
    return np.sqrt((one.var(axis=0) + other.var(axis=0)) / 2 + 0.02**2)


def _across(choose: np.ufunc, picture: np.ndarray) -> np.ndarray:
    """The largest or smallest channel ``[H, W]``; three planes are compared much faster than
    numpy reduces an axis of three.
    """
    found: np.ndarray = choose(choose(picture[..., 0], picture[..., 1]), picture[..., 2])
    return found


def _background(picture: np.ndarray) -> np.ndarray:
    """The color that most of the border has (the median per channel)."""
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return np.median(border, axis=0)


def _blockiness(picture: np.ndarray) -> float:
    size = SIDE // BLOCKS
    half = size // 2
    aligned = _residual(picture, size)
    inner = picture[half : SIDE - half, half : SIDE - half]
    shifted = _residual(inner, size)
    # A picture without detail has no grid either: the floor is below what compression leaves.
    return float(np.clip(1.0 - (aligned + 2.0) / (shifted + 2.0), 0.0, 1.0))


def _residual(picture: np.ndarray, size: int) -> float:
    """Mean square of what the means of size x size blocks leave over."""
    height, width = picture.shape[0] // size, picture.shape[1] // size
    blocks = picture[: height * size, : width * size].reshape(height, size, width, size, 3)
    return float(((blocks - blocks.mean(axis=(1, 3), keepdims=True)) ** 2).mean())


def _color_count(pixels: np.ndarray) -> float:
    """The effective number of colors: the exponential of the entropy of a coarse histogram."""
    cells = np.clip(pixels * (PALETTE_LEVELS / 256.0), 0, PALETTE_LEVELS - 1).astype(np.int64)
    codes = (cells[:, 0] * PALETTE_LEVELS + cells[:, 1]) * PALETTE_LEVELS + cells[:, 2]
    share = np.bincount(codes) / len(codes)
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))


def _outline(luma: np.ndarray, subject: np.ndarray) -> float:
    """Share of the blocks on the subject's rim whose darker half is dark."""
    size = SIDE // BLOCKS
    cells = subject.reshape(BLOCKS, size, BLOCKS, size).mean(axis=(1, 3)) > 0.5
    padded = np.pad(cells, 1)
    around = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rim = cells & ~around
    if not rim.any():
        return 0.0
    blocks = luma.reshape(BLOCKS, size, BLOCKS, size).transpose(0, 2, 1, 3)
    middle = np.median(blocks.reshape(BLOCKS, BLOCKS, -1), axis=2)
    return float((middle[rim] < DARK).mean())
