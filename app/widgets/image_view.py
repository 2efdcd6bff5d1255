"""One picture that zooms at the pointer and pans, with painters laid over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.theme import color
from app.widgets.images import checker, pixmap_of

ZOOM = (0.02, 64.0)
Overlay = Callable[[QPainter, QTransform], None]


class ImageView(QWidget):
    """Shows a picture fitted until the user zooms. Wheel zooms, drag pans, double-click fits.

    Overlays are called after the picture with the painter in widget pixels and the transform from
    picture to widget, so that their lines keep their width.
    """

    zoomed = Signal(float)

    def __init__(self, *, token: str = "g2", air: int = 24) -> None:
        super().__init__()
        self._token, self._air = token, air
        self._pixmap = QPixmap()
        self._size = QSize()
        self._scale, self._offset = 1.0, QPointF()
        self._fitting = True
        self._pan_from: QPointF | None = None
        self._overlays: list[Overlay] = []
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(64, 64)

    @property
    def scale(self) -> float:
        """Widget pixels per picture pixel."""
        return self._scale

    def set_image(self, picture: Any, size: tuple[int, int] | None = None) -> None:
        """Show a uint8 array, QImage or QPixmap; None shows nothing. The view stays where it is.

        ``size`` (width, height) is what it stands for, when it is a smaller copy.
        """
        before = self._size
        self._pixmap = QPixmap() if picture is None else pixmap_of(picture)
        self._size = QSize(*size) if size is not None else self._pixmap.size()
        if self._fitting or self._size != before:
            self.fit()
        self.update()

    def add_overlay(self, paint: Overlay) -> None:
        """Draw ``paint`` over the picture from now on."""
        self._overlays.append(paint)
        self.update()

    def fit(self) -> None:
        """Show the whole picture; it stays fitted when the widget grows."""
        self._fitting = True
        if self._pixmap.isNull():
            return
        room = self.rect().adjusted(self._air, self._air, -self._air, -self._air)
        width, height = self._size.width(), self._size.height()
        self._set_scale(min(room.width() / width, room.height() / height))
        self._offset = QPointF(
            (self.width() - width * self._scale) / 2, (self.height() - height * self._scale) / 2
        )
        self.update()

    def zoom_to(self, scale: float, anchor: QPointF | None = None) -> None:
        """Zoom so that the picture point under ``anchor`` (the middle) stays where it is."""
        anchor = anchor or QPointF(self.width() / 2, self.height() / 2)
        point = self.to_image(anchor)
        self._fitting = False
        self._set_scale(scale)
        self._offset = anchor - point * self._scale
        self.update()

    def to_image(self, point: QPointF) -> QPointF:
        """A widget point in picture pixels."""
        return (point - self._offset) / self._scale

    def to_view(self, point: QPointF) -> QPointF:
        """A picture point in widget pixels."""
        return point * self._scale + self._offset

    def transform(self) -> QTransform:
        """From picture to widget pixels."""
        move = QTransform.fromTranslate(self._offset.x(), self._offset.y())
        return QTransform.fromScale(self._scale, self._scale) * move

    def image_rect(self) -> QRectF:
        """Where the picture lies in the widget."""
        size = self._size
        return QRectF(
            self._offset.x(),
            self._offset.y(),
            size.width() * self._scale,
            size.height() * self._scale,
        )

    def _set_scale(self, scale: float) -> None:
        self._scale = max(ZOOM[0], min(ZOOM[1], scale))
        self.zoomed.emit(self._scale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitting:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = 1.2 ** (event.angleDelta().y() / 120)
        self.zoom_to(self._scale * factor, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pan_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._fitting = False
            self._offset += event.position() - self._pan_from
            self._pan_from = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pan_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        zooms = {Qt.Key.Key_Plus: 1.25, Qt.Key.Key_Equal: 1.25, Qt.Key.Key_Minus: 0.8}
        if event.key() in zooms:
            self.zoom_to(self._scale * zooms[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif event.key() == Qt.Key.Key_1:
            self.zoom_to(1.0)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), color(self._token))
        if self._pixmap.isNull():
            return
        place = self.image_rect()
        if self._pixmap.hasAlphaChannel():
            painter.fillRect(place, checker())
        # Above 2x an artist wants to see the pixels.
        smooth = self._scale < 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for overlay in self._overlays:
            painter.save()
            overlay(painter, self.transform())
            painter.restore()
