"""The picture under edit: before, after or both; the crop, a brush or a pipette in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPen, QPixmap

from app.dataset.crop_view import CropView
from app.widgets.images import checker, pixmap_of

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QMouseEvent, QPainter, QTransform

grip = 6.0
"""How near to the line of the split the pointer takes it, in widget pixels."""


class Hand:
    """What the left button does when it is not the crop. Points are pixels of the picture."""

    cursor = Qt.CursorShape.CrossCursor

    def press(self, point: QPointF, event: QMouseEvent) -> None:
        """The left button went down."""

    def drag(self, point: QPointF, event: QMouseEvent) -> None:
        """The pointer moved, with the left button down."""

    def release(self) -> None:
        """The left button went up."""

    def hover(self, point: QPointF) -> None:
        """The pointer moved with no button down."""

    def key(self, event: QKeyEvent) -> bool:
        """Whether the key was one of this hand's."""
        return False

    def paint(self, painter: QPainter, transform: QTransform) -> None:
        """Draw over the picture, in widget pixels."""


class EditView(CropView):
    """``hand`` takes the left button from the crop; ``split`` is where before ends, 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.hand: Hand | None = None
        self.split: float | None = None
        self._before = QPixmap()
        self._working = self._splitting = False
        self.add_overlay(self._paint_split)
        self.add_overlay(self._paint_hand)

    def set_hand(self, hand: Hand | None) -> None:
        """Give the left button to ``hand``, or back to the crop."""
        self.hand = hand
        self._working = False
        self.setCursor(hand.cursor if hand else Qt.CursorShape.ArrowCursor)
        self.update()

    def set_before(self, picture: QImage | None) -> None:
        """What is left of the split; None takes the split away."""
        self._before = QPixmap() if picture is None else pixmap_of(picture)
        if picture is None:
            self.split = None
        elif self.split is None:
            self.split = 0.5
        self.update()

    def color_at(self, point: QPointF) -> QColor | None:
        """The color of the picture at ``point``, as it is shown; None outside."""
        share = self._pixmap.width() / max(1, self._size.width())
        x, y = int(point.x() * share // 1), int(point.y() * share // 1)
        if not self._pixmap.rect().contains(x, y):
            return None
        return self._pixmap.copy(x, y, 1, 1).toImage().pixelColor(0, 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._on_split(event.position()):
            self._splitting = True
        elif left and self.hand is not None:
            self._working = True
            self.hand.press(self.to_image(event.position()), event)
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self.to_image(event.position())
        if self._splitting:
            place = self.image_rect()
            share = (event.position().x() - place.left()) / max(1.0, place.width())
            self.split = min(1.0, max(0.0, share))
        elif self._working and self.hand is not None:
            self.hand.drag(point, event)
        elif self.hand is not None and not event.buttons():
            self.hand.hover(point)
        else:
            super().mouseMoveEvent(event)
            if self._on_split(event.position()):
                self.setCursor(Qt.CursorShape.SplitHCursor)
            return
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._splitting = False
        if self._working and self.hand is not None:
            self._working = False
            self.hand.release()
            self.update()
            return
        super().mouseReleaseEvent(event)
        self.setCursor(self.hand.cursor if self.hand else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.hand is not None and self.hand.key(event):
            self.update()
            return
        super().keyPressEvent(event)

    def _on_split(self, point: QPointF) -> bool:
        if self.split is None:
            return False
        place = self.image_rect()
        return abs(point.x() - place.left() - place.width() * self.split) <= grip

    def _paint_split(self, painter: QPainter, transform: QTransform) -> None:
        if self.split is None or self._before.isNull():
            return
        place = self.image_rect()
        part = QRectF(place)
        part.setWidth(place.width() * self.split)
        held = QRectF(self._before.rect())
        held.setWidth(held.width() * self.split)
        if self._before.hasAlphaChannel():
            painter.fillRect(part, checker())
        painter.drawPixmap(part, self._before, held)
        line = QLineF(part.right(), place.top(), part.right(), place.bottom())
        for tint, width in ((QColor(0x11, 0x11, 0x11, 140), 3.0), (QColor("#F2F2F2"), 1.5)):
            painter.setPen(QPen(tint, width))
            painter.drawLine(line)

    def _paint_hand(self, painter: QPainter, transform: QTransform) -> None:
        if self.hand is not None:
            self.hand.paint(painter, transform)
