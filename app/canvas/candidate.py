"""One candidate, and the request that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QRect

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtGui import QImage

# "parked" was asked for before the canvas was closed, and waits until it is asked for again.
CandidateState = Literal["queued", "running", "ready", "failed", "parked"]


@dataclass(eq=False)
class Batch:
    """Candidates that were asked for together, for one region.

    ``frame`` is what the model sees of the document, ``before`` what it showed there, small.
    ``recipe`` is the request as plain values; ``veil`` uint8 [h, w] tells how much of the frame
    will be painted, for previews. ``seen`` once one of them was shown on the picture. Places in
    recipes and events are those of then: ``origin`` is where the document's top left was.
    """

    number: int = 1
    recipe: dict[str, Any] = field(default_factory=dict)
    frame: QRect = field(default_factory=QRect)
    before: QImage | None = None
    veil: np.ndarray | None = None
    seen: bool = False
    origin: tuple[int, int] = (0, 0)

    @property
    def image(self) -> dict[str, Any]:
        """What was asked of the model."""
        return dict(self.recipe.get("image") or {})

    @property
    def prompt(self) -> str:
        """What was to be painted."""
        return str(self.image.get("prompt", ""))

    @property
    def strength(self) -> float:
        """How much of it was painted again."""
        return float(self.image.get("strength", 0.0))


@dataclass(eq=False)
class Candidate:
    """One candidate. ``pixels`` is straight RGBA at ``rect`` of the document once it is ready.

    ``layer`` is the layer it became, ``accepted`` whether the document has that layer now; ``part``
    is its layer in a collage. ``image`` is the same for Qt, or a rough preview of what is at
    ``rect``; ``card`` shows it on its surroundings.
    """

    number: int
    seed: int
    state: CandidateState = "queued"
    image: QImage | None = None
    card: QImage | None = None
    pixels: np.ndarray | None = None
    rect: QRect = field(default_factory=QRect)
    step: int = 0
    total: int = 0
    recipe: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    batch: Batch = field(default_factory=Batch)
    layer: str = ""
    accepted: bool = False
    part: str = ""

    @property
    def kept_recipe(self) -> dict[str, Any]:
        """What a layer keeps of how it was made, and where its top left was then: on the canvas
        that the recipe tells of.
        """
        return {**self.recipe, "at": self.recipe.get("place", [self.rect.x(), self.rect.y()])}

    @property
    def prompt(self) -> str:
        """What was painted."""
        return str((self.recipe.get("image") or {}).get("prompt") or self.batch.prompt)
