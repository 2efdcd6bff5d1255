"""Pictures under edit made off the UI thread: at screen size while something moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.dataset.pixels import Seen, seen_in, shrunk
from app.widgets.images import image_of
from engine.dataset.edits import Fill, Recipe, bake, bake_with_mask, work_on
from engine.dataset.masks import MaskStore
from engine.dataset.steps import Crop, Cutout, Mask

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from PySide6.QtGui import QImage

    from app.session import Session
    from engine.dataset.buckets import Assignment
    from engine.dataset.steps import Step

proxy_side = 1280
"""Longer side of the picture that is baked while a slider moves."""
SHAPES = ("turn", "straighten", "crop")


class Masks(MaskStore):
    """A mask store that remembers the mask and the picture it read last: a slider asks for them
    again and again.
    """

    _last: tuple[Path, np.ndarray] | None = None
    _behind: tuple[Path, np.ndarray] | None = None

    def load(self, key: str) -> np.ndarray:
        kept = Masks._last
        path = self.path(key)
        if kept is None or kept[0] != path:
            kept = Masks._last = (path, super().load(key))
        return kept[1]

    def picture(self, key: str) -> np.ndarray:
        kept = Masks._behind
        path = self.picture_path(key)
        if kept is None or kept[0] != path:
            kept = Masks._behind = (path, super().picture(key))
        return kept[1]


class Latest:
    """Runs one function at a time; of those asked for meanwhile only the last is run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._next: tuple[Callable[..., Any], tuple[Any, ...], Callable[[Any], None]] | None = None
        self._busy = False

    def ask(self, then: Callable[[Any], None], function: Callable[..., Any], *args: Any) -> None:
        """Call ``then`` with what ``function`` gives, unless another wish comes first."""
        self._next = (function, args, then)
        if not self._busy:
            self._busy = True
            self._session.start(self._work())

    async def _work(self) -> None:
        try:
            while self._next is not None:
                (function, args, then), self._next = self._next, None
                then(await self._session.bridge.io(function, *args))
        finally:
            self._busy = False


def proxy_of(source: np.ndarray) -> np.ndarray:
    """``source`` small enough to be baked while a slider moves."""
    return shrunk(source, proxy_side)


def only(recipe: Recipe, kinds: tuple[str, ...]) -> Recipe:
    """The steps of ``kinds``."""
    return Recipe(steps=tuple(step for step in recipe.steps if step.kind in kinds))


def scaled(recipe: Recipe, factor: float) -> Recipe:
    """``recipe`` for a picture that is ``factor`` times as large."""
    return Recipe(steps=tuple(_scaled(step, factor) for step in recipe.steps))


def _scaled(step: Step, factor: float) -> Step:
    if isinstance(step, Crop):
        left, top, width, height = (round(side * factor) for side in step.box)
        return step.model_copy(update={"box": (left, top, max(1, width), max(1, height))})
    if isinstance(step, Cutout):
        changed = {"grow": round(step.grow * factor), "feather": round(step.feather * factor)}
        return step.model_copy(update=changed)
    if isinstance(step, Mask):
        return step.model_copy(update={"feather": round(step.feather * factor)})
    return step


@dataclass(frozen=True)
class Baking:
    """What to bake: ``pixels`` uint8 RGBA, a source or its proxy, at ``factor`` of the source."""

    pixels: np.ndarray
    factor: float
    recipe: Recipe
    fill: Fill
    masks: MaskStore | None

    def array(self) -> np.ndarray:
        """uint8 RGB. Raises PictureError for a lost mask."""
        return bake(self.pixels, scaled(self.recipe, self.factor), self.fill, self.masks)

    def unfilled(self) -> QImage:
        """The same for the screen, transparent where it is. Raises PictureError."""
        return image_of(work_on(self.pixels, scaled(self.recipe, self.factor), self.masks).rgba)

    def image(self) -> QImage:
        """The same for the screen."""
        return image_of(self.array())

    def trained(self, found: Assignment, side: int, resizing: str) -> Seen:
        """As training sees it in its bucket, at most ``side`` pixels. Raises PictureError."""
        baked = bake_with_mask(self.pixels, scaled(self.recipe, self.factor), self.fill, self.masks)
        return seen_in(baked, found, side, resizing)
