"""The page of the verdict on the stage: chart over checkpoints, planted comparisons, red flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.i18n import bind, signals, tr
from app.theme import metrics
from app.validation.verdict_chart import VerdictChart
from app.validation.verdict_data import chart_data
from app.validation.verdict_flags import FlagList
from app.validation.verdict_legend import VerdictLegend
from app.validation.verdict_planted import PlantedComparisons
from app.validation.verdict_table import VerdictTable
from app.widgets.buttons import tool_button
from app.widgets.fields import Choice
from app.widgets.states import EmptyState
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.validation.verdict_focus import VerdictFocus
    from app.widgets.thumbnails import ThumbnailCache

ALL = "all"


class VerdictPage(QStackedWidget):
    """``cell_asked`` carries a cell to show in the grid, ``limit_moved`` the limit in hand."""

    cell_asked = Signal(object)  # Position
    limit_moved = Signal(str)

    def __init__(
        self,
        state: GridState,
        evidence: EvidenceState,
        focus: VerdictFocus,
        thumbnails: ThumbnailCache,
    ) -> None:
        super().__init__()
        self._state, self._evidence, self._focus = state, evidence, focus
        self.chart = VerdictChart()
        self.legend = VerdictLegend()
        self.table = VerdictTable(state)
        self.planted = PlantedComparisons(state, evidence, focus, thumbnails)
        self.flags = FlagList(state, evidence, thumbnails)
        self.weight = Choice([(ALL, tr("All"))], plain=True)
        self.numbers = tool_button("table", "Show numbers", self._flip, checkable=True)
        self.copy = tool_button("copy", "Copy the numbers", self.table.copy)
        self.empty = EmptyState("gauge", "No verdict yet", _EMPTY)
        self._build()
        self.chart.chosen.connect(focus.look_at)
        self.chart.limit_moved.connect(self._move_limit)
        self.chart.limit_left.connect(evidence.choices.finish)
        self.planted.cell_asked.connect(self.cell_asked)
        self.flags.cell_asked.connect(self.cell_asked)
        self.weight.changed.connect(self._choose_weight)
        evidence.changed.connect(self.refresh)
        focus.changed.connect(self.refresh)
        signals.changed.connect(self.refresh)

    def _build(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "none")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 16)
        column.setSpacing(0)
        column.addLayout(self._head())
        self._chart_box = QStackedWidget()
        self._chart_box.addWidget(self.chart)
        self._chart_box.addWidget(self.table)
        inset = QHBoxLayout()
        inset.setContentsMargins(16, 0, 16, 10)
        inset.addWidget(self._chart_box)
        column.addLayout(inset)
        self._planted_box = self._planted_section()
        column.addWidget(self._planted_box)
        column.addWidget(hairline("stage"))
        column.addWidget(self.flags)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self.area.setWidget(inner)
        self.addWidget(self.area)
        self.addWidget(self.empty)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 4)
        head.setSpacing(metrics.GAP)
        self.title = label(weight=600)
        head.addWidget(self.title)
        self.note = label(size=11, tone="quiet")
        head.addWidget(self.note)
        head.addStretch(1)
        head.addWidget(self.legend)
        head.addSpacing(4)
        self.weight_label = label("Weight", tone="label")
        head.addWidget(self.weight_label)
        bind(self.weight.setAccessibleName, "Weight")
        self.weight.setFixedWidth(76)
        head.addWidget(self.weight)
        head.addWidget(self.copy)
        head.addWidget(self.numbers)
        self.copy.hide()
        return head

    def _planted_section(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(hairline("stage"))
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 8)
        head.setSpacing(metrics.GAP)
        head.addWidget(label("Planted comparisons", weight=600))
        self.planted_note = label(size=11, tone="quiet")
        head.addWidget(self.planted_note, 1)
        column.addLayout(head)
        column.addWidget(self.planted)
        return box

    # Following

    def refresh(self) -> None:
        """Show the verdict, or why there is none."""
        verdict = self._evidence.verdict()
        there = verdict is not None and bool(verdict.rows)
        self.setCurrentWidget(self.area if there else self.empty)
        if verdict is None or not there:
            return
        checkpoint, weight = self._focus.at
        shown = None if self._focus.all_weights else weight
        data = chart_data(self._state, verdict, checkpoint, shown)
        self.title.setText(tr("Over epochs" if data.numeric else "Over checkpoints"))
        count = max(row.row.count for row in verdict.rows)
        self.note.setText(tr("{n} pictures each, intervals 95 %", n=count))
        self.legend.show_data(data, losses=True)
        self.chart.show_data(data, weight, all_weights=self._focus.all_weights)
        self._offer_weights(weight)
        if self.numbers.isChecked():
            self.table.show_verdict(verdict, shown)
        self._fit_chart()
        self._show_planted(checkpoint, weight)
        self.flags.refresh()

    def _show_planted(self, checkpoint: str, weight: float) -> None:
        self._planted_box.setVisible(bool(self.planted.blocks))
        name = self._evidence.names().get(checkpoint, "")
        words = "upper row: base model. Lower row: {name} at {weight}, the same seeds"
        self.planted_note.setText(tr(words, name=name, weight=f"{weight:g}"))
        self.planted.refresh()

    def _offer_weights(self, weight: float) -> None:
        weights = self._focus.weights
        options: list[tuple[object, str]] = [(ALL, tr("All"))]
        options += [(one, f"{one:g}") for one in weights]
        if options != self.weight.options:
            self.weight.set_options(options)
        self.weight.set_value(ALL if self._focus.all_weights else weight)
        self.weight.setVisible(len(weights) > 1)
        self._name_weight()

    def _choose_weight(self, value: object) -> None:
        self._focus.show_weight(None if value == ALL else float(str(value)))

    def _move_limit(self, name: str, value: float) -> None:
        self._evidence.choices.set_limit(name, value)
        self.limit_moved.emit(name)

    def _flip(self) -> None:
        numbers = self.numbers.isChecked()
        self._chart_box.setCurrentWidget(self.table if numbers else self.chart)
        self.copy.setVisible(numbers)
        self.legend.setVisible(not numbers)
        self.refresh()

    def _fit_chart(self) -> None:
        self._chart_box.setFixedHeight(self.chart.sizeHint().height())

    def resizeEvent(self, event: object) -> None:
        """In a narrow window the names of lines give way."""
        self.note.setVisible(self.width() > 760)
        self._name_weight()

    def _name_weight(self) -> None:
        self.weight_label.setVisible(not self.weight.isHidden() and self.width() > 640)


_EMPTY = (
    "It is judged from a grid with several seeds, the row of the base model, and the training "
    "pictures of this project."
)
