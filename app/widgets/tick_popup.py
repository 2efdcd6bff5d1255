"""A list of ticks that opens under a field and stays open until a click elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Check
from app.widgets.text import hairline

MOST = 14
"""Rows that are shown without scrolling."""


class TickPopup(QFrame):
    """One tick for each of ``options`` (value, words). ``changed`` carries the values that are
    ticked, in the order of the options; ``others`` are links under them (key, deed).
    """

    changed = Signal(list)

    def __init__(
        self,
        parent: QWidget,
        options: Sequence[tuple[object, str]],
        ticked: Collection[object],
        others: Sequence[tuple[str, Callable[[], object]]] = (),
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.boxes: list[tuple[object, Check]] = []
        for value, words in options:
            box = Check("", on=value in ticked)
            box.setText(words)
            box.changed.connect(lambda _: self._tell())
            self.boxes.append((value, box))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, metrics.GAP, 1, metrics.GAP)
        column.setSpacing(metrics.GAP_FIELDS)
        if self.boxes:
            column.addWidget(self._rows())
        if self.boxes and (others or len(self.boxes) > 2):
            column.addWidget(hairline("panel"))
        if len(self.boxes) > 2:
            column.addWidget(self._link("Fill in all", self.fill))
        for key, deed in others:
            column.addWidget(self._link(key, partial(self._leave_for, deed)))

    def open_under(self, field: QWidget) -> None:
        """Open as wide as ``field``, under it, or over it where the screen ends."""
        self.setMinimumWidth(field.width())
        self.adjustSize()
        place = field.mapToGlobal(QPoint(0, field.height() + 2))
        if place.y() + self.height() > field.screen().availableGeometry().bottom():
            place = field.mapToGlobal(QPoint(0, -self.height() - 2))
        self.move(place)
        self.show()
        if self.boxes:
            self.boxes[0][1].setFocus(Qt.FocusReason.PopupFocusReason)

    def fill(self) -> None:
        """Tick all."""
        for _, box in self.boxes:
            box.set_value(True)
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        boxes = [box for _, box in self.boxes]
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in moves and boxes:
            here = next((n for n, box in enumerate(boxes) if box.hasFocus()), 0)
            there = (here + moves[Qt.Key(event.key())]) % len(boxes)
            boxes[there].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        self.changed.emit([value for value, box in self.boxes if box.isChecked()])

    def _leave_for(self, deed: Callable[[], object]) -> None:
        self.close()
        deed()

    def _link(self, key: str, deed: Callable[[], object]) -> QWidget:
        line = QWidget()
        row = QVBoxLayout(line)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.addWidget(button(key, kind="link", on=deed))
        return line

    def _rows(self) -> QWidget:
        body = QWidget()
        body.setProperty("surface", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        column.setSpacing(metrics.GAP_FIELDS)
        for _, box in self.boxes:
            column.addWidget(box)
        if len(self.boxes) <= MOST:
            return body
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        area.setMinimumWidth(body.sizeHint().width() + metrics.PAD)
        area.setFixedHeight(body.sizeHint().height() * MOST // len(self.boxes))
        return area
