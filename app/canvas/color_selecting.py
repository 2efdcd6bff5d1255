"""Selecting by color: looked for in a copy of the document, off the UI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from app.canvas.color_range import ColorRangeDialog
from engine.canvas import color_selection

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.selecting import Joining


class ColorSelecting(QObject):
    """The magic wand and the color range."""

    def __init__(self, page: QWidget, session: Session, state: CanvasState) -> None:
        super().__init__(page)
        self._page, self._session, self._state = page, session, state
        state.color_asked.connect(lambda at, how: session.start(self._like(at, how)))

    async def _like(self, at: QPoint, how: Joining) -> None:
        document, layer, wand = self._state.document, self._state.layer, self._state.wand
        if document is None or (layer is None and not wand.all_layers):
            return
        work = partial(
            color_selection.like,
            contiguous=wand.contiguous,
            layer_id="" if wand.all_layers or layer is None else layer.id,
        )
        found = await self._session.bridge.io(work, document.frozen(), at.toTuple(), wand.tolerance)
        if self._state.document is document:
            self._state.join(found, how)

    def ask_range(self) -> None:
        """Let the user pick colors and see what has them."""
        if self._state.document is None:
            return
        self.dialog = ColorRangeDialog(self._state, self._page)
        self.dialog.chosen.connect(
            lambda colors, fuzziness: self._session.start(self._range(colors, fuzziness))
        )
        self.dialog.open()

    async def _range(self, colors: list[tuple[int, int, int, int]], fuzziness: int) -> None:
        document = self._state.document
        if document is None:
            return
        wanted = np.array(colors, np.uint8)
        found = await self._session.bridge.io(
            color_selection.of_range, document.frozen(), wanted, fuzziness
        )
        if self._state.document is document:
            self._state.join(found)
