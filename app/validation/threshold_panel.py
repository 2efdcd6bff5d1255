"""The limits in a list: icon, measure, value with its interval, and the field that moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr
from app.theme import metrics
from app.validation import verdict_help
from app.validation.labels import listed
from app.validation.verdict_data import STOPS
from app.validation.verdict_words import plus_minus, said
from app.widgets.buttons import button
from app.widgets.entries import NumberField, parse_number
from app.widgets.panel import IconLabel, Panel, padded
from app.widgets.text import label
from engine.validation.limit_readings import MAIN, MORE, SETTINGS, LimitReading, read
from engine.validation.limit_scale import Scale
from engine.validation.limits import Limits
from engine.validation.sentences import as_shown, decimal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.validation.evidence import EvidenceState
    from app.validation.verdict_focus import VerdictFocus

FIELD, NARROW_FIELD = 64, 52
HELP = {
    "least_fit": verdict_help.FIT,
    "variety_of_base": verdict_help.DIVERSITY_LIMIT,
    "copies_share": verdict_help.COPY_SHARE,
    "copy_similarity": verdict_help.CLOSEST,
    "excess": verdict_help.COPYING_LIMIT,
    "least_entropy": verdict_help.ENTROPY,
    "least_kept": verdict_help.KEPT,
    "leak": verdict_help.LEAK,
    "loss_rise": verdict_help.RISE,
    "following_drop": verdict_help.FOLLOWING,
    "variety_of_best": verdict_help.BEST,
    "share_of_background": verdict_help.BACKGROUND,
    "signs_needed": verdict_help.SIGNS,
    "about_as_good": verdict_help.ALIKE,
}
"""What each limit limits."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ThresholdRow(QObject):
    """One limit, laid into a row of a grid. ``moved`` carries its name and its setting."""

    moved = Signal(str, float)

    def __init__(self, name: str, relation: str, grid: QGridLayout, parent: QWidget) -> None:
        super().__init__(parent)
        self._name, self._scale = name, Scale()
        item = SETTINGS[name]
        self.mark = IconLabel("circle-check", 14, "ok")
        self.name = label(item.label, wrap=True)
        self.value = label()
        self.spread = label(size=11, tone="quiet")
        self.relation = label(relation, tone="quiet")
        decimals = 0 if item.kind == "int" else 2
        self.field = NumberField(item.minimum, item.maximum, item.step or 1, decimals)
        self.field.setFixedWidth(FIELD)
        self.field.setAlignment(_RIGHT)
        self.field.textEdited.connect(self._tell_end)
        self.stopped = label(size=11, tone="label", wrap=True)
        self.stopped.hide()
        self.field.changed.connect(lambda value: self.moved.emit(name, self._scale.setting(value)))
        bind(
            self.field.setAccessibleName,
            "{title}, {weight}",
            title=lambda: tr(item.label),
            weight=lambda: tr(relation),
        )
        row = grid.rowCount()
        widgets: tuple[QWidget, ...] = (
            self.mark, self.name, self.value, self.spread, self.relation, self.field,
        )  # fmt: skip
        for column, widget in enumerate(widgets):
            side = Qt.AlignmentFlag.AlignVCenter
            right = column in (2, 4, 5)
            grid.addWidget(widget, row, column, _RIGHT if right else side)
            if widget not in (self.mark, self.value):
                bind(widget.setToolTip, HELP[name])
        self._tip = bind(self.value.setToolTip, HELP[name])
        grid.setRowMinimumHeight(row, metrics.ROW_FIELD)
        grid.addWidget(self.stopped, row + 1, 1, 1, 5)

    def _tell_end(self, text: str) -> None:
        """Where the limit stops and why, if what is typed is beyond that."""
        typed, item = parse_number(text), SETTINGS[self._name]
        low, high = (self._scale.shown(one) for one in (item.minimum or 0, item.maximum or 1))
        beyond = typed is not None and not as_shown(low) <= as_shown(typed) <= as_shown(high)
        if typed is not None and beyond:
            side, end = ("low", low) if typed < low else ("high", high)
            words = STOPS.get((self._name, side), "It stops at {value}, the end of its scale.")
            places = 0 if item.kind == "int" else 2
            self.stopped.setText(tr(words, value=decimal(end, places)))
        self.stopped.setVisible(beyond)

    def show(self, reading: LimitReading) -> None:
        """Show what was measured, or why it was not."""
        figure, item = reading.figure, SETTINGS[self._name]
        self._scale = reading.scale
        low, high = (reading.scale.shown(one) for one in (item.minimum or 0, item.maximum or 1))
        self.field.set_range(low, high)
        self.field.set_value(reading.limit)
        if figure is None:
            self.value.setText("\N{EN DASH}" if reading.why else "")
        else:
            places = 0 if reading.is_whole else 2
            self.value.setText(decimal(figure.value, places))
        self._tip.say(reading.why if figure is None and reading.why else HELP[self._name])
        self.spread.setText(plus_minus(figure) if figure is not None else "")
        self.mark.setVisible(figure is not None)
        holds = reading.holds
        self.mark.set("circle-check" if holds else "triangle-alert", "ok" if holds else "warn")
        words = "Within the limit" if holds else "Beyond the limit"
        self.mark.setToolTip(tr(reading.why or words))
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
        self.missing = label(size=11, tone="quiet", wrap=True)
        self._missing = padded(self.missing, top=4)
        self.body.addWidget(self._missing)
        self.more = button("More limits", "chevron-right", kind="link", on=self._show_more)
        self.body.addWidget(padded(self.more, top=4))
        self._others = self._table(MORE, None)
        self._others.hide()
        self.body.addWidget(self._others)
        self.what_if = label(tone="label", wrap=True)
        self.body.addWidget(padded(self.what_if, top=8))

    def _table(self, limits: Mapping[str, str], subject: QLabel | None) -> QWidget:
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
        for name, relation in limits.items():
            row = ThresholdRow(name, relation, grid, box)
            row.moved.connect(self._move)
            row.field.editingFinished.connect(self._evidence.choices.finish)
            row.field.installEventFilter(self)
            self.rows[name] = row
        column.addLayout(grid)
        return box

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What would change is told of the limit that is in hand."""
        if event.type() == QEvent.Type.FocusIn:
            for name, row in self.rows.items():
                if row.field is not watched:
                    row.stopped.hide()
                elif name != self._current:
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
        readings = [read(name, row, verdict) for name in (*MAIN, *MORE)]
        for reading in readings:
            self.rows[reading.name].show(reading)
        self._tell_missing(readings)
        self._show_what_if()

    def _tell_missing(self, readings: Sequence[LimitReading]) -> None:
        """Why values are missing, each reason once."""
        told: dict[str, list[str]] = {}
        for one in readings:
            if one.why and one.figure is None and one.name in MAIN:
                told.setdefault(tr(one.why), []).append(tr(one.label))
        lines = [
            tr("{label}: {words}", label=listed(names), words=why) for why, names in told.items()
        ]
        self.missing.setText("\n".join(lines))
        self._missing.setVisible(bool(lines))

    def _show_what_if(self) -> None:
        verdict = self._evidence.verdict()
        if verdict is None or verdict.pick is None:
            self.what_if.hide()
            return
        name = self._current or "variety_of_base"
        told = [said(one.sentence) for one in verdict.what_if if one.name == name]
        label_words = tr(SETTINGS[name].label)
        if not told and not verdict.foreseen:
            told = [tr("Working out what would change…")]
        elif not told:
            told = [tr("Wherever “{limit}” is set, the answer stays the same.", limit=label_words)]
        self.what_if.setText(joined(told))
        self.what_if.show()
