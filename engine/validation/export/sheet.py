"""A grid as one large picture: where everything lies on it, and the names written around."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

from engine.imaging.decode import read_size
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.export.arrangement import Arrangement, Head, groups
from engine.validation.export.pictures import fitted_size, picture_of
from engine.validation.manifest import GridCell
from engine.validation.sheet_text import width, wrap, write

PAPER, INK, QUIET, LINE = "#FFFFFF", "#1A1A1A", "#6E6E6E", "#DADADA"
GAP, GROUP_GAP, MARGIN = 4, 14, 16
LARGEST_PIXELS = 120_000_000

USUAL_PIXELS = 256

Box = tuple[int, int, int, int]
"""Left, top, and right and bottom behind the last pixel."""


class Sheet:
    """The places of ``arrangement`` in pixels. ``side`` is the longer one of a cell, 0 for as it
    was drawn; cells less than ``least`` wide are enlarged.
    """

    def __init__(
        self, arrangement: Arrangement, words: Words, side: int, *, least: int = 0
    ) -> None:
        self._arrangement, self.words, self._side = arrangement, words, side
        wide, high = self._cell_size()
        self._growth = max(1.0, least / wide)
        self.cell = round(wide * self._growth), round(high * self._growth)
        self._points = min(28, max(13, self.cell[0] // 10))
        self._small = max(12, self._points - 2)
        self._line = round(self._points * 1.3)
        self._left = MARGIN + self._names_width() + 12
        self._xs = _starts(arrangement.columns, self.cell[0], self._left)
        self._names_height = (self._title_lines() + 1) * self._line + 8
        self._ys = _starts(
            arrangement.rows, self.cell[1], MARGIN + self._names_height, self._names_height
        )
        self.size = self._xs[-1] + self.cell[0] + MARGIN, self._ys[-1] + self.cell[1] + MARGIN

    def require_room(self) -> None:
        """BadInputError for more than 120 megapixels, which few programs open."""
        if self.size[0] * self.size[1] > LARGEST_PIXELS:
            raise BadInputError(
                "The sheet would be {width} × {height} pixels, more than {most} megapixels.",
                width=f"{self.size[0]:,}",
                height=f"{self.size[1]:,}",
                most=LARGEST_PIXELS // 1_000_000,
                remedy="Choose a smaller cell size, or fewer cells.",
            )

    def place(self, row: int, column: int) -> tuple[int, int]:
        """Left and top of a cell."""
        return self._xs[column], self._ys[row]

    @property
    def head(self) -> Box:
        """The paper above the first row, with the names of the columns; each page of the window
        has them again above its own.
        """
        return 0, 0, self.size[0], self._ys[0]

    def band(self, row: int) -> Box:
        """The paper of a row, down to the next; that of the first row of a page has its names."""
        above = self._above(row) if row else self._ys[0]
        below = self._above(row + 1) if row + 1 < len(self._ys) else self.size[1]
        return 0, above, self.size[0], below

    def _above(self, row: int) -> int:
        """Where the paper of a row begins."""
        return self._ys[row] - (self._names_height if row in self._firsts() else 0)

    def _firsts(self) -> set[int]:
        """The first row of each page."""
        pages = [head.page for head in self._arrangement.rows]
        return {row for row in range(len(pages)) if not row or pages[row] != pages[row - 1]}

    def background(self) -> Image.Image:
        """The names of rows and columns on paper, and frames where no picture is."""
        sheet = Image.new("RGB", self.size, PAPER)
        pen = ImageDraw.Draw(sheet)
        for row in self._firsts():
            self._draw_columns(pen, self._above(row))
        self._draw_rows(pen)
        for row, cells in enumerate(self._arrangement.cells):
            for column, cell in enumerate(cells):
                if cell is not None and cell.path is None:
                    self._draw_missing(pen, self.place(row, column), cell)
        return sheet

    def draw(self, sheet: Image.Image, job: Job) -> dict[tuple[int, int], Box]:
        """Draw the cells on ``sheet``, their :meth:`background`; gives by row and column where a
        picture lies.
        """
        boxes = {}
        pen = ImageDraw.Draw(sheet)
        total = len(self._xs) * len(self._ys)
        for number, (row, column, cell) in enumerate(self.places()):
            job.breathe()
            job.progress(number, total, "Exporting {n} of {all}", n=number + 1, all=total)
            picture = self._picture(cell)
            left, top = place = self.place(row, column)
            if picture is None:
                self._draw_missing(pen, place, cell)
                continue
            sheet.paste(picture, place)
            boxes[row, column] = (left, top, left + picture.width, top + picture.height)
        return boxes

    def places(self) -> Sequence[tuple[int, int, GridCell]]:
        """Row, column and cell of all that have a place."""
        return [
            (row, column, cell)
            for row, cells in enumerate(self._arrangement.cells)
            for column, cell in enumerate(cells)
            if cell is not None
        ]

    def _picture(self, cell: GridCell) -> Image.Image | None:
        picture = picture_of(cell, self._side)
        if picture is None or self._growth == 1:
            return picture
        grown = tuple(round(length * self._growth) for length in picture.size)
        return picture.resize((grown[0], grown[1]), Image.Resampling.LANCZOS)

    def _cell_size(self) -> tuple[int, int]:
        """The room that the widest and the highest picture need."""
        sizes = set()
        for path in {cell.path for cell in self._arrangement.places() if cell.path is not None}:
            with contextlib.suppress(PictureError, MissingFileError):
                sizes.add(fitted_size(read_size(path), self._side))
        wide = max((size[0] for size in sizes), default=self._side or USUAL_PIXELS)
        return wide, max((size[1] for size in sizes), default=wide)

    def _names_width(self) -> int:
        titles = {head.title for head in self._arrangement.rows}
        most = 14 * self._points
        wide = [width(line, self._points) for name in titles for line in self._wrapped(name, most)]
        labels = {head.label for head in self._arrangement.rows} | {self._arrangement.corner}
        return max(*wide, *(width(label, self._small) for label in labels))

    def _title_lines(self) -> int:
        return max(
            len(self._wrapped(group.title, self._xs[group.stop - 1] - x + self.cell[0]))
            for group in groups(self._arrangement.columns)
            for x in (self._xs[group.start],)
        )

    def _wrapped(self, text: str, room: int) -> list[str]:
        return wrap(text, self._points, room)

    def _draw_columns(self, pen: ImageDraw.ImageDraw, top: int) -> None:
        columns = self._arrangement.columns
        for group in groups(columns):
            x = self._xs[group.start]
            room = self._xs[group.stop - 1] - x + self.cell[0]
            for number, line in enumerate(self._wrapped(group.title, room)):
                write(pen, (x, top + number * self._line), line, INK, self._points)
        y = top + self._names_height - self._line - 2
        for head, x in zip(columns, self._xs, strict=True):
            middle = x + (self.cell[0] - width(head.label, self._small)) // 2
            write(pen, (middle, y), head.label, QUIET, self._small)
        write(pen, (MARGIN, y), self._arrangement.corner, QUIET, self._small)

    def _draw_rows(self, pen: ImageDraw.ImageDraw) -> None:
        starts = {group.start: group.title for group in groups(self._arrangement.rows)}
        for row, head in enumerate(self._arrangement.rows):
            y = self._ys[row]
            for line in self._wrapped(starts.get(row, ""), self._left - MARGIN - 12):
                if line:
                    write(pen, (MARGIN, y), line, INK, self._points)
                    y += self._line
            write(pen, (MARGIN, y), head.label, QUIET, self._small)

    def _draw_missing(
        self, pen: ImageDraw.ImageDraw, place: tuple[int, int], cell: GridCell
    ) -> None:
        right, bottom = place[0] + self.cell[0] - 1, place[1] + self.cell[1] - 1
        pen.rectangle((*place, right, bottom), None, LINE)
        word = self.words("failed") if cell.error else self.words("not drawn")
        write(pen, (place[0] + 6, place[1] + 6), word, QUIET, self._small)


def _starts(heads: Sequence[Head], length: int, first: int, names: int = 0) -> list[int]:
    """Where each row or column begins; ``names`` is the room above a page."""
    starts = [first]
    for before, head in pairwise(heads):
        gap = GAP if head.group == before.group else GROUP_GAP
        gap += names if head.page != before.page else 0
        starts.append(starts[-1] + length + gap)
    return starts
