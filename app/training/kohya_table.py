"""The table of an import's report: heads of groups, and a row for each key of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.theme import color, fonts, icons, metrics
from app.theme import signals as theme_signals
from app.training.kohya_model import Index, ReportRows, RowRole, count_words, more_words
from app.training.kohya_rows import Head, Row
from app.training.kohya_words import (
    STATUS_ICONS,
    STATUS_TITLES,
    here_text,
    value_text,
    why_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.training.next_run import NextRun
    from engine.training.kohya.report import Line

TITLES = ("In the file", "Value", "Here", "Why")
SIDE, HEAD_HIGH = 16, 32
NARROW = 720  # below this width Why stands under the rest of its row
_FIRST, _SECOND, _UNDER = 5, 22, 5  # where Why begins, beside the rest or under it; air below
_SHARES = (0.23, 0.15, 0.27, 0.35)
_SHARES_NARROW = (0.38, 0.24, 0.38)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_WRAPPED = (
    int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
)


def columns(width: int) -> list[tuple[int, int]]:
    """Left edge and width of every column in a table of ``width``."""
    shares = _SHARES if width >= NARROW else _SHARES_NARROW
    room, left, placed = width - 2 * SIDE, float(SIDE), []
    for share in shares:
        placed.append((round(left), round(room * share) - metrics.GAP))
        left += room * share
    return placed


class TableHead(QWidget):
    """The titles of the columns of ``table``."""

    def __init__(self, table: ReportTable) -> None:
        super().__init__()
        self._table = table
        self.setFixedHeight(28)
        table.laid_out.connect(self.update)
        language_signals.changed.connect(self.update)
        theme_signals.changed.connect(self.update)

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        laid = columns(self._table.viewport().width())
        for title, (left, wide) in zip(TITLES, laid, strict=False):
            painter.drawText(QRect(left, 0, wide, self.height()), _LEFT, tr(title))
        painter.fillRect(0, self.height() - 1, self.width(), 1, color("line_stage"))


class ReportTable(QListView):
    """One row is chosen. Heads fold; ``go_asked`` wants the field of the chosen row, ``copy_asked``
    its words.
    """

    chosen = Signal(object)
    fold_asked = Signal(str)
    more_asked = Signal(str)
    go_asked = Signal()
    copy_asked = Signal()
    laid_out = Signal()

    def __init__(self, state: NextRun) -> None:
        super().__init__()
        self.lines = ReportRows(state, self)
        self.setModel(self.lines)
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setProperty("surface", "stage")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bind(self.setAccessibleName, "Keys of the file")
        self.selectionModel().currentChanged.connect(lambda index, _: self._moved(index))
        theme_signals.changed.connect(self.viewport().update)
        language_signals.changed.connect(self.refresh)

    def put(self, rows: Sequence[Row]) -> None:
        """Show ``rows``; the current one stays where it is still there."""
        before = self.current()
        self.selectionModel().blockSignals(True)
        self.lines.put(rows)
        self.choose(before)
        self.selectionModel().blockSignals(False)

    def refresh(self) -> None:
        """Say everything again: settings or language have changed."""
        self.lines.read_problems()
        self.viewport().update()

    def current(self) -> Row | None:
        """The current row."""
        index = self.currentIndex()
        return self.lines.rows[index.row()] if index.isValid() else None

    def choose(self, row: Row | None) -> None:
        """Make ``row`` current: the line itself, or the head of its status."""
        for place, item in enumerate(self.lines.rows):
            same_head = isinstance(row, Head) and isinstance(item, Head)
            if item is row or (same_head and item.status == row.status):  # type: ignore[union-attr]
                self.setCurrentIndex(self.lines.index(place))
                return

    def choose_first(self) -> None:
        """Choose the first line."""
        lines = [row for row in self.lines.rows if not isinstance(row, Head)]
        self.scrollToTop()
        self.choose(lines[0] if lines else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current()
        if isinstance(row, Head) and event.key() in _FOLDING:
            wanted = {Qt.Key.Key_Left: True, Qt.Key.Key_Right: False}.get(Qt.Key(event.key()))
            if wanted is None or wanted != row.shut:
                self.fold_asked.emit(row.status)
        elif row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self.lines.rows[index.row()] if index.isValid() else None
        if not isinstance(row, Head) or event.button() != Qt.MouseButton.LeftButton:
            return
        link = more_place(row, self.visualRect(index))
        on_link = bool(more_words(row)) and link.contains(event.position().toPoint())
        (self.more_asked if on_link else self.fold_asked).emit(row.status)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if isinstance(self.current(), Head):
            super().mouseDoubleClickEvent(event)
        else:
            self.go_asked.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)  # of what is inside the scroll bar
        self.scheduleDelayedItemsLayout()
        self.laid_out.emit()

    def _moved(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.lines.rows[index.row()])


_FOLDING = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Space,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)


def more_place(head: Head, place: QRect) -> QRect:
    """Where the link of a head is, in a row at ``place``."""
    wide = QFontMetrics(fonts.font(12)).horizontalAdvance(more_words(head))
    return QRect(place.right() - SIDE - wide, place.top(), wide, place.height())


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: ReportTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = index.data(RowRole)
        if isinstance(row, Head):
            return QSize(0, HEAD_HIGH)
        table = self._table
        words = why_text(row, table.lines.problem(row))
        room, size = _why_room(QRect(0, 0, table.viewport().width(), 0))
        metric = QFontMetrics(fonts.font(size))
        high = metric.boundingRect(room.adjusted(0, 0, 0, 1000), _WRAPPED, words).height()
        return QSize(0, max(metrics.ROW, room.top() + high + _UNDER) if words else metrics.ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(RowRole)
        place: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(place, color("acc_wash"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(place, color("g3"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, color("line_stage"))
        if isinstance(row, Head):
            _paint_head(painter, place, row)
        else:
            self._paint_line(painter, place, row, "t2" if chosen else "t3")
        if chosen and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(color("acc"))
            painter.drawRect(place.adjusted(1, 0, -2, -1))

    def _paint_line(self, painter: QPainter, place: QRect, line: Line, quiet: str) -> None:
        lines = self._table.lines
        problem = lines.problem(line)
        cells = [
            (line.key, "t1" if line.present else quiet),
            (value_text(line), "t2" if line.present else quiet),
            (here_text(line, lines.state), "t1" if line.settings else quiet),
        ]
        laid = columns(place.width())
        for number_of, ((text, tint), (left, wide)) in enumerate(zip(cells, laid, strict=False)):
            room = QRect(place.left() + left, place.top(), wide, metrics.ROW)
            if problem and TITLES[number_of] == "Here":
                room = _paint_mark(painter, room)
            _draw(painter, room, text, tint)
        room, size = _why_room(place)
        painter.setFont(fonts.font(size))
        painter.setPen(color("err" if problem and place.width() < NARROW else quiet))
        painter.drawText(room, _WRAPPED, why_text(line, problem))


def _why_room(place: QRect) -> tuple[QRect, int]:
    """Where Why stands in a row at ``place``, and the size of its letters: in the last column, or
    under the others where the table is narrow. It goes on over as many lines as it needs.
    """
    if place.width() < NARROW:
        return place.adjusted(SIDE, _SECOND, -SIDE, -_UNDER), 11
    left, wide = columns(place.width())[-1]
    top = place.top() + _FIRST
    return QRect(place.left() + left, top, wide, place.bottom() - top), 12


def _paint_head(painter: QPainter, place: QRect, head: Head) -> None:
    chevron = "chevron-right" if head.shut else "chevron-down"
    top = place.top() + (place.height() - 14) // 2
    icons.paint(painter, chevron, place.left() + SIDE - 4, top, 14, "t2")
    icon, tint = STATUS_ICONS[head.status]
    icons.paint(painter, icon, place.left() + SIDE + 16, top, 14, tint)
    room = place.adjusted(SIDE + 36, 0, -SIDE, 0)
    _draw(painter, room, tr(STATUS_TITLES[head.status]), "t1", weight=600)
    words = painter.fontMetrics().horizontalAdvance(tr(STATUS_TITLES[head.status]))
    _draw(painter, room.adjusted(words + 8, 0, 0, 0), count_words(head), "t3")
    _draw(painter, more_place(head, place).adjusted(0, 0, 4, 0), more_words(head), "acc")


def _paint_mark(painter: QPainter, room: QRect) -> QRect:
    """Say at the right end of a cell that its field needs a fix; what is left of the cell."""
    words = tr("needs a fix")
    wide = QFontMetrics(fonts.font(12)).horizontalAdvance(words) + 18
    left = room.right() - wide
    icons.paint(painter, "octagon-alert", left, room.top() + (room.height() - 13) // 2, 13, "err")
    _draw(painter, QRect(left + 17, room.top(), wide, room.height()), words, "err")
    return room.adjusted(0, 0, -wide - metrics.GAP, 0)


def _draw(
    painter: QPainter, room: QRect, text: str, tint: str, size: int = 12, weight: int = 400
) -> None:
    painter.setFont(fonts.font(size, weight))
    painter.setPen(color(tint))
    end = Qt.TextElideMode.ElideRight
    painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(text, end, room.width()))
