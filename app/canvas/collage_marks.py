"""Where on the picture each part of a collage is seen: patterns or outlines, and their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QBrush, QImage, QPainter, QPolygonF, QTransform

from app.canvas import mask_patterns, overlays
from app.canvas.document_state import to_rect
from app.canvas.picture import shrunk
from app.i18n import tr
from app.i18n.format import with_unit
from app.theme import color
from engine.canvas.composite import mask_values
from engine.canvas.shares import shares_of

if TYPE_CHECKING:
    from app.canvas.collage import Part
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport

FAINTEST = 0.02
LINE = 0.5


class CollageMarks:
    """Painted over the document in the pixels of the screen."""

    def __init__(self, state: CanvasState, view: Viewport) -> None:
        self._state, self._view = state, view

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Mark what of ``area`` of the screen shows each part."""
        collage = self._state.collage
        parts = [part for part in collage.parts if part.layer.visible]
        visible = self._view.visible(area)
        if not collage.marked or not parts or visible.isEmpty():
            return
        level = self._state.picture.level_for(self._view.zoom)
        source = shrunk(visible, level)
        masks = [_values(part, source, level) for part in parts]
        for part, share in zip(parts, shares_of(masks), strict=True):
            if collage.masks == "outline":
                self._outline(painter, share, source, level)
            elif float(share.max()) > FAINTEST:
                self._pattern(painter, share, source, level, part.pattern)

    def _on_screen(self, source: QRect, level: int) -> QRectF:
        scale = 1 << level
        return self._view.rect_to_screen(
            QRectF(
                source.x() * scale,
                source.y() * scale,
                source.width() * scale,
                source.height() * scale,
            )
        )

    def _pattern(
        self, painter: QPainter, share: np.ndarray, source: QRect, level: int, pattern: int
    ) -> None:
        """The pattern where the part is seen, as strong as its share."""
        left, top, width, height = _around(share)
        share = share[top : top + height, left : left + width]
        place = self._on_screen(QRect(source.x() + left, source.y() + top, width, height), level)
        whole = place.toAlignedRect()
        marked = QImage(whole.size(), QImage.Format.Format_ARGB32_Premultiplied)
        marked.fill(0)
        over = QPainter(marked)
        brush = QBrush(mask_patterns.tile(pattern))
        # The pattern lies on the document, so that it does not swim while the view is moved.
        origin = self._view.to_screen(QPointF(0, 0)) - QPointF(whole.topLeft())
        brush.setTransform(QTransform.fromTranslate(origin.x(), origin.y()))
        over.fillRect(marked.rect(), brush)
        over.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        over.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        alpha = _alpha(share)
        target = place.translated(-QPointF(whole.topLeft()))
        over.drawImage(target, alpha, QRectF(alpha.rect()))
        over.end()
        painter.drawImage(whole.topLeft(), marked)

    def _outline(self, painter: QPainter, share: np.ndarray, source: QRect, level: int) -> None:
        import cv2

        inside = (share >= LINE).astype(np.uint8)
        if not inside.any():
            return
        found, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        scale, left, top = 1 << level, source.x(), source.y()
        lines = []
        for contour in found:
            points = ((contour[:, 0] + (left, top) + 0.5) * scale).tolist()
            lines.append(QPolygonF([self._view.to_screen(QPointF(*point)) for point in points]))
        overlays.edges(painter, lines)

    # Labels

    def paint_labels(self, painter: QPainter, ring: QPointF | None) -> None:
        """The frame of the candidate in hand, what it is, and what the brush paints."""
        collage = self._state.collage
        batch, parts = self._state.candidates.batch, collage.parts
        frame = batch.frame if batch is not None else QRect()
        if not frame.isEmpty():
            box = self._view.rect_to_screen(frame)
            overlays.frame(painter, box, color("acc"), handles=False)
            title = tr("Collage on {name}", name=collage.base) if collage.base else tr("Collage")
            count = tr("1 candidate", "{n} candidates", n=len(parts))
            overlays.label(painter, box.topLeft() + QPointF(8, 8), [(title, False), (count, True)])
            if parts and collage.masks != "off":
                self._legend(painter, QPointF(box.left() + 8, box.bottom() - 26), parts)
        if ring is not None and collage.chosen is not None:
            self._name_brush(painter, ring)

    def _legend(self, painter: QPainter, at: QPointF, parts: list[Part]) -> None:
        pieces: list[tuple[str, bool] | int] = []
        for part in parts:
            number = part.candidate.number if part.candidate is not None else 0
            pieces += [part.pattern, (str(number) if number else part.layer.name, False)]
        pieces.append((tr("hold M to hide the masks"), True))
        overlays.label(painter, at, pieces)

    def _name_brush(self, painter: QPainter, ring: QPointF) -> None:
        state = self._state
        chosen = state.collage.chosen
        assert chosen is not None
        size = with_unit(f"{state.brush.size:.0f}", "px")
        pieces: list[tuple[str, bool] | int] = []
        part = next((one for one in state.collage.parts if one.candidate is chosen), None)
        if part is not None:
            pieces.append(part.pattern)
        pieces += [(tr("Candidate {n}", n=chosen.number), False), (size, True)]
        reach = state.brush.size / 2 * self._view.zoom
        overlays.label(painter, QPointF(ring.x() + reach + 8, ring.y() - 9), pieces)


def _values(part: Part, source: QRect, level: int) -> np.ndarray:
    assert part.layer.mask is not None
    values = mask_values(part.layer.mask, to_rect(source), level)
    return np.broadcast_to(np.asarray(values, np.float32), (source.height(), source.width()))


def _around(share: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a share shows."""
    import cv2

    return tuple(cv2.boundingRect((share > FAINTEST).astype(np.uint8)))  # type: ignore[return-value]


def _alpha(share: np.ndarray) -> QImage:
    """The share as the alpha of a picture."""
    pixels = np.ascontiguousarray(np.rint(share * 255).astype(np.uint8))
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Alpha8).copy()
