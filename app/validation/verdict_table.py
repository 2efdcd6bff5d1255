"""Every measure of every row in numbers, the base model's row on top; copied as a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.i18n import bind, tr
from app.theme import metrics
from app.validation import verdict_help
from app.widgets.clipboard import copy_rows
from engine.validation.judging import WORD_LABELS
from engine.validation.limit_readings import share_of_copies
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from app.validation.model import GridState
    from engine.validation.judging import RowVerdict, Verdict

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_Measure = Callable[["RowVerdict", "Verdict"], Figure | None]


def _figure(name: str) -> _Measure:
    def read(row: RowVerdict, _: Verdict) -> Figure | None:
        found: Figure | None = getattr(row.row.figures, name)
        return found

    return read


def _plain(name: str) -> _Measure:
    def read(row: RowVerdict, _: Verdict) -> Figure | None:
        found = getattr(row.row, name)
        return Figure.plain(float(found)) if found is not None else None

    return read


COLUMNS: tuple[tuple[str, str, _Measure], ...] = (
    ("Style fit", verdict_help.FIT, _figure("fit")),
    ("Diversity", verdict_help.DIVERSITY, _figure("diversity")),
    ("Copying", verdict_help.COPYING, _figure("copy_mean")),
    ("Copying, 90 %", verdict_help.COPY_P90, _figure("copy_p90")),
    ("Share of copies", verdict_help.COPY_SHARE, share_of_copies),
    ("Excess copying", verdict_help.EXCESS, _figure("excess")),
    ("Spread", verdict_help.ENTROPY, _figure("entropy")),
    ("Subjects kept", verdict_help.KEPT, _plain("kept")),
    ("Vendi, of base", verdict_help.VENDI, _figure("vendi_ratio")),
    ("Change from base", verdict_help.CHANGE, _figure("change")),
    ("Change, no trigger", verdict_help.BLEED, _figure("bleed")),
    ("Trigger effect", verdict_help.TRIGGER, _figure("trigger_effect")),
    ("Prompt following", verdict_help.FOLLOWING, _figure("following")),
    ("Held-out loss", verdict_help.LOSS, _figure("held_out_loss")),
    ("Rise of the held-out loss", verdict_help.RISE, _figure("loss_rise")),
)


class VerdictTable(QTableWidget):
    """A row for each checkpoint and weight; columns that nothing was measured for are left out."""

    def __init__(self, state: GridState) -> None:
        super().__init__()
        self._state = state
        self.verticalHeader().hide()
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().setDefaultSectionSize(metrics.ROW)
        bind(self.setAccessibleName, "Numbers of the verdict")

    def show_verdict(self, verdict: Verdict, weight: float | None = None) -> None:
        """Fill in the numbers, with their 95 % intervals: the base model's, and those at
        ``weight``; without one, at all weights.
        """
        shown_rows = [one for one in verdict.rows if weight is None or one.row.weight == weight]
        rows = [*((verdict.base,) if verdict.base is not None else ()), *shown_rows]
        shown = [one for one in COLUMNS if any(one[2](row, verdict) is not None for row in rows)]
        heads = [tr("Checkpoint"), tr("Weight"), tr("Verdict"), tr("Pictures")]
        self.setColumnCount(len(heads) + len(shown))
        self.setHorizontalHeaderLabels([*heads, *(tr(name) for name, _, _ in shown)])
        for column, (_, words, _) in enumerate(shown, len(heads)):
            item = self.horizontalHeaderItem(column)
            if item is not None:
                item.setToolTip(tr(words))
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            base = row.word == "baseline"
            name = tr("Base model") if base else self._state.title_of(row.row.checkpoint)
            texts = [name, "" if base else f"{row.row.weight:g}", tr(WORD_LABELS[row.word])]
            texts.append(str(row.row.count))
            texts += [
                _words(measure(row, verdict), name == "Held-out loss") for name, _, measure in shown
            ]
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_LEFT if column in (0, 2) else _RIGHT)
                self.setItem(number, column, item)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def tsv(self) -> list[list[str]]:
        """All of it, its head first."""
        columns = range(self.columnCount())
        head = [self.horizontalHeaderItem(column) for column in columns]
        found = [[item.text() if item is not None else "" for item in head]]
        for row in range(self.rowCount()):
            items = [self.item(row, column) for column in columns]
            found.append([item.text() if item is not None else "" for item in items])
        return found

    def copy(self) -> None:
        """Put it on the clipboard as a spreadsheet takes it."""
        copy_rows(self.tsv())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)


def _words(figure: Figure | None, long: bool) -> str:
    if figure is None:
        return ""
    places = 4 if long else 2
    if figure.high > figure.low:
        ends = f"{decimal(figure.low, places)}, {decimal(figure.high, places)}"
        return f"{decimal(figure.value, places)} ({ends})"
    return decimal(figure.value, places)
