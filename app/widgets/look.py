"""Where two pictures are looked at: one zoom and one position for all panes and detail strips."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal

ZOOM = (0.02, 64.0)
AIR = 12


class Look(QObject):
    """A view of a frame of ``size`` pixels, which is that of the larger picture.

    ``scale`` is widget pixels per frame pixel and ``center`` the frame point in the middle of
    every pane; both follow the room of the panes until somebody zooms. ``spot`` is the frame
    point shown at full size below.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.size = QSizeF(1, 1)
        self.scale = 1.0
        self.center = QPointF()
        self.spot = QPointF()
        self.fitted = True
        self._room = QSizeF(100, 100)

    def show(self, size: QSizeF) -> None:
        """Look at another frame; the whole of it, with the spot in its middle."""
        self.size = size
        self.spot = QPointF(size.width() / 2, size.height() / 2)
        self.fit()

    def set_room(self, room: QSizeF) -> None:
        """How large the panes are."""
        self._room = room
        if self.fitted:
            self.fit()

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole frame is shown."""
        width = max(1.0, self._room.width() - 2 * AIR) / max(1.0, self.size.width())
        height = max(1.0, self._room.height() - 2 * AIR) / max(1.0, self.size.height())
        return min(width, height)

    @property
    def detail_scale(self) -> float:
        """The scale of the strip below: full size, or twice the panes' for a small picture."""
        return max(1.0, float(round(2 * self.fit_scale)))

    def fit(self) -> None:
        """Show the whole frame."""
        self.fitted = True
        self.scale = self.fit_scale
        self.center = QPointF(self.size.width() / 2, self.size.height() / 2)
        self.changed.emit()

    def zoom_to(self, scale: float, away: QPointF | None = None) -> None:
        """Zoom so that the point ``away`` widget pixels from the middle stays where it is."""
        away = away or QPointF()
        point = self.center + away / self.scale
        self.fitted = False
        self.scale = max(ZOOM[0], min(ZOOM[1], scale))
        self.center = point - away / self.scale
        self.changed.emit()

    def pan(self, by: QPointF) -> None:
        """Move the pictures by widget pixels."""
        self.fitted = False
        self.center -= by / self.scale
        self.changed.emit()

    def set_spot(self, point: QPointF) -> None:
        """Show another frame point at full size."""
        self.spot = QPointF(
            min(self.size.width(), max(0.0, point.x())),
            min(self.size.height(), max(0.0, point.y())),
        )
        self.changed.emit()

    def place(self, middle: QPointF, center: QPointF, scale: float) -> QRectF:
        """Where the frame lies in a widget that shows ``center`` at its ``middle``."""
        corner = middle - center * scale
        return QRectF(corner, self.size * scale)

    def copy(self, other: Look) -> None:
        """Look where ``other`` looks."""
        self.scale, self.center, self.fitted = other.scale, QPointF(other.center), other.fitted
        self.spot = QPointF(other.spot)
        self.changed.emit()
