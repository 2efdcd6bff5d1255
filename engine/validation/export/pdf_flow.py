"""What the pages of a report are made of: text that wraps as ours does, pictures, charts."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from reportlab.platypus import Flowable

from engine.validation.export.chart import DASHES, Chart, Dash, Points, draw
from engine.validation.export.pdf_text import BOLD, REGULAR, width, wrapped, write
from engine.validation.export.report_parts import PicturePair, PictureRow

INK, QUIET, LINE, ACCENT = "#1A1A1A", "#6E6E6E", "#C8C8C8", "#1D5F6B"
TONES = {"ok": "#2C611D", "warn": "#6B4700", "err": "#97261D", "": INK}
PAIR, FOOT, NAME, GAP = 60.0, 25.0, 104.0, 3.0
_LEADING = 1.4


class Lines(Flowable):
    """Text in as many lines as it needs; it is never cut between pages."""

    def __init__(
        self,
        text: str,
        size: float,
        font: str = REGULAR,
        color: str = INK,
        *,
        struck: bool = False,
    ) -> None:
        super().__init__()
        self._text, self._size, self._font = text, size, font
        self._color, self._struck = color, struck
        self._lines: list[str] = []

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        self._lines = [
            line
            for part in self._text.split("\n")
            for line in wrapped(part, self._size, aW, font=self._font)
        ]
        self.width, self.height = aW, len(self._lines) * self._size * _LEADING
        return self.width, self.height

    def draw(self) -> None:
        for number, line in enumerate(self._lines):
            y = self.height - (number + 0.78) * self._size * _LEADING
            write(self.canv, 0, y, line, self._size, self._color, self._font)
            if self._struck:
                self.canv.setStrokeColor(self._color)
                self.canv.setLineWidth(0.6)
                middle = y + self._size * 0.3
                self.canv.line(0, middle, width(line, self._size, self._font), middle)


class PairBox(Flowable):
    """A pair with how it was made, what was asked, and how alike it is."""

    def __init__(self, pair: PicturePair) -> None:
        super().__init__()
        self._pair = pair
        self.width, self.height = 2 * PAIR + 1, PAIR + FOOT

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for number, data in enumerate((self._pair.generated, self._pair.training)):
            lay_picture(self.canv, data, number * (PAIR + 1), FOOT, PAIR)
        number_room = width(self._pair.similarity, 7, BOLD)
        caption, *_ = wrapped(self._pair.caption, 7, self.width - number_room - 4, most=1)
        write(self.canv, 0, 13, caption, 7, INK)
        write(self.canv, self.width - number_room, 13, self._pair.similarity, 7, INK, BOLD)
        prompt, *_ = wrapped(self._pair.prompt, 6.5, self.width, most=1)
        write(self.canv, 0, 4, prompt, 6.5, QUIET)


class PictureRows(Flowable):
    """Rows of pictures with a name at the left, all of one size."""

    def __init__(self, rows: Sequence[PictureRow], room: float) -> None:
        super().__init__()
        self._rows = rows
        most = max(len(row.pictures) for row in rows)
        self._side = min(72.0, (room - NAME) / most - GAP)
        self.width, self.height = room, len(rows) * (self._side + GAP)

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for number, row in enumerate(self._rows):
            bottom = self.height - (number + 1) * (self._side + GAP) + GAP
            lines = wrapped(row.title, 8, NAME - 8, most=4)
            top = bottom + self._side / 2 + (len(lines) / 2 - 1) * 8 * 1.3 + 3
            for place, line in enumerate(lines):
                write(self.canv, 0, top - place * 8 * 1.3, line, 8, QUIET)
            for place, data in enumerate(row.pictures):
                x = NAME + place * (self._side + GAP)
                lay_picture(self.canv, data, x, bottom, self._side)


def lay_picture(page: Canvas, data: bytes | None, x: float, y: float, side: float) -> None:
    """A JPEG in a square, or an empty square where it is gone."""
    if data is not None:
        reader = ImageReader(io.BytesIO(data))
        page.drawImage(reader, x, y, side, side, preserveAspectRatio=True)
        return
    page.setStrokeColor(LINE)
    page.setLineWidth(0.5)
    page.rect(x, y, side, side)


class ChartBox(Flowable):
    """The chart, drawn with this page's pen."""

    def __init__(self, chart: Chart, wide: float, high: float) -> None:
        super().__init__()
        self._chart = chart
        self.width, self.height = wide, high

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        draw(self._chart, _PagePen(self.canv, self.height), self.width, self.height)


class _PagePen:
    """Draws on a page, whose y goes up."""

    def __init__(self, page: Canvas, height: float) -> None:
        self._page, self._height = page, height

    def line(self, points: Points, color: str, width: float, dash: Dash) -> None:
        """A stroke through ``points``."""
        self._page.saveState()
        self._page.setStrokeColor(color)
        self._page.setLineWidth(width)
        self._page.setDash(*([list(DASHES[dash])] if dash else []))
        self._page.drawPath(self._path(points), stroke=1, fill=0)
        self._page.restoreState()

    def area(self, points: Points, color: str, opacity: float) -> None:
        """A filled polygon."""
        self._page.saveState()
        self._page.setFillColor(color, alpha=opacity)
        path = self._path(points)
        path.close()
        self._page.drawPath(path, stroke=0, fill=1)
        self._page.restoreState()

    def text(self, x: float, y: float, words: str, color: str, anchor: str) -> None:
        """Words with their base line at ``y``."""
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width(words, 7)
        write(self._page, x - shift, self._height - y, words, 7, color)

    def _path(self, points: Points) -> PDFPathObject:
        path = self._page.beginPath()
        path.moveTo(points[0][0], self._height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self._height - y)
        return path
