"""A hand with a key held down, which qtbot's moves do not know of."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

NO_KEY = Qt.KeyboardModifier.NoModifier


def pull(
    surface, *points: tuple[float, float], modifier: Qt.KeyboardModifier = NO_KEY, let_go=True
) -> None:
    """Drag over document points with the left button, ``modifier`` held all the way."""
    left = Qt.MouseButton.LeftButton
    spots = [surface.view.turn.map(surface.view.to_screen(QPointF(*point))) for point in points]
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(spots) - 1)]
    for kind, at in zip(kinds, spots, strict=True):
        there = QPointF(surface.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(surface, QMouseEvent(kind, at, there, left, left, modifier))
    if let_go:
        there, none = QPointF(surface.mapToGlobal(at.toPoint())), Qt.MouseButton.NoButton
        kind = QEvent.Type.MouseButtonRelease
        QApplication.sendEvent(surface, QMouseEvent(kind, at, there, left, none, modifier))
