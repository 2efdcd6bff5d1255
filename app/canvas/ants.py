"""The outline of the selection on the screen: found once for what is in sight, drawn as it marches.

Lines are kept in document pixels as long as selection and zoom level stay, and on the screen as
long as the view does. So a step of the march costs two strokes of some thousand corners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QPainterPath, QPolygonF, QRegion

from app.canvas import overlays
from app.canvas.document_state import to_rect
from engine.canvas.outline import Outline, outline

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from app.canvas.draft import Draft
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport

# What is found reaches so far beyond what is in sight, in steps, so that a pan finds nothing new.
STEP = 512
# Screen pixels: parts of the window that are painted again when the ants march.
CELL = 48
MOST_CELLS = 300


class Lines(NamedTuple):
    """Lines on the screen."""

    edge: list[QPolygonF]
    reach: list[QPolygonF]
    region: QRegion


class Ants:
    """Finds and draws the outline of what is selected or being drawn."""

    def __init__(self, state: CanvasState, view: Viewport) -> None:
        self._state, self._view = state, view
        self._found: tuple[object, Outline] = (None, Outline([], []))
        self._shown: tuple[object, Lines] = (None, Lines([], [], QRegion()))

    def region(self) -> QRegion:
        """The parts of the window in which something marches."""
        region = self._lines().region
        draft = self._state.draft
        return region.united(_cells([self._drawn(draft)])) if draft is not None else region

    def draw(self, painter: QPainter, phase: float) -> None:
        """Draw the outline; ``phase`` (pixels) makes it march."""
        draft = self._state.draft
        if draft is None or not draft.replaces:
            overlays.marching_ants(painter, self._lines().edge, phase)
        if draft is not None:
            line = _polygon(self._drawn(draft))
            overlays.marching_ants(painter, [line], phase, closed=draft.closed)

    def draw_feather(self, painter: QPainter, frame: QRect) -> None:
        """Hatch the band around the selection that ends inside ``frame``."""
        if self._state.draft is not None:
            return
        lines = self._lines()
        band = QPainterPath()
        band.setFillRule(Qt.FillRule.OddEvenFill)
        for line in (*lines.edge, *lines.reach):
            band.addPolygon(line)
            band.closeSubpath()
        painter.save()
        painter.setClipRect(self._view.rect_to_screen(frame), Qt.ClipOperation.IntersectClip)
        overlays.hatch(painter, band)
        painter.restore()

    def _lines(self) -> Lines:
        """The lines in the view as it is now."""
        found, outlined = self._outline()
        shift = self._state.shift
        key = (found, self._view.zoom, self._view.origin.toTuple(), shift.toTuple())
        if self._shown[0] != key:
            edge = [self._on_screen(line, shift.x(), shift.y()) for line in outlined.edge]
            reach = [self._on_screen(line, shift.x(), shift.y()) for line in outlined.reach]
            self._shown = (
                key,
                Lines(list(map(_polygon, edge)), list(map(_polygon, reach)), _cells(edge)),
            )
        return self._shown[1]

    def _outline(self) -> tuple[object, Outline]:
        selection = self._state.selection
        if selection is None:
            return None, Outline([], [])
        level = self._state.picture.level_for(self._view.zoom)
        area = self._area(level)
        reach = self._state.feather_reach() if self._state.shift.isNull() else 0
        key = (selection, level, area.getRect(), reach)
        if self._found[0] != key:
            self._found = key, outline(selection, to_rect(area), level, reach)
        return self._found

    def _area(self, level: int) -> QRect:
        """What is in sight and more, in whole steps so that small moves find the same.

        It ends beyond the document, whose border is an edge of what is selected.
        """
        step = STEP << level
        seen = self._view.visible().translated(-self._state.shift)
        left, top = (
            (seen.left() - step // 4) // step * step,
            (seen.top() - step // 4) // step * step,
        )
        right = -(-(seen.right() + 1 + step // 4) // step) * step
        bottom = -(-(seen.bottom() + 1 + step // 4) // step) * step
        return QRect(left, top, right - left, bottom - top)

    def _drawn(self, draft: Draft) -> np.ndarray:
        return self._on_screen(np.asarray(draft.points, np.float32), 0, 0)

    def _on_screen(self, line: np.ndarray, dx: int, dy: int) -> np.ndarray:
        zoom, origin = self._view.zoom, self._view.origin
        at = (line + np.array((dx, dy))) * zoom + np.array((origin.x(), origin.y()))
        # In the middle of screen pixels, where a line of one pixel is crisp.
        return np.floor(at + 0.5) + 0.5


def _polygon(line: np.ndarray) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in line.tolist()])


def _cells(lines: list[np.ndarray]) -> QRegion:
    """Squares that the closed ``lines`` run through."""
    places: set[tuple[int, int]] = set()
    for line in lines:
        if len(line):
            places |= set(map(tuple, _along(line).tolist()))
    if len(places) > MOST_CELLS:
        xs, ys = [x for x, _ in places], [y for _, y in places]
        width, height = max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
        return QRegion(min(xs) * CELL - 3, min(ys) * CELL - 3, width * CELL + 6, height * CELL + 6)
    region = QRegion()
    for x, y in places:
        region += QRect(x * CELL - 3, y * CELL - 3, CELL + 6, CELL + 6)
    return region


def _along(line: np.ndarray) -> np.ndarray:
    """The squares of points along a closed line, near enough to each other to miss none."""
    way = np.roll(line, -1, axis=0) - line
    counts = (np.abs(way).max(axis=1) // (CELL / 4)).astype(int) + 1
    start = np.repeat(np.arange(len(line)), counts)
    share = (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[
        start
    ]
    points = line[start] + way[start] * share[:, None]
    return np.unique((points // CELL).astype(int), axis=0)
