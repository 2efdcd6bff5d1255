"""Mouse, pen and wheel on the stage, passed to the tool in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QGuiApplication,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.axis_tool import AXIS
from app.canvas.compare import SPLIT
from app.canvas.tool import SNAP_REACH, Pointer, Tool
from app.canvas.tools import BY_NAME
from app.canvas.viewport import Viewport

if TYPE_CHECKING:
    from PySide6.QtCore import QRect

    from app.canvas.model import CanvasState

WHEEL_NOTCH = 120.0
LABEL_REACH = 220
CONTROL = Qt.KeyboardModifier.ControlModifier


class StagePointer(QWidget):
    """What the pointer does. A pen that is unplugged, or leaves, in the middle of a stroke ends it
    where it was last.
    """

    pointer_moved = Signal(object)  # screen QPointF, or None when it leaves

    def __init__(self, state: CanvasState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.view = Viewport(self)
        self._tool = BY_NAME[state.tool]
        self._tool_down: Tool | None = None
        self._last: Pointer | None = None
        self._pen: QObject | None = None  # the one that is down
        self._space = False
        self._cursor_at: QPointF | None = None
        self._over: Tool | None = None  # what a press would take, whatever tool is in hand
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TabletTracking)

    def document_point(self, at: QPointF) -> QPointF:
        """The document point under a point of the widget."""
        return self.view.to_document(self.view.flat(at))

    # Mouse

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
        self._move(self._pointer(event))

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Ctrl change the brush's size."""
        notches = event.angleDelta().y() / WHEEL_NOTCH
        if event.modifiers() & CONTROL:
            self.state.scale_brush(1.15**notches)
        elif notches:
            self.view.wheel(self.view.flat(event.position()), notches)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the brush ring."""
        self._hover(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the brush ring."""
        self._hover(self.view.flat(event.position()))

    # Pen

    def tabletEvent(self, event: QTabletEvent) -> None:
        """The pen: the same tools with pressure and tilt; its other end erases."""
        kind = event.type()
        pointer = self._pointer(event, event.pressure(), (event.xTilt(), event.yTilt()))
        if kind == QEvent.Type.TabletPress and self.state.document is not None:
            eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
            self._hover(pointer.screen)
            self._start(BY_NAME["eraser"] if eraser else self._tool_for(event), pointer)
            self._hold_pen(event.pointingDevice())
        elif kind == QEvent.Type.TabletMove:
            self._move(pointer)
        elif kind == QEvent.Type.TabletRelease:
            self._finish(pointer)
        # Accepted, else Qt sends the same again as a mouse event.
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A pen that leaves while it is down was unplugged, or its driver lost it."""
        if self._pen is not None and event.type() == QEvent.Type.TabletLeaveProximity:
            self.let_go()
        return super().eventFilter(watched, event)

    def let_go(self) -> None:
        """End what is under way where the pointer was last."""
        if self._last is not None:
            self._finish(self._last)

    def _hold_pen(self, device: QObject) -> None:
        self._pen = device
        application = QGuiApplication.instance()
        if application is not None:  # only it is told that a pen leaves
            application.installEventFilter(self)
        device.destroyed.connect(self.let_go, Qt.ConnectionType.SingleShotConnection)

    # Tools

    def _start(self, tool: Tool, pointer: Pointer) -> None:
        self.let_go()  # a stroke whose end never came
        self._tool_down, self._last = tool, pointer
        if tool.name == "hand":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        tool.press(self.state, self.view, pointer)

    def _move(self, pointer: Pointer) -> None:
        self._hover(pointer.screen)
        if self._tool_down is not None:
            self._last = pointer
            self._tool_down.move(self.state, self.view, pointer)
            return
        self._tool.hover(self.state, self.view, pointer)
        if not self._space and self._over is None:
            shape = self._tool.cursor_at(self.state, self.view, pointer)
            self.setCursor(self._tool.cursor if shape is None else shape)

    def _finish(self, pointer: Pointer) -> None:
        if self._pen is not None:
            self._pen = None
            application = QGuiApplication.instance()
            if application is not None:
                application.removeEventFilter(self)
        if self._tool_down is not None:
            tool, self._tool_down = self._tool_down, None
            tool.release(self.state, self.view, pointer)
            self._show_cursor()

    def _tool_for(self, event: QMouseEvent | QTabletEvent) -> Tool:
        if self._space or self.state.stand_in is not None:  # what is tried out is looked at
            return BY_NAME["hand"]
        over = self._grip(self.view.flat(event.position()))
        if over is not None:
            return over
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        return BY_NAME["pick"] if alt and self._tool.paints else self._tool

    def _grip(self, at: QPointF) -> Tool | None:
        """What lies over the picture to be dragged with any tool."""
        if self.state.compare.grips(self.view, at):
            return SPLIT
        return AXIS if AXIS.grip_at(self.state, self.view, at) else None

    def _pointer(
        self,
        event: QMouseEvent | QTabletEvent,
        pressure: float = 1.0,
        tilt: tuple[float, float] = (0.0, 0.0),
    ) -> Pointer:
        modifiers, screen = event.modifiers(), self.view.flat(event.position())
        at = self.view.to_document(screen)
        if self._tool.snaps:
            at = self.state.snapped(at, SNAP_REACH / self.view.zoom)
        return Pointer(
            at,
            screen,
            pressure,
            bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            bool(modifiers & Qt.KeyboardModifier.AltModifier),
            bool(modifiers & CONTROL),
            tilt,
        )

    def _hover(self, at: QPointF | None) -> None:
        reach = self.state.brush.size / 2 * self.view.zoom + 4
        for place in (self._cursor_at, at):
            if place is not None and self._tool.rings:
                self.update(self._ring_area(place, reach))
        self._cursor_at = at
        over = None if at is None else self._grip(at)
        if over is not self._over:
            self._over = over
            self._show_cursor()
        self.pointer_moved.emit(at)

    def _ring_area(self, at: QPointF, reach: float) -> QRect:
        """What the ring of the brush covers, in a collage with the name beside it."""
        area = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        if self.state.collage.active:
            area = area.united(QRectF(at.x(), at.y() - 12, reach + LABEL_REACH, 24))
        return self.view.turn.mapRect(area).toAlignedRect()

    def _tool_taken(self) -> None:
        """What the tool before had begun, and not ended, is given up."""
        taken = BY_NAME[self.state.tool]
        if self._tool is not taken:
            self._tool.put_down(self.state)
            self._tool = taken
            self._tool.take_up(self.state)
        self._show_cursor()

    def _show_cursor(self) -> None:
        tool = self._over or self._tool
        self.setCursor((BY_NAME["hand"] if self._space else tool).cursor)
        self.update()
