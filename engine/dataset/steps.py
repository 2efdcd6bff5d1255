"""The steps a recipe is made of. Each is a frozen model that knows how it changes a picture.

A step's coordinates are pixels of the picture as it stands before that step. Steps that change
the shape change the masks of the picture too, so that a mask painted on the source always fits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.imaging import geometry, tone
from engine.imaging.alpha import Fill, fill
from engine.imaging.crop import Box, clip_box, crop
from engine.imaging.mask_tools import feathered
from engine.runtime.schema import setting

if TYPE_CHECKING:
    from collections.abc import Callable

Size = tuple[int, int]


@dataclass
class Work:
    """A picture on its way through a recipe: ``rgba`` uint8 ``[H, W, 4]``, the stored masks its
    later steps ask for by key, ``mask``, the weights of masked training (255 learns fully), and
    ``pictures``, the stored ones that fills ask for.
    """

    rgba: np.ndarray
    planes: dict[str, np.ndarray] = field(default_factory=dict)
    mask: np.ndarray | None = None
    pictures: dict[str, np.ndarray] = field(default_factory=dict)

    def reshape(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        """Change the shape of the picture and of everything that lies over it."""
        self.rgba = change(self.rgba)
        self.planes = {key: change(plane) for key, plane in self.planes.items()}
        self.mask = None if self.mask is None else change(self.mask)

    def recolor(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        """Change the colors of the picture."""
        self.rgba = change(self.rgba)


class _Step(BaseModel):
    """``on`` is False for a step that is kept but left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    label: ClassVar[str] = ""
    on: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of the stored masks this step reads."""
        return ()

    def apply(self, work: Work) -> None:
        """Change ``work``."""
        raise NotImplementedError

    def size_after(self, size: Size) -> Size:
        """(width, height) of a picture of ``size`` after this step."""
        return size


class Turn(_Step):
    """Mirror left to right, then turn by quarters clockwise."""

    label: ClassVar[str] = "Turn"
    kind: Literal["turn"] = "turn"
    quarters: int = setting(
        0, label="Quarter turns", help="Clockwise, in steps of 90 degrees.", ge=0, le=3
    )
    mirror: bool = setting(False, label="Mirror", help="Swap left and right first.")

    def apply(self, work: Work) -> None:
        work.reshape(lambda array: geometry.turn(array, self.quarters, mirror=self.mirror))

    def size_after(self, size: Size) -> Size:
        return geometry.turned_size(size, self.quarters)


class Straighten(_Step):
    """Rotate by a few degrees."""

    label: ClassVar[str] = "Straighten"
    kind: Literal["straighten"] = "straighten"
    degrees: float = setting(
        0.0, label="Angle", help="Clockwise.", unit="°", step=0.1, ge=-45.0, le=45.0
    )
    frame: geometry.Frame = setting(
        "inside",
        label="Frame",
        help="Cut the empty corners off, keep the frame, or grow it around the whole picture.",
    )

    def apply(self, work: Work) -> None:
        work.reshape(lambda array: geometry.straighten(array, self.degrees, frame=self.frame))

    def size_after(self, size: Size) -> Size:
        return geometry.straightened_size(size, self.degrees, frame=self.frame)


class Crop(_Step):
    """Keep a rectangle, (left, top, width, height)."""

    label: ClassVar[str] = "Crop"
    kind: Literal["crop"] = "crop"
    box: Box

    @field_validator("box")
    @classmethod
    def _has_area(cls, box: Box) -> Box:
        if min(box[2:]) < 1:
            raise ValueError("a crop needs at least one pixel on each side")
        return box

    def apply(self, work: Work) -> None:
        work.reshape(lambda array: crop(array, self.box))

    def size_after(self, size: Size) -> Size:
        return clip_box(self.box, size)[2:]


class Cutout(_Step):
    """Make everything outside a stored mask transparent."""

    label: ClassVar[str] = "Background"
    kind: Literal["cutout"] = "cutout"
    mask: str
    grow: int = setting(
        0, label="Grow", help="Pixels the kept part grows by.", unit="px", ge=-64, le=64
    )
    feather: int = setting(
        1, label="Soft edge", help="Pixels over which it fades.", unit="px", ge=0, le=64
    )

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.mask,)

    def apply(self, work: Work) -> None:
        kept = feathered(work.planes[self.mask], self.grow, self.feather).astype(np.uint16)
        alpha = (work.rgba[..., 3] * kept + 127) // 255
        work.rgba = np.dstack([work.rgba[..., :3], alpha.astype(np.uint8)])


class Mask(_Step):
    """What masked training weights: a painted mask, the alpha channel or a found subject."""

    label: ClassVar[str] = "Training mask"
    kind: Literal["mask"] = "mask"
    source: Literal["painted", "alpha", "background"] = "painted"
    mask: str = ""
    invert: bool = setting(False, label="Invert", help="Learn what lies outside instead.")
    feather: int = setting(
        0, label="Soft edge", help="Pixels over which it fades.", unit="px", ge=0, le=64
    )
    outside: int = setting(
        0,
        label="Weight outside",
        help="How much training still learns from what lies outside.",
        unit="%",
        ge=0,
        le=100,
    )

    @model_validator(mode="after")
    def _has_a_mask(self) -> Mask:
        if self.source != "alpha" and not self.mask:
            raise ValueError("a mask that is not taken from alpha needs a stored one")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.mask,) if self.source != "alpha" else ()

    def apply(self, work: Work) -> None:
        found = work.rgba[..., 3] if self.source == "alpha" else work.planes[self.mask]
        found = feathered(255 - found if self.invert else found, 0, self.feather)
        floor = self.outside / 100
        work.mask = np.rint(found * (1 - floor) + 255 * floor).astype(np.uint8)


class WhiteBalance(_Step):
    """Warmer or cooler, greener or more magenta, or gray on average."""

    label: ClassVar[str] = "White balance"
    kind: Literal["white_balance"] = "white_balance"
    auto: bool = setting(False, label="Automatic", help="Make the mean of the picture gray.")
    temperature: int = setting(
        0, label="Temperature", help="Cooler to warmer.", when="auto=False", ge=-100, le=100
    )
    tint: int = setting(
        0, label="Tint", help="Greener to more magenta.", when="auto=False", ge=-100, le=100
    )

    def apply(self, work: Work) -> None:
        if self.auto:
            work.recolor(tone.auto_white)
        else:
            work.recolor(lambda rgba: tone.white_balance(rgba, self.temperature, self.tint))


class AutoLevels(_Step):
    """Spread the tones over the whole range."""

    label: ClassVar[str] = "Automatic levels"
    kind: Literal["auto_levels"] = "auto_levels"

    def apply(self, work: Work) -> None:
        work.recolor(tone.auto_levels)


class Levels(_Step):
    """Set which tones are black and white, and where the middle lies."""

    label: ClassVar[str] = "Levels"
    kind: Literal["levels"] = "levels"
    black: int = setting(0, label="Black point", help="This tone becomes black.", ge=0, le=254)
    white: int = setting(255, label="White point", help="This tone becomes white.", ge=1, le=255)
    gamma: float = setting(
        1.0, label="Middle", help="Above 1 lifts the middle tones.", step=0.01, ge=0.2, le=5.0
    )

    @model_validator(mode="after")
    def _in_order(self) -> Levels:
        if self.black >= self.white:
            raise ValueError("the black point must lie below the white point")
        return self

    def apply(self, work: Work) -> None:
        work.recolor(lambda rgba: tone.levels(rgba, self.black, self.white, self.gamma))


class Light(_Step):
    """Brightness and contrast."""

    label: ClassVar[str] = "Brightness"
    kind: Literal["light"] = "light"
    brightness: int = setting(0, label="Brightness", help="Darker to lighter.", ge=-100, le=100)
    contrast: int = setting(0, label="Contrast", help="Flatter to stronger.", ge=-100, le=100)

    def apply(self, work: Work) -> None:
        work.recolor(lambda rgba: tone.light(rgba, self.brightness, self.contrast))


class Saturation(_Step):
    """More or less color."""

    label: ClassVar[str] = "Saturation"
    kind: Literal["saturation"] = "saturation"
    amount: int = setting(0, label="Amount", help="Gray to vivid.", ge=-100, le=100)

    def apply(self, work: Work) -> None:
        work.recolor(lambda rgba: tone.saturation(rgba, self.amount))


class FillStep(_Step):
    """What goes behind transparent parts."""

    label: ClassVar[str] = "Alpha fill"
    kind: Literal["fill"] = "fill"
    fill: Fill

    def apply(self, work: Work) -> None:
        rgb = fill(work.rgba, self.fill, work.pictures.get(self.fill.needs))
        work.rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


Step = Annotated[
    Turn
    | Straighten
    | Crop
    | Cutout
    | Mask
    | WhiteBalance
    | AutoLevels
    | Levels
    | Light
    | Saturation
    | FillStep,
    Field(discriminator="kind"),
]
KINDS: tuple[type[_Step], ...] = (
    Turn,
    Straighten,
    Crop,
    Cutout,
    Mask,
    WhiteBalance,
    AutoLevels,
    Levels,
    Light,
    Saturation,
    FillStep,
)
"""All steps in the order in which they are put into a recipe: the shape first, what is kept of
it, its tones, and last what lies behind it, so that a chosen fill color is exactly what comes out.
"""
