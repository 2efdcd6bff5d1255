"""Rulers along the stage, in document pixels, with a mark that follows the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.theme import fonts
from app.theme.style import color
from engine.canvas.core import Guide

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.surface import Surface

THICKNESS = 18
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
LABEL_ROOM = 70.0


def label_step(zoom: float) -> int:
    """Document pixels between two numbers, so that they stand at least LABEL_ROOM apart."""
    return next((step for step in STEPS if step * zoom >= LABEL_ROOM), STEPS[-1])


class Ruler(QWidget):
    """One ruler. It shows the pointer's place; a drag out of it lays a guide, as one step."""

    def __init__(self, state: CanvasState, surface: Surface, orientation: Qt.Orientation) -> None:
        super().__init__()
        viewport = surface.view
        self._state, self._surface, self._viewport = state, surface, viewport
        self._pulled = False
        self._horizontal = orientation == Qt.Orientation.Horizontal
        self._pointer: float | None = None
        if self._horizontal:
            self.setFixedHeight(THICKNESS)
        else:
            self.setFixedWidth(THICKNESS)
        upright = Qt.CursorShape.SplitVCursor if self._horizontal else Qt.CursorShape.SplitHCursor
        self.setCursor(upright)
        viewport.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As thin as a ruler."""
        return QSize(THICKNESS, THICKNESS)

    def set_pointer(self, at: QPointF | None) -> None:
        """Move the mark to the pointer's screen position, or hide it."""
        self._pointer = None if at is None else (at.x() if self._horizontal else at.y())
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A guide may be pulled out."""
        self._pulled = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The guide follows the pointer."""
        at = QPointF(self._surface.mapFromGlobal(event.globalPosition().toPoint()))
        if self._state.document is None or not event.buttons() or not self._is_over(at):
            return
        place = self._surface.document_point(at)
        made = Guide("y", round(place.y())) if self._horizontal else Guide("x", round(place.x()))
        others = self._state.document.guides[:-1] if self._pulled else self._state.document.guides
        self._state.set_guides((*others, made), continuing=self._pulled)
        self._pulled = True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go back on the ruler, or out of the picture, it is gone."""
        document = self._state.document
        if not self._pulled or document is None:
            return
        last, side = document.guides[-1], document.height if self._horizontal else document.width
        at = QPointF(self._surface.mapFromGlobal(event.globalPosition().toPoint()))
        if not self._is_over(at) or not 0 <= last.at <= side:
            self._state.set_guides(document.guides[:-1], continuing=True)

    def _is_over(self, at: QPointF) -> bool:
        return (at.y() if self._horizontal else at.x()) >= 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ticks, numbers and the pointer's mark."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("g1"))
        if not self._viewport.angle:
            self._paint_ticks(painter, color("t4"), color("t3"))
        if self._pointer is not None:
            painter.setPen(QPen(color("acc"), 1))
            at = round(self._pointer) + 0.5
            self._line(painter, at, 0, THICKNESS)
        painter.end()

    def _paint_ticks(self, painter: QPainter, line: QColor, text: QColor) -> None:
        zoom = self._viewport.zoom
        step = label_step(zoom)
        small = step / 4 if step % 4 == 0 else step / 5 if step % 5 == 0 else step / 2
        origin = self._viewport.origin.x() if self._horizontal else self._viewport.origin.y()
        length = self.width() if self._horizontal else self.height()
        painter.setFont(fonts.font(10))
        count = int((0 - origin) / zoom // small)
        while origin + count * small * zoom <= length:
            value = count * small
            at = round(origin + value * zoom) + 0.5
            numbered = abs(value / step - round(value / step)) < 1e-6
            painter.setPen(QPen(line, 1))
            self._line(painter, at, 9 if numbered else 13, THICKNESS)
            if numbered:
                painter.setPen(text)
                self._number(painter, at, round(value))
            count += 1

    def _line(self, painter: QPainter, at: float, start: float, end: float) -> None:
        if self._horizontal:
            painter.drawLine(QPointF(at, start), QPointF(at, end))
        else:
            painter.drawLine(QPointF(start, at), QPointF(end, at))

    def _number(self, painter: QPainter, at: float, value: int) -> None:
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        if self._horizontal:
            painter.drawText(QRectF(at + 4, 1, 60, 12), flags, str(value))
            return
        painter.save()
        painter.translate(1, at - 4)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, 60, 12), flags, str(value))
        painter.restore()
