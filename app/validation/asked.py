"""What a form asks for at a moment, and what two grids ask for, held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.validation.axes import Axis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.validation.request import GridRequest


@dataclass(frozen=True)
class Snapshot:
    """What was asked for at a moment."""

    source: tuple[Any, ...]
    grid: tuple[Any, ...]
    axes: tuple[Any, ...]
    image: tuple[Any, ...]
    prompts: Mapping[str, Any]


def without_base(axis: Axis) -> Axis:
    """``axis`` without the base model among its checkpoints, which the form has a tick for."""
    if axis.setting != "checkpoint":
        return axis
    files = tuple(value for value in axis.values if value)
    return Axis.model_construct(setting=axis.setting, values=files)


def grown(before: GridRequest, now: GridRequest) -> bool:
    """Whether ``now`` asks for all that ``before`` does, and maybe for more."""
    if before.image != now.image or before.trigger != now.trigger:
        return False
    values = {axis.setting: set(axis.values) for axis in now.axes}
    same = values.keys() == {axis.setting for axis in before.axes}
    return same and all(set(axis.values) <= values[axis.setting] for axis in before.axes)


def same(one: GridRequest, other: GridRequest) -> bool:
    """Whether both ask for one grid: the same cells, in the same order, on the same sides."""
    return (one.image, one.trigger, one.shown) == (other.image, other.trigger, other.shown) and {
        axis.setting: axis.values for axis in one.axes
    } == {axis.setting: axis.values for axis in other.axes}
