"""Does a picture repeat a training picture: light descriptors, nearest neighbors, diversity.

A descriptor is a few small images of the picture (layout in lightness, color layout, edge
directions), each freed of its mean and brought to length 1, side by side. The similarity of two
pictures is their cosine, -1..1; a mirrored copy counts as a copy. Absolute numbers mean little, so
they are always read against how alike the training pictures are among themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.imaging.adjust import resize

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_ORIENTATIONS = 8
_CELLS = 8
# Softening forgives the small shifts and losses of a rescaled or recompressed copy.
_SOFTEN = 1.5
_WEIGHTS = (0.35, 0.30, 0.35)


@dataclass(frozen=True)
class Nearest:
    """For each picture: the index of its nearest reference and the similarity to it."""

    index: np.ndarray
    similarity: np.ndarray

    @property
    def mean(self) -> float:
        """Mean similarity to the nearest."""
        return float(self.similarity.mean()) if self.similarity.size else 0.0


def describe(picture: np.ndarray) -> np.ndarray:
    """The descriptor, float32 of length 1, of an RGB uint8 [H, W, 3] picture."""
    import cv2

    small = resize(picture, (64, 64)).astype(np.float32) / 255.0
    soft: np.ndarray = cv2.GaussianBlur(small, (0, 0), _SOFTEN)
    luma = soft @ _LUMA
    parts = (_means(luma[..., None], 16), _means(soft - luma[..., None], 8), _edges(luma))
    sides = [np.sqrt(w) * _unit(part) for w, part in zip(_WEIGHTS, parts, strict=True)]
    return _unit(np.concatenate(sides), centered=False)


def describe_all(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Descriptors [count, length]."""
    return np.stack([describe(picture) for picture in pictures])


def nearest(pictures: Sequence[np.ndarray], training: Sequence[np.ndarray]) -> Nearest:
    """The nearest training picture of each picture, mirrored or not."""
    if not pictures or not training:
        return Nearest(np.zeros(0, np.int64), np.zeros(0, np.float32))
    return _closest(_similarities(describe_all(pictures), training))


def background(training: Sequence[np.ndarray]) -> Nearest:
    """For each training picture the nearest other one: how alike the set is by itself."""
    if len(training) < 2:
        return Nearest(np.zeros(0, np.int64), np.zeros(0, np.float32))
    similarities = _similarities(describe_all(training), training)
    np.fill_diagonal(similarities, -np.inf)
    return _closest(similarities)


def copy_threshold(reference: Nearest) -> float:
    """The similarity above which a picture repeats a training picture.

    Twice as near to the top as the nearest training pictures are to each other (95th percentile),
    but never below 0.8.
    """
    if not reference.similarity.size:
        return 0.9
    usual = float(np.percentile(reference.similarity, 95))
    return max(0.8, 1.0 - (1.0 - usual) / 2)


def diversity(groups: Sequence[Sequence[np.ndarray]]) -> float | None:
    """Mean of 1 - similarity over all pairs within a group (one prompt, several seeds), 0..1.

    Groups of one picture say nothing and are left out; None when nothing is left.
    """
    means = []
    for group in groups:
        if len(group) > 1:
            table = describe_all(group)
            pairs = (table @ table.T)[np.triu_indices(len(group), 1)]
            means.append(float(np.clip(1.0 - pairs, 0.0, 1.0).mean()))
    return float(np.mean(means)) if means else None


def kept_from(pictures: Sequence[np.ndarray], base: Sequence[np.ndarray]) -> float:
    """How much of each base picture (same prompt and seed) is still there, 0..1.

    Compares coarse layout, not edges or color, which a style is meant to change. Low values on
    prompts that the base model draws well mean that subjects are being lost.
    """
    if not pictures:
        return 0.0
    pairs = zip(pictures, base, strict=True)
    return float(np.mean([max(0.0, _layout(one) @ _layout(other)) for one, other in pairs]))


def _layout(picture: np.ndarray) -> np.ndarray:
    luma = resize(picture, (64, 64)).astype(np.float32) @ _LUMA
    return _unit(_means(luma[..., None], 8))


def _similarities(table: np.ndarray, training: Sequence[np.ndarray]) -> np.ndarray:
    """[pictures, training], the larger of plain and mirrored."""
    plain = describe_all(training)
    mirrored = describe_all([np.ascontiguousarray(picture[:, ::-1]) for picture in training])
    return np.maximum(table @ plain.T, table @ mirrored.T)


def _closest(similarities: np.ndarray) -> Nearest:
    index = similarities.argmax(axis=1)
    return Nearest(index, similarities[np.arange(len(index)), index])


def _means(image: np.ndarray, cells: int) -> np.ndarray:
    """Means over a cells x cells grid of a [64, 64, C] image, flat."""
    size = image.shape[0] // cells
    grid = image.reshape(cells, size, cells, size, image.shape[2])
    return grid.mean(axis=(1, 3)).ravel()


def _edges(luma: np.ndarray) -> np.ndarray:
    """Edge energy by direction (undirected, 8 bins) in an 8 x 8 grid, flat; square-rooted."""
    dy, dx = np.gradient(luma)
    energy = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), np.pi) * (_ORIENTATIONS / np.pi)
    bins = np.minimum(angle.astype(np.int64), _ORIENTATIONS - 1)
    size = luma.shape[0] // _CELLS
    place = np.arange(luma.shape[0]) // size
    cell = (place[:, None] * _CELLS + place[None, :]) * _ORIENTATIONS + bins
    summed = np.bincount(cell.ravel(), energy.ravel(), minlength=_CELLS * _CELLS * _ORIENTATIONS)
    return np.sqrt(summed).astype(np.float32)


def _unit(values: np.ndarray, *, centered: bool = True) -> np.ndarray:
    if centered:
        values = values - values.mean()
    length = float(np.linalg.norm(values))
    return (values / length if length > 1e-6 else np.zeros_like(values)).astype(np.float32)
