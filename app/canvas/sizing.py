"""Another size for the document: asked for in a dialog, made by a worker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize

from app.canvas.laying import TRIES
from app.canvas.size_dialogs import CanvasSizeDialog, ImageSizeDialog
from engine.canvas.resizing import resized
from engine.runtime.errors import JobCancelled

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.document import Document
    from engine.canvas.warping import Resampling


class Sizing(QObject):
    """Image size and canvas size."""

    def __init__(self, page: QWidget, session: Session, state: CanvasState) -> None:
        super().__init__(page)
        self._page, self._session, self._state = page, session, state

    def ask_image(self) -> None:
        """Ask for a size that everything is brought to."""
        how = self._state.transforming.resampling
        self.image_dialog = ImageSizeDialog(self._state.size, how, self._page)
        self.image_dialog.chosen.connect(
            lambda size, how: self._session.start(self._resize(size, how))
        )
        self.image_dialog.open()

    def ask_canvas(self) -> None:
        """Ask for a size of the canvas; the picture keeps its own."""
        self.canvas_dialog = CanvasSizeDialog(self._state.size, self._page)
        self.canvas_dialog.chosen.connect(self._state.crop_to)
        self.canvas_dialog.open()

    def _breathe(self, document: Document) -> None:
        """Stop the work once the document is closed."""
        if self._state.document is not document:
            raise JobCancelled

    async def _resize(self, size: QSize, how: Resampling) -> None:
        state = self._state
        for _ in range(TRIES):
            document = state.document
            if document is None or size == state.size:
                return
            sides = size.width(), size.height()
            stop = partial(self._breathe, document)
            made = await self._session.bridge.io(resized, document.frozen(), sides, how, stop)
            if state.document is not document:
                return
            change = document.put_resized(made)
            if change is not None:
                state.put_change(change)
                return
