"""Chips that flow over lines: caption tags, with the trigger word first in the accent wash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import color, fonts, icons

HEIGHT = 22
SPACE = 4


@dataclass(frozen=True)
class Chip:
    """One chip. ``note`` is quiet text after it, as "1 of 2"; ``kind`` decides the color."""

    text: str
    note: str = ""
    kind: str = "tag"  # tag, trigger, partial or over


class ChipFlow(QWidget):
    """Draws chips over as many lines as they need; hover shows a cross, Delete removes."""

    removed = Signal(str)
    chosen = Signal(str)

    def __init__(self, chips: Sequence[Chip] = (), *, removable: bool = True) -> None:
        super().__init__()
        self._chips = list(chips)
        self._removable = removable
        self._hover = -1
        self._current = -1
        self.setMouseTracking(True)
        self.setProperty("ring", "own")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def chips(self) -> list[Chip]:
        """What is shown."""
        return list(self._chips)

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """Show other chips."""
        self._chips = list(chips)
        self._hover = self._current = -1
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        places = self._places(width)
        return round(places[-1].bottom()) if places else HEIGHT

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 120)))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.heightForWidth(max(self.width(), 80)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometry()

    def _width(self, index: int) -> float:
        chip, measure = self._chips[index], fonts.metrics(12)
        width = 14 + measure.horizontalAdvance(chip.text)
        if chip.note:
            width += 5 + measure.horizontalAdvance(chip.note)
        if chip.kind in ("trigger", "over"):
            width += 17
        return width + (16 if self._removable and index == self._hover else 0)

    def _places(self, width: float) -> list[QRectF]:
        places, left, top = [], 0.0, 0.0
        for index in range(len(self._chips)):
            wide = min(self._width(index), width)
            if left and left + wide > width:
                left, top = 0.0, top + HEIGHT + SPACE
            places.append(QRectF(left, top, wide, HEIGHT))
            left += wide + SPACE
        return places

    def _at(self, point: QPointF) -> int:
        for index, place in enumerate(self._places(self.width())):
            if place.contains(point):
                return index
        return -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hover = self._at(event.position())
        if hover != self._hover:
            self._hover = hover
            self.updateGeometry()
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.updateGeometry()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position())
        if index < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        place = self._places(self.width())[index]
        text = self._chips[index].text
        if self._removable and event.position().x() > place.right() - 20:
            self.removed.emit(text)
        else:
            self._current = index
            self.update()
            self.chosen.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        last = len(self._chips) - 1
        if event.key() in moves and self._chips:
            step = moves[Qt.Key(event.key())]
            self._current = max(0, min(last, self._current + step))
            self.update()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._removable:
            if 0 <= self._current <= last:
                self.removed.emit(self._chips[self._current].text)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(12))
        for index, place in enumerate(self._places(self.width())):
            self._paint(painter, index, place)

    def _paint(self, painter: QPainter, index: int, place: QRectF) -> None:
        chip = self._chips[index]
        box = place.adjusted(0.5, 0.5, -0.5, -0.5)
        fill = {"trigger": "acc_wash", "partial": ""}.get(chip.kind, "g3")
        outline = QPen(color("t4"), 1, Qt.PenStyle.DashLine) if chip.kind == "partial" else None
        if index == self._current and self.hasFocus():
            outline = QPen(color("acc"), 1)
        painter.setPen(outline or Qt.PenStyle.NoPen)
        painter.setBrush(color(fill) if fill else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        tint = {"trigger": "acc_text", "partial": "t2", "over": "err"}.get(chip.kind, "t1")
        left = place.left() + 7
        mark = {"trigger": "key-round", "over": "triangle-alert"}.get(chip.kind)
        if mark:
            icons.paint(painter, mark, left, place.top() + 5, 12, tint)
            left += 17
        painter.setPen(color(tint))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, place.top(), place.width(), HEIGHT), middle, chip.text)
        if chip.note:
            left += painter.fontMetrics().horizontalAdvance(chip.text) + 5
            painter.setPen(color("t3"))
            painter.drawText(QRectF(left, place.top(), place.width(), HEIGHT), middle, chip.note)
        if self._removable and index == self._hover:
            icons.paint(painter, "x", place.right() - 17, place.top() + 5, 12, "t2")
