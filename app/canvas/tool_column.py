"""The column of tools at the left of the canvas, with the color well at its foot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.canvas.tool_keys import tool_key
from app.canvas.tools import BY_NAME
from app.i18n import bind
from app.theme import color, icons
from app.widgets.buttons import tool_button
from app.widgets.color_dialog import choose_color
from app.widgets.text import hairline

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.model import CanvasState

WIDTH = 42
ICON = 17
# The swatches of both colors in their well.
FRONT, BACK = QRectF(2.5, 2.5, 18, 18), QRectF(11.5, 11.5, 16, 16)
GROUPS = (
    ("move", "select", "lasso", "wand"),
    ("brush", "eraser", "bucket", "smudge", "stamp", "line", "pick"),
    ("region", "crop", "hand", "zoom"),
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
            shortcut=partial(tool_key, tool.name),
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
    """The painting color over the background color; a click on either opens the color dialog."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self._kept: list[str] = []
        self.setFixedSize(30, 30)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip = "Colors to paint with. X swaps them, D makes them black and white."
        bind(self.setToolTip, tip)
        bind(self.setAccessibleName, "Color to paint with")
        self.clicked.connect(self.choose)
        state.color_changed.connect(self.update)

    def choose(self) -> None:
        """Open the color dialog; every color is applied as it is tried."""
        self._ask("Color to paint with", self._state.color, self._state.set_color)

    def choose_background(self) -> None:
        """The same for the background color."""
        self._ask("Background color", self._state.background, self._state.set_background)

    def _ask(self, title: str, before: QColor, take: Callable[[QColor], object]) -> None:
        before = QColor(before)
        self.dialog = choose_color(self.window(), title, before.name(), self._keep, self._kept)
        self.dialog.currentColorChanged.connect(take)
        self.dialog.rejected.connect(lambda: take(before))

    def _keep(self, chosen: str) -> None:
        """The colors chosen last are offered again."""
        self._kept = [chosen, *(one for one in self._kept if one != chosen)]

    def sizeHint(self) -> QSize:
        """Two swatches, one over the other."""
        return QSize(30, 30)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Which of the two it is."""
        at = event.position()
        behind = BACK.contains(at) and not FRONT.contains(at)
        if behind and event.button() == Qt.MouseButton.LeftButton and self.isDown():
            self.setDown(False)
            self.choose_background()
        else:
            super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The colors in dark frames."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("t2" if self.underMouse() else "line_control"), 1))
        for place, shown in ((BACK, self._state.background), (FRONT, self._state.color)):
            painter.setBrush(shown)
            painter.drawRoundedRect(place, 2, 2)
