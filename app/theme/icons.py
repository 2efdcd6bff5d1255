"""Lucide icons by name, drawn sharp at any scale in the colors of the theme."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.theme.style import color as token_color
from app.theme.style import current, signals

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"
# Stroke of the 24 grid by icon size, so that lines look equally strong at every size.
_STROKES = ((16, 2.0), (18, 1.7), (22, 1.6))
# What an icon was made from, by its cache key, so that a change of theme can make it again.
_made: dict[int, tuple[str, int, str]] = {}


def icon(name: str, size: int = 16, color: str = "t2") -> QIcon:
    """The icon ``name`` in the text color ``color`` (a token) for every mode and state.

    Buttons and actions that show it follow a change of theme.
    """
    made = _icon(current().name, name, size, color)
    _made[made.cacheKey()] = (name, size, color)
    return made


def pixmap(name: str, size: int = 16, color: str | QColor = "t2", scale: float = 0) -> QPixmap:
    """The icon ``name`` drawn in ``color``; ``scale`` is the pixel ratio (0: the screen's)."""
    tint = token_color(color) if isinstance(color, str) else color
    return _pixmap(name, size, tint.name(QColor.NameFormat.HexArgb), scale or _screen_scale())


def paint(
    painter: QPainter, name: str, x: float, y: float, size: int = 16, color: str | QColor = "t2"
) -> None:
    """Draw the icon ``name`` with its top left corner at ``x``, ``y``."""
    scale = painter.device().devicePixelRatioF()
    painter.drawPixmap(QPointF(x, y), pixmap(name, size, color, scale))


@lru_cache(maxsize=1024)
def _pixmap(name: str, size: int, tint: str, scale: float) -> QPixmap:
    made = QPixmap(round(size * scale), round(size * scale))
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, size, tint).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made


def _renderer(name: str, size: int, tint: str) -> QSvgRenderer:
    stroke = next((width for limit, width in _STROKES if size <= limit), 1.5)
    drawing = _source(name).replace('stroke-width="2"', f'stroke-width="{stroke}"')
    shown = QColor(tint)
    drawing = drawing.replace("currentColor", shown.name())
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    if not renderer.isValid():
        raise ValueError(f"The icon {name} cannot be drawn.")
    return renderer


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text("utf-8")


def _screen_scale() -> float:
    app = QGuiApplication.instance()
    return app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0


@lru_cache(maxsize=512)
def _icon(theme: str, name: str, size: int, color: str) -> QIcon:
    """Pixmaps for each mode: a QIconEngine made in Python does not survive Qt's cloning."""
    made = QIcon()
    lifted = "t1" if color in ("t2", "t3") else color
    tokens = {
        (QIcon.Mode.Normal, QIcon.State.Off): color,
        (QIcon.Mode.Active, QIcon.State.Off): lifted,
        (QIcon.Mode.Selected, QIcon.State.Off): lifted,
        (QIcon.Mode.Disabled, QIcon.State.Off): "t4",
        (QIcon.Mode.Normal, QIcon.State.On): "acc",
        (QIcon.Mode.Active, QIcon.State.On): "acc",
        (QIcon.Mode.Selected, QIcon.State.On): "acc",
        (QIcon.Mode.Disabled, QIcon.State.On): "t4",
    }
    for (mode, state), token in tokens.items():
        for scale in _scales():
            made.addPixmap(pixmap(name, size, token, scale), mode, state)
    return made


def _scales() -> set[float]:
    return {screen.devicePixelRatio() for screen in QGuiApplication.screens()} or {1.0}


def _follow_theme() -> None:
    """Give every button and action its icon in the colors of the new theme."""
    for widget in QApplication.allWidgets():
        # Not widget.actions(): the workspaces have a method of that name with another meaning.
        holders: list[QAbstractButton | QAction] = list(QWidget.actions(widget))
        if isinstance(widget, QAbstractButton):
            holders.append(widget)
        for holder in holders:
            known = _made.get(holder.icon().cacheKey())
            if known is not None:
                holder.setIcon(icon(*known))


signals.changed.connect(_follow_theme)
