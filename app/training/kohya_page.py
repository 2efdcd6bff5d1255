"""The report of an import on the stage: counts, a filter, and what became of every key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import clock, number
from app.shell.menus import Menu
from app.theme import metrics
from app.training.kohya_note import ReportNote
from app.training.kohya_rows import Choice, rows_of
from app.training.kohya_table import ReportTable, TableHead
from app.training.kohya_words import STATUS_ICONS, STATUS_TITLES, spoken
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Check
from app.widgets.panel import IconLabel
from app.widgets.segments import Segments
from app.widgets.text import ElidedLabel, hairline, label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.training.next_run import NextRun
    from engine.training.kohya.reading import Imported
    from engine.training.kohya.report import Report, Status

MOST_NAME = 180
"""So many pixels of a file's name are seen whatever else has to give way."""
COUNTED: tuple[tuple[Status, str], ...] = (
    ("refused", "value not taken"),
    ("used", "used as they are"),
    ("converted", "converted, same effect"),
    ("no effect", "no effect here"),
    ("unknown", "left out"),
)

ORIGINS = {
    ".json": "kohya form, read {time}",
    ".toml": "kohya script, read {time}",
    ".safetensors": "LoRA, read {time}",
}


@dataclass(frozen=True)
class Taken:
    """An import: what was read from ``path``, when (Unix seconds), its report as far as it can be
    looked through, and the settings that it puts.
    """

    path: Path
    imported: Imported
    when: float
    report: Report
    values: Mapping[str, Any]


