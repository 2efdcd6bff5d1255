"""Where the cells of a grid lie: rows are checkpoints, columns are weights grouped by prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QSize

ROW_HEADER = 100
GROUP_HEADER = 34
COLUMN_HEADER = 22
GAP = 4
GROUP_GAP = 14
MARGIN = 12


class CellKey(NamedTuple):
    """What a cell shows. ``checkpoint`` is a LoRA file, or empty for the base model."""

    checkpoint: str
    weight: float
    seed: int
    prompt: str


@dataclass(frozen=True)
class GridAxes:
    """The values along each axis, in the order they are shown."""

    checkpoints: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()


@dataclass
class GridLayout:
    """Cell rectangles in content pixels; the headers stay in place while cells scroll.

    ``seed`` picks one seed; None shows every seed of a checkpoint as a row of its own.
    """

    axes: GridAxes
    seed: int | None = None
    cell: int = 98
    rows: list[tuple[str, int]] = field(init=False)
    columns: list[tuple[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        seeds = self.axes.seeds if self.seed is None else (self.seed,)
        self.rows = [(checkpoint, seed) for checkpoint in self.axes.checkpoints for seed in seeds]
        self.columns = [
            (prompt, weight) for prompt in self.axes.prompts for weight in self.axes.weights
        ]

    @property
    def head(self) -> QSize:
        """The space that the row header and the two column headers take."""
        return QSize(MARGIN + ROW_HEADER, GROUP_HEADER + COLUMN_HEADER)

    @property
    def content(self) -> QSize:
        """The size of everything, headers included."""
        if not self.rows or not self.columns:
            return QSize(0, 0)
        last = self.rect(len(self.rows) - 1, len(self.columns) - 1)
        return QSize(last.right() + 1 + MARGIN, last.bottom() + 1 + MARGIN)

    def key(self, row: int, column: int) -> CellKey:
        """What the cell at ``row`` and ``column`` shows."""
        checkpoint, seed = self.rows[row]
        prompt, weight = self.columns[column]
        return CellKey(checkpoint, weight, seed, prompt)

    def place(self, key: CellKey) -> tuple[int, int] | None:
        """Row and column of ``key``, or None while it is not shown."""
        try:
            return (
                self.rows.index((key.checkpoint, key.seed)),
                self.columns.index((key.prompt, key.weight)),
            )
        except ValueError:
            return None

    def rect(self, row: int, column: int) -> QRect:
        """The cell's rectangle in content pixels."""
        group = column // max(1, len(self.axes.weights))
        x = self.head.width() + column * (self.cell + GAP) + group * (GROUP_GAP - GAP)
        y = self.head.height() + row * (self.cell + GAP)
        return QRect(x, y, self.cell, self.cell)

    def group_rect(self, group: int) -> QRect:
        """The columns of prompt number ``group``, from left to right, one header high."""
        count = len(self.axes.weights)
        left = self.rect(0, group * count).left()
        right = self.rect(0, group * count + count - 1).right()
        return QRect(left, 0, right - left + 1, GROUP_HEADER)

    def at(self, point: QPoint) -> tuple[int, int] | None:
        """The cell under ``point`` (content pixels), or None between cells."""
        if not self.rows or not self.columns:
            return None
        row = (point.y() - self.head.height()) // (self.cell + GAP)
        guess = (point.x() - self.head.width()) // (self.cell + GAP)
        for column in (guess, guess - 1, guess - 2):
            if (
                0 <= row < len(self.rows)
                and 0 <= column < len(self.columns)
                and self.rect(row, column).contains(point)
            ):
                return row, column
        return None

    def visible(self, area: QRect) -> tuple[range, range]:
        """Rows and columns that touch ``area`` (content pixels)."""
        pitch = self.cell + GAP
        first_row = max(0, (area.top() - self.head.height()) // pitch)
        last_row = min(len(self.rows), (area.bottom() - self.head.height()) // pitch + 1)
        columns = [
            column
            for column in range(len(self.columns))
            if self.rect(0, column).left() <= area.right()
            and self.rect(0, column).right() >= area.left()
        ]
        if not columns:
            return range(first_row, max(first_row, last_row)), range(0)
        return (range(first_row, max(first_row, last_row)), range(columns[0], columns[-1] + 1))
