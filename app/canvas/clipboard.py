"""Copy, cut and paste pictures, with their transparency, to and from other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from app.canvas.mime_pictures import Carried, Packed, carried, decoded, mime_of, packed
from app.i18n import tr
from engine.canvas.clips import clip_of, merged_clip
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.drops import Drops
    from app.canvas.model import CanvasState
    from app.canvas.surface import Surface
    from app.session import Session
    from engine.canvas.clips import Clip
    from engine.canvas.document import Document


class CanvasClipboard:
    """Pixels are read, encoded and decoded by a worker."""

    def __init__(
        self, session: Session, state: CanvasState, surface: Surface, drops: Drops
    ) -> None:
        self._session, self._state, self._surface, self._drops = session, state, surface, drops

    def can_copy(self) -> bool:
        """Whether a layer is active that has pixels of its own."""
        return self._state.layer is not None

    def copy(self) -> None:
        """Copy what the selection has of the active layer, all of it without one."""
        layer = self._state.layer
        if layer is not None:
            self._session.start(self._copy(lambda it: clip_of(it, layer.id)))

    def cut(self) -> None:
        """The same, and make it transparent."""
        layer = self._state.layer
        if layer is not None:
            self._session.start(self._cut(layer.id))

    def copy_merged(self) -> None:
        """Copy what the selection has of the picture as it is seen."""
        self._session.start(self._copy(merged_clip))

    async def _cut(self, layer_id: str) -> None:
        document = self._state.document
        if await self._copy(lambda it: clip_of(it, layer_id)) and self._state.document is document:
            self._state.clear_selection_pixels()

    async def _copy(self, take: Callable[[Document], Clip | None]) -> bool:
        state = self._state
        if state.document is None:
            return False
        state.end_stroke()
        what = await self._session.bridge.io(_packed, take, state.document.frozen())
        if what is None:
            self._session.notify("There is nothing to copy here.", warns=True)
            return False
        QGuiApplication.clipboard().setMimeData(mime_of(what))
        return True

    def paste(self) -> None:
        """Put what was copied on a layer: from here at the same place, else at the pointer."""
        self._paste(here=False)

    def paste_here(self) -> None:
        """Put what was copied on a layer with its middle at the pointer."""
        self._paste(here=True)

    def _paste(self, *, here: bool) -> None:
        what = carried(QGuiApplication.clipboard().mimeData())
        at = self._surface.pointed
        if what.files:
            self._session.start(self._drops.take(list(what.files), at))
        elif what:
            self._session.start(self.place(what, at, same_place=not here))
        else:
            self._session.show_error(nothing_in(what))

    async def place(self, what: Carried, at: QPoint | None, *, same_place: bool = True) -> None:
        """Put a picture on a layer of its own, its middle at ``at`` or in that of the canvas."""
        pixels = await self._session.bridge.io(decoded, what)
        state, height, width = self._state, *pixels.shape[:2]
        if state.document is None:
            await self._drops.open_pixels(pixels, tr("Pasted"))
            return
        if what.place is not None and same_place:
            corner = QPoint(*what.place)
        else:
            size = state.size
            middle = at or QPoint(size.width() // 2, size.height() // 2)
            corner = QPoint(middle.x() - width // 2, middle.y() - height // 2)
        state.add_layer(tr("Pasted"), pixels, corner)


def nothing_in(what: Carried) -> BadInputError:
    """Why nothing can be pasted or dropped."""
    if what.address:
        return BadInputError(
            "The browser gave only the address of a picture.",
            remedy="Choose Copy image there and paste it here.",
        )
    return BadInputError("There is no picture to paste.", remedy="Copy one first.")


def _packed(take: Callable[[Document], Clip | None], document: Document) -> Packed | None:
    clip = take(document)
    return None if clip is None else packed(clip)
