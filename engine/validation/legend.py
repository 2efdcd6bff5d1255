"""The picture of a whole grid, with its axes written beside it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from engine.runtime.files import write_bytes
from engine.runtime.resources import resource
from engine.validation.manifest import Grid
from engine.validation.request import Position
from engine.validation.words import short_names

PAPER, INK, QUIET, LINE = "#FFFFFF", "#1A1A1A", "#6E6E6E", "#DADADA"
SMALLEST_CELL, LARGEST_PIXELS = 96, 120_000_000
GAP, GROUP_GAP, MARGIN, LINES = 4, 14, 16, 3


def draw_grid(grid: Grid) -> Path:
    """Write ``grid.png``: rows are checkpoints and seeds, columns prompts and weights.

    Missing and failed cells stay empty, with a word in them. Cells shrink when the whole would be
    larger than 120 megapixels.
    """
    stream = io.BytesIO()
    _Sheet(grid).draw().save(stream, "PNG")
    write_bytes(grid.picture, stream.getvalue())
    return grid.picture


@dataclass(frozen=True)
class _Measures:
    """Pixel sizes of a sheet; the fonts follow the cell."""

    width: int
    height: int
    points: int
    left: int
    prompts: int

    @property
    def small(self) -> int:
        return max(12, self.points - 2)

    @property
    def line(self) -> int:
        return round(self.points * 1.3)


class _Sheet:
    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        request = grid.request
        self._columns = [(p, w) for p in request.prompts for w in request.weights]
        self._rows = [(c, s) for c in request.checkpoints for s in request.seeds]
        self._names = dict(zip(request.checkpoints, short_names(request.checkpoints), strict=True))
        self._cells = {_known(cell.position): cell for cell in grid.cells}
        self._size = self._measured()

    def draw(self) -> Image.Image:
        size = self._size
        last_x, last_y = self._corner(len(self._rows) - 1, len(self._columns) - 1)
        sheet = Image.new(
            "RGB", (last_x + size.width + MARGIN, last_y + size.height + MARGIN), PAPER
        )
        pen = ImageDraw.Draw(sheet)
        self._draw_columns(pen)
        self._draw_rows(pen)
        for row, (checkpoint, seed) in enumerate(self._rows):
            for column, (prompt, weight) in enumerate(self._columns):
                place = self._corner(row, column)
                self._draw_cell(sheet, pen, place, (checkpoint, weight, seed, prompt))
        return sheet

    def _measured(self) -> _Measures:
        width, height = self._cell_size()
        scale = min(1.0, (LARGEST_PIXELS / max(1, width * height * len(self._cells))) ** 0.5)
        factor = max(scale, SMALLEST_CELL / width) if width < SMALLEST_CELL else scale
        width, height = max(1, round(width * factor)), max(1, round(height * factor))
        points = min(28, max(13, width // 10))
        names = [*self._names.values(), "seed 00000"]
        left = max(
            _width(line, points) for name in names for line in _wrap(name, points, 14 * points)
        )
        group = len(self._grid.request.weights) * (width + GAP)
        rows = max(len(_wrap(p, points, group - GAP)) for p in self._grid.request.prompts)
        return _Measures(width, height, points, left + 12, rows)

    def _cell_size(self) -> tuple[int, int]:
        for cell in self._grid.cells:
            if cell.path is not None:
                with Image.open(cell.path) as image:
                    return image.size
        return 128, 128

    @property
    def _top(self) -> int:
        return MARGIN + (self._size.prompts + 1) * self._size.line + 8

    def _corner(self, row: int, column: int) -> tuple[int, int]:
        request, size = self._grid.request, self._size
        groups = column // len(request.weights), row // len(request.seeds)
        gap = GROUP_GAP - GAP
        x = MARGIN + size.left + column * (size.width + GAP) + groups[0] * gap
        y = self._top + row * (size.height + GAP) + groups[1] * gap
        return x, y

    def _draw_columns(self, pen: ImageDraw.ImageDraw) -> None:
        size, weights = self._size, self._grid.request.weights
        for column, (prompt, weight) in enumerate(self._columns):
            x, _ = self._corner(0, column)
            if column % len(weights) == 0:
                room = len(weights) * (size.width + GAP) - GAP
                for number, line in enumerate(_wrap(prompt, size.points, room)):
                    _write(pen, (x, MARGIN + number * size.line), line, INK, size.points)
            label = f"{weight:g}"
            middle = x + (size.width - _width(label, size.small)) // 2
            _write(pen, (middle, self._top - size.line - 2), label, QUIET, size.small)
        _write(pen, (MARGIN, self._top - size.line - 2), "weight", QUIET, size.small)

    def _draw_rows(self, pen: ImageDraw.ImageDraw) -> None:
        size, seeds = self._size, self._grid.request.seeds
        for row, (checkpoint, seed) in enumerate(self._rows):
            _, y = self._corner(row, 0)
            if row % len(seeds) == 0:
                for line in _wrap(self._names[checkpoint], size.points, size.left - 12):
                    _write(pen, (MARGIN, y), line, INK, size.points)
                    y += size.line
            _write(pen, (MARGIN, y), f"seed {seed}", QUIET, size.small)

    def _draw_cell(
        self,
        sheet: Image.Image,
        pen: ImageDraw.ImageDraw,
        place: tuple[int, int],
        at: tuple[str, float, int, str],
    ) -> None:
        size, cell = self._size, self._cells.get(at)
        if cell is None or cell.path is None:
            pen.rectangle(
                (*place, place[0] + size.width - 1, place[1] + size.height - 1), None, LINE
            )
            word = "failed" if cell is not None and cell.error else "not drawn"
            _write(pen, (place[0] + 6, place[1] + 6), word, QUIET, size.small)
            return
        with Image.open(cell.path) as image:
            picture = image.convert("RGB")
        if picture.size != (size.width, size.height):
            picture = picture.resize((size.width, size.height), Image.Resampling.LANCZOS)
        sheet.paste(picture, place)


def _known(position: Position) -> tuple[str, float, int, str]:
    return position.checkpoint, position.weight, position.seed, position.prompt


@lru_cache(maxsize=16)
def _font(points: int, chinese: bool) -> ImageFont.FreeTypeFont:
    name = "StylekilnSansSC-Medium.ttf" if chinese else "StylekilnSans-Medium.ttf"
    return ImageFont.truetype(resource("fonts", name), points)


def _font_for(text: str, points: int) -> ImageFont.FreeTypeFont:
    return _font(points, any(ord(letter) > 0x2E7F for letter in text))


def _width(text: str, points: int) -> int:
    return int(_font_for(text, points).getlength(text)) + 1


def _write(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, color: str, points: int
) -> None:
    pen.text(at, text, color, _font_for(text, points))


def _wrap(text: str, points: int, room: int) -> list[str]:
    """``text`` in at most three lines of ``room`` pixels; an ellipsis says that more follows."""
    lines: list[str] = []
    line = ""
    for word in _pieces(" ".join(text.split()), points, room):
        if line and _width(line + word.rstrip(), points) > room:
            lines.append(line.rstrip())
            line = ""
        line += word
    lines.append(line.rstrip())
    if len(lines) > LINES:
        last = lines[LINES - 1]
        while last and _width(last + "…", points) > room:
            last = last[:-1]
        lines = [*lines[: LINES - 1], last.rstrip() + "…"]
    return lines


def _pieces(text: str, points: int, room: int) -> list[str]:
    """Words with the space behind them; a word wider than ``room`` in letters that fit."""
    pieces: list[str] = []
    for word in text.split(" "):
        if _width(word, points) > room:
            pieces += list(word[:-1])
            word = word[-1]
        pieces.append(word + " ")
    return pieces
