"""Apply a theme: Fusion, a full palette, one style sheet, the color scheme of the title bar.

The sheet is worn by windows, not by the application: under a sheet of the application Qt dresses
all that a widget holds again each time that widget is given to another, and a page is built of
hundreds. What is built apart from a window is dressed once, when the window receives it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.theme import focus, fonts
from app.theme.tokens import DARK, THEMES, Tokens

SHEET = Path(__file__).with_name("style.qss")


class Signals(QObject):
    """``changed`` is sent after a theme was applied; painted widgets repaint by themselves."""

    changed = Signal()


signals = Signals()
_current: Tokens = DARK
_chosen = DARK.name
SYSTEM = "system"
_DRESSED = "dressed"


def current() -> Tokens:
    """The tokens of the theme in use."""
    return _current


def chosen() -> str:
    """What the user asked for: a theme's name, or ``"system"``."""
    return _chosen


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
    """Dress ``app`` in ``"dark"``, ``"light"`` or ``"system"``: as the desktop is, now and later.

    Call again to switch live.
    """
    global _chosen
    _chosen = name
    hints = app.styleHints()
    if not app.property(_DRESSED):
        app.setProperty(_DRESSED, True)
        app.setStyle("Fusion")
        fonts.load()
        app.setFont(fonts.font())
        focus.install(app)
        hints.colorSchemeChanged.connect(lambda scheme: _follow_system(app, scheme))
    if name == SYSTEM:
        hints.unsetColorScheme()
        _dress(app, _theme_of(hints.colorScheme()))
    else:
        hints.setColorScheme(_SCHEMES[name])
        _dress(app, name)


def dress(window: QWidget) -> None:
    """Let ``window`` and all it holds and opens wear the sheet, now and after a switch of themes.

    Call it when the window has been built.
    """
    window.setProperty(_DRESSED, True)
    window.setStyleSheet(sheet(_current))


def _dress(app: QApplication, name: str) -> None:
    global _current
    _current = THEMES[name]
    app.setPalette(palette(_current))
    for window in app.topLevelWidgets():
        if window.property(_DRESSED):
            window.setStyleSheet(sheet(_current))
    signals.changed.emit()


def _follow_system(app: QApplication, scheme: Qt.ColorScheme) -> None:
    """The desktop turned light or dark, by hand or at sunset."""
    if _chosen == SYSTEM and _theme_of(scheme) != _current.name:
        _dress(app, _theme_of(scheme))


def _theme_of(scheme: Qt.ColorScheme) -> str:
    """Dark also where the desktop does not say: that is the room pictures are judged in."""
    return "light" if scheme == Qt.ColorScheme.Light else "dark"


_SCHEMES = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}


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
