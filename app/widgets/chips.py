"""Chips that flow over lines: caption tags, with the trigger word first in the accent wash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

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
    """Draws chips over as many lines as they need; hover shows a cross, Delete removes.

    ``changeable`` chips are dragged to another place (``moved``: from, to), and renamed by a
    double-click, F2 or Enter (``renamed``: old, new); Alt with an arrow moves by keyboard.
    ``left_behind`` says that Right was pressed at the last chip.
    """

    removed = Signal(str)
    chosen = Signal(str)
    moved = Signal(int, int)
    renamed = Signal(str, str)
    left_behind = Signal()

    def __init__(
        self, chips: Sequence[Chip] = (), *, removable: bool = True, changeable: bool = False
    ) -> None:
        super().__init__()
        self._chips = list(chips)
        self._removable = removable
        self._changeable = changeable
        self._hover = -1
        self._current = -1
        self._pressed: QPointF | None = None
        self._gap = -1  # where a dragged chip would go
        self._marked: frozenset[str] = frozenset()
        self.editor: QLineEdit | None = None
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
        self._close_editor()
        self._chips = list(chips)
        self._hover = self._gap = -1
        self._current = min(self._current, len(self._chips) - 1) if self.hasFocus() else -1
        self.updateGeometry()
        self.update()

    def place_of(self, index: int) -> QRectF:
        """Where chip number ``index`` is."""
        return self._places(self.width())[index]

    @property
    def marked(self) -> frozenset[str]:
        """Texts of the chips that are pointed out."""
        return self._marked

    def mark(self, texts: Iterable[str]) -> None:
        """Point out the chips of ``texts``, and no others."""
        self._marked = frozenset(texts)
        self.update()

    def index_at(self, point: QPointF) -> int:
        """The number of the chip at ``point``, -1 for none."""
        return self._at(point)

    def take_last(self) -> None:
        """Take the focus with the last chip current."""
        if self._chips:
            self._current = len(self._chips) - 1
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.update()

    def edit(self, index: int) -> None:
        """Open an editor over chip number ``index``."""
        if not self._changeable or not 0 <= index < len(self._chips):
            return
        self._close_editor()
        place = self.place_of(index).toRect()
        old = self._chips[index].text
        made = self.editor = _ChipEditor(self, old)
        made.setGeometry(place.left(), place.top(), max(90, place.width()), HEIGHT)
        if made.geometry().right() > self.width():
            made.move(max(0, self.width() - made.width()), place.top())
        made.editingFinished.connect(lambda: self._edited(made, old))
        made.show()
        made.setFocus()
        made.selectAll()

    def _edited(self, editor: QLineEdit, old: str) -> None:
        if editor is not self.editor:
            return
        text = editor.text().strip()
        had_focus = editor.hasFocus()
        self._close_editor()
        if had_focus:
            self.setFocus()
        if text != old:
            if text:
                self.renamed.emit(old, text)
            else:
                self.removed.emit(old)

    def _close_editor(self) -> None:
        editor, self.editor = self.editor, None
        if editor is not None:
            editor.hide()
            editor.deleteLater()

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
        chip = self._chips[index]
        width = 14 + fonts.width_of(chip.text)
        if chip.note:
            width += 5 + fonts.width_of(chip.note)
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
        if self._pressed is not None and self._changeable and self._current >= 0:
            far = (event.position() - self._pressed).manhattanLength()
            if self._gap >= 0 or far >= QApplication.startDragDistance():
                self._gap = self._gap_at(event.position())
                self.update()
            return
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
        if self._removable and index == self._hover and event.position().x() > place.right() - 20:
            self.removed.emit(self._chips[index].text)
            return
        self._current = index
        self._pressed = event.position()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        gap, self._gap = self._gap, -1
        if pressed is None or not 0 <= self._current < len(self._chips):
            return
        if gap >= 0:
            # A gap is between chips; behind the dragged one it counts that one too.
            target = gap - 1 if gap > self._current else gap
            if target != self._current:
                self.moved.emit(self._current, target)
            self.update()
        elif self._at(event.position()) == self._current:
            self.chosen.emit(self._chips[self._current].text)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position())
        if index >= 0 and self._chips[index].kind != "partial":
            self._pressed = None
            self.edit(index)

    def _gap_at(self, point: QPointF) -> int:
        """Before which chip a drop at ``point`` goes."""
        places = self._places(self.width())
        for index, place in enumerate(places):
            below = point.y() > place.bottom() + SPACE / 2
            if not below and point.x() < place.center().x():
                return index
            ends_line = index + 1 == len(places) or places[index + 1].top() > place.top()
            if not below and ends_line:
                return index + 1
        return len(places)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        last = len(self._chips) - 1
        current = 0 <= self._current <= last
        if event.key() in moves and self._chips:
            self._step(moves[Qt.Key(event.key())], event)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._removable:
            if current:
                self.removed.emit(self._chips[self._current].text)
        elif event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter) and current:
            if self._chips[self._current].kind == "partial":
                self.chosen.emit(self._chips[self._current].text)
            else:
                self.edit(self._current)
        else:
            super().keyPressEvent(event)

    def _step(self, step: int, event: QKeyEvent) -> None:
        last = len(self._chips) - 1
        target = self._current + step
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            if self._changeable and self._current >= 0 and 0 <= target <= last:
                source, self._current = self._current, target
                self.moved.emit(source, target)
            return
        if target > last:
            self.left_behind.emit()
        self._current = max(0, min(last, target))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(12))
        for index, place in enumerate(self._places(self.width())):
            self._paint(painter, index, place)
        if self._gap >= 0:
            self._paint_gap(painter)

    def _paint_gap(self, painter: QPainter) -> None:
        places = self._places(self.width())
        at_end = self._gap >= len(places)
        place = places[-1] if at_end else places[self._gap]
        left = place.right() + 1 if at_end else max(0.0, place.left() - 3)
        painter.fillRect(QRectF(left, place.top(), 2, HEIGHT), color("acc"))

    def _paint(self, painter: QPainter, index: int, place: QRectF) -> None:
        chip = self._chips[index]
        box = place.adjusted(0.5, 0.5, -0.5, -0.5)
        fill = {"trigger": "acc_wash", "partial": ""}.get(chip.kind, "g3")
        outline = QPen(color("t4"), 1, Qt.PenStyle.DashLine) if chip.kind == "partial" else None
        if chip.text in self._marked or (index == self._current and self.hasFocus()):
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


class _ChipEditor(QLineEdit):
    """Escape leaves the chip as it was."""

    def __init__(self, parent: QWidget, text: str) -> None:
        super().__init__(text, parent)
        self._before = text
        self.setProperty("dense", True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._before)
            self.editingFinished.emit()
        else:
            super().keyPressEvent(event)
