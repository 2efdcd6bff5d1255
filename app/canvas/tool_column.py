"""The column of tools at the left of the canvas, with the color well at its foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.canvas.tools import BY_NAME
from app.i18n import bind
from app.theme import color, icons
from app.widgets.buttons import tool_button
from app.widgets.color_dialog import choose_color
from app.widgets.text import hairline

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

WIDTH = 42
ICON = 17
GROUPS = (
    ("move", "select", "lasso", "wand"),
    ("brush", "eraser", "pick"),
    ("region", "hand", "zoom"),
)


class ToolColumn(QWidget):
    """One button per tool, or for several that share it; the one in hand is marked."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.buttons: dict[str, QToolButton] = {}
        self._last: dict[str, str] = {}  # of the tools that share a place, the one used last
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        column = QVBoxLayout()
        column.setContentsMargins(0, 7, 0, 10)
        column.setSpacing(2)
        outer.addLayout(column, 1)
        outer.addWidget(hairline("column", vertical=True))
        self._fill(column)
        state.tool_changed.connect(self._follow)
        self._follow()

    def _fill(self, column: QVBoxLayout) -> None:
        group = QButtonGroup(self)
        for number, names in enumerate(GROUPS):
            if number:
                line = hairline("panel")
                line.setFixedWidth(22)
                column.addSpacing(4)
                column.addWidget(line, 0, Qt.AlignmentFlag.AlignHCenter)
                column.addSpacing(4)
            for name in names:
                made = self._button(name)
                group.addButton(made)
                column.addWidget(made, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.well = ColorWell(self._state)
        column.addWidget(self.well, 0, Qt.AlignmentFlag.AlignHCenter)

    def _button(self, name: str) -> QToolButton:
        tool = BY_NAME[name]
        made = tool_button(
            tool.icon,
            tool.text,
            lambda: self._state.set_tool(self._last.get(name, name)),
            checkable=True,
            shortcut=tool.key,
            size=ICON,
        )
        made.setFixedSize(30, 28)
        self.buttons[name] = made
        return made

    def _follow(self) -> None:
        tool = BY_NAME[self._state.tool]
        button = self.buttons[tool.slot or tool.name]
        button.setChecked(True)
        if tool.slot:
            self._last[tool.slot] = tool.name
            button.setIcon(icons.icon(tool.icon, ICON))


class ColorWell(QAbstractButton):
    """The painting color; a click opens the color dialog."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self._kept: list[str] = []
        self.setFixedSize(30, 30)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.setToolTip, "Color to paint with")
        bind(self.setAccessibleName, "Color to paint with")
        self.clicked.connect(self.choose)
        state.color_changed.connect(self.update)

    def choose(self) -> None:
        """Open the color dialog; every color is applied as it is tried."""
        before = QColor(self._state.color)
        self.dialog = choose_color(
            self.window(), "Color to paint with", before.name(), self._keep, self._kept
        )
        self.dialog.currentColorChanged.connect(self._state.set_color)
        self.dialog.rejected.connect(lambda: self._state.set_color(before))

    def _keep(self, chosen: str) -> None:
        """The colors chosen last are offered again."""
        self._kept = [chosen, *(one for one in self._kept if one != chosen)]

    def sizeHint(self) -> QSize:
        """One swatch."""
        return QSize(30, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The color in a dark frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("t2" if self.underMouse() else "line_control"), 1))
        painter.setBrush(self._state.color)
        painter.drawRoundedRect(QRectF(4.5, 4.5, 21, 21), 2, 2)
