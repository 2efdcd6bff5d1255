"""Which categories of the project are trained: a list of ticks under a line that says how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.dataset.counts import category_name, is_used
from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.fields import Check, Choice
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from app.training.next_run import NextRun
    from engine.dataset.library import Picture

MOST = 12
"""Categories that the tooltip names, and that the list shows without scrolling."""


def count_used(state: NextRun) -> int:
    """How many pictures are trained on, also while a wrong setting leaves no plan."""
    if state.plan is not None:
        return state.plan.outlook.train
    return sum(map(is_used, state.chosen))


class CategoryChoice(Choice):
    """Looks like a list to choose from and opens one of ticks. ``changed`` carries the names; none
    stands for all pictures.
    """

    def __init__(self, state: NextRun) -> None:
        super().__init__([], plain=True)
        self.addItem("")
        self._options = [((), "")]
        self._state = state
        self._counted: list[Picture] = []
        self._counts: Counter[str] = Counter()
        self.popup: CategoryPopup | None = None
        state.draft_changed.connect(self.refresh)
        state.plan_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)

    def set_value(self, value: object) -> None:
        """Show the names without telling anyone."""
        if isinstance(value, tuple):
            self._options = [(value, "")]
            self.refresh()

    def refresh(self) -> None:
        """Say it again; pictures are counted once."""
        if self._counted is not self._state.pictures:
            self._counted = self._state.pictures
            self._counts = Counter(one.category for one in self._counted if is_used(one))
        names = self.names
        self.setItemText(0, _words(self._counts, names))
        shown = names or [name for name, _ in self._counts.most_common(MOST)]
        lines = [f"{category_name(name)}  {number(self._counts[name])}" for name in shown]
        self.setToolTip("\n".join(lines) if self._counts.keys() - {""} else "")

    @property
    def names(self) -> tuple[str, ...]:
        """What is chosen."""
        found = self.value
        return found if isinstance(found, tuple) else ()

    def showPopup(self) -> None:
        counts = dict(self._counts.most_common()) | {
            name: 0 for name in self.names if name not in self._counts
        }
        self.popup = CategoryPopup(self, counts, self.names)
        self.popup.changed.connect(self._choose)
        self.popup.open_under(self)

    def _choose(self, names: tuple[str, ...]) -> None:
        self.set_value(names)
        self.changed.emit(names)


class CategoryPopup(QFrame):
    """A tick for all pictures and one for each category; without any, all are chosen again. Stays
    open until Esc or a click elsewhere. ``changed`` carries the names.
    """

    changed = Signal(tuple)

    def __init__(self, parent: QWidget, counts: Mapping[str, int], names: tuple[str, ...]) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.everything = Check("All pictures")
        self.boxes: dict[str, Check] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(1, metrics.GAP, 1, metrics.GAP)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(_rows([(self.everything, sum(counts.values()))]))
        column.addWidget(hairline("panel"))
        if counts.keys() - {""}:
            for name in counts:
                self.boxes[name] = Check("")
                self.boxes[name].setText(category_name(name))
            rows = _rows([(box, counts[name]) for name, box in self.boxes.items()])
            column.addWidget(_scrolled(rows, len(self.boxes)))
        else:
            told = label("Pictures get categories in Dataset.", tone="quiet", wrap=True)
            told.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
            column.addWidget(told)
        self._show(names)
        self.everything.changed.connect(lambda _: self._choose(()))
        for box in self.boxes.values():
            box.changed.connect(lambda _: self._choose(self._ticked()))

    def open_under(self, field: QWidget) -> None:
        """Open as wide as ``field``, under it, or over it where the screen ends."""
        self.setFixedWidth(max(field.width(), self.sizeHint().width()))
        self.adjustSize()
        place = field.mapToGlobal(QPoint(0, field.height() + 2))
        if place.y() + self.height() > field.screen().availableGeometry().bottom():
            place = field.mapToGlobal(QPoint(0, -self.height() - 2))
        self.move(place)
        self.show()
        self.everything.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _ticked(self) -> tuple[str, ...]:
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def _choose(self, names: tuple[str, ...]) -> None:
        self._show(names)
        self.changed.emit(names)

    def _show(self, names: tuple[str, ...]) -> None:
        self.everything.set_value(not names)
        for name, box in self.boxes.items():
            box.set_value(name in names)


def _rows(rows: list[tuple[Check, int]]) -> QWidget:
    body = QWidget()
    body.setProperty("surface", "panel")
    grid = QGridLayout(body)
    grid.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
    grid.setHorizontalSpacing(metrics.PAD)
    grid.setVerticalSpacing(metrics.GAP_FIELDS)
    grid.setColumnStretch(0, 1)
    for place, (box, count) in enumerate(rows):
        counted = label(tone="quiet")
        counted.setText(number(count))
        grid.addWidget(box, place, 0)
        grid.addWidget(counted, place, 1, Qt.AlignmentFlag.AlignRight)
    return body


def _scrolled(rows: QWidget, count: int) -> QWidget:
    """``rows``, or a part of them that scrolls where there are many."""
    if count <= MOST:
        return rows
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(rows)
    area.setMinimumWidth(rows.sizeHint().width() + metrics.PAD)
    area.setFixedHeight(rows.sizeHint().height() * MOST // count)
    return area


def _words(counts: Mapping[str, int], names: tuple[str, ...]) -> str:
    """``396 pictures, 5 categories``; of those that are chosen, where not all are."""
    found = sum(counts[name] for name in names or counts if name in counts)
    named = len(counts.keys() - {""})
    if len(names) == 1:
        name = category_name(names[0])
        one, many = "{n} picture of {category}", "{n} pictures of {category}"
        return tr(one, many, n=number(found), category=name)
    words = tr("{n} picture", "{n} pictures", n=number(found))
    if names:
        total = named + ("" in names)
        return tr("{pictures}, {n} of {total} categories", pictures=words, n=len(names),
                  total=total)  # fmt: skip
    return tr("{pictures}, {n} category", "{pictures}, {n} categories", pictures=words,
              n=named) if named else words  # fmt: skip
