"""Paints the headers of the grid: titles of rows, columns and their groups, over the cells."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from app.i18n import tr
from app.theme import color, fonts
from app.validation.labels import axis_title, line_label, value_words
from app.validation.layout import (
    COLUMN_HEADER,
    GROUP_HEADER,
    MARGIN,
    MOST_ROW_HEADER,
    ROW_GROUP,
    ROW_HEADER,
    GridLayout,
)
from app.validation.prompt_list import short_prompts

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.validation.table import Line, Table

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TITLES = 200  # rows whose titles are measured; of more these many, evenly spread
_TWO_LINES_FROM, _LINE_FROM = 34, 14  # pixels of a cell beside which there is room for words


class HeaderPainter:
    """Shows which lines the chosen cell lies in, and which the evidence speaks for."""

    def __init__(self, state: GridState) -> None:
        self._state = state
        self._grid = GridLayout()
        self._offset, self._port = QPoint(), QSize()
        self._chosen: tuple[int, int] | None = None

    def paint(
        self, painter: QPainter, area: QRect, grid: GridLayout, offset: QPoint, port: QSize
    ) -> None:
        """Paint the headers of ``grid`` in ``area`` of a view of the size ``port``."""
        self._grid, self._offset, self._port = grid, offset, port
        first = self._state.first
        self._chosen = grid.place(first) if first is not None else None
        if area.left() < grid.head.width():
            self._rows(painter, area)
        if area.top() < grid.head.height():
            self._columns(painter)
            self._corner(painter)

    def titles_width(self, table: Table) -> int:
        """The pixels that the titles of rows take with what is said below them, in bounds."""
        names, rows = table.names("rows"), table.rows
        some = rows[:: max(1, len(rows) // _TITLES)]
        widest = max((self._title_width(names, line) for line in some), default=0)
        return max(ROW_HEADER, min(MOST_ROW_HEADER, widest + 8))

    def _title_width(self, names: tuple[str, ...], line: Line) -> int:
        title, detail = line_label(self._state, names, line)
        return ceil(max(fonts.width_of(title, 12, 600), fonts.width_of(detail, 11)))

    # Rows

    def _rows(self, painter: QPainter, area: QRect) -> None:
        grid, head = self._grid, self._grid.head
        painter.fillRect(0, 0, head.width() - 2, self._port.height(), color("g2"))
        painter.save()
        top = head.height() + grid.frozen
        below = QRect(0, top, self._port.width(), self._port.height() - top)
        painter.setClipRect(area.intersected(below))
        for start, _, first in grid.row_group_spans():
            if grid.table.rows[first].group:
                self._row_group(painter, start - self._offset.y(), grid.table.rows[first])
        for row in range(grid.table.frozen, len(grid.table.rows)):
            at = grid.tops[row] - self._offset.y()
            if at <= area.bottom() and at + grid.cell >= max(top, area.top()):
                self._row(painter, row, at)
        painter.restore()
        for row in range(grid.table.frozen):
            self._row(painter, row, grid.tops[row])

    def _row(self, painter: QPainter, row: int, top: int) -> None:
        table, cell = self._grid.table, self._grid.cell
        if cell < _LINE_FROM and row % max(1, -(-_LINE_FROM // (cell + self._grid.gap))):
            return
        line = table.rows[row]
        title, detail = line_label(self._state, table.names("rows"), line)
        picked = bool(self._state.pick_checkpoint) and self._state.pick_checkpoint in line.own
        token = "acc" if picked else "t1"
        here = self._chosen is not None and self._chosen[0] == row
        middle = top + cell // 2
        if here:
            painter.fillRect(MARGIN - 4, top, 2, cell, color("acc"))
        detail = detail if cell >= _TWO_LINES_FROM else ""
        box = QRect(MARGIN, middle - (16 if detail else 8), self._grid.titles - 6, 16)
        _elided(painter, box, title, fonts.font(12, 600 if picked or here else 400), token)
        if detail:
            _elided(painter, box.translated(0, 16), detail, fonts.font(11), "t3")

    def _row_group(self, painter: QPainter, top: int, line: Line) -> None:
        names = self._grid.table.names("row_groups")
        words = ", ".join(
            value_words(self._state, name, value)
            for name, value in zip(names, line.group, strict=True)
        )
        box = QRect(MARGIN, top - ROW_GROUP, self._port.width() - 2 * MARGIN, ROW_GROUP)
        _elided(painter, box, words, fonts.font(12, 500), "t1")

    # Columns

    def _columns(self, painter: QPainter) -> None:
        grid, offset = self._grid, self._offset.x()
        painter.fillRect(0, 0, self._port.width(), GROUP_HEADER + COLUMN_HEADER, color("g2"))
        for left, right, first in grid.group_spans():
            if right - offset > grid.head.width() and left - offset < self._port.width():
                box = QRect(left - offset, 0, right - left, GROUP_HEADER)
                self._group(painter, box, grid.table.columns[first])
        names = grid.table.names("columns")
        for column, line in enumerate(grid.table.columns):
            left = grid.lefts[column] - offset
            if grid.head.width() - grid.cell < left < self._port.width():
                words, _ = line_label(self._state, names, line)
                self._column(painter, column, left, words, line)

    def _column(self, painter: QPainter, column: int, left: int, words: str, line: Line) -> None:
        cell, state = self._grid.cell, self._state
        picked = state.pick_weight is not None and state.pick_weight in line.own
        here = self._chosen is not None and self._chosen[1] == column
        font = fonts.font(12, 600 if picked or here else 400)
        wide = fonts.width_of(words, 12)
        pitch = cell + self._grid.gap
        every = max(1, -(-round(wide + 6) // pitch)) if wide + 4 > cell and wide < 60 else 1
        first = self._first_of_group(column)
        if (column - first) % every and not here and not picked:
            return
        if here:
            painter.fillRect(left, GROUP_HEADER + COLUMN_HEADER - 4, cell, 2, color("acc"))
        box = QRect(left, GROUP_HEADER - 2, max(cell, every * pitch - 4), COLUMN_HEADER)
        token = "acc" if picked else "t1" if here else "t2"
        centered = every == 1
        _elided(painter, box, words, font, token, centered=centered)

    def _first_of_group(self, column: int) -> int:
        group = self._grid.table.columns[column].group
        return next(i for i, one in enumerate(self._grid.table.columns) if one.group == group)

    def _group(self, painter: QPainter, rect: QRect, line: Line) -> None:
        painter.setPen(QPen(color("line_stage"), 1))
        bottom = rect.bottom() - 0.5
        painter.drawLine(QPointF(rect.left(), bottom), QPointF(rect.right(), bottom))
        # The words stay in sight while their group is scrolled half away.
        rect = QRect(rect)
        rect.setLeft(max(rect.left(), self._grid.head.width()))
        names = self._grid.table.names("column_groups")
        words = ", ".join(
            value_words(self._state, name, value)
            for name, value in zip(names, line.group, strict=True)
        )
        tag = self._state.tag_of(str(line.group[0])) if names[:1] == ("prompt",) else ""
        wide = round(fonts.width_of(tag, 11)) + 12 if tag else 0
        wide = wide if rect.width() > wide + 60 else 0
        room = max(0, rect.width() - wide - 8)
        if tag and fonts.width_of(words, 12, 500) > room:
            words = self._short_prompt(str(line.group[0])) or words
        shown = fonts.metrics(12, 500).elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.setFont(fonts.font(12, 500))
        painter.setPen(color("t1"))
        painter.drawText(rect, _LEFT, shown)
        if wide:
            x = rect.left() + fonts.metrics(12, 500).horizontalAdvance(shown) + 8
            box = QRectF(round(x) + 0.5, rect.center().y() - 8 + 0.5, wide, 17)
            painter.setFont(fonts.font(11))
            painter.setPen(QPen(color("line_hover"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 2, 2)
            painter.setPen(color("t2"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tag)

    def _short_prompt(self, prompt: str) -> str:
        """``prompt`` without what most of the prompts say."""
        request = self._state.request
        if request is None or prompt not in request.prompts:
            return ""
        short = short_prompts(request.prompts, request.trigger)
        return short[request.prompts.index(prompt)]

    def _corner(self, painter: QPainter) -> None:
        head = self._grid.head
        painter.fillRect(0, 0, head.width() - 2, GROUP_HEADER + COLUMN_HEADER, color("g2"))
        names = self._grid.table.names("columns")
        words = axis_title(names[0]) if names else ""
        box = QRect(MARGIN, GROUP_HEADER - 2, self._grid.titles, COLUMN_HEADER)
        _elided(painter, box, words, fonts.font(11), "t3")
        if self._grid.pins:
            top = self._grid.pin_rect(0).top() + self._grid.cell // 2
            line = QRect(MARGIN, top - 8, self._grid.titles - 6, 16)
            _elided(painter, line, tr("Pinned"), fonts.font(12), "t1")


def _elided(
    painter: QPainter, rect: QRect, text: str, font: QFont, token: str, *, centered: bool = False
) -> None:
    painter.setFont(font)
    painter.setPen(color(token))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter if centered else _LEFT, shown)
