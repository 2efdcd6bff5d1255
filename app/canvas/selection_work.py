"""Selecting by color, and edges that grow or fade: work on copies, off the UI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from app.canvas.color_range import ColorRangeDialog
from engine.canvas import color_selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.rect import Rect
    from engine.canvas.selecting import Joining
    from engine.canvas.tiles import Tiles


class SelectionWork(QObject):
    """The magic wand, the color range, and what is done to the edge of the selection."""

    def __init__(self, page: QWidget, session: Session, state: CanvasState) -> None:
        super().__init__(page)
        self._page, self._session, self._state = page, session, state
        state.color_asked.connect(lambda at, how: session.start(self._like(at, how)))

        state.edge_asked.connect(lambda change: session.start(self._change_edge(change)))

    async def _change_edge(self, change: Callable[[Tiles, Rect], Tiles]) -> None:
        document, before = self._state.document, self._state.selection
        if document is None or before is None:
            return
        made = await self._session.bridge.io(change, before.copy(), document.bounds)
        # What was selected meanwhile is newer.
        if self._state.document is document and self._state.selection is before:
            self._state.join(made, "replace")

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
