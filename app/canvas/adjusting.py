"""Adjustments with a live preview: asked for in a dialog, seen at once, made by a worker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from app.canvas.adjust_dialog import AdjustDialog
from app.canvas.laying import TRIES
from engine.canvas.adjusting import CHANNELS, Previewed, adjusted, histogram
from engine.canvas.compositor import Compositor
from engine.canvas.peeling import replaced
from engine.runtime.errors import BadInputError, JobCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from PySide6.QtWidgets import QWidget

    from app.canvas.adjust_dialog import Kind
    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.adjusting import Adjustment, Channel
    from engine.canvas.covering import Covering
    from engine.canvas.document import Document
    from engine.canvas.rect import Rect


class Adjusting(QObject):
    """One adjustment at a time; it ends when the document is changed by something else."""

    def __init__(self, page: QWidget, session: Session, state: CanvasState) -> None:
        super().__init__(page)
        self._page, self._session, self._state = page, session, state
        self.dialog: AdjustDialog | None = None
        self._last: dict[Kind, Adjustment] = {}
        self._version = 0
        self._given_up = False
        self._compositor = Compositor()
        state.layers_changed.connect(self._follow)
        state.opened.connect(self.end)

    def ask(self, kind: Kind) -> None:
        """Let the user adjust the active layer or mask."""
        if self.dialog is None:
            self._session.start(self._ask(kind))

    def end(self) -> None:
        """Close the dialog and show the document as it is; work under way stops."""
        dialog, self.dialog = self.dialog, None
        self._given_up = True
        if dialog is not None:
            dialog.close()
            self._state.show_instead(None)

    async def _ask(self, kind: Kind) -> None:
        state, document = self._state, self._state.document
        covering = self._covering()
        if document is None or covering is None:
            return
        counts = await self._session.bridge.io(_histograms, covering)
        if state.document is not document or self.dialog is not None:
            return
        self._version, self._given_up, self._compositor = document.version, False, Compositor()
        self.dialog = dialog = AdjustDialog(kind, counts, self._last.get(kind), self._page)
        dialog.changed.connect(partial(self._show, covering))
        dialog.kept.connect(lambda one: self._session.start(self._keep(kind, one)))
        dialog.rejected.connect(self.end)
        dialog.show()
        dialog.move(self._page.mapToGlobal(QPoint(0, 0)) + self._corner(dialog))
        dialog.tell()

    def _corner(self, dialog: AdjustDialog) -> QPoint:
        """At the right of the page, where it covers the panels and not the picture."""
        return QPoint(max(0, self._page.width() - dialog.width() - 8), 48)

    def _covering(self) -> Covering | None:
        state = self._state
        if state.document is None or state.node is None:
            return None
        try:
            return state.document.covering(state.node.id, on_mask=state.paints_mask)
        except BadInputError as error:
            state.refused.emit(error)
            return None

    def _show(self, covering: Covering, adjustment: Adjustment | None) -> None:
        """Show what would come; None shows the document as it is."""
        document = self._state.document
        if document is None or self.dialog is None:
            return
        if adjustment is None:
            self._state.show_instead(_as_it_is(document), _reach(covering))
            return
        tiles = Previewed(covering, adjustment)
        nodes = replaced(document.root.children, covering.node_id, tiles, on_mask=covering.on_mask)

        def render(rect: Rect, level: int) -> np.ndarray:
            return self._compositor.composite(nodes, covering.node_id, rect, level)

        self._state.show_instead(render, _reach(covering))

    async def _keep(self, kind: Kind, adjustment: Adjustment) -> None:
        state, document, dialog = self._state, self._state.document, self.dialog
        if document is None or dialog is None:
            return
        self._last[kind], self._given_up = adjustment, False
        dialog.set_busy()
        for _ in range(TRIES):
            covering = self._covering()
            if covering is None:
                break
            painted = await self._session.bridge.io(adjusted, covering, adjustment, self._breathe)
            if self._given_up or state.document is not document:
                return
            self._version = -1  # what follows is our own change
            state.show_instead(None)
            if state.put_covering(covering, painted, adjustment.what):
                break
        self.end()

    def _breathe(self) -> None:
        if self._given_up:
            raise JobCancelled

    def _follow(self) -> None:
        document = self._state.document
        if self.dialog is None or document is None or self._version == -1:
            return
        if document.version != self._version:
            self.end()


def _as_it_is(document: Document) -> Callable[[Rect, int], np.ndarray]:
    def render(rect: Rect, level: int) -> np.ndarray:
        return document.composite(rect, "", level)

    return render


def _reach(covering: Covering) -> Rect:
    """What may look different, now or from what was shown before."""
    if covering.selection is not None:
        return covering.selection.bounds().intersected(covering.area)
    return covering.area


def _histograms(covering: Covering) -> dict[Channel, np.ndarray]:
    return {channel: histogram(covering, channel) for channel in CHANNELS}
