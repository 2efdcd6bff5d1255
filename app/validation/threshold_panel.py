"""The limits in a list: icon, measure, value with its interval, and the field that moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr
from app.theme import metrics
from app.validation.threshold_rows import MAIN, MORE, Threshold, read
from app.validation.verdict_words import plus_minus, said
from app.widgets.buttons import button
from app.widgets.entries import NumberField
from app.widgets.panel import IconLabel, Panel, padded
from app.widgets.text import label
from engine.runtime.schema import settings_of
from engine.validation.limits import Limits

if TYPE_CHECKING:
    from app.validation.evidence import EvidenceState
    from app.validation.verdict_focus import VerdictFocus

FIELD, NARROW_FIELD = 64, 52
_SETTINGS = {item.name: item for item in settings_of(Limits)}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ThresholdRow(QObject):
    """One limit, laid into a row of a grid."""

    def __init__(self, threshold: Threshold, grid: QGridLayout, parent: QWidget) -> None:
        super().__init__(parent)
        self.threshold = threshold
        item = _SETTINGS[threshold.setting]
        self.mark = IconLabel("circle-check", 14, "ok")
        self.name = label(threshold.label, wrap=True)
        self.value = label()
        self.spread = label(size=11, tone="quiet")
        self.relation = label(threshold.relation, tone="quiet")
        decimals = 0 if item.kind == "int" else 2
        self.field = NumberField(item.minimum, item.maximum, item.step or 1, decimals)
        self.field.setFixedWidth(FIELD)
        self.field.setAlignment(_RIGHT)
        bind(
            self.field.setAccessibleName,
            "{title}, {weight}",
            title=lambda: tr(threshold.label),
            weight=lambda: tr(threshold.relation),
        )
        row = grid.rowCount()
        widgets: tuple[QWidget, ...] = (
            self.mark, self.name, self.value, self.spread, self.relation, self.field,
        )  # fmt: skip
        for column, widget in enumerate(widgets):
            side = Qt.AlignmentFlag.AlignVCenter
            right = column in (2, 4, 5)
            grid.addWidget(widget, row, column, _RIGHT if right else side)
            if column:
                bind(widget.setToolTip, threshold.help)
        grid.setRowMinimumHeight(row, metrics.ROW_FIELD)

    def show(self, value: str, spread: str, limit: float, holds: bool | None) -> None:
        """Show what was measured; ``holds`` is None where nothing was."""
        self.value.setText(value)
        self.spread.setText(spread)
        self.field.set_value(limit)
        self.mark.setVisible(holds is not None)
        self.mark.set("circle-check" if holds else "triangle-alert", "ok" if holds else "warn")
        words = "Within the limit" if holds else "Beyond the limit"
        self.mark.setToolTip(tr(words))
        self.mark.setAccessibleName(tr(words))


class ThresholdPanel(Panel):
    """Moves the limits of the project; the row in focus is measured against them."""

    def __init__(self, evidence: EvidenceState, focus: VerdictFocus) -> None:
        super().__init__("Limits")
        self._evidence, self._focus = evidence, focus
        self._current = ""
        self.reset = button("Reset", kind="link", on=evidence.choices.reset)
        bind(self.reset.setToolTip, "Back to the usual limits")
        self.add_action(self.reset)
        self.rows: dict[str, ThresholdRow] = {}
        self.subject = label(size=11, tone="quiet")
        self.body.addWidget(self._table(MAIN, self.subject))
        self.more = button("More limits", "chevron-right", kind="link", on=self._show_more)
        self.body.addWidget(padded(self.more, top=4))
        self._others = self._table(MORE, None)
        self._others.hide()
        self.body.addWidget(self._others)
        self.what_if = label(tone="label", wrap=True)
        self.body.addWidget(padded(self.what_if, top=8))

    def _table(self, thresholds: tuple[Threshold, ...], subject: QLabel | None) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        if subject is not None:
            grid.addWidget(subject, 0, 1)
            grid.addWidget(label("Value", size=11, tone="quiet"), 0, 2, _RIGHT)
            grid.addWidget(label("Bound", size=11, tone="quiet"), 0, 5, _RIGHT)
        for threshold in thresholds:
            row = ThresholdRow(threshold, grid, box)
            row.field.changed.connect(lambda value, name=threshold.setting: self._move(name, value))
            row.field.editingFinished.connect(self._evidence.choices.finish)
            row.field.installEventFilter(self)
            self.rows[threshold.setting] = row
        column.addLayout(grid)
        return box

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What would change is told of the limit that is in hand."""
        if event.type() == QEvent.Type.FocusIn:
            for name, row in self.rows.items():
                if row.field is watched and name != self._current:
                    self._current = name
                    self._show_what_if()
        return False

    def _show_more(self) -> None:
        shown = self._others.isHidden()
        self._others.setVisible(shown)
        self.more.set_icon("chevron-down" if shown else "chevron-right")

    def _move(self, name: str, value: float) -> None:
        self._current = name
        self._evidence.choices.set_limit(name, value)

    def point_at(self, setting: str) -> None:
        """Tell what would change with this limit: it is being dragged."""
        self._current = setting
        self._show_what_if()

    def set_narrow(self, narrow: bool) -> None:
        """Leave intervals out where there is no room for them; the chart tells them too."""
        for row in self.rows.values():
            row.spread.setVisible(not narrow)
            row.field.setFixedWidth(NARROW_FIELD if narrow else FIELD)

    def refresh(self) -> None:
        """Show the limits, and what was measured of the row in focus."""
        verdict, row = self._evidence.verdict(), self._focus.row
        self.reset.setEnabled(self._evidence.choices.limits != Limits())
        if verdict is None or row is None:
            return
        checkpoint, weight = self._focus.at
        name = self._evidence.names().get(checkpoint, "")
        self.subject.setText(tr("{name} at {weight}", name=name, weight=f"{weight:g}"))
        for threshold in (*MAIN, *MORE):
            reading = read(threshold, row, verdict)
            figure = reading.figure
            whole = _SETTINGS[threshold.setting].kind == "int"
            value = (
                "" if figure is None else f"{figure.value:.0f}" if whole else f"{figure.value:.2f}"
            )
            self.rows[threshold.setting].show(
                value,
                plus_minus(figure) if figure is not None else "",
                reading.limit,
                reading.holds if figure is not None else None,
            )
        self._show_what_if()

    def _show_what_if(self) -> None:
        verdict = self._evidence.verdict()
        if verdict is None or verdict.pick is None:
            self.what_if.hide()
            return
        name = self._current or "variety_of_base"
        told = [said(one.sentence) for one in verdict.what_if if one.name == name]
        label_words = tr(_SETTINGS[name].label)
        if not told:
            told = [tr("Wherever “{limit}” is set, the answer stays the same.", limit=label_words)]
        self.what_if.setText(joined(told))
        self.what_if.show()
