"""The picture under edit: its pixels, its recipe as it stands, and what is stored of it when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.dataset.edit_bake import Latest, Masks, proxy_of
from app.dataset.outlook_settings import spec_of
from app.dataset.pixels import whole_picture
from engine.dataset.edits import Fill, Recipe, baked_size

if TYPE_CHECKING:
    import numpy as np

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Picture

Size = tuple[int, int]
settled = 400
"""Milliseconds without a change after which a drag is stored as one undo step."""


class EditWork(QObject):
    """``opened`` tells of another picture, ``changed`` of another recipe of the same one.

    Every change is one undo step of the library; the changes of one drag are one together.
    """

    opened = Signal()
    changed = Signal()

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__()
        self.state = state
        self.operations = operations
        self.picture: Picture | None = None
        self.source: np.ndarray | None = None
        self.proxy: np.ndarray | None = None
        self.recipe = Recipe()
        self._known = Recipe()
        self._label = ""
        self._sending = 0
        self._order = asyncio.Lock()
        self._last: asyncio.Task[Any] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(settled)
        self._pause.timeout.connect(self.keep)
        state.reloaded.connect(self._reloaded)
        state.session.project_changed.connect(self._forget)

    # What it is

    @property
    def size(self) -> Size:
        """Width and height of the source."""
        return (1, 1) if self.source is None else (self.source.shape[1], self.source.shape[0])

    @property
    def is_live(self) -> bool:
        """Whether a drag is not yet stored."""
        return self._pause.isActive()

    @property
    def uncropped(self) -> Size:
        """Size of the picture as it stands before the crop."""
        return baked_size(self.size, self.recipe.before("crop"))

    @property
    def spec(self) -> BucketSpec:
        """The buckets of the next run."""
        return spec_of(self.state.session)

    @property
    def default_fill(self) -> Fill:
        """What is behind the picture when it has no fill of its own."""
        project = self.state.session.project
        if project is None or self.picture is None:
            return Fill()
        return project.file.fill_of(self.picture.category)

    @property
    def masks(self) -> Masks | None:
        """The masks of the project."""
        project = self.state.session.project
        return Masks(project.masks) if project is not None else None

    def baker(self) -> Latest:
        """A queue of one for work off the UI thread."""
        return Latest(self.state.session)

    # Going on

    async def open(self, picture: Picture) -> None:
        """Edit ``picture``; what was done to the one before is stored. Raises PictureError."""
        self.keep()
        io, project = self.state.session.bridge.io, self.state.session.project
        source = await io(whole_picture, picture.path)
        proxy = await io(proxy_of, source)
        if self.state.session.project is not project:
            return
        self.proxy = proxy
        self.picture, self.source = self.state.pictures.get(picture.id, picture), source
        self.recipe = self._known = self.picture.recipe
        self.opened.emit()

    def change(self, recipe: Recipe, label: str, *, live: bool = False) -> None:
        """Edit the picture. ``live`` changes that follow each other are one undo step."""
        if recipe == self.recipe or self.picture is None:
            return
        if not (live and label == self._label):
            self.keep()
        self.recipe, self._label = recipe, label
        if live:
            self._pause.start()
        else:
            self.keep()
        self.changed.emit()

    def keep(self) -> None:
        """Store what is not stored yet."""
        self._pause.stop()
        if self.picture is None or self.recipe == self._known:
            return
        self._known = self.recipe
        self._sending += 1
        recipes = {self.picture.id: self.recipe}
        self._last = self.state.session.start(self._send(recipes, self._label))

    async def stored(self) -> None:
        """Until everything that was changed is stored."""
        self.keep()
        if self._last is not None:
            await self._last

    async def undo(self) -> None:
        """Take the last change back, also one that is not stored yet."""
        await self.stored()
        await self.operations.undo()

    async def redo(self) -> None:
        """Make it again."""
        await self.operations.redo()

    def spread(self, recipes: dict[int, Recipe], label: str, sentence: str, many: str = "") -> None:
        """Give other pictures edits, in one undo step after those of this one."""
        self.keep()
        self._sending += 1
        self._last = self.state.session.start(self._send(recipes, label, sentence, many))

    async def _send(
        self, recipes: dict[int, Recipe], label: str, sentence: str = "", many: str = ""
    ) -> None:
        try:
            async with self._order:
                await self.operations.edit(recipes, label, sentence, many=many, n=len(recipes))
        finally:
            self._sending -= 1

    def _forget(self, _project: object) -> None:
        """Another project has other pictures under the same numbers."""
        self._pause.stop()
        self.picture = self.source = self.proxy = None
        self.recipe = self._known = Recipe()

    def _reloaded(self) -> None:
        """Undo, or another view, may have changed the recipe."""
        if self.picture is None:
            return
        self.picture = self.state.pictures.get(self.picture.id, self.picture)
        if self.is_live or self._sending or self.picture.recipe == self.recipe:
            return
        self.recipe = self._known = self.picture.recipe
        self.changed.emit()
