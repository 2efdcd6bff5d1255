"""The numbers of the check while training, by the same functions as those of a whole grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.imaging.adjust import resize
from engine.validation import copying, style
from engine.validation.pick import Thresholds


@dataclass(frozen=True)
class Drawn:
    """A cell that was drawn, and its picture as :func:`small` gives it."""

    prompt: str
    seed: int
    path: Path
    picture: np.ndarray


@dataclass(frozen=True)
class Measured:
    """A row. ``copying`` is the mean similarity to the nearest training picture, ``each`` that of
    every cell with the index of the picture, ``copies`` the number above the threshold.
    ``diversity`` is None with one seed, ``style_fit`` without a row of the base model. ``flags``
    are of :data:`engine.validation.pick.FlagKind`.
    """

    copying: float
    each: tuple[tuple[float, int], ...]
    copies: int
    diversity: float | None
    style_fit: float | None
    flags: tuple[str, ...]


def small(picture: np.ndarray) -> np.ndarray:
    """An RGB uint8 ``[H, W, 3]`` picture in the size that is looked at: many fit into memory."""
    return resize(picture, (style.SIDE, style.SIDE))


class Measures:
    """Measures rows against the pictures that are learned and, for the style, those held out; all
    are :func:`small`.
    """

    def __init__(self, training: Sequence[np.ndarray], held_out: Sequence[np.ndarray]) -> None:
        self._training = training
        self._wanted = style.measure_all(held_out or training)
        background = copying.background(training)
        self.between = background.mean
        self.threshold = copying.copy_threshold(background)
        self._base: tuple[Measured, np.ndarray] | None = None

    def row(self, cells: Sequence[Drawn], *, base: bool = False) -> Measured:
        """The numbers of ``cells``, which later rows are read against when they are of the ``base``
        model.
        """
        pictures = [cell.picture for cell in cells]
        found = copying.nearest(pictures, self._training)
        styles = style.measure_all(pictures)
        copies = int((found.similarity > self.threshold).sum())
        diversity = copying.diversity(_by_prompt(cells))
        fit = style.style_fit(styles, self._wanted, self._base[1]) if self._base else None
        pairs = zip(found.similarity, found.index, strict=True)
        each = tuple((float(similarity), int(index)) for similarity, index in pairs)
        flags = () if base else self._flags(found.mean, copies, len(cells), diversity)
        made = Measured(found.mean, each, copies, diversity, fit, flags)
        if base:
            self._base = made, styles
        return made

    def _flags(
        self, mean: float, copies: int, count: int, diversity: float | None
    ) -> tuple[str, ...]:
        """What speaks against a row, beyond what the base model does itself."""
        limits, before = Thresholds(), self._base[0] if self._base else None
        flags = []
        if copies > limits.copies_share * count and (before is None or mean > before.copying):
            flags.append("copies")
        usual = (before.diversity if before is not None else None) or 0.0
        if diversity is not None and diversity < limits.variety_of_base * usual:
            flags.append("variety")
        return tuple(flags)


def _by_prompt(cells: Sequence[Drawn]) -> list[list[np.ndarray]]:
    groups: dict[str, list[np.ndarray]] = {}
    for cell in cells:
        groups.setdefault(cell.prompt, []).append(cell.picture)
    return list(groups.values())
