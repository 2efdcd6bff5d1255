"""Paints the live grid: the cells in sight with their marks, and the headers over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen

from app.i18n import tr
from app.theme import fonts, icons
from app.theme.style import color
from app.validation.layout import (
    COLUMN_HEADER,
    GROUP_HEADER,
    MARGIN,
    ROW_HEADER,
    CellKey,
    GridLayout,
)

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache

LEFT_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class GridPainter:
    """Knows where the layout puts things and what the state says of them; takes no input."""

    def __init__(self, state: GridState, pictures: ThumbnailCache) -> None:
        self._state, self._pictures = state, pictures
        self._grid = GridLayout(state.axes)
        self._offset, self._port = QPoint(), QSize()

    def paint(
        self, painter: QPainter, area: QRect, grid: GridLayout, offset: QPoint, port: QSize
    ) -> None:
        """Paint what of ``grid`` lies in ``area`` of a view of the size ``port``.

        ``offset`` is how far the cells are scrolled.
        """
        self._grid, self._offset, self._port = grid, offset, port
        painter.fillRect(area, color("g2"))
        if grid.rows and grid.columns:
            self._paint_cells(painter, area)
            self._paint_row_headers(painter)
            self._paint_column_headers(painter)
            self._paint_corner(painter)

    def _paint_cells(self, painter: QPainter, area: QRect) -> None:
        rows, columns = self._grid.visible(area.translated(self._offset))
        for row in rows:
            for column in columns:
                rect = self._grid.rect(row, column).translated(-self._offset)
                self._paint_cell(painter, rect, self._grid.key(row, column))

    def _paint_cell(self, painter: QPainter, rect: QRect, key: CellKey) -> None:
        cell = self._state.cell(key)
        painter.fillRect(rect, color("tile"))
        if self._state.repeats_base(key):
            painter.setFont(fonts.font(11))
            painter.setPen(color("t3"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr("as Base"))
            self._paint_outline(painter, rect, key)
            return
        pixmap = self._pictures.get(cell.path, self._grid.cell) if cell and cell.path else None
        if pixmap is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(_fitted(rect, pixmap.size()), pixmap)
        if cell is not None and cell.problem:
            icons.paint(
                painter, "octagon-alert", rect.center().x() - 8, rect.center().y() - 8, 16, "err"
            )
        self._paint_outline(painter, rect, key)
        tried = key.checkpoint != "" and key.weight != 0
        if tried and cell is not None and cell.copying is not None and pixmap is not None:
            self._paint_flag(painter, rect, cell.copying)

    def _paint_outline(self, painter: QPainter, rect: QRect, key: CellKey) -> None:
        for letter, chosen, token in (
            ("B", self._state.second, "focus_alt"),
            ("A", self._state.first, "acc"),
        ):
            if chosen != key:
                continue
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color(token), 2))
            painter.drawRect(rect.adjusted(-1, -1, 1, 1))
            if self._state.second is not None:
                self._paint_letter(painter, rect, letter)

    def _paint_letter(self, painter: QPainter, rect: QRect, letter: str) -> None:
        box = QRect(rect.left() + 4, rect.bottom() - 21, 18, 18)
        painter.fillRect(box, color("badge"))
        painter.setFont(fonts.font(11, 600))
        painter.setPen(color("badge_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_flag(self, painter: QPainter, rect: QRect, copying: float) -> None:
        token = self._state.flag_of(copying)
        if not token or not self._state.mark_copying:
            return
        text = f"{copying:.2f}"
        painter.setFont(fonts.font(11, 500))
        width = QFontMetrics(painter.font()).horizontalAdvance(text) + 10
        box = QRect(rect.right() - width + 1, rect.top(), width, 16)
        painter.fillRect(box, color(token))
        painter.setPen(color("on_fill"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_row_headers(self, painter: QPainter) -> None:
        head = self._grid.head
        painter.fillRect(0, 0, head.width(), self._port.height(), color("g2"))
        offset = self._offset.y()
        for row, (checkpoint, seed) in enumerate(self._grid.rows):
            rect = self._grid.rect(row, 0)
            top = rect.top() - offset
            if top > self._port.height() or top + rect.height() < head.height():
                continue
            title, detail = self._state.row_label(checkpoint, seed)
            chosen = self._state.pick_checkpoint == checkpoint and checkpoint != ""
            middle = top + rect.height() // 2
            self._header_text(
                painter,
                QRect(MARGIN, middle - 16, ROW_HEADER - 6, 16),
                title,
                fonts.font(12, 600 if chosen else 400),
                "acc" if chosen else "t1",
            )
            self._header_text(
                painter, QRect(MARGIN, middle, ROW_HEADER - 6, 16), detail, fonts.font(11), "t3"
            )

    def _paint_column_headers(self, painter: QPainter) -> None:
        head, offset = self._grid.head, self._offset.x()
        painter.fillRect(0, 0, self._port.width(), head.height(), color("g2"))
        for index, prompt in enumerate(self._grid.axes.prompts):
            rect = self._grid.group_rect(index).translated(-offset, 0)
            self._paint_group(painter, rect, prompt)
        top = GROUP_HEADER
        for column, (_, weight) in enumerate(self._grid.columns):
            rect = self._grid.rect(0, column)
            box = QRect(rect.left() - offset, top, rect.width(), COLUMN_HEADER)
            chosen = self._state.pick_weight == weight
            painter.setFont(fonts.font(12, 600 if chosen else 400))
            painter.setPen(color("acc" if chosen else "t2"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{weight:g}")

    def _paint_group(self, painter: QPainter, rect: QRect, prompt: str) -> None:
        painter.setPen(QPen(color("line_stage"), 1))
        painter.drawLine(
            QPointF(rect.left(), rect.bottom() - 0.5), QPointF(rect.right(), rect.bottom() - 0.5)
        )
        tag = self._state.tag_of(prompt)
        painter.setFont(fonts.font(11))
        wide = painter.fontMetrics().horizontalAdvance(tag) + 12 if tag else 0
        shown = QFontMetrics(fonts.font(12, 500)).elidedText(
            prompt, Qt.TextElideMode.ElideRight, max(0, rect.width() - wide - 8)
        )
        painter.setFont(fonts.font(12, 500))
        painter.setPen(color("t1"))
        painter.drawText(rect, LEFT_TEXT, shown)
        if not tag:
            return
        x = rect.left() + painter.fontMetrics().horizontalAdvance(shown) + 8
        box = QRectF(x + 0.5, rect.center().y() - 8 + 0.5, wide, 17)
        painter.setFont(fonts.font(11))
        painter.setPen(QPen(color("line_hover"), 1))
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(color("t2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tag)

    def _paint_corner(self, painter: QPainter) -> None:
        head = self._grid.head
        painter.fillRect(0, 0, head.width(), head.height(), color("g2"))
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        painter.drawText(
            QRect(MARGIN, GROUP_HEADER, ROW_HEADER, COLUMN_HEADER), LEFT_TEXT, tr("Weight")
        )

    def _header_text(
        self, painter: QPainter, rect: QRect, text: str, font: QFont, token: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(color(token))
        metrics = painter.fontMetrics()
        painter.drawText(
            rect, LEFT_TEXT, metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, rect.width())
        )


def _fitted(rect: QRect, size: QSize) -> QRect:
    """The largest rectangle of ``size``'s shape in the middle of ``rect``."""
    shown = size.scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
    fitted = QRect(QPoint(0, 0), shown)
    fitted.moveCenter(rect.center())
    return fitted
