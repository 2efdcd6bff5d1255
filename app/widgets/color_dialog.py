"""Choosing a color: Qt's own chooser in the window's dress, with the colors that are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QColorDialog, QDialogButtonBox, QPushButton, QSpinBox, QWidget

from app.i18n import tr
from app.widgets.text import restyle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ROWS = 6
_GRAYS = ("#000000", "#404040", "#808080", "#BFBFBF", "#E6E6E6", "#FFFFFF")
_HUES = (0, 30, 50, 110, 170, 210, 280)
_TONES = ((90, 70), (150, 120), (190, 170), (150, 205), (90, 230), (35, 245))
"""Saturation and value of the rows of a hue, 0 to 255: deep to pale."""


def choose_color(
    parent: QWidget,
    title_key: str,
    now: str,
    chosen: Callable[[str], object],
    in_use: Iterable[str] = (),
) -> QColorDialog:
    """Ask for a color, beginning with ``now``; ``chosen`` gets ``#RRGGBB``. ``in_use`` are offered
    as custom colors.
    """
    _offer(list(dict.fromkeys(in_use)))
    dialog = QColorDialog(QColor(now), parent)
    dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr(title_key))
    dialog.setProperty("surface", "panel")
    for number in dialog.findChildren(QSpinBox):
        number.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    for box in dialog.findChildren(QDialogButtonBox):
        for one in box.buttons():
            one.setIcon(QIcon())
        okay = box.button(QDialogButtonBox.StandardButton.Ok)
        if isinstance(okay, QPushButton):
            restyle(okay, "kind", "primary")
    dialog.colorSelected.connect(lambda color: chosen(color.name().upper()))
    dialog.open()
    return dialog


def _offer(in_use: list[str]) -> None:
    """Fill the grids of the chooser, which are the program's: columns of grays and quiet hues."""
    for row, gray in enumerate(_GRAYS):
        QColorDialog.setStandardColor(row, QColor(gray))
    for column, hue in enumerate(_HUES, 1):
        for row, (saturation, value) in enumerate(_TONES):
            tone = QColor.fromHsv(hue, saturation, value)
            QColorDialog.setStandardColor(column * _ROWS + row, tone)
    for place in range(QColorDialog.customCount()):
        known = in_use[place] if place < len(in_use) else "#FFFFFF"
        QColorDialog.setCustomColor(place, QColor(known))
