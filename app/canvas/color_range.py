"""The dialog of the color range: colors picked in the picture, how far others may differ, and
what would be selected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import color, metrics
from app.widgets.buttons import button
from app.widgets.fields import FieldRow, ValueSlider
from app.widgets.images import checker, image_of
from app.widgets.panel import padded
from app.widgets.text import label
from engine.canvas import selecting
from engine.canvas.rect import Rect

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

SHOWN_SIDE = 240
FIRST_FUZZINESS = 60
Color = tuple[int, int, int, int]


class ColorRangeDialog(QDialog):
    """``chosen`` carries the colors (RGBA) and the fuzziness, 1 to 255."""

    chosen = Signal(object, int)

    def __init__(self, state: CanvasState, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Select a color range")
        self._small = _shrunk(state)
        self.colors: list[Color] = []
        self.picture = _Shown(image_of(self._small))
        self.shown_mask = _Shown(QImage())
        bind(self.picture.setAccessibleName, "The picture")
        bind(self.shown_mask.setAccessibleName, "What is selected")
        self.picture.picked.connect(self.pick)
        self.fuzziness = ValueSlider(1, 255, 1, 0)
        self.fuzziness.set_value(FIRST_FUZZINESS)
        self.fuzziness.changed.connect(lambda _: self._show())
        self.swatches = _Swatches()
        self._build()
        now = state.color
        self._take([(now.red(), now.green(), now.blue(), 255)])

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 16)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(padded(label("Select a color range", size=15, weight=600), bottom=8))
        pictures = QHBoxLayout()
        pictures.setContentsMargins(metrics.PAD, 0, metrics.PAD, 4)
        pictures.setSpacing(metrics.GAP)
        pictures.addWidget(self.picture)
        pictures.addWidget(self.shown_mask)
        column.addLayout(pictures)
        hint = "Click a color in the picture. Shift adds one more, Alt takes the nearest away."
        column.addWidget(padded(label(hint, size=11, tone="quiet"), bottom=4))
        column.addWidget(FieldRow("Colors", self.swatches))
        column.addWidget(FieldRow("Fuzziness", self.fuzziness))
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.select_button = button("Select", kind="primary", on=self._choose)
        self.select_button.setDefault(True)
        foot.addWidget(self.select_button)
        column.addLayout(foot)

    def pick(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Take the color at ``at`` (0 to 1 of the picture); with Shift beside the others."""
        height, width = self._small.shape[:2]
        x, y = min(width - 1, int(at.x() * width)), min(height - 1, int(at.y() * height))
        red, green, blue, alpha = (int(value) for value in self._small[y, x])
        picked = (red, green, blue, alpha)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self._drop(picked)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._take([*(one for one in self.colors if one != picked), picked])
        else:
            self._take([picked])

    def _drop(self, picked: Color) -> None:
        if len(self.colors) > 1:
            away = [
                sum(abs(a - b) for a, b in zip(one, picked, strict=True)) for one in self.colors
            ]
            nearest = away.index(min(away))
            self._take([one for place, one in enumerate(self.colors) if place != nearest])

    def _take(self, colors: list[Color]) -> None:
        self.colors = colors
        self.swatches.show_colors(colors)
        self._show()

    def _show(self) -> None:
        wanted = np.array(self.colors, np.uint8)
        mask = selecting.of_colors(self._small, wanted, int(self.fuzziness.value))
        self.shown_mask.show_image(image_of(np.dstack([mask, mask, mask])))

    def _choose(self) -> None:
        self.chosen.emit(self.colors, int(self.fuzziness.value))
        self.accept()


class _Shown(QWidget):
    """A small picture; a click tells where, from 0 to 1."""

    picked = Signal(QPointF, object)

    def __init__(self, image: QImage) -> None:
        super().__init__()
        self._image = image
        self.setFixedSize(SHOWN_SIDE, SHOWN_SIDE)

    def show_image(self, image: QImage) -> None:
        """Show another picture."""
        self._image = image
        self.update()

    def place(self) -> QRectF:
        """Where the picture lies."""
        size = QSize(self._image.size()).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell where it is clicked."""
        place, at = self.place(), event.position()
        if place.contains(at):
            x, y = (at.x() - place.left()) / place.width(), (at.y() - place.top()) / place.height()
            self.picked.emit(QPointF(x, y), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A drag searches."""
        self.mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture in the middle, over a checker where it is transparent."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("g2"))
        painter.fillRect(self.place(), checker())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.place(), self._image)


class _Swatches(QWidget):
    """The colors that are picked."""

    def __init__(self) -> None:
        super().__init__()
        self._colors: list[Color] = []
        self.setFixedHeight(metrics.CONTROL)

    def show_colors(self, colors: list[Color]) -> None:
        """Show these."""
        self._colors = colors
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A square for each."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("line_control"), 1))
        for number, one in enumerate(self._colors):
            painter.setBrush(QColor(*one))
            painter.drawRoundedRect(QRectF(0.5 + number * 24, 3.5, 19, 19), 2, 2)


def _shrunk(state: CanvasState) -> np.ndarray:
    """The picture as seen, small: straight RGBA."""
    assert state.document is not None
    level, longest = 0, max(state.document.size)
    while longest >> (level + 1) >= 2 * SHOWN_SIDE:
        level += 1
    width, height = (max(1, side >> level) for side in state.document.size)
    return state.document.composite(Rect(0, 0, width, height), state.active, level)
