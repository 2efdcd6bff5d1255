"""A modified Inter and a Chinese subset, registered once, and the fonts of each rank."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF
from PySide6.QtWidgets import QWidget

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "fonts"
FAMILIES = ["Stylekiln Sans", "Stylekiln Sans SC"]
# Characters outside GB 2312 come from the system.
_SYSTEM = {
    "win32": ["Microsoft YaHei UI", "Segoe UI"],
    "darwin": ["PingFang SC", "Helvetica Neue"],
}


def load() -> None:
    """Register the fonts that ship with the application. Needs a QGuiApplication."""
    for path in sorted(FOLDER.glob("*.ttf")):
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"The font {path.name} cannot be read.")


def font(size: int = 12, weight: int = 400) -> QFont:
    """The interface font: ``size`` pixels, weight 400, 500 or 600, tabular numbers.

    Each caller has its own: what one strikes out is struck out nowhere else.
    """
    return QFont(_font(size, weight))


@lru_cache(maxsize=64)
def _font(size: int, weight: int) -> QFont:
    made = QFont()
    made.setFamilies(FAMILIES + _SYSTEM.get(sys.platform, ["Noto Sans CJK SC", "Noto Sans"]))
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    # Words that lie in pictures, on badges and in lists, cannot have colored edges: none has.
    made.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def set_font(widget: QWidget, size: int = 12, weight: int = 400) -> None:
    """Give ``widget`` the interface font."""
    widget.setFont(font(size, weight))


@lru_cache(maxsize=64)
def metrics(size: int = 12, weight: int = 400) -> QFontMetricsF:
    """Measures of the interface font, for painters and size hints."""
    return QFontMetricsF(_font(size, weight))


@lru_cache(maxsize=4096)
def width_of(text: str, size: int = 12, weight: int = 400) -> float:
    """How wide ``text`` is. A layout asks for the same words dozens of times."""
    return metrics(size, weight).horizontalAdvance(text)
