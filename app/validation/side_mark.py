"""The mark of the side that an axis runs on: Y, X, or a small picture; a click changes it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter

from app.i18n import bind, tr
from app.theme import color, fonts, icons
from app.widgets.buttons import ToolButton

SIDE_WORDS = {
    "y": "Rows (Y)",
    "x": "Columns (X)",
    "group_y": "Groups of rows",
    "group_x": "Groups of columns",
    "pages": "Pages",
}
NO_SIDE = "One value: no side"
_LETTERS = {"y": "Y", "x": "X"}
_ICONS = {"group_y": "rows-3", "group_x": "columns-3", "pages": "copy", "": "dot"}


class SideMark(ToolButton):
    """A button of 22 px. Its name says the axis and the side."""

    def __init__(self, axis_key: str) -> None:
        super().__init__()
        self._side = ""
        self._axis = axis_key
        self.setFixedSize(22, 22)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tip = bind(self.setToolTip, NO_SIDE)
        self._name = bind(self.setAccessibleName, "{axis}: {side}", axis="", side="")
        self.show_side("")

    @property
    def side(self) -> str:
        """What is shown, as :data:`SIDE_WORDS` has it."""
        return self._side

    def show_side(self, side: str) -> None:
        """Show the mark of ``side``."""
        self._side = side
        words = SIDE_WORDS.get(side, NO_SIDE)
        self._tip.say(words)
        self._name.update(axis=lambda: tr(self._axis), side=lambda: tr(words))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(22, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        tint = "t1" if self.underMouse() else "t3"
        if self._side in _LETTERS:
            self._paint_letter(painter, tint)
        else:
            icons.paint(painter, _ICONS[self._side], 4, 4, 14, tint)

    def _paint_letter(self, painter: QPainter, tint: str) -> None:
        painter.setFont(fonts.font(12, 600))
        painter.setPen(color(tint))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _LETTERS[self._side])
