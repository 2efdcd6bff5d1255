"""The picture with its crop rectangle: handles, thirds, shade outside, and two read-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen

from app.dataset.crop_box import CropBox, Handle, dragged, handle_at, whole
from app.i18n.format import dimensions
from app.theme import color, fonts
from app.widgets.image_view import ImageView

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QTransform

reach = 9.0
"""How near to a line the pointer must be, in widget pixels."""
arm = 18.0
"""Length of the drawn handles, in widget pixels."""
cursors = {
    "l": Qt.CursorShape.SizeHorCursor,
    "r": Qt.CursorShape.SizeHorCursor,
    "t": Qt.CursorShape.SizeVerCursor,
    "b": Qt.CursorShape.SizeVerCursor,
    "lt": Qt.CursorShape.SizeFDiagCursor,
    "rb": Qt.CursorShape.SizeFDiagCursor,
    "rt": Qt.CursorShape.SizeBDiagCursor,
    "lb": Qt.CursorShape.SizeBDiagCursor,
    "move": Qt.CursorShape.SizeAllCursor,
}


class CropView(ImageView):
    """``changed`` is sent while a handle is dragged or an arrow key moves the box.

    ``warns`` colors what ``read_out`` says. ``snap`` gives the box that Shift asks for, from a box
    and the point of it that stays (shares of width and height). Without ``cropping`` it is a plain
    picture.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__(air=44)
        self.size_of_picture = (1, 1)
        self.box = whole((1, 1))
        self.ratio: float | None = None
        self.read_out = ""
        self.warns = False
        self.cropping = True
        self.snap: Callable[[CropBox, tuple[float, float]], CropBox] | None = None
        self._handle: Handle = ""
        self._grip = QPointF()
        self._start = self.box
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.add_overlay(self._paint_crop)

    def set_frame(self, size: tuple[int, int], box: CropBox | None) -> None:
        """The picture is ``size`` large and ``box`` is kept of it, or all; tells nobody."""
        self.size_of_picture = size
        self.box = box or whole(size)
        self.update()

    def set_box(self, box: CropBox) -> None:
        """Move the rectangle and tell."""
        if box != self.box:
            self.box = box
            self.changed.emit(box)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle = self._handle_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or not handle:
            super().mousePressEvent(event)
            return
        self._handle, self._start = handle, self.box
        self._grip = self.to_image(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._handle:
            moved = self.to_image(event.position()) - self._grip
            move = (moved.x(), moved.y())
            ratio = None if self._handle == "move" else self.ratio
            box = dragged(self._start, self._handle, move, self.size_of_picture, ratio)
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            if shift and self.snap is not None and self._handle != "move":
                box = self.snap(box, _anchor(self._handle))
            self.set_box(box)
            return
        super().mouseMoveEvent(event)
        if not event.buttons():
            handle = self._handle_at(event.position())
            self.setCursor(cursors.get(handle, Qt.CursorShape.ArrowCursor))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._handle = ""
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if event.key() not in moves or not self.cropping:
            super().keyPressEvent(event)
            return
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        x, y = moves[Qt.Key(event.key())]
        self.set_box(dragged(self.box, "move", (x * far, y * far), self.size_of_picture))

    def _handle_at(self, point: QPointF) -> Handle:
        if not self.cropping:
            return ""
        spot = self.to_image(point)
        return handle_at(self.box, spot.x(), spot.y(), reach / self.scale)

    def _paint_crop(self, painter: QPainter, transform: QTransform) -> None:
        if not self.cropping:
            return
        box = self.box
        frame = transform.mapRect(QRectF(box.left, box.top, box.width, box.height))
        picture = transform.mapRect(QRectF(0, 0, *self.size_of_picture))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        shade = QColor(color("g2"))
        shade.setAlphaF(0.78)
        for part in _around(picture, frame):
            painter.fillRect(part, shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tint, width in ((QColor(0x11, 0x11, 0x11, 60), 2.5), (QColor(255, 255, 255, 170), 1.0)):
            painter.setPen(QPen(tint, width))
            painter.drawLines(_thirds(frame))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in _pens(1.5, QColor("#F2F2F2")):
            painter.setPen(pen)
            painter.drawRect(frame)
        _stroke(painter, _handles(frame), 4.0, QColor("#FFFFFF"))
        self._paint_read_outs(painter, frame)

    def _paint_read_outs(self, painter: QPainter, frame: QRectF) -> None:
        box = self.box
        place = f"x {box.left}  y {box.top}  {dimensions(box.width, box.height)}"
        painter.setFont(fonts.font(11))
        top = min(frame.bottom() + 6, self.height() - 24)
        if self.read_out:
            tone = "badge_warn" if self.warns else "badge_text"
            _tag(painter, QPointF(frame.left(), top), self.read_out, tone)
        width = painter.fontMetrics().horizontalAdvance(place) + 12
        left = max(frame.right() - width, frame.left())
        taken = painter.fontMetrics().horizontalAdvance(self.read_out) + 24
        if left < frame.left() + taken:
            top, left = top + 21, frame.left()
        _tag(painter, QPointF(left, top), place)


def _anchor(handle: Handle) -> tuple[float, float]:
    """The point that stays while ``handle`` is dragged."""
    across = 1.0 if "l" in handle else 0.0 if "r" in handle else 0.5
    return across, 1.0 if "t" in handle else 0.0 if "b" in handle else 0.5


def _around(outer: QRectF, inner: QRectF) -> list[QRectF]:
    """The four parts of ``outer`` that ``inner`` leaves."""
    return [
        QRectF(outer.left(), outer.top(), outer.width(), inner.top() - outer.top()),
        QRectF(outer.left(), inner.bottom(), outer.width(), outer.bottom() - inner.bottom()),
        QRectF(outer.left(), inner.top(), inner.left() - outer.left(), inner.height()),
        QRectF(inner.right(), inner.top(), outer.right() - inner.right(), inner.height()),
    ]


def _thirds(frame: QRectF) -> list[QLineF]:
    lines = []
    for part in (1 / 3, 2 / 3):
        # In the middle of a pixel, where a thin line is sharp.
        x = int(frame.left() + frame.width() * part) + 0.5
        y = int(frame.top() + frame.height() * part) + 0.5
        lines += [
            QLineF(x, frame.top(), x, frame.bottom()),
            QLineF(frame.left(), y, frame.right(), y),
        ]
    return lines


def _handles(frame: QRectF) -> list[QLineF]:
    """Corners as angles, sides as short bars."""
    length = min(arm, frame.width() / 3, frame.height() / 3)
    center = frame.center()
    lines = []
    for x, inward in ((frame.left(), 1), (frame.right(), -1)):
        for y, down in ((frame.top(), 1), (frame.bottom(), -1)):
            lines += [
                QLineF(x, y, x + inward * length, y),
                QLineF(x, y, x, y + down * length),
            ]
        lines.append(QLineF(x, center.y() - length / 2, x, center.y() + length / 2))
    for y in (frame.top(), frame.bottom()):
        lines.append(QLineF(center.x() - length / 2, y, center.x() + length / 2, y))
    return lines


def _pens(width: float, light: QColor) -> list[QPen]:
    """A light stroke on a dark one is seen on any picture."""
    dark = QColor(0x11, 0x11, 0x11, 140)
    return [QPen(dark, width + 1.5), QPen(light, width)]


def _stroke(painter: QPainter, lines: list[QLineF], width: float, light: QColor) -> None:
    for pen in _pens(width, light):
        pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        painter.drawLines(lines)


def _tag(painter: QPainter, at: QPointF, text: str, tone: str = "badge_text") -> None:
    width = painter.fontMetrics().horizontalAdvance(text) + 12
    box = QRectF(at.x(), at.y(), width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("badge"))
    painter.drawRoundedRect(box, 2, 2)
    painter.setPen(color(tone))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
