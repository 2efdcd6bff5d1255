"""Apply a theme: Fusion, a full palette, one style sheet, the color scheme of the title bar."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.theme import focus, fonts
from app.theme.tokens import DARK, THEMES, Tokens

SHEET = Path(__file__).with_name("style.qss")


class Signals(QObject):
    """``changed`` is sent after a theme was applied; painted widgets repaint by themselves."""

    changed = Signal()


signals = Signals()
_current: Tokens = DARK


def current() -> Tokens:
    """The tokens of the theme in use."""
    return _current


def color(token: str) -> QColor:
    """The color of ``token`` in the theme in use, for painters. Do not modify it."""
    return _color(_current.name, token)


def mix(token: str, other: str, share: float) -> QColor:
    """``token`` with ``share`` (0 to 1) of ``other`` mixed in."""
    a, b = color(token), color(other)
    parts = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(x + (y - x) * share) for x, y in parts))


@lru_cache(maxsize=256)
def _color(theme: str, token: str) -> QColor:
    return QColor(getattr(THEMES[theme], token))


def apply(app: QApplication, name: str) -> None:
    """Dress ``app`` in the theme ``"dark"`` or ``"light"``; call again to switch live."""
    global _current
    _current = THEMES[name]
    if not app.property("dressed"):
        app.setProperty("dressed", True)
        app.setStyle("Fusion")
        fonts.load()
        app.setFont(fonts.font())
        focus.install(app)
    scheme = Qt.ColorScheme.Dark if name == "dark" else Qt.ColorScheme.Light
    app.styleHints().setColorScheme(scheme)
    app.setPalette(palette(_current))
    app.setStyleSheet(sheet(_current))
    signals.changed.emit()


def palette(t: Tokens) -> QPalette:
    """All roles in all three groups."""
    role = QPalette.ColorRole
    colors = {
        role.Window: t.g1,
        role.WindowText: t.t1,
        role.Base: t.field,
        role.AlternateBase: t.g2,
        role.ToolTipBase: t.field,
        role.ToolTipText: t.t1,
        role.PlaceholderText: t.t3,
        role.Text: t.t1,
        role.Button: t.g3,
        role.ButtonText: t.t1,
        role.BrightText: t.on_fill,
        role.Light: t.g4,
        role.Midlight: t.g3,
        role.Mid: t.line,
        role.Dark: t.line_panel,
        role.Shadow: t.line_chrome,
        role.Highlight: t.acc_fill,
        role.HighlightedText: t.on_fill,
        role.Link: t.acc,
        role.LinkVisited: t.acc,
        role.Accent: t.acc,
    }
    made = QPalette()
    for group in (
        QPalette.ColorGroup.Active,
        QPalette.ColorGroup.Inactive,
        QPalette.ColorGroup.Disabled,
    ):
        for key, value in colors.items():
            made.setColor(group, key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(t.t4))
    return made


def sheet(t: Tokens) -> str:
    """The style sheet with ``@token`` replaced by its color. Longer names are replaced first."""
    text = SHEET.read_text("utf-8")
    for name in sorted(Tokens.__dataclass_fields__, key=len, reverse=True):
        text = text.replace(f"@{name}", getattr(t, name))
    return text
