"""The canvas surface: shows the document, and passes mouse, pen and wheel to the tool in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.compare import SPLIT
from app.canvas.scene import Scene
from app.canvas.tools import BY_NAME, Pointer, Tool
from app.canvas.viewport import Viewport
from app.i18n import tr
from app.theme.style import color

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QRect

    from app.canvas.model import CanvasState

ANTS_INTERVAL_MS = 160
WHEEL_NOTCH = 120.0
LABEL_REACH = 220
# Screen pixels within which points snap to guides.
SNAP_REACH = 6.0
PEN_CONTROL = Qt.KeyboardModifier.ControlModifier


class Hold(NamedTuple):
    """A key that does something while it is down, when that means something at all."""

    means_something: Callable[[], bool]
    set: Callable[[bool], object]


class Surface(QWidget):
    """The stage of the canvas. Painting never waits for the model: candidates are an overlay."""

    pointer_moved = Signal(object)  # screen QPointF, or None when it leaves

    def __init__(self, state: CanvasState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.view = Viewport(self)
        self._scene = Scene(state, self.view)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TabletTracking)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Canvas"))
        self.keys: dict[str, Callable[[], object]] = {}  # by portable key text
        self.holds: dict[int, Hold] = {}
        self._tool = BY_NAME[state.tool]
        self._tool_down: Tool | None = None
        self._space = False
        self._eraser_end = False
        self._cursor_at: QPointF | None = None
        self._on_line = False
        self._fit_pending = True
        self._lifted: tuple[QPointF, QPointF] | None = None  # from where, to where
        self._phase = 0.0
        self._ants = QTimer(self, interval=ANTS_INTERVAL_MS)
        self._ants.timeout.connect(self._march)
        self._listen()

    def _listen(self) -> None:
        self.view.changed.connect(self.update)
        self.state.opened.connect(self._opened)
        self.state.pixels_changed.connect(self._repaint_pixels)
        self.state.preview_changed.connect(self.update)
        self.state.selection_changed.connect(self._selection_changed)
        self.state.tool_changed.connect(self._tool_taken)
        self.state.brush_changed.connect(self.update)
        self.state.transform_changed.connect(self._show_cursor)
        self.state.crop_changed.connect(self.update)
        self.state.guides_changed.connect(self.update)
        self.state.symmetry_changed.connect(self.update)
        self.state.size_changed.connect(self._opened)

    def _opened(self) -> None:
        size = self.state.size
        self.view.document_size = QSizeF(size)
        self._fit_pending = True
        self._fit_when_sized()
        self._selection_changed()

    def _fit_when_sized(self) -> None:
        if self._fit_pending and self.isVisible() and self.width() > 40:
            self._fit_pending = False
            self.view.fit()

    def fit(self) -> None:
        """Show the whole document."""
        self.view.fit()

    def zoom_to_selection(self) -> None:
        """Show the selection as large as it fits."""
        if self.state.selected is not None:
            self.view.show_rect(QRectF(self.state.selected))

    def actual_size(self) -> None:
        """Show one document pixel per screen pixel."""
        self.view.zoom_at(QPointF(self.width() / 2, self.height() / 2), 1.0)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stage, the document's visible part and the furniture over it."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), color("g2"))
        if not self.view.visible().isEmpty() and self.state.document is not None:
            painter.setClipRect(event.rect())
            if not self._scene.paint_picture(painter, event.rect()):
                QTimer.singleShot(0, self, self.update)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            ring = self._cursor_at if self._painting_tool() and not self._space else None
            self._scene.paint_furniture(
                painter, ring=ring, phase=self._phase, busy=self._tool_down is not None
            )
        painter.end()

    def _repaint_pixels(self, rect: QRect) -> None:
        area = self.view.rect_to_screen(rect).toAlignedRect().adjusted(-2, -2, 2, 2)
        self.update(area)

    def _selection_changed(self) -> None:
        something = self.state.selection is not None or self.state.draft is not None
        marching = something and self.isVisible()
        if marching and not self._ants.isActive():
            self._ants.start()
        elif not marching:
            self._ants.stop()
        self.update()

    def _march(self) -> None:
        self._phase = (self._phase - 1.0) % 9.0
        self.update(self._scene.ants.region())

    # Pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start what the tool does; the middle button always moves the view."""
        if self.state.document is None:
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self._start(BY_NAME["hand"], self._pointer(event))
        elif event.button() == Qt.MouseButton.LeftButton:
            self._start(self._tool_for(event), self._pointer(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on, or only show where the pointer is."""
        self._hover(event.position())
        if self._tool_down is not None:
            self._tool_down.move(self.state, self.view, self._pointer(event))
        else:
            self._hover_tool(self._pointer(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second press of two; most tools take it as another one."""
        tool = self._tool_for(event)
        if self.state.document is None or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        else:
            self._tool_down = tool
            tool.double(self.state, self.view, self._pointer(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what the tool does."""
        self._finish(self._pointer(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        """The pen: the same tools with pressure; its other end erases."""
        kind = event.type()
        pointer = self._pointer(event, pressure=event.pressure())
        self._hover(event.position())
        if kind == QEvent.Type.TabletPress and self.state.document is not None:
            eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
            self._start(BY_NAME["eraser"] if eraser else self._tool_for(event), pointer)
        elif kind == QEvent.Type.TabletMove and self._tool_down is not None:
            self._tool_down.move(self.state, self.view, pointer)
        elif kind == QEvent.Type.TabletMove:
            self._hover_tool(pointer)
        elif kind == QEvent.Type.TabletRelease:
            self._finish(pointer)
        # Accepted, else Qt sends the same again as a mouse event.
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Ctrl change the brush's size."""
        notches = event.angleDelta().y() / WHEEL_NOTCH
        if event.modifiers() & PEN_CONTROL:
            self.state.scale_brush(1.15**notches)
        elif notches:
            self.view.wheel(event.position(), notches)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the brush ring."""
        self._hover(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the brush ring."""
        self._hover(event.position())

    def _hover_tool(self, pointer: Pointer) -> None:
        self._tool.hover(self.state, self.view, pointer)
        if not self._space:
            shape = self._tool.cursor_at(self.state, self.view, pointer)
            self.setCursor(self._tool.cursor if shape is None else shape)

    def _start(self, tool: Tool, pointer: Pointer) -> None:
        self._tool_down = tool
        if tool.name == "hand":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        tool.press(self.state, self.view, pointer)

    def _finish(self, pointer: Pointer) -> None:
        if self._tool_down is not None:
            tool, self._tool_down = self._tool_down, None
            tool.release(self.state, self.view, pointer)
            self._show_cursor()

    def _tool_for(self, event: QMouseEvent | QTabletEvent) -> Tool:
        if self._space or self.state.stand_in is not None:  # what is tried out is looked at
            return BY_NAME["hand"]
        if self.state.compare.grips(self.view, event.position()):
            return SPLIT
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        return (
            BY_NAME["pick"] if alt and BY_NAME[self.state.tool].paints else BY_NAME[self.state.tool]
        )

    def _pointer(self, event: QMouseEvent | QTabletEvent, pressure: float = 1.0) -> Pointer:
        modifiers = event.modifiers()
        at = self.view.to_document(event.position())
        if self._tool.snaps:
            at = self.state.snapped(at, SNAP_REACH / self.view.zoom)
        return Pointer(
            at,
            event.position(),
            pressure,
            bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            bool(modifiers & Qt.KeyboardModifier.AltModifier),
            bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        )

    def _painting_tool(self) -> bool:
        return self.state.tool in ("brush", "eraser")

    def _hover(self, at: QPointF | None) -> None:
        reach = self.state.brush.size / 2 * self.view.zoom + 4
        for place in (self._cursor_at, at):
            if place is not None and self._painting_tool():
                self.update(self._ring_area(place, reach))
        self._cursor_at = at
        on_line = at is not None and self.state.compare.grips(self.view, at)
        if on_line != self._on_line:
            self._on_line = on_line
            self._show_cursor()
        self.pointer_moved.emit(at)

    def _ring_area(self, at: QPointF, reach: float) -> QRect:
        """What the ring of the brush covers, in a collage with the name beside it."""
        area = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        if self.state.collage.active:
            area = area.united(QRectF(at.x(), at.y() - 12, reach + LABEL_REACH, 24))
        return area.toAlignedRect()

    def _tool_taken(self) -> None:
        """What the tool before had begun, and not ended, is given up."""
        if self._tool is not BY_NAME[self.state.tool]:
            self._tool.put_down(self.state)
            self._tool = BY_NAME[self.state.tool]
            self._tool.take_up(self.state)
        self._show_cursor()

    def _show_cursor(self) -> None:
        tool = BY_NAME["hand"] if self._space else BY_NAME[self.state.tool]
        at = self._cursor_at
        if at is not None and self.state.compare.grips(self.view, at):
            tool = SPLIT
        self.setCursor(tool.cursor)
        self.update()

    # Keys and size

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space moves the view while held; others act while they are held, or at once."""
        hold = self.holds.get(event.key())
        held = hold is not None and hold.means_something()
        if event.isAutoRepeat() and (held or event.key() == Qt.Key.Key_Space):
            return
        if self._tool.typed(self.state, event.key()):
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        elif hold is not None and held and not event.modifiers():
            hold.set(True)
        else:
            act = self.keys.get(QKeySequence(event.keyCombination()).toString())
            if act is None:
                super().keyPressEvent(event)
            else:
                act()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End what was held."""
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self._show_cursor()
        elif event.key() in self.holds:
            self.holds[event.key()].set(False)
        else:
            super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture in place; what is repainted does not go under the candidates."""
        before, origin = event.oldSize(), self.view.origin
        self.view.resize(QSizeF(self.size()))
        self._fit_when_sized()
        if before.width() != self.width():
            self._lifted = None
        elif self.height() < before.height():
            self._lift(origin)
        elif self._lifted is not None:
            from_there, to_here = self._lifted
            self._lifted = None
            if self.view.origin == to_here:
                self.view.put_at(from_there)
        elif before.height() > 0:
            self.view.uncover()

    def _lift(self, origin: QPointF) -> None:
        frame = self.state.region_frame()
        if frame is None:
            return
        box = self.view.rect_to_screen(frame)
        self.view.lift(box.bottom(), box.top())
        if self.view.origin != origin and self._lifted is None:
            self._lifted = origin, self.view.origin

    def event(self, event: QEvent) -> bool:
        """A held key is let go when the focus leaves; fitting waits for the first showing."""
        if event.type() == QEvent.Type.FocusOut:
            self._space = False
            for hold in self.holds.values():
                hold.set(False)
        elif event.type() == QEvent.Type.Show:
            QTimer.singleShot(0, self, self._fit_when_sized)
        return super().event(event)
