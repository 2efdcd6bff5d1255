"""Where the document lies on the screen: zoom, pan, and the mapping between the two."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSizeF, Signal
from PySide6.QtGui import QTransform

MINIMUM_ZOOM = 0.02
MAXIMUM_ZOOM = 32.0
# Zoom stops an artist expects to land on: pixel art needs the whole ones exactly.
STOPS = (
    0.02,
    0.05,
    0.1,
    0.17,
    0.25,
    0.33,
    0.5,
    0.67,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    6.0,
    8.0,
    12.0,
    16.0,
    24.0,
    32.0,
)
FIT_MARGIN = 24


class Viewport(QObject):
    """Zoom (screen pixels per document pixel) and the screen position of the document's corner.

    The view can be turned around the middle of the widget. All points and rectangles on the screen
    are those of the view before it is turned; :attr:`turn` takes them to the widget.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zoom = 1.0
        self.angle = 0.0
        self.turn = QTransform()
        self.origin = QPointF(0, 0)
        self.size = QSizeF(1, 1)
        self.document_size = QSizeF(1, 1)

    def resize(self, size: QSizeF) -> None:
        """The widget has a new size; the point in its middle stays in the middle.

        When only the height differs, something under the picture came or went: it stays in place.
        """
        across, down = size.width() - self.size.width(), size.height() - self.size.height()
        shift = QPointF(across, down) / 2 if across else QPointF()
        self.size = QSizeF(size)
        self._place(self.origin + shift)

    def set_angle(self, degrees: float) -> None:
        """Turn the view, clockwise."""
        self.angle = (degrees + 180.0) % 360.0 - 180.0
        if abs(self.angle) < 1e-6:
            self.angle = 0.0
        self._place(self.origin)

    def flat(self, at: QPointF) -> QPointF:
        """A point of the widget as it lies before the view is turned."""
        return self.turn.inverted()[0].map(at) if self.angle else at

    @property
    def seen(self) -> QRectF:
        """What the widget shows, before the view is turned."""
        whole = QRectF(QPointF(0, 0), self.size)
        return self.turn.inverted()[0].mapRect(whole) if self.angle else whole

    def fit(self) -> None:
        """Show the whole document with some air, never larger than 16 times."""
        self.show_rect(QRectF(QPointF(0, 0), self.document_size))

    def show_rect(self, rect: QRectF) -> None:
        """Show ``rect`` of the document in the middle, with some air around it."""
        room = QSizeF(
            max(1.0, self.size.width() - 2 * FIT_MARGIN),
            max(1.0, self.size.height() - 2 * FIT_MARGIN),
        )
        zoom = min(
            room.width() / max(1.0, rect.width()),
            room.height() / max(1.0, rect.height()),
            16.0,
        )
        if zoom > 1.0:
            zoom = float(int(zoom))
        self.zoom = max(MINIMUM_ZOOM, zoom)
        middle = QPointF(self.size.width() / 2, self.size.height() / 2)
        self._place(middle - rect.center() * self.zoom)

    def center(self) -> None:
        """Put the document in the middle at the present zoom."""
        shown = self.document_size * self.zoom
        room = self.size
        self._place(
            QPointF((room.width() - shown.width()) / 2, (room.height() - shown.height()) / 2)
        )

    def zoom_at(self, screen: QPointF, zoom: float) -> None:
        """Set ``zoom``; the document point under ``screen`` stays under it."""
        zoom = min(MAXIMUM_ZOOM, max(MINIMUM_ZOOM, zoom))
        held = self.to_document(screen)
        self.zoom = zoom
        self._place(screen - held * zoom)

    def step(self, direction: int, screen: QPointF | None = None) -> None:
        """Go to the next zoom stop up (1) or down (-1), at ``screen`` or at the middle."""
        at = screen or QPointF(self.size.width() / 2, self.size.height() / 2)
        if direction > 0:
            stops = [stop for stop in STOPS if stop > self.zoom * 1.001]
            self.zoom_at(at, stops[0] if stops else MAXIMUM_ZOOM)
        else:
            stops = [stop for stop in STOPS if stop < self.zoom * 0.999]
            self.zoom_at(at, stops[-1] if stops else MINIMUM_ZOOM)

    def wheel(self, screen: QPointF, notches: float) -> None:
        """Zoom by mouse-wheel ``notches`` (fractions from a touchpad), at the pointer."""
        self.zoom_at(screen, self.zoom * 1.2**notches)

    def pan(self, delta: QPointF) -> None:
        """Move the document by ``delta`` screen pixels; a corner of it always stays in sight."""
        keep = 32.0
        shown = self.document_size * self.zoom
        x = min(self.size.width() - keep, max(keep - shown.width(), self.origin.x() + delta.x()))
        y = min(self.size.height() - keep, max(keep - shown.height(), self.origin.y() + delta.y()))
        self._place(QPointF(x, y))

    def lift(self, bottom: float, least_top: float) -> None:
        """Move the document up until ``bottom`` (screen) is in sight; ``least_top`` stays."""
        over = min(bottom + FIT_MARGIN - self.size.height(), least_top - FIT_MARGIN)
        if over > 0:
            self._place(self.origin - QPointF(0, over))

    def uncover(self) -> None:
        """Use empty room under the document for what of it is out of sight at the top."""
        top = self.origin.y()
        room = self.size.height() - FIT_MARGIN - top - self.document_size.height() * self.zoom
        if room > 0 and top < FIT_MARGIN:
            self._place(QPointF(self.origin.x(), top + min(room, FIT_MARGIN - top)))

    def put_at(self, origin: QPointF) -> None:
        """Put the document's corner at ``origin`` of the widget."""
        self._place(origin)

    def to_document(self, screen: QPointF) -> QPointF:
        """A point of the widget in document pixels."""
        return (screen - self.origin) / self.zoom

    def to_screen(self, point: QPointF) -> QPointF:
        """A point of the document on the widget."""
        return point * self.zoom + self.origin

    def rect_to_screen(self, rect: QRectF | QRect) -> QRectF:
        """A rectangle of the document on the widget."""
        rect = QRectF(rect)
        return QRectF(self.to_screen(rect.topLeft()), self.to_screen(rect.bottomRight()))

    def visible(self, area: QRect | None = None) -> QRect:
        """The document pixels in sight, clipped to the document; may be empty.

        With ``area`` those that this part of the widget shows, and two screen pixels around it.
        """
        screen = QRectF(QPointF(0, 0), self.size)
        if area is not None:
            screen = screen.intersected(QRectF(area.adjusted(-2, -2, 2, 2)))
        if self.angle:
            screen = self.turn.inverted()[0].mapRect(screen)
        shown = QRectF(self.to_document(screen.topLeft()), self.to_document(screen.bottomRight()))
        whole = QRectF(QPointF(0, 0), self.document_size)
        return shown.intersected(whole).toAlignedRect()

    def _place(self, origin: QPointF) -> None:
        """On whole screen pixels, so that whole zooms show every document pixel sharp."""
        self.origin = QPointF(round(origin.x()), round(origin.y()))
        x, y = self.size.width() / 2, self.size.height() / 2
        self.turn = QTransform.fromTranslate(x, y).rotate(self.angle).translate(-x, -y)
        self.changed.emit()
