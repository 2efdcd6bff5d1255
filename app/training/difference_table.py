"""A small table: settings that differ from an earlier run, each a way to its field. It is painted:
seventy widgets would take longer to make and to place than all the rest of a report.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.i18n import tr
from app.theme import color, fonts, metrics
from app.theme import signals as theme_signals
from app.widgets.clipboard import copy_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from app.training.differences import Difference

MOST = 24
"""Rows that a side column holds; runs that differ in more are compared over their whole width."""
HEAD, ROW = 20, metrics.CONTROL_DENSE
Cells = tuple[str, str, str]


class DifferenceTable(QWidget):
    """``chosen`` carries the name of the setting that was clicked, or chosen by Enter."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.head: Cells = ("", "", "")
        self.rows: list[Cells] = []
        self._found: list[Difference] = []
        self._wanted = [0, 0, 0]
        self._hover = -1
        self._current = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme_signals.changed.connect(self.update)

    def show_differences(self, name: str, found: list[Difference]) -> None:
        """Show ``found`` against the run ``name``."""
        self._found = found[:MOST]
        self._current = min(self._current, max(0, len(self._found) - 1))
        self.head = (tr("Setting"), name, tr("Now"))
        self.rows = [(item.label, *item.words) for item in self._found]
        lines = [_widths(self.head, 11), *(_widths(row, 12) for row in self.rows)]
        self._wanted = [max(column) for column in zip(*lines, strict=True)]
        self.setAccessibleName(tr("Setting"))
        self.setAccessibleDescription("; ".join(", ".join(row) for row in self.rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, metrics.GAP_FIELDS + HEAD + len(self.rows) * ROW)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    # Where things are

    def place(self, row: int) -> QRect:
        """The line of a row; -1 is the head."""
        top = metrics.GAP_FIELDS + (HEAD + row * ROW if row >= 0 else 0)
        return QRect(0, top, self.width(), ROW if row >= 0 else HEAD)

    def cells(self, row: int) -> list[QRect]:
        """The setting and both values. The values stand in columns; in each row a text that needs
        more has what the one beside it leaves free.
        """
        line = self.place(row).adjusted(metrics.PAD, 0, -metrics.PAD, 0)
        room = line.width() - 2 * metrics.GAP
        widths = shares(self._wanted, room)
        own = _widths(self.rows[row], 12) if row >= 0 else _widths(self.head, 11)
        if own[2] > widths[2]:  # the earlier value gives way to the left
            widths[2] = max(widths[2], min(own[2], room - sum(own[:2])))
        free = room - widths[2]
        widths[1] = max(min(widths[1], own[1]), min(own[1], free - own[0]))
        widths[0] = free - widths[1]
        lefts = (0, widths[0] + metrics.GAP, widths[0] + widths[1] + 2 * metrics.GAP)
        return [
            QRect(line.left() + left, line.top(), wide, line.height())
            for left, wide in zip(lefts, widths, strict=True)
        ]

    def _row_at(self, point: QPoint) -> int:
        row = (point.y() - self.place(0).top()) // ROW
        return row if 0 <= row < len(self.rows) else -1

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        self._paint_cells(painter, -1, self.head, ("t3", "t3", "t3"))
        painter.setFont(fonts.font(12))
        for row, words in enumerate(self.rows):
            line = self.place(row)
            if not line.intersects(event.rect()):
                continue
            if row == self._hover or (self.hasFocus() and row == self._current):
                painter.fillRect(line, color("g3"))
            self._paint_cells(painter, row, words, ("t2", "t3", "t1"))

    def _paint_cells(
        self, painter: QPainter, row: int, words: Cells, tones: tuple[str, str, str]
    ) -> None:
        for text, box, tone, align in zip(words, self.cells(row), tones, _ALIGNS, strict=True):
            painter.setPen(color(tone))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, align, shown)

    # Pointer and keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._tip(event)  # type: ignore[arg-type]
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> bool:
        """The whole of a text that does not fit."""
        row = self._row_at(event.pos())
        words = self.rows[row] if row >= 0 else ()
        for text, box in zip(words, self.cells(row) if words else (), strict=True):
            cut = fonts.metrics(12).horizontalAdvance(text) > box.width()
            if cut and box.contains(event.pos()):
                QToolTip.showText(event.globalPos(), text, self)
                return True
        QToolTip.hideText()
        return True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._row_at(event.position().toPoint())
        self.setCursor(_HAND if self._hover >= 0 else _ARROW)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self.rows:
            self._current = max(0, min(self._current + step, len(self.rows) - 1))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.rows:
            self._choose(self._current)
        elif event.matches(QKeySequence.StandardKey.Copy):
            copy_rows([self.head, *self.rows])
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int) -> None:
        self._current = row
        self.chosen.emit(self._found[row].name)


def shares(wanted: Sequence[int], room: int) -> list[int]:
    """``room`` shared by columns: the first has what it wants up to a half, and what is left over;
    no other gets more than it wants while another lacks some.
    """
    given = [min(wanted[0], room // 2), *[0] * (len(wanted) - 1)]
    left = room - given[0]
    for done, place in enumerate(sorted(range(1, len(wanted)), key=wanted.__getitem__), 1):
        given[place] = max(0, min(wanted[place], left // (len(wanted) - done)))
        left -= given[place]
    given[0] += max(0, left)
    return given


def _widths(row: Cells, size: int) -> list[int]:
    measure = fonts.metrics(size)
    return [math.ceil(measure.horizontalAdvance(text)) for text in row]


_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_ALIGNS = (
    Qt.AlignmentFlag.AlignLeft | _MIDDLE,
    Qt.AlignmentFlag.AlignRight | _MIDDLE,
    Qt.AlignmentFlag.AlignRight | _MIDDLE,
)
_HAND, _ARROW = Qt.CursorShape.PointingHandCursor, Qt.CursorShape.ArrowCursor
