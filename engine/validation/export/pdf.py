"""A grid as pages to print: A4 or A3 on its side, with the names of rows and columns on each.

Pictures are JPEGs of the cell's size at 200 dots an inch, or finer where that saves pages; text
stays text. Pages are cut between groups where a group fits on a page. Memory holds the compressed
pictures, not the pages.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reportlab.lib.pagesizes import A3, A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from engine.runtime.files import atomic_file
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.export.arrangement import Arrangement, Group, Head, groups
from engine.validation.export.pdf_text import BOLD, REGULAR, load_fonts, width, wrapped, write
from engine.validation.export.pictures import jpeg, picture_of
from engine.validation.manifest import GridCell

PAPER = {"A4": landscape(A4), "A3": landscape(A3)}
DOTS = 200
MARGIN, GAP, GROUP_GAP = 34.0, 2.0, 8.0
INK, QUIET, LINE = "#1A1A1A", "#6E6E6E", "#C8C8C8"
TITLE, TEXT, SMALL = 12.0, 8.0, 7.0
LEFT, TITLE_ROOM = 72.0, 34.0
USUAL_PIXELS = 512
SCALES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
"""How much smaller cells may be for the sake of fewer pages."""


@dataclass(frozen=True)
class _Part:
    """The rows or columns of one page, and where each begins, in points from the first."""

    start: int
    stop: int
    offsets: tuple[float, ...]


def split(heads: Sequence[Head], pitch: float, room: float) -> list[_Part]:
    """Cut rows or columns of ``pitch`` points into pages of ``room``, between groups if one fits.

    At least one is on each page.
    """
    parts: list[_Part] = []
    start = 0
    offsets: list[float] = []
    for group in groups(heads):
        end = offsets[-1] + pitch + GROUP_GAP if offsets else 0.0
        length = (group.stop - group.start) * pitch - GAP
        if offsets and end + length > room >= length:
            parts.append(_Part(start, group.start, tuple(offsets)))
            start, offsets, end = group.start, [], 0.0
        for number in range(group.start, group.stop):
            if offsets and end + pitch - GAP > room:
                parts.append(_Part(start, number, tuple(offsets)))
                start, offsets, end = number, [], 0.0
            offsets.append(end)
            end += pitch
    if offsets:
        parts.append(_Part(start, len(heads), tuple(offsets)))
    return parts


class Pages:
    """The pages of ``arrangement``; ``facts`` are what all cells share."""

    def __init__(
        self,
        title: str,
        arrangement: Arrangement,
        facts: Sequence[tuple[str, str]],
        words: Words,
        paper: str,
    ) -> None:
        load_fonts()
        self._title, self._arrangement, self._facts = title, arrangement, facts
        self.words = words
        self._wide, self._high = PAPER[paper]
        self._kept: dict[str, ImageReader] = {}
        self._left = Counter(cell.id for cell in arrangement.places())
        self._missing = 0

    def write(self, path: Path, side: int, job: Job) -> int:
        """Write the pages with cells of ``side`` pixels, 0 for as they were drawn; gives how many
        places have no picture.
        """
        down, across = self._measured(side)
        with atomic_file(path) as stream:
            page = Canvas(stream, (self._wide, self._high), pageCompression=1)
            page.setTitle(self._title)
            page.setCreator("Stylekiln")
            pages = [(rows, columns) for rows in down for columns in across]
            for number, (rows, columns) in enumerate(pages):
                self._draw_head(page, number + 1, len(pages))
                self._draw_names(page, rows, columns)
                self._draw_cells(page, rows, columns, side, job)
                page.showPage()
            page.save()
        return self._missing

    def _measured(self, side: int) -> tuple[list[_Part], list[_Part]]:
        """The rows and columns of each page, for the largest cell that needs the fewest pages."""
        self._top = self._high - MARGIN - TITLE_ROOM - 3 * TEXT * 1.3 - SMALL * 2
        room = self._wide - 2 * MARGIN - LEFT, self._top - MARGIN
        wide, high = self._pixels(side)
        usual = min(72 / DOTS, room[0] / wide, room[1] / high)
        found: list[tuple[int, tuple[float, float], list[_Part], list[_Part]]] = []
        for scale in SCALES:
            cell = wide * usual * scale, high * usual * scale
            down = split(self._arrangement.rows, cell[1] + GAP, room[1])
            across = split(self._arrangement.columns, cell[0] + GAP, room[0])
            found.append((len(down) * len(across), cell, down, across))
        _, self._cell, down, across = min(found, key=lambda one: one[0])
        return down, across

    def _pixels(self, side: int) -> tuple[int, int]:
        first = next((cell for cell in self._arrangement.places() if cell.path is not None), None)
        picture = picture_of(first, side) if first is not None else None
        return picture.size if picture is not None else (USUAL_PIXELS, USUAL_PIXELS)

    def _draw_head(self, page: Canvas, number: int, count: int) -> None:
        top = self._high - MARGIN
        write(page, MARGIN, top - TITLE, self._title, TITLE, INK, BOLD)
        told = self.words("page {page} of {pages}", page=number, pages=count)
        told = f"{date.today().isoformat()}   {told}"
        right = self._wide - MARGIN - width(told, SMALL)
        write(page, right, top - TITLE, told, SMALL, QUIET)
        facts = " · ".join(f"{name} {value}" for name, value in self._facts)
        room = self._wide - 2 * MARGIN
        for line, text in enumerate(wrapped(facts, SMALL, room, most=2)):
            write(page, MARGIN, top - TITLE - (line + 1) * SMALL * 1.4, text, SMALL, QUIET)

    def _draw_names(self, page: Canvas, rows: _Part, columns: _Part) -> None:
        names = self._arrangement.columns[columns.start : columns.stop]
        left, wide = MARGIN + LEFT, self._cell[0]
        for group in groups(names):
            x, last = columns.offsets[group.start], columns.offsets[group.stop - 1]
            lines = wrapped(group.title, TEXT, last - x + wide, most=3)
            for number, line in enumerate(lines):
                y = self._top + SMALL * 1.6 + (len(lines) - number - 1) * TEXT * 1.3 + 2
                write(page, left + x, y, line, TEXT, INK)
        for head, x in zip(names, columns.offsets, strict=True):
            middle = left + x + (wide - width(head.label, SMALL)) / 2
            write(page, middle, self._top + 3, head.label, SMALL, QUIET)
        write(page, MARGIN, self._top + 3, self._arrangement.corner, SMALL, QUIET)
        self._draw_row_names(page, rows)

    def _draw_row_names(self, page: Canvas, rows: _Part) -> None:
        names = self._arrangement.rows[rows.start : rows.stop]
        starts = {group.start: group for group in groups(names)}
        for number, head in enumerate(names):
            y = self._top - rows.offsets[number] - TEXT
            if number in starts:
                for line in self._title_lines(starts[number]):
                    write(page, MARGIN, y, line, TEXT, INK, BOLD)
                    y -= TEXT * 1.3
            for line in wrapped(head.label, SMALL, LEFT - 8, most=2):
                write(page, MARGIN, y, line, SMALL, QUIET)
                y -= SMALL * 1.3

    def _title_lines(self, group: Group) -> list[str]:
        return wrapped(group.title, TEXT, LEFT - 8, most=3, font=BOLD)

    def _draw_cells(self, page: Canvas, rows: _Part, columns: _Part, side: int, job: Job) -> None:
        done = rows.start * len(self._arrangement.columns)
        total = len(self._arrangement.rows) * len(self._arrangement.columns)
        for row, y in enumerate(rows.offsets):
            for column, x in enumerate(columns.offsets):
                cell = self._arrangement.cells[rows.start + row][columns.start + column]
                job.breathe()
                done += 1
                job.progress(done, total, "Exporting {n} of {all}", n=done, all=total)
                if cell is not None:
                    self._draw_cell(page, cell, MARGIN + LEFT + x, self._top - y, side)

    def _draw_cell(self, page: Canvas, cell: GridCell, x: float, top: float, side: int) -> None:
        wide, high = self._cell
        reader = self._reader(cell, side)
        if reader is not None:
            page.drawImage(reader, x, top - high, wide, high, preserveAspectRatio=True)
            return
        self._missing += 1
        page.setStrokeColor(LINE)
        page.setLineWidth(0.5)
        page.rect(x, top - high, wide, high)
        word = self.words("failed") if cell.error else self.words("not drawn")
        write(page, x + 4, top - SMALL - 4, word, SMALL, QUIET, REGULAR)

    def _reader(self, cell: GridCell, side: int) -> ImageReader | None:
        """The picture of ``cell``, kept as long as another place shows it too."""
        reader = self._kept.pop(cell.id, None)
        if reader is None and (picture := picture_of(cell, side)) is not None:
            reader = ImageReader(io.BytesIO(jpeg(picture)))
        self._left[cell.id] -= 1
        if reader is not None and self._left[cell.id]:
            self._kept[cell.id] = reader
        return reader
