"""What the surface shows: the picture, the candidate over it, and the furniture over both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF, QTransform

from app.canvas import overlays
from app.canvas.ants import Ants
from app.canvas.axis_tool import AXIS
from app.canvas.collage_marks import CollageMarks
from app.canvas.picture import CRISP_ZOOM
from app.canvas.transform_box import CORNERS
from app.i18n import tr
from app.i18n.format import dimensions
from app.theme.style import color
from app.widgets.images import checker

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.canvas.model import CanvasState
    from app.canvas.transforming import Transform
    from app.canvas.viewport import Viewport


class Scene:
    """Paints the state as the viewport shows it; knows nothing of the pointer."""

    def __init__(self, state: CanvasState, view: Viewport) -> None:
        self._state, self._view = state, view
        self.ants = Ants(state, view)
        self.marks = CollageMarks(state, view)

    def paint_picture(self, painter: QPainter, area: QRect) -> bool:
        """Paint what ``area`` of the screen shows of the document and the candidate over it.

        False when some of it takes longer than a frame may, so that it has to be painted again.
        """
        visible = self._view.visible(area)
        target = self._view.rect_to_screen(visible)
        corner = self._view.to_screen(QPointF(0, 0))
        painter.setBrushOrigin(QPointF(round(corner.x()), round(corner.y())))
        painter.fillRect(target, checker())
        under_way = self._state.transform
        if under_way is not None:
            return self._paint_transform(painter, under_way, target, visible)
        self._state.picture.draw(painter, target, visible, self._view.zoom)
        self._paint_candidate(painter)
        self.marks.paint(painter, area)
        return not self._state.picture.unfinished

    def _paint_transform(
        self, painter: QPainter, under_way: Transform, target: QRectF, visible: QRect
    ) -> bool:
        zoom, origin = self._view.zoom, self._view.origin
        under_way.below.draw(painter, target, visible, zoom)
        painter.save()
        painter.setClipRect(target, Qt.ClipOperation.IntersectClip)
        crisp = self._state.transforming.resampling == "nearest"
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.setTransform(
            under_way.on_document()
            * QTransform.fromScale(zoom, zoom)
            * QTransform.fromTranslate(origin.x(), origin.y()),
            True,
        )
        painter.drawImage(0, 0, under_way.image)
        painter.restore()
        if under_way.above is None:
            return not under_way.below.unfinished
        under_way.above.draw(painter, target, visible, zoom)
        return not (under_way.below.unfinished or under_way.above.unfinished)

    def _paint_candidate(self, painter: QPainter) -> None:
        state = self._state
        compare = state.compare
        if compare.on and not state.candidates.blink and not state.collage.active:
            whole = QRectF(compare.line(self._view)).adjusted(-1, -1, 1, 1)
            line = compare.line_at(self._view)
            left = QRectF(whole.topLeft(), QPointF(line, whole.bottom()))
            right = QRectF(QPointF(line, whole.top()), whole.bottomRight())
            self._paint_over(painter, state.candidate_picture(compare.other), left)
            self._paint_over(painter, state.candidate_picture(state.candidates.current), right)
            return
        shown = state.preview()
        if shown is not None and state.collage.active:  # what is under it must not shine through
            painter.fillRect(self._view.rect_to_screen(shown[1]), checker())
        self._paint_over(painter, shown)

    def _paint_over(
        self, painter: QPainter, shown: tuple[QImage, QRect] | None, clip: QRectF | None = None
    ) -> None:
        if shown is None:
            return
        image, rect = shown
        painter.save()
        if clip is not None:
            painter.setClipRect(clip, Qt.ClipOperation.IntersectClip)
        smooth = self._view.zoom < CRISP_ZOOM or image.size() != rect.size()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(self._view.rect_to_screen(rect), image, QRectF(image.rect()))
        painter.restore()

    def paint_furniture(
        self, painter: QPainter, *, ring: QPointF | None, phase: float, busy: bool
    ) -> None:
        """Paint frame, selection and brush.

        ``ring`` is where the brush is on the screen, ``phase`` how far the ants have marched;
        ``busy`` while a tool is down, when nothing is offered to be taken hold of.
        """
        state = self._state
        frame = state.region_frame()
        if state.collage.active:
            self.marks.paint_labels(painter, ring)
        elif state.compare.on:
            self._paint_compared(painter)
        elif frame is not None:
            box = self._view.rect_to_screen(frame)
            if state.feather_reach() * self._view.zoom >= 2:
                self.ants.draw_feather(painter, frame)
            if state.extends and state.preview() is None:
                overlays.hatch(painter, self._beyond(frame))
            overlays.frame(painter, box, color("acc"), handles=state.tool == "region")
            self._paint_labels(painter, box, frame)
        self._paint_guides(painter)
        if state.crop is not None:
            overlays.crop(painter, self._view.rect_to_screen(state.crop), self._whole())
            self._paint_size(painter, state.crop)
            return
        under_way = state.transform
        if under_way is not None:
            self._paint_box(painter, under_way)
            return
        self.ants.draw(painter, phase)
        selected = state.selected
        if selected is not None and state.tool == "select" and state.is_rectangle and not busy:
            overlays.handles(painter, self._view.rect_to_screen(selected))
        self._paint_axes(painter)
        if ring is not None:
            self._paint_source(painter, ring)
            overlays.brush_cursor(
                painter,
                ring,
                state.brush.size / 2 * self._view.zoom,
                state.brush.hardness,
            )

    def _paint_compared(self, painter: QPainter) -> None:
        """The line between both, and what lies on each side."""
        compare, shown = self._state.compare, self._state.candidates.current
        box = compare.line(self._view)
        overlays.frame(painter, box, color("acc"), handles=False)
        overlays.divider(painter, compare.line_at(self._view), box)
        for item, right in ((compare.other, False), (shown, True)):
            text = tr("Candidate {n}", n=item.number) if item is not None else tr("As it was")
            x = box.right() - overlays.label_width([(text, False)]) if right else box.left() - 1
            overlays.label(painter, QPointF(x, box.top() - 25), [(text, False)])

    def _paint_axes(self, painter: QPainter) -> None:
        for axis, grip in AXIS.grips(self._state, self._view).items():
            seen = self._view.seen
            if axis == "x":
                ends = QPointF(grip.x(), seen.top()), QPointF(grip.x(), seen.bottom())
            else:
                ends = QPointF(seen.left(), grip.y()), QPointF(seen.right(), grip.y())
            overlays.guide(painter, *ends, color("warn"))
            overlays.grip(painter, grip)

    def _paint_source(self, painter: QPainter, ring: QPointF) -> None:
        """Where the clone stamp takes from."""
        if self._state.tool == "stamp":
            source = self._state.stamp_from(self._view.to_document(ring))
            if source is not None:
                overlays.cross(painter, self._view.to_screen(source))

    def _whole(self) -> QRectF:
        return self._view.seen

    def _paint_size(self, painter: QPainter, rect: QRect) -> None:
        corner = self._view.rect_to_screen(rect).bottomLeft() + QPointF(-1, 8)
        overlays.label(painter, corner, [(dimensions(rect.width(), rect.height()), False)])

    def _paint_guides(self, painter: QPainter) -> None:
        seen = self._view.seen
        for guide in self._state.guides:
            at = self._view.to_screen(QPointF(guide.at, guide.at))
            if guide.axis == "x":
                ends = QPointF(at.x(), seen.top()), QPointF(at.x(), seen.bottom())
            else:
                ends = QPointF(seen.left(), at.y()), QPointF(seen.right(), at.y())
            overlays.guide(painter, *ends, color("acc"))

    def _paint_box(self, painter: QPainter, under_way: Transform) -> None:
        points = under_way.box.handles()
        on_screen = {name: self._view.to_screen(QPointF(*at)) for name, at in points.items()}
        outline = QPolygonF([on_screen[name] for name in CORNERS])
        held = [] if under_way.keeping else list(on_screen.values())
        overlays.box(painter, outline, held)

    def _beyond(self, frame: QRect) -> QPainterPath:
        """What of the frame lies beyond the canvas."""
        new, old = QPainterPath(), QPainterPath()
        new.addRect(self._view.rect_to_screen(frame))
        old.addRect(self._view.rect_to_screen(QRect(QPoint(0, 0), self._state.size)))
        return new.subtracted(old)

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
                *self._growth(),
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

    def _growth(self) -> list[tuple[str, bool]]:
        if not self._state.extends:
            return []
        size = self._state.grown_size
        return [(tr("canvas becomes"), True), (dimensions(size.width(), size.height()), False)]
