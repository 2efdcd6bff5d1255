"""A list that opens under a button, with a line to search it and links at its foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.theme import color, metrics
from app.widgets.buttons import button
from app.widgets.entries import TextField
from app.widgets.row_list import Row, RowList
from app.widgets.text import hairline, label

WIDTH = 344
MOST = 10
"""Rows that are shown without scrolling."""


class Link(NamedTuple):
    """What else can be done: the key of its words, an icon, and the deed."""

    key: str
    icon: str
    deed: Callable[[], object]


class SearchPopup(QFrame):
    """``search`` gives the rows that fit the words typed; ``taken`` carries the key of a row.

    ``menu_asked`` is a right click on one: key and place on the screen.
    """

    taken = Signal(str)
    menu_asked = Signal(str, QPoint)

    def __init__(
        self,
        parent: QWidget,
        search: Callable[[str], Sequence[Row]],
        *,
        hint: str,
        nothing: str,
        links: Sequence[Link] = (),
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedWidth(WIDTH)
        self._search = search
        self.field = TextField(hint)
        self.field.textEdited.connect(lambda _: self.refresh())
        self.rows = RowList()
        self.rows.activated_key.connect(self._take)
        self.rows.clicked.connect(lambda _: self._take(self.rows.current()))
        self.rows.menu_asked.connect(self.menu_asked)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.nothing = label(nothing, tone="quiet", wrap=True)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, metrics.PAD, 1, metrics.GAP)
        column.setSpacing(metrics.GAP)
        column.addWidget(_inset(self.field))
        column.addWidget(self._area)
        self._nothing_box = _inset(self.nothing)
        column.addWidget(self._nothing_box)
        if links:
            column.addWidget(hairline("panel"))
        self.links = [
            button(link.key, link.icon, "link", on=partial(self._leave_for, link.deed))
            for link in links
        ]
        for link in self.links:
            column.addWidget(_inset(link))
        self.refresh()

    def refresh(self) -> None:
        """Search again; the first row that fits is the current one."""
        found = self._search(self.field.text())
        self.rows.set_rows(found)
        self.rows.set_current(found[0].key if found else "")
        self._area.setVisible(bool(found))
        self._area.setFixedHeight(min(len(found), MOST) * metrics.ROW)
        self._nothing_box.setVisible(not found)
        self.adjustSize()

    def open_under(self, anchor: QWidget) -> None:
        """Open under ``anchor``, its right edge on the anchor's."""
        place = anchor.mapToGlobal(QPoint(anchor.width() - self.width(), anchor.height() + 4))
        screen = anchor.screen().availableGeometry()
        self.move(max(screen.left(), place.x()), place.y())
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("g1"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in moves and self.rows.rows.items:
            self._step(moves[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.rows.current())
        else:
            super().keyPressEvent(event)

    def _step(self, count: int) -> None:
        items = self.rows.rows.items
        here = next((n for n, row in enumerate(items) if row.key == self.rows.current()), 0)
        there = (here + count) % len(items)
        self.rows.set_current(items[there].key)
        self._area.ensureVisible(0, there * metrics.ROW + metrics.ROW // 2, 0, metrics.ROW)

    def _take(self, key: str) -> None:
        if key:
            self.close()
            self.taken.emit(key)

    def _leave_for(self, deed: Callable[[], object]) -> None:
        self.close()
        deed()


def _inset(widget: QWidget) -> QWidget:
    box = QWidget()
    line = QHBoxLayout(box)
    line.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
    line.addWidget(widget)
    return box
