"""What is dropped on the canvas: pictures become layers, documents of other programs groups, canvas
files open, LoRAs are used; a picture that tells how it was made is asked about.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from app.canvas.mime_pictures import LORA_SUFFIX
from app.canvas.recipe_taking import take_recipe
from app.i18n import tr
from app.theme import icons
from engine.canvas.incoming import FOREIGN_SUFFIXES
from engine.canvas.storage import SUFFIX
from engine.runtime.errors import StylekilnError
from engine.sampling.picture_text import read_infotext
from engine.sampling.restoring import tells_a_recipe

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget

    from app.canvas.keeper import Keeper
    from app.canvas.mime_pictures import Carried
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.session import Session
    from engine.sampling.infotext import Infotext


class Drops:
    """Says what a drop would do, and does it."""

    def __init__(
        self,
        page: QWidget,
        session: Session,
        state: CanvasState,
        keeper: Keeper,
        repainting: Repaint,
    ) -> None:
        self._page, self._session = page, session
        self._state, self._keeper, self._repainting = state, keeper, repainting

    def offer(self, what: Carried) -> str:
        """What letting go of ``what`` would do, in the user's language."""
        paths, suffixes = what.files, {path.suffix.lower() for path in what.files}
        if SUFFIX in suffixes:
            return tr("Open {name}", name=paths[0].name)
        if LORA_SUFFIX in suffixes:
            return tr("Paint with {name}", name=paths[0].stem)
        if self._state.document is None:
            return (
                tr("Open {name} as a canvas", name=paths[0].name)
                if paths
                else tr("Open the picture as a canvas")
            )
        if suffixes & FOREIGN_SUFFIXES:
            return tr("Add {name} as a group", name=paths[0].name)
        return tr("Add {n} layer", "Add {n} layers", n=max(1, len(paths)))

    async def take(self, paths: list[Path], at: QPoint | None = None) -> None:
        """Open, place or use each of ``paths``; pictures go to ``at`` of the document."""
        for path in paths:
            if path.suffix.lower() == SUFFIX:
                await self._keeper.open(path)
            elif path.suffix.lower() == LORA_SUFFIX:
                self._repainting.add_lora(str(path))
                await self._repainting.load_models()
            elif len(paths) == 1 and (told := await self._recipe(path)) is not None:
                self._ask(path, told, at)
            else:
                await self._place(path, at)

    async def _place(self, path: Path, at: QPoint | None) -> None:
        if self._state.document is None:
            await self._keeper.open(path)
        else:
            await self._keeper.add_picture(path, self._inside(at))

    async def _recipe(self, path: Path) -> Infotext | None:
        """How the picture was made, where it tells that. What is wrong with it is told when it is
        placed.
        """
        if path.suffix.lower() in FOREIGN_SUFFIXES:
            return None
        try:
            told = await self._session.bridge.io(read_infotext, path)
        except StylekilnError:
            return None
        return told if tells_a_recipe(told) else None

    def _ask(self, path: Path, told: Infotext, at: QPoint | None) -> None:
        """The picture, or the way it was made? One click says so, Escape neither."""
        self.menu = QMenu(self._page)
        opened = self._state.document is not None
        as_picture = tr("Add as a layer") if opened else tr("Open as a canvas")
        start = self._session.start

        def place(_: bool = False) -> None:
            start(self._place(path, at))

        def use(_: bool = False) -> None:
            take_recipe(self._session, self._repainting, told, path.name)
            start(self._repainting.load_models())

        self.menu.addAction(icons.icon("image-plus", 14), as_picture).triggered.connect(place)
        words = tr("Use its prompt and settings")
        self.menu.addAction(icons.icon("sparkles", 14), words).triggered.connect(use)
        self.menu.aboutToHide.connect(self.menu.deleteLater)
        self.menu.popup(QCursor.pos())

    async def open_pixels(self, pixels: np.ndarray, name: str) -> None:
        """Start a canvas with a picture that has no file."""
        height, width = pixels.shape[:2]
        await self._keeper.create(width, height, None, name, name)
        document = self._state.document
        if document is not None:
            self._state.change(
                lambda it: it.set_pixels(it.layers[0].id, it.bounds, pixels, "Add layer")
            )

    def _inside(self, at: QPoint | None) -> QPoint | None:
        size = self._state.size
        if at is None or not (0 <= at.x() < size.width() and 0 <= at.y() < size.height()):
            return None
        return at
