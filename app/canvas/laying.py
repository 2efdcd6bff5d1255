"""Laying paint through a mask on the active layer or mask: what is asked for, and the work of it
off the UI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.covering import Covering, Paint
    from engine.canvas.document import Document
    from engine.canvas.tiles import Tiles

# How often it is painted anew because something else was painted meanwhile.
TRIES = 3


@dataclass(frozen=True)
class LayingSettings:
    """``filled`` or stroked shapes, ``width`` of a stroke or line in pixels, ``opacity`` 0 to 1.

    A gradient is linear or ``radial``, to the background color or to ``transparent``.
    """

    filled: bool = True
    width: int = 6
    opacity: float = 1.0
    radial: bool = False
    transparent: bool = False


@dataclass(frozen=True)
class Cover:
    """Paint, and the mask through which it is laid: made by the worker from a copy of the document;
    None is everywhere. ``what`` names the step.
    """

    what: str
    paint: Paint
    mask: Callable[[Document], Tiles] | None = None


class Laying(QObject):
    """Lays what tools ask for, one after the other."""

    def __init__(self, parent: QObject, session: Session, state: CanvasState) -> None:
        super().__init__(parent)
        self._session, self._state = session, state
        state.cover_asked.connect(lambda cover: session.start(self._lay(cover)))

    async def _lay(self, cover: Cover) -> None:
        state, document, node = self._state, self._state.document, self._state.node
        if document is None or node is None:
            return
        on_mask, opacity = state.paints_mask, state.laying.opacity
        for _ in range(TRIES):
            try:
                covering = document.covering(node.id, on_mask=on_mask)
            except BadInputError as error:
                state.refused.emit(error)
                return
            copy = document.frozen()
            painted = await self._session.bridge.io(_painted, covering, copy, cover, opacity)
            if state.document is not document:
                return
            if state.put_covering(covering, painted, cover.what):
                return


def _painted(covering: Covering, document: Document, cover: Cover, opacity: float) -> Tiles:
    mask = cover.mask(document) if cover.mask is not None else None
    return covering.painted(mask, cover.paint, opacity)
