"""A picture of a pair as a pane, and the framed spot of it at full size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import tr
from app.i18n.format import percent
from app.theme import color, fonts, metrics
from app.theme import signals as theme_signals
from app.widgets.images import fitted

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QWheelEvent

    from app.widgets.look import Look

DETAIL_HEIGHT = 116


class _Pictured(QWidget):
    """Paints one pixmap in the frame of a look."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.pixmap: QPixmap | None = None
        self.problem = ""
        look.changed.connect(self.update)
        theme_signals.changed.connect(self.update)

    def set_look(self, look: Look) -> None:
        """Follow another look."""
        self.look.changed.disconnect(self.update)
        self.look = look
        look.changed.connect(self.update)
        self.update()

    def set_picture(self, pixmap: QPixmap | None, problem: str = "") -> None:
        """Show a picture; None is a bare tile, with the sentence why if there is one."""
        self.pixmap, self.problem = pixmap, problem
        self.update()

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _paint_picture(self, painter: QPainter, frame: QRectF) -> float:
        """Paint the picture whole into ``frame``; returns its own scale."""
        painter.fillRect(self.rect(), color("tile"))
        if self.pixmap is None:
            if self.problem:
                painter.setPen(color("t3"))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.problem)
            return 0.0
        place = fitted(QSizeF(self.pixmap.size()), frame)
        scale = place.width() / max(1, self.pixmap.width())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 2)
        painter.drawPixmap(place, self.pixmap, QRectF(self.pixmap.rect()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return scale


class Pane(_Pictured):
    """Wheel zooms at the pointer, drag pans, a click moves the framed spot, double-click fits."""

    pressed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.chosen = False
        self.framed = True
        self._from: QPointF | None = None
        self._moved = False
        self.setMinimumSize(120, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def point_at(self, position: QPointF) -> QPointF:
        """The frame point under a position."""
        return self.look.center + (position - self._middle()) / self.look.scale

    def spot_rect(self) -> QRectF:
        """Where the strip below lies in this pane."""
        scale = self.look.scale / self.look.detail_scale
        size = QSizeF(self.width(), DETAIL_HEIGHT) * scale
        middle = self._middle() + (self.look.spot - self.look.center) * self.look.scale
        return QRectF(middle - QPointF(size.width() / 2, size.height() / 2), size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.look.set_room(QSizeF(self.size()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = 1.2 ** (event.angleDelta().y() / 120)
        self.look.zoom_to(self.look.scale * factor, event.position() - self._middle())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from, self._moved = event.position(), False
        self.pressed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        by = event.position() - self._from
        if self._moved or by.manhattanLength() > 3:
            self._moved = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.look.pan(by)
            self._from = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is not None and not self._moved and self.framed:
            self.look.set_spot(self.point_at(event.position()))
        self._from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.look.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = self.look
        scale = self._paint_picture(painter, look.place(self._middle(), look.center, look.scale))
        if self.framed and self.pixmap is not None:
            paint_frame(painter, self.spot_rect())
        if scale:
            paint_label(painter, QRectF(self.rect()), percent(scale))
        if self.chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("acc"), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))


class Detail(_Pictured):
    """The framed spot, at full size, or larger where the picture itself is small."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.setFixedHeight(DETAIL_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(120, DETAIL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = self.look
        place = look.place(self._middle(), look.spot, look.detail_scale)
        if self._paint_picture(painter, place):
            words = tr("{scale}, same place", scale=percent(look.detail_scale))
            paint_label(painter, QRectF(self.rect()), words)


def paint_frame(painter: QPainter, area: QRectF) -> None:
    """A frame that is seen on any picture: a light stroke on a dark one."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for tint, width in ((QColor(0x11, 0x11, 0x11, 140), 3.0), (QColor("#EDEDED"), 1.5)):
        painter.setPen(QPen(tint, width))
        painter.drawRect(area)


def paint_label(painter: QPainter, area: QRectF, words: str) -> None:
    """Words on a dark plate at the lower left of a picture."""
    width = fonts.metrics(11).horizontalAdvance(words) + 14
    plate = QRectF(area.left() + 8, area.bottom() - 27, width, 19)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("badge"))
    painter.drawRoundedRect(plate, metrics.RADIUS_SMALL, metrics.RADIUS_SMALL)
    painter.setPen(color("badge_text"))
    painter.setFont(fonts.font(11))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
