"""The right column beside the report of an import: the chosen row, and what the run is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.theme import metrics
from app.training.before_panel import BeforePanel
from app.training.differences import settings_by_name
from app.training.fact_table import FactTable
from app.training.kohya_against import AgainstPanel
from app.training.kohya_fixes import FixButtons
from app.training.kohya_rows import FIX, Head, Row, needs_choice
from app.training.kohya_words import (
    STATUS_TITLES,
    file_text,
    here_text,
    here_words,
    shown_settings,
    spoken,
)
from app.training.reason_words import reason_words
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column
from app.widgets.text import ElidedLabel, label
from engine.training.kohya.alternatives import Alternative, alternative

if TYPE_CHECKING:
    from app.training.kohya_model import ReportRows
    from app.training.model import TrainState
    from engine.training.kohya.report import Line

width = 304


class ReportDetail(Column):
    """``go_asked`` carries the setting whose field is wanted; ``lines`` know what is to be said."""

    go_asked = Signal(str)
    preset_asked = Signal()
    export_asked = Signal()

    def __init__(self, state: TrainState, lines: ReportRows) -> None:
        super().__init__(width, "right")
        self.state, self.lines = state, lines
        self.row: Row | None = None
        self.offer: Alternative | None = None
        self.title = ElidedLabel("", Qt.TextElideMode.ElideMiddle, weight=600)
        self.copy = tool_button("copy", "Copy this row", self.copy_row, dense=True)
        self.facts = FactTable()
        self.why = label(tone="label", wrap=True)
        self.problem = label(tone="error", wrap=True)
        self.go = button("Go to field", "arrow-left", on=self.go_to_field)
        self.instead = button("", "replace", on=self._take_offer)
        self._instead_text = bind(self.instead.setText, "")
        self.fixes = FixButtons(state)
        self.against = AgainstPanel(state)
        self.before = BeforePanel(state)
        self.preset = button("Save as preset…", "bookmark", on=self.preset_asked.emit)
        self.export = button("Export kohya…", "folder-output", on=self.export_asked.emit)
        self._fill_column()
        self.against.go_asked.connect(self.go_asked)
        self.before.reveal_asked.connect(self.go_asked)
        state.plan_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)

    def _fill_column(self) -> None:
        head = QWidget()
        head.setFixedHeight(metrics.HEADER_TOP)
        row = QHBoxLayout(head)
        row.setContentsMargins(metrics.PAD, 0, metrics.GAP, 0)
        row.addWidget(self.title, 1)
        row.addWidget(self.copy)
        self.add_head(head)
        self.add(self._row_box())
        self.add(self.against)
        self.add(self.before)
        self.add_foot(self.preset, 1)
        self.add_foot(self.export, 1)

    def _row_box(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, metrics.GAP, 0, metrics.PAD)
        column.setSpacing(metrics.GAP)
        column.addWidget(self.facts)
        words = QVBoxLayout()
        words.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        words.setSpacing(metrics.GAP)
        words.addWidget(self.problem)
        words.addWidget(self.why)
        column.addLayout(words)
        row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 4, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.go)
        row.addWidget(self.instead)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.fixes)
        return box

    def show_row(self, row: Row | None) -> None:
        """Show another row."""
        self.row = row
        self.refresh()

    def refresh(self) -> None:
        """Say it again: row, settings or language are others."""
        if self.row is None:
            return
        if isinstance(self.row, Head):
            self._show_head(self.row)
        else:
            self._show_line(self.row)

    def _show_head(self, head: Head) -> None:
        self.title.setText(tr(STATUS_TITLES[head.status]))
        self.facts.set_facts([])
        self.why.setText(_meaning(head.status))
        for widget in (self.problem, self.copy, self.go, self.instead):
            widget.hide()
        self.fixes.show_line(None, "")
        self.why.show()

    def _show_line(self, line: Line) -> None:
        problem = self.lines.problem(line)
        self.title.setText(line.key)
        self.facts.set_facts(self._facts(line))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.why.setText("" if problem else self.lines.why(line))
        self.why.setVisible(bool(self.why.text()))
        self.fixes.show_line(line, problem)
        self.copy.show()
        self.go.setVisible(bool(self._field()))
        self.offer = alternative(line, self.state.values)
        taken = self.offer is not None and self._is_taken(self.offer)
        self.instead.setVisible(self.offer is not None and not taken)
        if self.offer is not None:
            self._instead_text.say("{words}", words=reason_words(self.offer.words))

    def _facts(self, line: Line) -> list[tuple[str, str]]:
        said = file_text(line.value) if line.present else tr("not in the file")
        facts = [(tr("In the file"), said), (tr("Here"), here_text(line, self.state))]
        names = shown_settings(line)
        if len(names) == 1:
            item = settings_by_name()[names[0]]
            facts.append((tr("Group"), tr(item.group)))
            start = self.state.start_values().get(item.name)
            facts.append((tr("Usual here"), here_words(item.name, start, self.state)))
        return facts

    def _field(self) -> str:
        """The setting that the row is about; empty without one."""
        if self.row is None or isinstance(self.row, Head):
            return ""
        names = [name for name in shown_settings(self.row) if name != "project"]
        if names:
            return names[0]
        if needs_choice(self.row):
            return "base_model"
        offered = alternative(self.row, self.state.values)
        return next(iter(offered.values), "") if offered is not None else ""

    def _is_taken(self, offer: Alternative) -> bool:
        values = self.state.values
        return all(values.get(name) == value for name, value in offer.values.items())

    def go_to_field(self) -> None:
        """The field of the chosen row is wanted."""
        if self._field():
            self.go_asked.emit(self._field())

    def _take_offer(self) -> None:
        if self.offer is not None:
            self.state.change(**dict(self.offer.values))

    def copy_row(self) -> None:
        """Put the chosen row on the clipboard."""
        if self.row is not None and not isinstance(self.row, Head):
            QApplication.clipboard().setText(spoken(self.row, self.state))
            self.state.session.notify("The row is on the clipboard.")


def _meaning(status: str) -> str:
    """What it means that keys stand under a head."""
    if status == FIX:
        return tr("The run cannot start before these are mended. All others are taken over.")
    if status == "refused":
        return tr(
            "The values of these keys are of another kind than the settings take. The fields keep"
            " what a new run begins with."
        )
    if status == "unknown":
        return tr(
            "Neither kohya nor this app has such a setting. Nothing follows from these keys; the"
            " file itself is not changed."
        )
    if status == "no effect":
        return tr(
            "These keys change nothing in this run: they are empty, belong to other models, or to"
            " something this app does by itself."
        )
    if status == "converted":
        return tr(
            "kohya says these in another way, or trains with another value than the file shows."
            " The run here does what kohya really does."
        )
    return tr("These are taken over as they stand.")