class ReportPage(QWidget):
    """``chosen`` carries the row, ``go_asked`` wants its field, ``save_asked`` a report file."""

    back_asked = Signal()
    undo_asked = Signal()
    save_asked = Signal()
    again_asked = Signal()
    chosen = Signal(object)
    go_asked = Signal()

    def __init__(self, state: NextRun) -> None:
        super().__init__()
        self.state = state
        self.taken: Taken | None = None
        self._choice = Choice()
        self._wrong: set[str] = set()
        self.back = button("Back to the run", "arrow-left", "quiet", on=self.back_asked.emit)
        self.name = ElidedLabel("", Qt.TextElideMode.ElideMiddle, weight=500)
        self.name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.origin = ElidedLabel(tone="quiet")  # gives way to the name of the file
        self.origin.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._origin_text = bind(self.origin.setText, "")
        self.copy = button("Copy report", "copy", on=self.copy_report)
        self.undo = button("Undo import", "undo-2", on=self.undo_asked.emit)
        self.more = tool_button("ellipsis", "More for this import", self._open_more)
        self.counts = {status: label(size=17, weight=500) for status, _ in COUNTED}
        self.cells = {status: QWidget() for status, _ in COUNTED}
        self.filter = Segments(
            [("", "All"), ("used", "Used"), ("converted", "Converted"),
             ("no effect", "No effect"), ("unknown", "Left out")]
        )  # fmt: skip
        self.only_changes = Check("Only what changes the result")
        self.table = ReportTable(state)
        self.note = ReportNote(on=self._show_noted)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setProperty("surface", "stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bind(self.filter.setAccessibleName, "Keys shown")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar())
        column.addWidget(self._count_row())
        column.addWidget(hairline("stage"))
        column.addWidget(self.note)
        row = QHBoxLayout()
        row.setContentsMargins(16, metrics.PAD, 16, 10)
        row.addWidget(self.filter)
        row.addStretch(1)
        row.addWidget(self.only_changes)
        column.addLayout(row)
        column.addWidget(TableHead(self.table))
        column.addWidget(self.table, 1)

    def _bar(self) -> QWidget:
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(metrics.GAP, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(IconLabel("file-input", 15))
        row.addWidget(self.name)
        row.addWidget(self.origin)
        row.addStretch(1)
        for widget in (self.copy, self.undo, self.more):
            row.addWidget(widget)
        return bar

    def _count_row(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(16)
        for status, words in COUNTED:
            row.addWidget(self.cells[status], 1)
            self._fill_cell(status, words, last=status == COUNTED[-1][0])
        return box

    def _fill_cell(self, status: Status, words: str, *, last: bool) -> None:
        outer = QHBoxLayout(self.cells[status])
        outer.setContentsMargins(0, 0, 0, 0)
        cell = QVBoxLayout()
        cell.setSpacing(0)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(IconLabel(STATUS_ICONS[status][0], 16, STATUS_ICONS[status][1]))
        top.addWidget(self.counts[status])
        top.addStretch(1)
        cell.addLayout(top)
        cell.addWidget(label(words, size=11, tone="quiet"))
        outer.addLayout(cell, 1)
        if not last:
            outer.addWidget(hairline("stage", vertical=True))

    def _connect(self) -> None:
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        leave.activated.connect(self.back_asked)
        self.filter.changed.connect(lambda status: self._choose(status=str(status)))
        self.only_changes.changed.connect(lambda on: self._choose(only_changes=on))
        self.table.fold_asked.connect(self._fold)
        self.table.more_asked.connect(self._lengthen)
        self.table.chosen.connect(self.chosen)
        self.table.go_asked.connect(self.go_asked)
        for changed in (self.state.plan_changed, self.state.models_changed):
            changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)

    def show_taken(self, taken: Taken) -> None:
        """Show the report of an import from its top."""
        self.taken = taken
        self._choice = Choice()
        self.filter.set_value("")
        self.only_changes.set_value(False)
        self.name.setText(taken.path.name)
        self.name.setMinimumWidth(min(MOST_NAME, self.name.sizeHint().width()))
        kind = taken.path.suffix.lower()
        self.table.lines.taken = taken.values
        self._origin_text.say(ORIGINS.get(kind, ORIGINS[".json"]), time=clock(taken.when))
        self.table.refresh()
        self._fill()
        self.refresh()
        self.table.choose_first()

    def refresh(self) -> None:
        """Say everything again: settings or language have changed."""
        if self.taken is None:
            return
        self.table.refresh()
        report = self.taken.report
        if self.table.lines.wrong_keys(report.lines) != self._wrong:
            self._fill()
        for status, count in report.counts.items():
            self.counts[status].setText(number(count))  # type: ignore[index]
        self.cells["refused"].setVisible(bool(report.counts["refused"]))
        self.note.show_first(report.lines, self.table.lines)

    def _show_noted(self) -> None:
        line = self.note.line
        if line is not None:
            self.filter.set_value("")
            self.only_changes.set_value(False)
            self._choice = Choice()
            self._fill()
            self.table.choose(line)
            self.go_asked.emit()

    def _choose(self, **changes: object) -> None:
        self._choice = replace(self._choice, **changes)  # type: ignore[arg-type]
        self._fill()

    def _fold(self, status: str) -> None:
        self._choose(shut=set(self._choice.shut) ^ {status})

    def _lengthen(self, status: str) -> None:
        self._choose(whole=set(self._choice.whole) ^ {status})

    def _fill(self) -> None:
        if self.taken is not None:
            report = self.taken.report
            self._wrong = self.table.lines.wrong_keys(report.lines)
            start = self.state.start_values()
            choice = replace(self._choice, kept=self.table.current())
            self.table.put(rows_of(report, choice, start, self._wrong))

    def report_text(self) -> str:
        """The whole report as tab-separated lines, as a table or a letter takes them."""
        if self.taken is None:
            return ""
        report = self.taken.imported.report
        parts = [report.source]
        for status, title in STATUS_TITLES.items():
            lines = [line for line in report.lines if line.status == status]
            if lines:
                parts += ["", f"{tr(title)} ({number(len(lines))})"]
                parts += [spoken(line, self.state) for line in lines]
        return "\n".join(parts) + "\n"

    def copy_report(self) -> None:
        """Put the whole report on the clipboard."""
        self.state.session.start(self._copy_report())

    async def _copy_report(self) -> None:
        text = await self.state.session.bridge.io(self.report_text)
        QApplication.clipboard().setText(text)
        self.state.session.notify("The report is on the clipboard.")

    def _open_more(self) -> None:
        menu = Menu(self)
        menu.add("Save the report…", self.save_asked.emit, "save")
        menu.add("Import the file again", self.again_asked.emit, "rotate-cw")
        menu.below(self.more, right=True)
