"""One raster layer of a document."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.canvas.rect import Rect

_revisions = itertools.count(1)


def next_revision() -> int:
    """A number no other state of any layer has had in this process."""
    return next(_revisions)


@dataclass(eq=False)
class Layer:
    """Pixels at a place. ``pixels`` are straight (not premultiplied) RGBA uint8 [height, width, 4].

    ``x``, ``y`` are the document position of the top left pixel and may lie outside the document.
    ``opacity`` is 0..1. ``recipe`` says how a generated layer was made, ``source`` names the file
    of one that was brought in. ``revision`` changes with every change of the layer. Only the
    operations of a document may change these.
    """

    name: str
    pixels: np.ndarray
    x: int = 0
    y: int = 0
    opacity: float = 1.0
    visible: bool = True
    locked: bool = False
    recipe: dict[str, Any] | None = None
    source: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    revision: int = field(default_factory=next_revision)

    @property
    def bounds(self) -> Rect:
        """Where the pixels lie in the document."""
        return Rect(self.x, self.y, self.pixels.shape[1], self.pixels.shape[0])

    def touch(self) -> None:
        """Note that the layer has changed."""
        self.revision = next_revision()

    def duplicate(self, name: str) -> Layer:
        """Another layer that looks the same, unlocked, with pixels of its own."""
        return Layer(
            name,
            self.pixels.copy(),
            self.x,
            self.y,
            self.opacity,
            self.visible,
            recipe=self.recipe,
            source=self.source,
        )
