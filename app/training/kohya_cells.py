"""How the rows of an import's report are laid out, painted, and told in full where cut off."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from app.i18n import tr
from app.theme import color, fonts, icons, metrics
from app.training.fact_table import elision
from app.training.kohya_model import Index, RowRole, count_words, more_words
from app.training.kohya_rows import Head
from app.training.kohya_words import NOTHING, STATUS_ICONS, STATUS_TITLES, here_text, value_text

if TYPE_CHECKING:
    from app.training.kohya_table import ReportTable
    from engine.training.kohya.report import Line

SIDE, HEAD_HIGH = 16, 32
NARROW = 720  # below this width Why stands under the rest of its row
_FIRST, _SECOND, _UNDER = 5, 22, 5  # where Why begins, beside the rest or under it; air below
_SHARES = (0.23, 0.15, 0.27, 0.35)
_SHARES_NARROW = (0.38, 0.24, 0.38)
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
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


def more_place(head: Head, place: QRect) -> QRect:
    """Where the link of a head is, in a row at ``place``."""
    wide = QFontMetrics(fonts.font(12)).horizontalAdvance(more_words(head))
    return QRect(place.right() - SIDE - wide, place.top(), wide, place.height())


class ReportDelegate(QStyledItemDelegate):
    """Paints heads, and the cells of lines."""

    def __init__(self, table: ReportTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = index.data(RowRole)
        if isinstance(row, Head):
            return QSize(0, HEAD_HIGH)
        table = self._table
        words = table.lines.why(row)
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

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """All of a cell that is cut off; else what the row says."""
        row = index.data(RowRole)
        place: QRect = option.rect  # type: ignore[attr-defined]
        for room, text, _ in [] if isinstance(row, Head) else self._cells(place, row):
            cut = QFontMetrics(fonts.font(12)).horizontalAdvance(text) > room.width()
            if cut and room.contains(event.pos()):
                # As rich text it goes on over several lines.
                QToolTip.showText(event.globalPos(), f"<qt>{html.escape(text)}</qt>", view)
                return True
        return super().helpEvent(event, view, option, index)

    def _cells(self, place: QRect, line: Line) -> list[tuple[QRect, str, str]]:
        """The cells of a row at ``place`` but Why: where they stand, their text, and its tint when
        it says something.
        """
        lines = self._table.lines
        here = here_text(line, lines.state)
        cells = [
            (line.key, "t1" if line.present else ""),
            (value_text(line), "t2" if line.present else ""),
            (here, "t1" if here != NOTHING else ""),
        ]
        found = []
        for (text, tint), (left, wide) in zip(cells, columns(place.width()), strict=False):
            found.append((QRect(place.left() + left, place.top(), wide, metrics.ROW), text, tint))
        return found

    def _paint_line(self, painter: QPainter, place: QRect, line: Line, quiet: str) -> None:
        lines = self._table.lines
        for room, text, tint in self._cells(place, line):
            _draw(painter, room, text, tint or quiet)
        room, size = _why_room(place)
        painter.setFont(fonts.font(size))
        painter.setPen(color("err" if lines.problem(line) else quiet))
        painter.drawText(room, _WRAPPED, lines.why(line))


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


def _draw(
    painter: QPainter, room: QRect, text: str, tint: str, size: int = 12, weight: int = 400
) -> None:
    painter.setFont(fonts.font(size, weight))
    painter.setPen(color(tint))
    shown = painter.fontMetrics().elidedText(text, elision(text), room.width())
    painter.drawText(room, LEFT, shown)
