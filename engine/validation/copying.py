"""Does a picture repeat a training picture: nearest neighbors, the background, and the threshold.

Absolute similarities mean little, so they are always read against how alike the training pictures
are among themselves. How much of the base model's layout is left is told here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.imaging.adjust import resize
from engine.validation.sentences import as_shown

if TYPE_CHECKING:
    from engine.validation.features import Extractor

LAYOUT = 64
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_USUAL = 95  # percentile of the background that is not yet strange
_WAY_UP = 0.3
_SAME = 0.97  # a picture and a recompressed or scaled one of it, with any extractor
_WAY_TO_SAME = 0.6
_HIGHEST = 0.98  # a threshold any nearer to sameness would let verbatim copies pass


@dataclass(frozen=True)
class Nearest:
    """For each picture: the index of its nearest reference and the similarity to it."""

    index: np.ndarray
    similarity: np.ndarray

    @property
    def mean(self) -> float:
        """Mean similarity to the nearest."""
        return float(self.similarity.mean()) if self.similarity.size else 0.0


NONE = Nearest(np.zeros(0, np.int64), np.zeros(0, np.float32))


def nearest(extractor: Extractor, described: np.ndarray, views: np.ndarray) -> Nearest:
    """The nearest training picture of each described picture, in any of its views."""
    if not len(described) or not len(views):
        return NONE
    return _closest(extractor.similarity(described, views))


def background(extractor: Extractor, described: np.ndarray, views: np.ndarray) -> Nearest:
    """For each training picture the nearest other one: how alike the set is by itself.

    Of pictures that repeat one another only the first counts: one pair would otherwise say that it
    is usual for two pictures to be the same, and no copy would be strange any more.
    """
    if len(views) < 2:
        return NONE
    similarities = extractor.similarity(described, views)
    np.fill_diagonal(similarities, -np.inf)
    kept = _without_repeats(similarities, np.arange(len(views)), _SAME)
    if len(kept) < 2:
        return NONE
    usual = float(np.median(_among(similarities, kept).max(axis=1)))
    line = min(_SAME, max(extractor.copy_floor, usual + _WAY_TO_SAME * (1.0 - usual)))
    kept = _without_repeats(similarities, kept, line)
    if len(kept) < 2:
        return NONE
    found = _closest(_among(similarities, kept))
    return Nearest(kept[found.index], found.similarity)


def _among(similarities: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return similarities[np.ix_(kept, kept)]


def _without_repeats(similarities: np.ndarray, kept: np.ndarray, line: float) -> np.ndarray:
    """The indices ``kept`` without those that are like an earlier one to ``line`` or more."""
    first: list[int] = []
    for at in kept:
        if not first or max(similarities[at, first].max(), similarities[first, at].max()) < line:
            first.append(int(at))
    return np.array(first, np.int64)


def copy_threshold(reference: Nearest, floor: float) -> float:
    """The similarity above which a picture repeats a training picture.

    30 % of the way from the nearest training pictures to each other (95th percentile) to sameness,
    but never below ``floor``, which the extractor knows, nor so near to sameness that a verbatim
    copy would pass.
    """
    if not reference.similarity.size:
        return floor
    usual = float(np.percentile(reference.similarity, _USUAL))
    return max(floor, min(_HIGHEST, usual + _WAY_UP * (1.0 - usual)))


def copied(similarities: np.ndarray, threshold: float) -> np.ndarray:
    """Which of ``similarities`` ``[n]`` are copies, bool ``[n]``: counted as both numbers are read,
    so that every table and sentence counts the same.
    """
    line = as_shown(threshold)
    return np.array([as_shown(float(one)) > line for one in similarities], bool)


def spread(features: np.ndarray) -> float | None:
    """Mean of 1 - cosine of all pairs of rows of ``features`` ``[n, d]``; None of fewer than 2.

    Rows of zeros are pictures with nothing on them: like each other, unlike all others.
    """
    count = len(features)
    if count < 2:
        return None
    same = float(np.square(features.sum(axis=0)).sum() - np.square(features).sum())
    empty = int((~features.any(axis=1)).sum())
    same += empty * (empty - 1)
    return 1.0 - same / (count * (count - 1))


def layout(picture: np.ndarray) -> np.ndarray:
    """float32 ``[64]`` of length 1: lightness in 8 x 8 cells, without its mean."""
    luma = resize(picture, (64, 64)).astype(np.float32) @ _LUMA
    cells = luma.reshape(8, 8, 8, 8).mean(axis=(1, 3)).ravel()
    cells -= cells.mean()
    length = float(np.linalg.norm(cells))
    return (cells / length if length > 1e-3 else np.zeros_like(cells)).astype(np.float32)


def kept_from(layouts: np.ndarray, base: np.ndarray) -> float | None:
    """How much of each base picture (same prompt and seed) is still there, 0..1; None of none.

    Both are :func:`layout` rows ``[n, 64]``: coarse layout, not edges or color, which a style is
    meant to change. Low values on prompts that the base model draws well mean that subjects are
    being lost.
    """
    if not len(layouts):
        return None
    return float(np.clip((layouts * base).sum(axis=1), 0.0, 1.0).mean())


def _closest(similarities: np.ndarray) -> Nearest:
    index = similarities.argmax(axis=1)
    return Nearest(index, similarities[np.arange(len(index)), index])
