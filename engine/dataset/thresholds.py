"""When a picture is worth a look: limits a person moves, and the kinds of suggestion they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Kind = Literal[
    "blurred",
    "duplicate",
    "too-small",
    "unusual-shape",
    "different",
    "no-caption",
    "unreadable",
    "hidden-color",
]
CULL_KINDS: tuple[Kind, ...] = ("duplicate", "blurred", "too-small", "unusual-shape", "different")
"""Kinds that a threshold moves; the others are facts and no reason to reject a picture."""

MAX_DISTANCE = 16
"""Bits of 64 beyond which two hashes say nothing."""


class Thresholds(BaseModel):
    """When something is worth a look.

    ``sharpness``: below it a picture may be blurred, if it is also below ``of_median`` times the
    median of its folder (a soft painting style is no blur). ``distance``: bits of 64 in which two
    hashes of one picture may differ; ``color``: how far their colors may lie apart, 0-255, so
    that a recolored variant is no copy. ``short_side``: pixels below which a picture is too small,
    None for half the median of all pictures. ``ratio``: longer against shorter side, above.
    ``different``: distance from the middle of its category, 0-1, above. ``hidden_color``: whether
    colors under full transparency are told too.

    :meth:`moved` is the plain dict a project keeps; what another version wrote and this one does
    not know is left out when :meth:`of` reads it again.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    sharpness: float = Field(0.15, ge=0, le=1)
    of_median: float = Field(0.5, ge=0, le=1)
    distance: int = Field(8, ge=0, le=MAX_DISTANCE)
    color: int = Field(24, ge=0, le=255)
    short_side: int | None = Field(None, ge=1)
    ratio: float = Field(1.8, ge=0)
    different: float = Field(0.62, ge=0, le=1)
    hidden_color: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Thresholds:
        """The defaults with ``values`` in their place; what cannot be read stays the default."""
        try:
            return cls(**values)
        except ValidationError as error:
            wrong = {item["loc"][0] for item in error.errors()}
            return cls(**{name: value for name, value in values.items() if name not in wrong})

    def moved(self) -> dict[str, bool | int | float]:
        """What differs from the defaults."""
        return self.model_dump(exclude_defaults=True)
