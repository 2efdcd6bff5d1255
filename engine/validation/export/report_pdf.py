"""A report as pages of A4: the answer on the first, then its evidence. Its text can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Spacer,
    Table,
)

from engine.runtime.files import atomic_file
from engine.runtime.words import Words
from engine.validation.export.pdf_flow import (
    ACCENT,
    INK,
    LINE,
    QUIET,
    TONES,
    ChartBox,
    Lines,
    PairBox,
    PictureRows,
)
from engine.validation.export.pdf_text import BOLD, REGULAR, load_fonts, width, write
from engine.validation.export.report_parts import FlagPart, PicturePair, Report

MARGIN, SIGN = 42.0, 40.0
HEAD_ROOM = 90.0  # a heading stands on a page only with this much below it


def write_pdf(path: Path, report: Report, words: Words) -> None:
    """Write the pages."""
    load_fonts()
    title = words("Validation report: {name}", name=report.title)
    room = A4[0] - 2 * MARGIN
    with atomic_file(path) as stream:
        document = BaseDocTemplate(stream, pagesize=A4, title=title, creator="Stylekiln")
        frame = Frame(MARGIN, MARGIN, room, A4[1] - 2 * MARGIN, 0, 0, 0, 0)

        def foot(page: Canvas, made: BaseDocTemplate) -> None:
            told = f"{report.title}   {report.day}   {made.page}"
            write(page, A4[0] - MARGIN - width(told, 7), MARGIN / 2, told, 7, QUIET)
            if made.page == 1:
                _sign(page, words)

        document.addPageTemplates(PageTemplate(frames=[frame], onPage=foot))
        document.build([*_answer(report, words, title, room), *_evidence(report, words, room)])


def _sign(page: Canvas, words: Words) -> None:
    """Lines to sign on, at the foot of the answer."""
    each = (A4[0] - 2 * MARGIN - 2 * 24) / 3
    for number, told in enumerate(("Approved by", "Date", "Signature")):
        x = MARGIN + number * (each + 24)
        page.setStrokeColor(QUIET)
        page.setLineWidth(0.5)
        page.line(x, MARGIN + 12, x + each, MARGIN + 12)
        write(page, x, MARGIN + 2, words(told), 7, QUIET)


def _answer(report: Report, words: Words, title: str, room: float) -> list[Flowable]:
    story: list[Flowable] = [
        Lines(title, 15, BOLD),
        Lines(report.day, 8, color=QUIET),
        Spacer(0, 10),
        Lines(report.headline, 12, BOLD, TONES[report.mark]),
        Lines(words.joined(list(report.reasons)), 9),
    ]
    if report.note:
        story += [Spacer(0, 6), Lines(report.note, 9, color=ACCENT)]
    story += [Spacer(0, 8), _facts(report.about, room)]
    if report.compared:
        story += [Spacer(0, 10), PictureRows(report.compared, room)]
    if report.limits:
        head = _heading(words("Limits"), report.subject)
        story.append(KeepTogether([*head, _limits(report, room)]))
    return [*story, Spacer(0, SIGN), PageBreak()]


def _evidence(report: Report, words: Words, room: float) -> list[Flowable]:
    story: list[Flowable] = []
    if report.chart is not None:
        chart = ChartBox(report.chart, room, 250 if report.chart.losses is not None else 190)
        head = _heading(words("Over the checkpoints"), report.chart.title)
        story.append(KeepTogether([*head, chart]))
    story += _heading(words("Measures"), words("in brackets: 95 % intervals"))
    story.append(_measures(report, room))
    for number, flag in enumerate(report.flags):
        head = _heading(words("Red flags"), words("Left: generated. Right: training."))
        story.append(KeepTogether([*([] if number else head), *_flag(flag, room)]))
    if report.closest:
        head = _heading(words("Closest to the training"), report.subject)
        story.append(KeepTogether([*head, _pairs(report.closest, room)]))
    return [*story, *_heading(words("How it was measured")), _facts(report.facts, room)]


def _flag(flag: FlagPart, room: float) -> list[Flowable]:
    tone = QUIET if flag.dismissed else TONES["err" if flag.serious else "warn"]
    return [
        Spacer(0, 4),
        Lines(flag.headline, 9, BOLD, tone, struck=bool(flag.dismissed)),
        Lines(flag.detail, 8, color=QUIET),
        *([Lines(flag.dismissed, 8)] if flag.dismissed else []),
        Spacer(0, 3),
        _pairs(flag.pairs, room),
    ]


def _heading(text: str, more: str = "") -> list[Flowable]:
    told = [CondPageBreak(HEAD_ROOM), Spacer(0, 12), Lines(text, 10.5, BOLD)]
    return [*told, *([Lines(more, 8, color=QUIET)] if more else []), Spacer(0, 4)]


def _limits(report: Report, room: float) -> Table:
    cells = []
    for row in report.limits:
        mark, tone = {True: ("✓", "ok"), False: ("!", "warn"), None: ("", "")}[row.holds]
        color = TONES["warn"] if row.holds is False else QUIET if row.holds is None else INK
        cells.append(
            [
                Lines(mark, 8, BOLD, TONES[tone]),
                Lines(row.label, 8, color=TONES["warn"] if row.holds is False else INK),
                Lines(row.value, 8, color=color),
                Lines(row.limit, 8, color=QUIET),
            ]
        )
    table = Table(cells, [share * room for share in (0.03, 0.29, 0.46, 0.22)])
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), *_TIGHT])
    return table


def _measures(report: Report, room: float) -> Table:
    cells = [[Lines(name, 7, color=QUIET) for name in report.columns]]
    for row in report.rows:
        font, color = (BOLD, ACCENT) if row.picked else (REGULAR, INK)
        cells.append(
            [
                Lines(_in_lines(text, number), 7.5, font, TONES[row.tone] if number == 2 else color)
                for number, text in enumerate(row.texts)
            ]
        )
    shares = (0.095, 0.06, 0.135, 0.06, 0.1, 0.1, 0.065, 0.07, 0.075, 0.16, 0.08)
    table = Table(cells, [share * room for share in shares], repeatRows=1)
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), *_TIGHT])
    return table


def _in_lines(text: str, column: int) -> str:
    """An interval stands below its value: lines would be broken inside of a number."""
    return text.replace(" (", "\n(") if column > 2 else text


def _facts(facts: Sequence[tuple[str, str]], room: float) -> Table:
    cells = [[Lines(label, 8, color=QUIET), Lines(value, 8)] for label, value in facts]
    table = Table(cells, [0.25 * room, 0.75 * room])
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
    table = Table([[PairBox(pair) for pair in pairs]], [room / 4] * len(pairs), hAlign="LEFT")
    table.setStyle(_TIGHT)
    return table
