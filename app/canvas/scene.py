"""What the surface shows: the picture, the candidate over it, and the furniture over both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.canvas import overlays
from app.canvas.ants import Ants
from app.canvas.picture import CRISP_ZOOM
from app.i18n import tr
from app.i18n.format import dimensions
from app.theme.style import color
from app.widgets.images import checker

if TYPE_CHECKING:
    from PySide6.QtCore import QRect

    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport


class Scene:
    """Paints the state as the viewport shows it; knows nothing of the pointer."""

    def __init__(self, state: CanvasState, view: Viewport) -> None:
        self._state, self._view = state, view
        self.ants = Ants(state, view)

    def paint_picture(self, painter: QPainter, area: QRect) -> bool:
        """Paint what ``area`` of the screen shows of the document and the candidate over it.

        False when some of it takes longer than a frame may, so that it has to be painted again.
        """
        visible = self._view.visible(area)
        target = self._view.rect_to_screen(visible)
        corner = self._view.to_screen(QPointF(0, 0))
        painter.setBrushOrigin(QPointF(round(corner.x()), round(corner.y())))
        painter.fillRect(target, checker())
        self._state.picture.draw(painter, target, visible, self._view.zoom)
        self._paint_candidate(painter)
        return not self._state.picture.unfinished

    def _paint_candidate(self, painter: QPainter) -> None:
        shown = self._state.preview()
        if shown is None:
            return
        image, rect = shown
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, self._view.zoom < CRISP_ZOOM
        )
        painter.drawImage(self._view.rect_to_screen(rect), image, QRectF(image.rect()))

    def paint_furniture(
        self, painter: QPainter, *, ring: QPointF | None, phase: float, busy: bool
    ) -> None:
        """Paint frame, selection and brush.

        ``ring`` is where the brush is on the screen, ``phase`` how far the ants have marched;
        ``busy`` while a tool is down, when nothing is offered to be taken hold of.
        """
        state = self._state
        frame = state.region_frame()
        if frame is not None:
            box = self._view.rect_to_screen(frame)
            if state.feather_reach() * self._view.zoom >= 2:
                self.ants.draw_feather(painter, frame)
            overlays.frame(painter, box, color("acc"), handles=state.tool == "region")
            self._paint_labels(painter, box, frame)
        self.ants.draw(painter, phase)
        selected = state.selected
        if selected is not None and state.tool == "select" and state.is_rectangle and not busy:
            overlays.handles(painter, self._view.rect_to_screen(selected))
        if ring is not None:
            overlays.brush_cursor(
                painter,
                ring,
                state.brush.size / 2 * self._view.zoom,
                state.brush.hardness,
            )

    def _paint_labels(self, painter: QPainter, box: QRectF, frame: QRect) -> None:
        width, height = self._state.work_size(frame)
        above = QPointF(box.left() - 1, box.top() - 25)
        overlays.label(
            painter,
            above,
            [
                (dimensions(frame.width(), frame.height()), False),
                (tr("painted at"), True),
                (dimensions(width, height), False),
            ],
        )
        number = self._state.shown_number()
        if number:
            below = QPointF(box.left() - 1, box.bottom() + 8)
            overlays.label(
                painter,
                below,
                [(tr("Candidate {n}", n=number), False), (tr("hold B to blink"), True)],
            )
