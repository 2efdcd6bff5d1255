"""Filling what is selected from its surroundings: no model, no waiting, one undo step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.i18n import tr
from engine.canvas.layer import layer_of
from engine.canvas.removal import filled_in

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.session import Session


class SurroundFill(QObject):
    """Puts the filling on a layer of its own, so that what was there stays."""

    def __init__(self, parent: QObject, session: Session, state: CanvasState) -> None:
        super().__init__(parent)
        self._session, self._state = session, state

    def start(self) -> None:
        """Fill the selection."""
        if self._state.document is not None:
            self._session.start(self._fill())

    async def _fill(self) -> None:
        state, document = self._state, self._state.document
        if document is None:
            return
        state.end_stroke()
        pixels, x, y = await self._session.bridge.io(filled_in, document.frozen())
        if state.document is document:
            layer = layer_of(tr("Filled from surroundings"), pixels, x, y)
            state.put_layer(layer, "Fill from surroundings")
