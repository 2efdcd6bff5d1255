"""The four steps of the journey, drawn from the sample pictures that ship."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QImageReader,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.start.model import sample_pictures
from app.theme import color, metrics
from app.widgets.images import draw_fitted, outlined
from app.widgets.text import label

HEIGHT = 188
STEPS = (
    ("Dataset", "Cull, crop, fill and caption your pictures. The files stay as they are."),
    ("Train", "A few settings and one button. Watch the style arrive, epoch by epoch."),
    ("Validate", "See which epoch learned the style, on subjects it has never seen."),
    ("Canvas", "Paint roughly, then repaint regions in your style on layers of their own."),
)


class StepPicture(QWidget):
    """The picture over a step: 0 grid of art, 1 falling loss, 2 checked grid, 3 a region."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self._step = step
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("g2"))
        painter.drawRoundedRect(self.rect(), 3, 3)
        area = QRectF(self.rect())
        (_paint_art, _paint_loss, _paint_grid, _paint_region)[self._step](painter, area)


class Step(QWidget):
    """Picture, number and name, two lines."""

    def __init__(self, step: int) -> None:
        super().__init__()
        title, text = STEPS[step]
        name = label("{n}   {name}", size=13, weight=600, n=step + 1, name=_translated(title))
        words = label(text, tone="label", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(StepPicture(step))
        column.addSpacing(8)
        column.addWidget(name)
        column.addWidget(words)
        column.addStretch(1)


def _translated(key: str) -> object:
    from app.i18n import tr

    return lambda: tr(key)


@lru_cache(maxsize=128)
def _thumbnail(path: Path, edge: int) -> QPixmap:
    reader = QImageReader(str(path))
    reader.setScaledSize(QSize(edge, edge))
    return QPixmap.fromImage(reader.read())


def _cells(area: QRectF, columns: int, rows: int) -> list[QRectF]:
    inner = area.adjusted(8, 8, -8, -8)
    wide = (inner.width() - 4 * (columns - 1)) / columns
    high = (inner.height() - 4 * (rows - 1)) / rows
    return [
        QRectF(inner.left() + (wide + 4) * column, inner.top() + (high + 4) * row, wide, high)
        for row in range(rows)
        for column in range(columns)
    ]


def _paint_art(painter: QPainter, area: QRectF) -> None:
    pictures = sample_pictures("raw")
    for cell, path in zip(_cells(area, 4, 3), pictures[2:], strict=False):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("tile"))
        painter.drawRoundedRect(cell, 2, 2)
        draw_fitted(painter, _thumbnail(path, 128), cell, 0.08)


def _paint_loss(painter: QPainter, area: QRectF) -> None:
    painter.setPen(QPen(color("chart_grid"), 1))
    for part in (0.25, 0.5, 0.75):
        level = round(area.height() * part) + 0.5
        painter.drawLine(QPointF(0, level), QPointF(area.width(), level))
    steps = [step / 80 for step in range(81)]
    curve = [
        QPointF(
            area.width() * (0.06 + 0.7 * x),
            area.height() * (0.16 + 0.62 * (1 - math.exp(-3.4 * x))),
        )
        for x in steps
    ]
    rough = [
        QPointF(point.x(), point.y() + 5 * math.sin(9.1 * index) * math.cos(2.3 * index * index))
        for index, point in enumerate(curve)
    ]
    painter.setPen(QPen(color("chart_raw"), 1))
    painter.drawPolyline(QPolygonF(rough))
    painter.setPen(QPen(color("acc"), 2))
    painter.drawPolyline(QPolygonF(curve))
    edge = min(46.0, area.width() / 5)
    pictures = sample_pictures("pixel")
    for index, path in enumerate(pictures[3:6]):
        left = area.right() - 8 - (3 - index) * (edge + 4) + 4
        tile = QRectF(left, 8, edge, edge)
        painter.fillRect(tile, color("tile"))
        draw_fitted(painter, _thumbnail(path, 256), tile, 0.04)


def _paint_grid(painter: QPainter, area: QRectF) -> None:
    pictures = sample_pictures("pixel")
    for index, cell in enumerate(_cells(area, 4, 3)):
        painter.fillRect(cell, color("tile"))
        draw_fitted(painter, _thumbnail(pictures[10 + index % 4 * 3], 256), cell, 0.06)
    chosen = _cells(area, 4, 3)[5]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color("acc"), 2))
    painter.drawRect(chosen.adjusted(-1, -1, 1, 1))


def _paint_region(painter: QPainter, area: QRectF) -> None:
    shape = QPainterPath()
    shape.addRoundedRect(area, 3, 3)
    painter.setClipPath(shape)
    raw = {path.stem: path for path in sample_pictures("raw")}
    pixel = {path.stem: path for path in sample_pictures("pixel")}
    # Three pictures and the gaps between them stand whole in the area.
    side = min(area.height() * 0.5, (area.width() - 24) / 3.5)
    middle = QRectF(area.center().x() - side / 2, area.center().y() - side / 2, side, side)
    for name, shift in (("circus_tent", -1.25), ("post_office", 1.25)):
        if name in raw:
            draw_fitted(painter, _thumbnail(raw[name], 256), middle.translated(side * shift, 0))
    if "moai" in pixel:
        draw_fitted(painter, _thumbnail(pixel["moai"], 256), middle, 0.02)
    outlined(painter, middle.adjusted(-8, -14, 8, 14))
    painter.setClipping(False)
