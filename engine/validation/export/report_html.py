"""A report as one page for a browser: pictures inside, nothing asked of any network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from engine.runtime.files import write_text
from engine.runtime.words import Words
from engine.validation.export.chart import svg
from engine.validation.export.html import data_uri, head_of
from engine.validation.export.report_parts import PicturePair, PictureRow, Report

MARKS = {"ok": "✓", "warn": "!"}


def write_html(path: Path, report: Report, words: Words) -> None:
    """Write the page."""
    write_text(path, "".join(_page(report, words)))


def _page(report: Report, words: Words) -> Iterator[str]:
    title = words("Validation report: {name}", name=report.title)
    yield head_of(title, words.language, "page", "report")
    yield "<body><main>"
    yield from _answer(report, words, title)
    yield from _evidence(report, words)
    yield "</main></body></html>\n"


def _answer(report: Report, words: Words, title: str) -> Iterator[str]:
    yield f'<h1>{escape(title)}</h1><div class="day">{report.day}</div>'
    yield f'<div class="verdict {report.mark}"><b>{MARKS[report.mark]}</b>'
    yield f"{escape(report.headline)}</div>"
    yield f'<p class="reasons">{escape(words.joined(list(report.reasons)))}</p>'
    if report.note:
        yield f'<p class="note">{escape(report.note)}</p>'
    yield '<div class="about">'
    yield from _list(report.about)
    yield "</div>"
    yield from _compared(report.compared)
    if report.limits:
        yield _heading(words("Limits"), report.subject)
        yield from _limits(report)
    yield '<div class="sign">'
    for told in ("Approved by", "Date", "Signature"):
        yield f"<span>{escape(words(told))}</span>"
    yield "</div>"


def _evidence(report: Report, words: Words) -> Iterator[str]:
    if report.chart is not None:
        yield _heading(words("Over the checkpoints"), report.chart.title)
        yield svg(report.chart, 1040, 390 if report.chart.losses is not None else 300)
    yield _heading(words("Measures"), words("in brackets: 95 % intervals"))
    yield from _table(report)
    if report.flags:
        yield _heading(words("Red flags"), words("Left: generated. Right: training."))
        yield from _flags(report)
    if report.closest:
        yield _heading(words("Closest to the training"), report.subject)
        yield from _pairs(report.closest)
    yield _heading(words("How it was measured"))
    yield from _list(report.facts)


def _flags(report: Report) -> Iterator[str]:
    for flag in report.flags:
        kind = "day" if flag.dismissed else "err" if flag.serious else "warn"
        told = escape(flag.headline)
        headline = f"<s>{told}</s>" if flag.dismissed else told
        yield f'<section><h3 class="{kind}"><b>!</b> {headline} '
        yield f"<small>{escape(flag.detail)}</small></h3>"
        if flag.dismissed:
            yield f'<p class="note">{escape(flag.dismissed)}</p>'
        yield from _pairs(flag.pairs)
        yield "</section>"


def _compared(rows: Sequence[PictureRow]) -> Iterator[str]:
    yield '<div class="compared">'
    for row in rows:
        yield f"<div><span>{escape(row.title)}</span>"
        yield from map(_picture, row.pictures)
        yield "</div>"
    yield "</div>"


def _limits(report: Report) -> Iterator[str]:
    yield '<table class="limits"><tbody>'
    for row in report.limits:
        mark, tone = {True: ("✓", "ok"), False: ("!", "warn"), None: ("", "none")}[row.holds]
        yield f'<tr class="{tone}"><td>{mark}</td><td>{escape(row.label)}</td>'
        yield f"<td>{escape(row.value)}</td><td>{escape(row.limit)}</td></tr>"
    yield "</tbody></table>"


def _heading(text: str, more: str = "") -> str:
    small = f" <small>{escape(more)}</small>" if more else ""
    return f"<h2>{escape(text)}{small}</h2>"


def _table(report: Report) -> Iterator[str]:
    yield '<div class="wide"><table class="measures"><thead><tr>'
    yield from (f"<th>{escape(name)}</th>" for name in report.columns)
    yield "</tr></thead><tbody>"
    for row in report.rows:
        yield '<tr class="picked">' if row.picked else "<tr>"
        for number, text in enumerate(row.texts):
            tone = f' class="{row.tone}"' if number == 2 and row.tone else ""
            shown = escape(text).replace(" (", "<br>(") if number > 2 else escape(text)
            yield f"<td{tone}>{shown}</td>"
        yield "</tr>"
    yield "</tbody></table></div>"


def _pairs(pairs: Sequence[PicturePair]) -> Iterator[str]:
    yield '<div class="pairs">'
    for pair in pairs:
        yield f"<figure><div>{_picture(pair.generated)}{_picture(pair.training)}</div>"
        yield f'<figcaption title="{escape(pair.prompt)}">{escape(pair.caption)}'
        yield f"<b>{pair.similarity}</b><small>{escape(pair.prompt)}</small></figcaption>"
        yield "</figure>"
    yield "</div>"


def _picture(data: bytes | None) -> str:
    return "<i></i>" if data is None else f'<img alt="" src="{data_uri(data, "jpeg")}">'


def _list(facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield "<dl>"
    for label, value in facts:
        yield f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>"
    yield "</dl>"
