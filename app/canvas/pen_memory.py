"""What a hand and its pen need is kept from session to session: the pressure curve and tilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from engine.imaging.curves import STRAIGHT

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.imaging.curves import Points

# A drag of a point is written once.
REST_MS = 600


class PenMemory(QObject):
    """Gives the brush what is stored, and stores what is changed."""

    def __init__(self, session: Session, state: CanvasState) -> None:
        super().__init__(state)
        self._session, self._state = session, state
        self.rest = QTimer(self, interval=REST_MS, singleShot=True)
        self.rest.timeout.connect(self._store)
        settings = session.settings
        state.set_brush(curve=read(settings.pen_curve), tilts=settings.pen_tilts)
        state.brush_changed.connect(self._follow)

    def _follow(self) -> None:
        settings, brush = self._session.settings, self._state.brush
        if (written(brush.curve), brush.tilts) != (settings.pen_curve, settings.pen_tilts):
            self.rest.start()

    def _store(self) -> None:
        brush = self._state.brush
        self._session.change_settings(pen_curve=written(brush.curve), pen_tilts=brush.tilts)


def written(curve: Points) -> str:
    """A curve as text, empty for the straight one."""
    points = tuple((float(x), float(y)) for x, y in curve)
    return "" if points == STRAIGHT else " ".join(f"{x:g},{y:g}" for x, y in points)


def read(text: str) -> tuple[tuple[float, float], ...]:
    """The curve of a text; the straight one for what cannot be read."""
    try:
        points = [tuple(float(part) for part in pair.split(",")) for pair in text.split()]
        found = tuple((x, y) for x, y in points)
    except ValueError:
        return STRAIGHT
    inside = all(0 <= value <= 255 for point in found for value in point)
    return found if inside and len({x for x, _ in found}) == len(found) >= 2 else STRAIGHT
