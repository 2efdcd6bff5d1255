"""What a finished grid says about each checkpoint and weight: style, copying, diversity, subjects.

Every number stands beside what it has to be read against: the base model's row, and how alike the
training pictures are among themselves. There is no total score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.runtime.errors import BadInputError
from engine.validation import copying, style
from engine.validation.manifest import Grid, GridCell
from engine.validation.request import Position

Progress = Callable[[int, int], None]
Read = Callable[[Path], np.ndarray]


@dataclass(frozen=True)
class CellEvidence:
    """One picture: similarity to the nearest training picture, and which that is."""

    copying: float
    nearest: Path | None


@dataclass(frozen=True)
class RowEvidence:
    """All pictures of one checkpoint at one weight.

    ``style_fit`` is 0 (as the base model) to 1 (as the wanted style), ``kept`` how much of the base
    model's layout is left, 0 to 1; both are None when the grid has no weight-0 row.
    ``style_distance`` is in spreads. ``copying`` is the mean similarity to the nearest training
    picture, ``copies`` the number of pictures above the threshold, ``diversity`` the mean
    difference between seeds, None with one seed.
    """

    checkpoint: str
    weight: float
    count: int
    style_fit: float | None
    style_distance: float
    diversity: float | None
    copying: float
    copies: int
    kept: float | None


@dataclass(frozen=True)
class Evidence:
    """All rows, with what they are read against.

    ``base`` is the weight-0 row or None. ``between_training`` is the mean similarity of training
    pictures to their nearest other one, ``held_out_copying`` the same for held-out pictures (None
    without any), ``threshold`` the similarity that counts as a copy. ``cells`` are by identifier.
    """

    rows: tuple[RowEvidence, ...]
    base: RowEvidence | None
    between_training: float
    held_out_copying: float | None
    threshold: float
    cells: dict[str, CellEvidence]

    def row(self, checkpoint: str, weight: float) -> RowEvidence | None:
        """The row of a checkpoint at a weight."""
        wanted = (checkpoint, weight)
        return next((row for row in self.rows if (row.checkpoint, row.weight) == wanted), None)


def assess(
    grid: Grid,
    training: Sequence[Path],
    held_out: Sequence[Path] = (),
    progress: Progress | None = None,
    read: Read | None = None,
) -> Evidence:
    """Measure a grid against the pictures it was trained on and those held out.

    Without held-out pictures the training pictures stand for the wanted style, which rewards
    copying a little. ``read`` gives both as training sees them, uint8 ``[H, W, 3]``; without it
    they are the files, transparent parts on white. BadInputError when nothing is drawn or there is
    no training picture; PictureError for a picture that cannot be read.
    """
    drawn = [cell for cell in grid.cells if cell.path is not None]
    if not drawn or not training:
        raise BadInputError(
            "There is nothing to compare yet.",
            remedy="Draw a grid, and name the pictures of the training.",
        )
    progress = progress or (lambda _done, _total: None)
    return _Assessment(grid, training, held_out, progress, read or _read).result()


class _Assessment:
    def __init__(
        self,
        grid: Grid,
        training: Sequence[Path],
        held_out: Sequence[Path],
        progress: Progress,
        read: Read,
    ) -> None:
        self._grid = grid
        self._training_paths = training
        self._pictures = self._read_cells(progress)
        self._training = [read(path) for path in training]
        self._held_out = [read(path) for path in held_out]
        self._wanted = style.measure_all(self._held_out or self._training)
        self._styles = dict(
            zip(self._pictures, style.measure_all(list(self._pictures.values())), strict=True)
        )
        self._background = copying.background(self._training)
        self._threshold = copying.copy_threshold(self._background)
        self._nearest = self._measure_copying()

    def result(self) -> Evidence:
        request = self._grid.request
        base_cells = [cell for cell in self._drawn() if not cell.position.uses_lora]
        base_cells = list({cell.id: cell for cell in base_cells}.values())
        base = self._row("", 0.0, base_cells, base_cells) if base_cells else None
        rows = [
            self._row(checkpoint, weight, cells, base_cells)
            for checkpoint in request.checkpoints
            for weight in request.weights
            if (cells := self._cells_of(checkpoint, weight))
        ]
        held_out = copying.nearest(self._held_out, self._training)
        return Evidence(
            rows=tuple(rows),
            base=base,
            between_training=self._background.mean,
            held_out_copying=held_out.mean if self._held_out else None,
            threshold=self._threshold,
            cells=self._nearest,
        )

    def _drawn(self) -> list[GridCell]:
        return [cell for cell in self._grid.cells if cell.id in self._pictures]

    def _read_cells(self, progress: Progress) -> dict[str, np.ndarray]:
        paths = {cell.id: cell.path for cell in self._grid.cells if cell.path is not None}
        pictures = {}
        for number, (identifier, path) in enumerate(paths.items()):
            pictures[identifier] = _read(path)
            progress(number + 1, len(paths))
        return pictures

    def _measure_copying(self) -> dict[str, CellEvidence]:
        found = copying.nearest(list(self._pictures.values()), self._training)
        return {
            identifier: CellEvidence(float(similarity), self._training_paths[int(index)])
            for identifier, similarity, index in zip(
                self._pictures, found.similarity, found.index, strict=True
            )
        }

    def _cells_of(self, checkpoint: str, weight: float) -> list[GridCell]:
        return [
            cell
            for cell in self._drawn()
            if (cell.position.checkpoint, cell.position.weight) == (checkpoint, weight)
        ]

    def _row(
        self, checkpoint: str, weight: float, cells: list[GridCell], base_cells: list[GridCell]
    ) -> RowEvidence:
        measured = self._measured(cells)
        similarities = [self._nearest[cell.id].copying for cell in cells]
        base = self._measured(base_cells)
        return RowEvidence(
            checkpoint=checkpoint,
            weight=weight,
            count=len(cells),
            style_fit=style.style_fit(measured, self._wanted, base) if base_cells else None,
            style_distance=style.style_distance(measured, self._wanted),
            diversity=copying.diversity(self._by_prompt(cells)),
            copying=float(np.mean(similarities)),
            copies=sum(similarity > self._threshold for similarity in similarities),
            kept=self._kept(cells, base_cells),
        )

    def _measured(self, cells: list[GridCell]) -> np.ndarray:
        return np.array([self._styles[cell.id] for cell in cells])

    def _by_prompt(self, cells: list[GridCell]) -> list[list[np.ndarray]]:
        groups: dict[str, list[np.ndarray]] = {}
        for cell in cells:
            groups.setdefault(cell.position.prompt, []).append(self._pictures[cell.id])
        return list(groups.values())

    def _kept(self, cells: list[GridCell], base_cells: list[GridCell]) -> float | None:
        base = {_subject(cell.position): self._pictures[cell.id] for cell in base_cells}
        pairs = [
            (self._pictures[cell.id], base[_subject(cell.position)])
            for cell in cells
            if _subject(cell.position) in base
        ]
        if not pairs:
            return None
        return copying.kept_from([pair[0] for pair in pairs], [pair[1] for pair in pairs])


def _subject(position: Position) -> tuple[str, int]:
    return position.prompt, position.seed


def _read(path: Path) -> np.ndarray:
    return fill_color(load_rgba(path), "#FFFFFF")
