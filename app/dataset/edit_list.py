"""The list of edits: what is done to the picture, in order, each switched, moved or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.dataset.edit_bake import SHAPES
from app.i18n import bind, tr
from app.theme import color, fonts, icons, metrics
from app.theme import signals as theme_signals
from engine.dataset import recipes

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent

    from app.dataset.edit_work import EditWork
    from engine.dataset.edits import Recipe
    from engine.dataset.steps import Step

ICONS = {
    "turn": "rotate-cw-square",
    "straighten": "rotate-cw",
    "crop": "crop",
    "cutout": "scissors",
    "mask": "brush",
    "white_balance": "droplet",
    "auto_levels": "wand-sparkles",
    "levels": "contrast",
    "light": "sun",
    "saturation": "palette",
    "fill": "blend",
}
TOOLS = {
    "turn": "crop",
    "straighten": "crop",
    "crop": "crop",
    "fill": "fill",
    "cutout": "background",
    "mask": "mask",
}
"""The tool each kind of step is changed with; the rest belong to ``adjust``."""
target = 22


def can_move(recipe: Recipe, place: int, to: int) -> bool:
    """Whether the step at ``place`` may stand at ``to``: crop and turns keep their order, because
    the rectangle is drawn on the turned picture.
    """
    if not 0 <= to < len(recipe.steps) or to == place:
        return False
    shapes = [step.kind for step in recipe.steps if step.kind in SHAPES]
    moved = recipes.reordered(recipe, place, to)
    return shapes == [step.kind for step in moved.steps if step.kind in SHAPES]


class EditList(QWidget):
    """Up and Down choose, Alt+Up and Alt+Down move, Space switches, Delete removes."""

    chosen = Signal(str)

    def __init__(self, work: EditWork) -> None:
        super().__init__()
        self.work = work
        self.current = -1
        self._hover = (-1, "")
        self._held = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "own")
        work.opened.connect(self._refresh)
        work.changed.connect(self._refresh)
        theme_signals.changed.connect(self.update)
        bind(self.setAccessibleName, "Edits")
        bind(self._relabel, "No edits yet. The original file is never changed.")
        self._refresh()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is listed."""
        return self.work.recipe.steps

    def sizeHint(self) -> QSize:
        if self.steps:
            return QSize(200, len(self.steps) * metrics.ROW)
        room = QRect(0, 0, self.width() - 2 * metrics.PAD, 1000)
        words = fonts.metrics(12).boundingRect(room, _WRAPPED, self._empty)
        return QSize(200, max(metrics.ROW, round(words.height()) + 10))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.setFixedHeight(self.sizeHint().height())

    def toggle(self, place: int) -> None:
        """Leave the step at ``place`` out, or take it in again."""
        self.work.change(recipes.toggled(self.work.recipe, place), "Switch an edit")

    def remove(self, place: int) -> None:
        """Take the step at ``place`` away."""
        self.work.change(recipes.removed(self.work.recipe, place), "Remove an edit")

    def move_step(self, place: int, to: int) -> bool:
        """Put the step at ``place`` where ``to`` is, where that is allowed."""
        if not can_move(self.work.recipe, place, to):
            return False
        self.current = to
        self.work.change(recipes.reordered(self.work.recipe, place, to), "Reorder edits")
        return True

    def _relabel(self, text: str) -> None:
        self._empty = text
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def _refresh(self) -> None:
        self.current = min(self.current, len(self.steps) - 1)
        self.setFixedHeight(self.sizeHint().height())
        rows = [f"{tr(step.label)} {summary_text(step)}" for step in self.steps]
        self.setAccessibleDescription(", ".join(rows))
        self.update()

    def _part(self, x: float, y: float) -> tuple[int, str]:
        place = int(y // metrics.ROW)
        if not 0 <= place < len(self.steps):
            return -1, ""
        right = self.width() - metrics.PAD + 4
        if x >= right - target:
            return place, "eye"
        if x >= right - 2 * target:
            return place, "remove"
        return place, "grip" if x < metrics.PAD + 14 else "row"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place, part = self._part(event.position().x(), event.position().y())
        if place < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        if part == "eye":
            self.toggle(place)
        elif part == "remove":
            self.remove(place)
        else:
            self.current = self._held = place
            self.chosen.emit(TOOLS.get(self.steps[place].kind, "adjust"))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._part(event.position().x(), event.position().y())
        if self._held >= 0 and found[0] not in (-1, self._held):
            step = 1 if found[0] > self._held else -1
            if self.move_step(self._held, self._held + step):
                self._held += step
        if found != self._hover:
            self._hover = found
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = -1

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = (-1, "")
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == event.Type.ToolTip:
            self._tell(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def _tell(self, event: QHelpEvent) -> None:
        words = {
            "eye": "Leave out or take in",
            "remove": "Remove this edit",
            "grip": "Drag to reorder, or Alt with the arrows",
        }
        key = words.get(self._part(event.pos().x(), event.pos().y())[1], "")
        QToolTip.showText(event.globalPos(), tr(key) if key else "", self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        held = 0 <= self.current < len(self.steps)
        if step and event.modifiers() & Qt.KeyboardModifier.AltModifier and held:
            self.move_step(self.current, self.current + step)
        elif step and self.steps:
            self.current = min(len(self.steps) - 1, max(0, self.current + step))
            self.chosen.emit(TOOLS.get(self.steps[self.current].kind, "adjust"))
        elif event.key() == Qt.Key.Key_Space and held:
            self.toggle(self.current)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and held:
            self.remove(self.current)
        else:
            super().keyPressEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(12))
        if not self.steps:
            painter.setPen(color("t3"))
            inner = self.rect().adjusted(metrics.PAD, 0, -metrics.PAD, 0)
            painter.drawText(inner, _WRAPPED, self._empty)
        for place, step in enumerate(self.steps):
            self._paint_row(painter, place, step)

    def _paint_row(self, painter: QPainter, place: int, step: Step) -> None:
        top = place * metrics.ROW
        row = QRectF(0, top, self.width(), metrics.ROW)
        hovered = self._hover[0] == place
        if place == self.current:
            painter.fillRect(row, color("acc_wash"))
        elif hovered:
            painter.fillRect(row, color("row_hover"))
        tint = "t1" if step.on else "t3"
        middle = top + (metrics.ROW - 14) / 2
        icons.paint(painter, "grip-vertical", metrics.PAD - 2, middle, 14, "t3")
        icons.paint(painter, ICONS[step.kind], metrics.PAD + 20, middle, 14, tint)
        eye = self.width() - metrics.PAD + 4 - target + 4
        lit = "t1" if self._hover == (place, "eye") else "t2" if step.on else "t3"
        icons.paint(painter, "eye" if step.on else "eye-off", eye, middle, 14, lit)
        if hovered or (place == self.current and self.hasFocus()):
            lit = "t1" if self._hover == (place, "remove") else "t3"
            icons.paint(painter, "x", eye - target, middle, 14, lit)
        words = tr(step.label)
        painter.setPen(color(tint))
        left = metrics.PAD + 42
        painter.drawText(QRectF(left, top, eye - target - left, metrics.ROW), _LEFT, words)
        left += painter.fontMetrics().horizontalAdvance(words) + metrics.GAP
        room = eye - target - 6 - left if hovered else eye - 8 - left
        value = painter.fontMetrics().elidedText(
            summary_text(step), Qt.TextElideMode.ElideRight, max(0, int(room))
        )
        painter.setPen(color("t2" if step.on else "t3"))
        painter.drawText(QRectF(left, top, room, metrics.ROW), _RIGHT, value)
        if place == self.current and self.hasFocus():
            painter.setPen(color("acc"))
            painter.drawRect(row.adjusted(1, 0, -2, -1))


def summary_text(step: Step) -> str:
    """The value of ``step`` in a few signs, in the language of the window."""
    found = recipes.summary(step)
    return tr(found.key, **found.facts) if found.key else ""


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_WRAPPED = int(_LEFT) | int(Qt.TextFlag.TextWordWrap)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
