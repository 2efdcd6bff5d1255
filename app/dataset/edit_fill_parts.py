"""What the fill tool is made of: tiles that show a fill, and fields for a color."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app.dataset.fill_panel import Swatch
from app.i18n import bind
from app.theme import color, fonts, icons
from app.widgets.color_dialog import choose_color
from app.widgets.fields import TextField
from app.widgets.images import draw_fitted

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = {
    "color": "Color",
    "edge": "Edge",
    "blurred": "Blurred",
    "gradient": "Gradient",
    "picture": "Own colors",
    "image": "Picture",
    "grey": "Gray",
    "white": "White",
}
tile = 68


class ColorField(TextField):
    """A color as ``#RRGGBB``, with a swatch that opens a chooser."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.in_use: Callable[[], list[str]] = list
        self.swatch = Swatch()
        self.editingFinished.connect(self._typed)
        self.swatch.clicked.connect(self._ask)

    def set_color(self, text: str) -> None:
        """Show ``text``."""
        self.set_value(text)
        self.swatch.set_color(text)

    def _typed(self) -> None:
        text = self.text().strip()
        text = (text if text.startswith("#") else f"#{text}").upper()
        if len(text) != 7 or not QColor.isValidColorName(text):
            self.setText(self.swatch.hex)
        elif text != self.swatch.hex:
            self.chosen.emit(text)

    def _ask(self) -> None:
        choose_color(self, "Fill color", self.swatch.hex, self.chosen.emit, self.in_use())


class FillTile(QAbstractButton):
    """The picture over one fill, its name under it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._picture = QPixmap()
        self._icon = "image-plus" if name == "image" else ""
        self.setCheckable(True)
        self.setFixedHeight(tile + 16)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.setText, NAMES[name])
        bind(self.setAccessibleName, NAMES[name])

    def set_picture(self, picture: QPixmap) -> None:
        """Show ``picture``."""
        self._picture = picture
        self.update()

    def nextCheckState(self) -> None:
        """The recipe says which one is chosen."""

    def sizeHint(self) -> QSize:
        return QSize(tile - 10, tile + 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(2, 2, self.width() - 4, tile - 16)
        painter.fillRect(box, color("tile"))
        painter.setClipRect(box)
        if not self._picture.isNull():
            draw_fitted(painter, self._picture, box)
        elif self._icon:
            place = box.center()
            icons.paint(painter, self._icon, place.x() - 10, place.y() - 10, 20, "t3")
        painter.setClipping(False)
        if self.isChecked() or self.hasFocus():
            painter.setPen(QPen(color("acc"), 2))
            painter.drawRect(box.adjusted(-1, -1, 1, 1))
        painter.setFont(fonts.font(11))
        painter.setPen(color("t1" if self.isChecked() else "t2"))
        foot = QRectF(0, tile - 12, self.width(), 18)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.text())
