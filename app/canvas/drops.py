"""Files dropped on the canvas: pictures become layers, documents of other programs groups, canvas
files open, LoRAs are used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.i18n import tr
from engine.canvas.incoming import FOREIGN_SUFFIXES
from engine.canvas.storage import SUFFIX
from engine.imaging.decode import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QDropEvent

    from app.canvas.keeper import Keeper
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint

LORA_SUFFIX = ".safetensors"


class Drops:
    """Says what a drop would do, and does it."""

    def __init__(self, state: CanvasState, keeper: Keeper, repainting: Repaint) -> None:
        self._state, self._keeper, self._repainting = state, keeper, repainting

    def offer(self, paths: list[Path]) -> str:
        """What letting go of ``paths`` would do, in the user's language."""
        suffixes = {path.suffix.lower() for path in paths}
        if SUFFIX in suffixes:
            return tr("Open {name}", name=paths[0].name)
        if LORA_SUFFIX in suffixes:
            return tr("Paint with {name}", name=paths[0].stem)
        if self._state.document is None:
            return tr("Open {name} as a canvas", name=paths[0].name)
        if suffixes & FOREIGN_SUFFIXES:
            return tr("Add {name} as a group", name=paths[0].name)
        return tr("Add {n} layer", "Add {n} layers", n=len(paths))

    async def take(self, paths: list[Path], at: QPoint | None = None) -> None:
        """Open, place or use each of ``paths``; pictures go to ``at`` of the document."""
        for path in paths:
            if path.suffix.lower() == SUFFIX:
                await self._keeper.open(path)
            elif path.suffix.lower() == LORA_SUFFIX:
                self._repainting.add_lora(str(path))
                await self._repainting.load_models()
            elif self._state.document is None:
                await self._keeper.open(path)
            else:
                await self._keeper.add_picture(path, self._inside(at))

    def _inside(self, at: QPoint | None) -> QPoint | None:
        size = self._state.size
        if at is None or not (0 <= at.x() < size.width() and 0 <= at.y() < size.height()):
            return None
        return at


def dropped(event: QDropEvent) -> list[Path]:
    """The files of a drop that the canvas can take."""
    wanted = {*PICTURE_SUFFIXES, *FOREIGN_SUFFIXES, SUFFIX, LORA_SUFFIX}
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in wanted]
