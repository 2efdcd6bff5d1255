"""Which part of their pictures all cells show: the same in each, so that a detail is compared."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal

from app.widgets.images import fitted
from app.widgets.thumbnail_maker import Part

MOST = 32.0
STEP = 1.25


class Framing(QObject):
    """``zoom`` 1 shows whole pictures. ``center`` is the point in the middle of every cell, as
    shares of the picture's width and height.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zoom = 1.0
        self.center = QPointF(0.5, 0.5)

    @property
    def whole(self) -> bool:
        """Whether cells show all of their pictures."""
        return self.zoom <= 1.0

    def reset(self) -> None:
        """Show whole pictures."""
        self._show(1.0, QPointF(0.5, 0.5))

    def zoom_by(self, factor: float, anchor: QPointF | None = None) -> None:
        """Enlarge; the point under ``anchor`` (shares of the cell, the middle) stays there."""
        away = (anchor or QPointF(0.5, 0.5)) - QPointF(0.5, 0.5)
        point = self.center + away / self.zoom
        zoom = max(1.0, min(MOST, self.zoom * factor))
        self._show(zoom, point - away / zoom)

    def pan(self, by: QPointF) -> None:
        """Move all pictures by shares of a cell."""
        self._show(self.zoom, self.center - by / self.zoom)

    def _show(self, zoom: float, center: QPointF) -> None:
        side = 0.5 / zoom
        center = QPointF(min(1 - side, max(side, center.x())), min(1 - side, max(side, center.y())))
        if (zoom, center) != (self.zoom, self.center):
            self.zoom, self.center = zoom, center
            self.changed.emit()

    def place(self, size: QSizeF, cell: QRectF) -> QRectF:
        """Where the whole of a picture of ``size`` lies so that ``cell`` shows the part."""
        box = fitted(size, cell)
        if self.whole:
            return box
        middle = cell.center()
        corner = QPointF(
            middle.x() - self.center.x() * box.width() * self.zoom,
            middle.y() - self.center.y() * box.height() * self.zoom,
        )
        return QRectF(corner, box.size() * self.zoom)


def part_seen(place: QRectF, cell: QRectF) -> tuple[QRectF, Part]:
    """What of a picture that lies at ``place`` is inside ``cell``: where, and which part it is."""
    seen = place.intersected(cell)
    return seen, (
        (seen.left() - place.left()) / place.width(),
        (seen.top() - place.top()) / place.height(),
        seen.width() / place.width(),
        seen.height() / place.height(),
    )
