"""A report as pages of A4: the same as on a screen, with text that can be searched and copied."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from engine.runtime.files import atomic_file
from engine.runtime.words import Words
from engine.validation.export.chart import DASHES, Chart, Dash, Points, draw
from engine.validation.export.pdf_text import BOLD, REGULAR, load_fonts, parts, width, write
from engine.validation.export.report import FlagPart, PicturePair, Report

INK, QUIET, LINE, ACCENT = "#1A1A1A", "#6E6E6E", "#C8C8C8", "#1D5F6B"
TONES = {"ok": "#2C611D", "warn": "#6B4700", "err": "#97261D", "": INK}
MARGIN, PAIR, FOOT = 42.0, 60.0, 16.0


def write_pdf(path: Path, report: Report, words: Words) -> None:
    """Write the pages."""
    load_fonts()
    title = words("Validation report: {name}", name=report.title)
    with atomic_file(path) as stream:
        document = BaseDocTemplate(
            stream,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=title,
            creator="Stylekiln",
        )
        frame = Frame(MARGIN, MARGIN, A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN, 0, 0, 0, 0)

        def foot(page: Canvas, made: BaseDocTemplate) -> None:
            told = f"{report.title}   {report.day}   {made.page}"
            write(page, A4[0] - MARGIN - width(told, 7), MARGIN / 2, told, 7, QUIET)

        document.addPageTemplates(PageTemplate(frames=[frame], onPage=foot))
        document.build(_story(report, words, title, A4[0] - 2 * MARGIN))


def _story(report: Report, words: Words, title: str, room: float) -> list[Flowable]:
    story: list[Flowable] = [
        _text(title, 15, BOLD),
        _text(report.day, 8, color=QUIET),
        Spacer(0, 10),
        _text(report.headline, 12, BOLD, TONES[report.mark]),
        _text(words.joined(list(report.reasons)), 9),
    ]
    if report.note:
        story += [Spacer(0, 6), _text(report.note, 9, color=ACCENT)]
    if report.chart is not None:
        chart = _ChartBox(report.chart, room, 250 if report.chart.losses is not None else 190)
        story.append(
            KeepTogether([*_heading(words("Over the checkpoints"), report.chart.title), chart])
        )
    story += _heading(words("Measures"), words("in brackets: 95 % intervals"))
    story.append(_measures(report, room))
    for number, flag in enumerate(report.flags):
        head = _heading(words("Red flags"), words("Left: generated. Right: training."))
        said = [
            Spacer(0, 4),
            _headline(flag),
            _text(flag.detail, 8, color=QUIET),
            *([_text(flag.dismissed, 8)] if flag.dismissed else []),
            _pairs(flag.pairs, room),
        ]
        story.append(KeepTogether([*([] if number else head), *said]))
    if report.closest:
        head = _heading(words("Closest to the training"), words("of what is recommended"))
        story.append(KeepTogether([*head, _pairs(report.closest, room)]))
    story += [*_heading(words("Thresholds")), _facts(report.limits, room)]
    story += [*_heading(words("How it was measured")), _facts(report.facts, room)]
    return story


def _headline(flag: FlagPart) -> Paragraph:
    if flag.dismissed:
        return _text(flag.headline, 9, BOLD, QUIET, struck=True)
    return _text(flag.headline, 9, BOLD, TONES["err" if flag.serious else "warn"])


def _text(
    text: str, size: float, font: str = REGULAR, color: str = INK, *, struck: bool = False
) -> Paragraph:
    style = ParagraphStyle(
        "text", fontName=font, fontSize=size, leading=size * 1.4, textColor=color, wordWrap="CJK"
    )
    lines = [
        "".join(f'<font name="{name}">{escape(part)}</font>' for name, part in parts(line, font))
        for line in text.split("\n")
    ]
    whole = "<br/>".join(lines)
    return Paragraph(f"<strike>{whole}</strike>" if struck else whole, style)


def _heading(text: str, more: str = "") -> list[Flowable]:
    told = [Spacer(0, 12), _text(text, 10.5, BOLD)]
    return [*told, *([_text(more, 8, color=QUIET)] if more else []), Spacer(0, 4)]


def _measures(report: Report, room: float) -> Table:
    cells = [[_text(name, 7, color=QUIET) for name in report.columns]]
    for row in report.rows:
        font, color = (BOLD, ACCENT) if row.picked else (REGULAR, INK)
        cells.append(
            [
                _text(_in_lines(text, number), 7.5, font, TONES[row.tone] if number == 2 else color)
                for number, text in enumerate(row.texts)
            ]
        )
    shares = (0.11, 0.055, 0.125, 0.07, 0.11, 0.11, 0.07, 0.07, 0.08, 0.13, 0.07)
    table = Table(cells, [share * room for share in shares], repeatRows=1)
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), *_TIGHT])
    return table


def _in_lines(text: str, column: int) -> str:
    """An interval stands below its value: lines would be broken inside of a number."""
    return text.replace(" (", "\n(") if column > 2 else text


def _facts(facts: Sequence[tuple[str, str]], room: float) -> Table:
    cells = [[_text(label, 8, color=QUIET), _text(value, 8)] for label, value in facts]
    table = Table(cells, [0.32 * room, 0.68 * room])
    table.setStyle(_TIGHT)
    return table


_TIGHT = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]


def _pairs(pairs: Sequence[PicturePair], room: float) -> Flowable:
    if not pairs:
        return Spacer(0, 0)
    table = Table([[_PairBox(pair) for pair in pairs]], [room / 4] * len(pairs), hAlign="LEFT")
    table.setStyle(_TIGHT)
    return table


class _PairBox(Flowable):
    """A pair with its source and number below."""

    def __init__(self, pair: PicturePair) -> None:
        super().__init__()
        self._pair = pair
        self.width, self.height = 2 * PAIR + 1, PAIR + FOOT

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for number, data in enumerate((self._pair.generated, self._pair.training)):
            x = number * (PAIR + 1)
            if data is not None:
                reader = ImageReader(io.BytesIO(data))
                self.canv.drawImage(reader, x, FOOT, PAIR, PAIR, preserveAspectRatio=True)
        write(self.canv, 0, 4, self._pair.caption, 7, QUIET)
        told = f"{self._pair.similarity:.2f}"
        write(self.canv, self.width - width(told, 7, BOLD), 4, told, 7, INK, BOLD)


class _ChartBox(Flowable):
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
