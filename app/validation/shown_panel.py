"""What opens under the filter button: which cells are shown, by marks and by measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.validation.cell_measures import MEASURES, Bound
from app.validation.cell_menu import SORTS
from app.widgets.buttons import button
from app.widgets.entries import TextField, parse_number
from app.widgets.fields import Check, Choice, FieldRow
from app.widgets.text import hairline, label, restyle

if TYPE_CHECKING:
    from app.validation.cell_measures import Measure
    from app.validation.model import GridState

_FIELD, _RELATION = 60, 92


class ShownPanel(QFrame):
    """All of it holds at once, as it is ticked and typed. Closes with Esc or a click elsewhere."""

    def __init__(self, state: GridState, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        bind(self.setAccessibleName, "What is shown")
        self._state, shown = state, state.shown
        self.starred = Check("Only starred", on=shown.only_starred)
        self.starred.changed.connect(shown.set_only_starred)
        self.rejected = Check("Hide rejected", on=shown.hide_rejected)
        self.rejected.changed.connect(shown.set_hide_rejected)
        self.rows = {one.name: BoundRow(state, one) for one in MEASURES}
        self.sort = Choice(SORTS)
        self.sort.set_value(shown.sort)
        self.sort.changed.connect(lambda measure: shown.set_sort(str(measure)))
        self.count = label(tone="quiet")
        self._count_text = bind(self.count.setText, "")
        self.all = button("Show all", kind="link", on=self._show_all)
        self._build()
        shown.changed.connect(self.follow)
        self.follow()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.GAP)
        column.setSpacing(metrics.GAP)
        marks = QHBoxLayout()
        marks.setSpacing(16)
        marks.addWidget(self.starred)
        marks.addWidget(self.rejected)
        marks.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(metrics.GAP)
        grid.setVerticalSpacing(metrics.GAP_FIELDS)
        for place, row in enumerate(self.rows.values()):
            for at, part in enumerate((row.name, row.relation, row.field, row.range)):
                grid.addWidget(part, place, at)
        grid.setColumnStretch(3, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.count)
        foot.addStretch(1)
        foot.addWidget(self.all)
        column.addLayout(marks)
        column.addWidget(hairline("panel"))
        column.addLayout(grid)
        column.addWidget(hairline("panel"))
        column.addWidget(FieldRow("Sort rows", self.sort, label_width=96, padded=False))
        column.addLayout(foot)

    def open_under(self, control: QWidget) -> None:
        """Show it under ``control``, at its right edge, with the keyboard in it."""
        self.adjustSize()
        self.move(control.mapToGlobal(QPoint(control.width() - self.width(), control.height() + 2)))
        self.show()
        self.starred.setFocus(Qt.FocusReason.PopupFocusReason)

    def follow(self) -> None:
        """Tell how much is left, and what holds."""
        shown = self._state.shown
        here, total = shown.count()
        words = "{done} of {total} cells" if total else "No cell is drawn yet."
        self._count_text.say(words, done=number(here), total=number(total))
        self.starred.set_value(shown.only_starred)
        self.rejected.set_value(shown.hide_rejected)
        self.all.setEnabled(shown.narrowed)
        for row in self.rows.values():
            row.follow()

    def _show_all(self) -> None:
        for row in self.rows.values():
            row.field.set_value("")
        self._state.shown.show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it; what was set stays."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


class BoundRow:
    """One measure: at least or at most a value. An empty field lets all cells through."""

    def __init__(self, state: GridState, measure: Measure) -> None:
        self._shown, self.measure = state.shown, measure
        self.name = label(measure.label, tone="label")
        self.name.setFixedWidth(96)
        self.relation = Choice([(True, "at least"), (False, "at most")])
        self.relation.setFixedWidth(_RELATION)
        self.field = TextField()
        self.field.setFixedWidth(_FIELD)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.range = label(size=11, tone="quiet")
        bind(self.relation.setAccessibleName, measure.label)
        bind(self.field.setAccessibleName, measure.label)
        bound = self._shown.bounds.get(measure.name)
        self.relation.set_value(measure.more_is_better if bound is None else bound.at_least)
        self.field.set_value("" if bound is None else f"{bound.value:g}")
        self._show_range(self._shown.cells.span(measure.name))
        self.relation.changed.connect(self._take)
        self.field.changed.connect(self._take)

    def _show_range(self, span: tuple[float, float] | None) -> None:
        written = self.measure.written
        if span is None:
            bind(self.range.setText, "not measured")
        else:
            bind(
                self.range.setText,
                "{low} to {high}, {scope}",
                low=written(span[0]),
                high=written(span[1]),
                scope=self._scope,
            )
        measured = span is not None or self.measure.name in self._shown.bounds
        for part in (self.relation, self.field):
            part.setEnabled(measured)

    def _scope(self) -> str:
        match self.measure.scope:
            case "cell":
                return tr("of each cell")
            case "row":
                return tr("of each checkpoint and weight")
            case _:
                return tr("of each checkpoint")

    def _take(self, _: object) -> None:
        typed = self.field.value.strip()
        value = parse_number(typed)
        restyle(self.field, "state", "error" if typed and value is None else "")
        bound = None if value is None else Bound(value, at_least=bool(self.relation.value))
        if bound != self._shown.bounds.get(self.measure.name):
            self._shown.set_bound(self.measure.name, bound)

    def follow(self) -> None:
        """The bound was taken away elsewhere."""
        if self.measure.name not in self._shown.bounds and parse_number(self.field.value):
            self.field.set_value("")
