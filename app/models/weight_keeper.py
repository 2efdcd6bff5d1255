"""The weights of LoRAs in the window: changed at once, written off the UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.models.weights import USUAL, weight_key, write_weights
from engine.models.inspect import ModelInfo

if TYPE_CHECKING:
    from app.session import Session


class WeightKeeper(QObject):
    """While one state is written, later ones wait as one: a dragged slider writes little."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._weights: dict[str, float] = {}
        self._changed = self._writing = False

    def take(self, weights: dict[str, float]) -> None:
        """Know what was read, unless something newer is still to be written."""
        if not self._writing:
            self._weights = weights

    def of(self, info: ModelInfo, usual: float = USUAL) -> float:
        """The weight to use ``info`` with; ``usual`` where its user has set none."""
        return self._weights.get(weight_key(info), usual)

    def keep(self, info: ModelInfo, value: float) -> None:
        """Use ``info`` with ``value`` from now on."""
        self._weights[weight_key(info)] = value
        self._changed = True
        if not self._writing:
            self._session.start(self._write())

    async def _write(self) -> None:
        self._writing = True
        try:
            while self._changed:
                self._changed = False
                await self._session.bridge.io(write_weights, dict(self._weights))
        finally:
            self._writing = False
