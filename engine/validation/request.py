"""The request for a grid, and the cells it asks for. Light: no torch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

from pydantic import model_validator

from engine.runtime.errors import BadInputError
from engine.runtime.job import Request
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis, AxisError, Value, axis_setting
from engine.validation.axis_schema import GridSettings
from engine.validation.resolve import Position, Resolver
from engine.validation.sides import Sides, arranged

MOST_CELLS = 50_000
# The only axes there were, by the names they had in files.
_FORMER = {"checkpoints": "checkpoint", "weights": "weight", "prompts": "prompt", "seeds": "seed"}


class GridRequest(Request):
    """Pictures over any axes: one for each combination of their values.

    ``image`` holds what no axis changes: model, prompt, size, sampling, batch size, and LoRAs
    beside those of the axes; its count is not used. ``trigger`` is the word that the trigger axis
    turns on and off, ``shown`` the sides that were chosen for axes. ``folder`` receives
    ``grid.json`` and ``grid.png``; finished cells are kept in ``cells`` (by default inside
    ``folder``), which several grids may share. In files ``axes`` may be a table of values by
    setting, and ``checkpoints``, ``weights``, ``prompts`` and ``seeds`` stand for four of them.

    Events: ``grid.planned`` {folder, cells: [{id, place}], cached, request}, ``grid.cell`` {id,
    place, path, cached, error} for each, ``grid.preview`` {id, places, step, total, array} while it
    is drawn, ``grid.finished`` {folder, picture, rendered, cached, failed}. ``place`` is the list
    of values that :meth:`position` reads, ``array`` a rough picture, uint8 ``[h, w, 3]``.

    Raises BadInputError for more than 50,000 cells and for axes that cannot be.
    """

    handler: ClassVar[str] = "engine.validation.grid:run"
    title_key: ClassVar[str] = "Grid {name}"

    folder: str
    cells: str = ""
    image: ImageRequest = ImageRequest()
    axes: tuple[Axis, ...] = ()
    trigger: str = ""
    shown: Sides = Sides()

    @model_validator(mode="before")
    @classmethod
    def _axes_by_name(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        rest = {key: value for key, value in values.items() if key not in _FORMER}
        named = {setting: values[name] for name, setting in _FORMER.items() if name in values}
        axes = rest.get("axes", ())
        if isinstance(axes, Mapping):
            named, axes = {**named, **axes}, ()
        if not named and axes is rest.get("axes", ()):
            return values
        made = (
            Axis.model_validate({"setting": name, "values": given}) for name, given in named.items()
        )
        return {**rest, "axes": (*made, *axes)}

    @model_validator(mode="after")
    def _possible(self) -> GridRequest:
        if self.count > MOST_CELLS:
            raise BadInputError(
                "{count} cells are more than the {most} of a grid.",
                count=f"{self.count:,}",
                most=f"{MOST_CELLS:,}",
                remedy="Leave out values, or make several grids.",
            )
        for axis in self.axes:
            if sum(axis.setting == other.setting for other in self.axes) > 1:
                raise AxisError(axis.setting, sentence="There are two axes of this name.")
        self._check_sides()
        return self

    def _check_sides(self) -> None:
        names = self.shown.names()
        for name in names:
            if not any(axis.setting == name for axis in self.axes) or names.count(name) > 1:
                raise AxisError(name, sentence="It has a side, but it is no axis, or has two.")

    @property
    def subject(self) -> str:
        """The name of the grid's folder."""
        return Path(self.folder).name

    @property
    def cells_folder(self) -> Path:
        """Where finished cells are kept."""
        return Path(self.cells) if self.cells else Path(self.folder) / "cells"

    def smaller(self) -> GridRequest | None:
        """Fewer cells at once; None when it is one already."""
        image = self.image.smaller()
        return None if image is None else self.model_copy(update={"image": image})

    # Axes

    def values(self, setting: str) -> tuple[Value, ...]:
        """The values along an axis; without it the one value that all cells have."""
        for axis in self.axes:
            if axis.setting == setting:
                return axis.values
        if setting in ImageRequest.model_fields:
            return (cast("Value", getattr(self.image, setting)),)
        axis_setting(setting)
        return (GridSettings.model_fields[setting].default,)

    def with_values(self, setting: str, values: Sequence[Value] | str) -> GridRequest:
        """The same with other values along an axis, which is added if it is not there; without
        values the axis is left out.
        """
        axes = [axis for axis in self.axes if axis.setting != setting]
        if values:
            made = Axis.model_validate({"setting": setting, "values": values})
            before = [axis.setting for axis in self.axes]
            axes.insert(before.index(setting) if setting in before else len(axes), made)
        known = {name: getattr(self, name) for name in type(self).model_fields}
        shown = self.shown if values else self.shown.without(setting)
        return GridRequest.model_validate(known | {"axes": tuple(axes), "shown": shown})

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """The LoRA files compared; an empty name is the base model."""
        return cast("tuple[str, ...]", self.values("checkpoint"))

    @property
    def lora_files(self) -> tuple[str, ...]:
        """All LoRA files of the axes and of every picture, the compared ones first."""
        second = cast("tuple[str, ...]", self.values("second_checkpoint"))
        always = (use.path for use in self.image.loras if use.weight or use.text)
        return tuple(dict.fromkeys(filter(None, (*self.checkpoints, *second, *always))))

    @property
    def weights(self) -> tuple[float, ...]:
        """Their weights on the UNet."""
        apart = any(axis.setting == "unet_weight" for axis in self.axes)
        return cast("tuple[float, ...]", self.values("unet_weight" if apart else "weight"))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of each."""
        return cast("tuple[int, ...]", self.values("seed"))

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts, as they are before anything in them is replaced."""
        return cast("tuple[str, ...]", self.values("prompt"))

    def sides(self) -> Sides:
        """Where each axis of several values is shown."""
        return arranged(self.axes, self.shown)

    # Places

    @property
    def count(self) -> int:
        """How many places there are."""
        return math.prod(len(axis.values) for axis in self.axes)

    def positions(self) -> list[Position]:
        """Every place of the grid; the value of the last axis changes first."""
        resolver = Resolver(self)
        return [
            resolver.position(place)
            for place in itertools.product(*(axis.values for axis in self.axes))
        ]

    def position(self, place: Sequence[Any]) -> Position:
        """The position at ``place``, one value for each axis, as events have it."""
        return Resolver(self).position(place)

    def distinct(self) -> int:
        """How many pictures the places need; the base model is drawn once for all of them.

        An upper bound; only the hashes of the files tell whether two checkpoints are the same.
        """
        resolver = Resolver(self)
        places = itertools.product(*(axis.values for axis in self.axes))
        return len({resolver.key(place) for place in places})

    def image_at(self, position: Position) -> ImageRequest:
        """The fully resolved request for one position; weight 0 leaves the LoRA out."""
        return Resolver(self).image(position)


def four_axes(
    checkpoints: Sequence[str],
    weights: Sequence[float],
    seeds: Sequence[int],
    prompts: Sequence[str],
) -> tuple[Axis, ...]:
    """The usual axes, in the usual order."""
    return (
        Axis(setting="checkpoint", values=tuple(checkpoints)),
        Axis(setting="weight", values=tuple(weights)),
        Axis(setting="prompt", values=tuple(prompts)),
        Axis(setting="seed", values=tuple(seeds)),
    )


@dataclass(frozen=True)
class GridResult:
    """A finished grid: where it is, and how many cells were drawn, reused, or failed."""

    folder: Path
    picture: Path
    rendered: int
    cached: int
    failed: int
