"""Rows of a name and a value, painted: forty labels would take longer to make than all the rest."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QKeySequence, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.shell.menus import Menu
from app.theme import color, fonts, metrics
from app.theme import signals as theme_signals
from app.widgets.clipboard import copy_rows

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QPaintEvent

SPACE = 4


def elision(text: str) -> Qt.TextElideMode:
    """Where a text that is too long is cut: of a path, the name of the file says most."""
    path = "/" in text or "\\" in text
    return Qt.TextElideMode.ElideMiddle if path else Qt.TextElideMode.ElideRight


class FactTable(QWidget):
    """Rows of a name and a value; with ``left`` the first column has that width. All of them are
    copied by key, and each by its menu.
    """

    def __init__(self, *, left: int = 0) -> None:
        super().__init__()
        self._left = left
        self.facts: list[tuple[str, str]] = []
        self._warned: frozenset[int] = frozenset()
        self._size = 11 if left else 12
        right = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        self._aligns = (Qt.AlignmentFlag.AlignLeft, right)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme_signals.changed.connect(self.update)

    def set_facts(self, facts: list[tuple[str, str]], warned: Collection[int] = ()) -> None:
        """Show ``facts``. ``warned`` rows are warnings."""
        if len(facts) != len(self.facts):
            self.updateGeometry()
        self.facts, self._warned = list(facts), frozenset(warned)
        self.setAccessibleDescription("; ".join(": ".join(fact) for fact in facts))
        self.update()

    @property
    def _pitch(self) -> int:
        return round(fonts.metrics(self._size).height()) + SPACE

    def sizeHint(self) -> QSize:
        return QSize(0, max(0, len(self.facts) * self._pitch - SPACE))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def cells(self, place: int) -> tuple[QRect, QRect]:
        """Where name and value of a row are: half each, unless a short name leaves room."""
        room = self.width() - 2 * metrics.PAD - metrics.GAP
        own = math.ceil(fonts.metrics(self._size).horizontalAdvance(self.facts[place][0]))
        first = self._left or min(own, room // 2)
        name = QRect(metrics.PAD, place * self._pitch, first, self._pitch - SPACE)
        return name, QRect(name.right() + 1 + metrics.GAP, name.top(), room - first, name.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(self._size))
        first, last = event.rect().top() // self._pitch, event.rect().bottom() // self._pitch
        for place in range(max(0, first), min(last + 1, len(self.facts))):
            value = "warn" if place in self._warned else "t2" if self._left else "t1"
            tones = ("t3" if self._left else "t2", value)
            rows = zip(self.facts[place], self.cells(place), tones, self._aligns, strict=True)
            for text, box, tone, align in rows:
                painter.setPen(color(tone))
                words = painter.fontMetrics().elidedText(text, elision(text), box.width())
                painter.drawText(box, align | Qt.AlignmentFlag.AlignVCenter, words)

    # What is asked for

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._tip(event)  # type: ignore[arg-type]
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> bool:
        """The whole of a text that does not fit."""
        place = self._place_at(event.pos())
        measure = fonts.metrics(self._size)
        for text, box in zip(*self._row(place), strict=True):
            if box.contains(event.pos()) and measure.horizontalAdvance(text) > box.width():
                QToolTip.showText(event.globalPos(), text, self)
                return True
        QToolTip.hideText()
        return True

    def _row(self, place: int) -> tuple[tuple[str, ...], tuple[QRect, ...]]:
        return (self.facts[place], self.cells(place)) if place >= 0 else ((), ())

    def _place_at(self, point: QPoint) -> int:
        place = point.y() // self._pitch
        return place if 0 <= place < len(self.facts) else -1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_rows(self.facts)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu(self._place_at(event.pos())).at(event.globalPos())

    def menu(self, place: int) -> Menu:
        """What can be done with the row ``place``, -1 for none."""
        menu = Menu(self)
        if place >= 0:
            menu.add("Copy this line", lambda: copy_rows([self.facts[place]]), "copy")
        return menu.add("Copy all lines", lambda: copy_rows(self.facts), "copy")
