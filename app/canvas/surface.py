"""The canvas surface: shows the document, and passes mouse, pen and wheel to the tool in hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.canvas.scene import Scene
from app.canvas.stage_pointer import StagePointer
from app.i18n import tr
from app.theme.style import color

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.model import CanvasState

ANTS_INTERVAL_MS = 160
# A key that is let go sooner was not held.
TAP_MS = 250


class Hold(NamedTuple):
    """A key that does something while it is down, when that means something at all.

    A tap does what the key does otherwise.
    """

    means_something: Callable[[], bool]
    set: Callable[[bool], object]


class Surface(StagePointer):
    """The stage of the canvas. Painting never waits for the model: candidates are an overlay."""

    def __init__(self, state: CanvasState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._scene = Scene(state, self.view)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Canvas"))
        self.keys: dict[str, Callable[[], object]] = {}  # by portable key text
        self.holds: dict[int, Hold] = {}
        self.tap = QTimer(self, interval=TAP_MS, singleShot=True)
        self._fit_pending = True
        self._lifted: tuple[QPointF, QPointF] | None = None  # from where, to where
        self._phase = 0.0
        self._ants = QTimer(self, interval=ANTS_INTERVAL_MS)
        self._ants.timeout.connect(self._march)
        self._listen()

    def _listen(self) -> None:
        self.view.changed.connect(self.update)
        self.state.opened.connect(self._opened)
        self.state.size_changed.connect(self._resized)
        self.state.frame_asked.connect(self._show_frame)
        self.state.pixels_changed.connect(self._repaint_pixels)
        self.state.preview_changed.connect(self.update)
        self.state.selection_changed.connect(self._selection_changed)
        self.state.tool_changed.connect(self._tool_taken)
        self.state.brush_changed.connect(self.update)
        self.state.transform_changed.connect(self._show_cursor)
        self.state.crop_changed.connect(self.update)
        self.state.guides_changed.connect(self.update)
        self.state.symmetry_changed.connect(self.update)

    def _opened(self) -> None:
        size = self.state.size
        self.view.document_size = QSizeF(size)
        self._fit_pending = True
        self._fit_when_sized()
        self._selection_changed()

    def _resized(self, shift: QPoint) -> None:
        """What is seen stays where it is on the screen."""
        self.view.document_size = QSizeF(self.state.size)
        self.view.put_at(self.view.origin + QPointF(shift) * self.view.zoom)

    def _show_frame(self) -> None:
        frame = self.state.region_frame() or QRect()
        self.view.show_rect(QRectF(frame.united(QRect(QPoint(0, 0), self.state.size))))

    def _fit_when_sized(self) -> None:
        if self._fit_pending and self.isVisible() and self.width() > 40:
            self._fit_pending = False
            self.view.fit()

    @property
    def pointed(self) -> QPoint | None:
        """The document pixel under the pointer; None while that is elsewhere."""
        if self._cursor_at is None:
            return None
        at = self.document_point(self._cursor_at)
        return QPoint(math.floor(at.x()), math.floor(at.y()))

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
            painter.setTransform(self.view.turn, True)
            if not self._scene.paint_picture(painter, event.rect()):
                QTimer.singleShot(0, self, self.update)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            ring = self._cursor_at if self._tool.rings and not self._space else None
            self._scene.paint_furniture(
                painter, ring=ring, phase=self._phase, busy=self._tool_down is not None
            )
        painter.end()

    def _repaint_pixels(self, rect: QRect) -> None:
        area = self.view.turn.mapRect(self.view.rect_to_screen(rect))
        self.update(area.toAlignedRect().adjusted(-2, -2, 2, 2))

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
        self.update(self.view.turn.map(self._scene.ants.region()))

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
            self.tap.start()
        elif not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        """Do what a key does at once; False when it does nothing."""
        act = self.keys.get(QKeySequence(event.keyCombination()).toString())
        if act is not None:
            act()
        return act is not None

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End what was held."""
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self._show_cursor()
        elif event.key() in self.holds:
            self.holds[event.key()].set(False)
            if self.tap.isActive():
                self.tap.stop()
                self._act(event)
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
