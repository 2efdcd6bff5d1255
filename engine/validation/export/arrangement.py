"""What lies where in an export: rows and columns with their names, and the cell at each place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.models.family import STARTER
from engine.runtime.words import Words
from engine.sampling.infotext import SAMPLERS, SCHEDULES
from engine.validation.axes import Axis, Value, axis_setting
from engine.validation.labels import value_labels
from engine.validation.manifest import Grid, GridCell
from engine.validation.request import GridRequest

_WEIGHTS = ("weight", "unet_weight", "text_encoder_weight")
_ALONE = ("text", "lora", "model", "picture", "choice", "replace", "size")
"""Kinds whose values need no name of their axis beside them."""


@dataclass(frozen=True)
class Head:
    """A row or column: ``label`` is its own name, ``title`` that of group number ``group``.

    Rows with one number as ``page`` are what the window shows at once.
    """

    group: int
    title: str
    label: str
    page: int = 0


@dataclass(frozen=True)
class Group:
    """Neighbors with one title, from ``start`` to before ``stop``."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Arrangement:
    """The places of a grid, ``cells[row][column]``; None is a place that was left out.

    ``corner`` names what the labels of the columns are.
    """

    rows: tuple[Head, ...]
    columns: tuple[Head, ...]
    cells: tuple[tuple[GridCell | None, ...], ...]
    corner: str = ""

    def places(self) -> Iterator[GridCell]:
        """Every cell that has a place, row by row."""
        for row in self.cells:
            yield from (cell for cell in row if cell is not None)


def groups(heads: Sequence[Head]) -> list[Group]:
    """The runs of rows or columns that share a title."""
    found, start = [], 0
    for _, members in itertools.groupby(heads, key=lambda head: head.group):
        count = len(list(members))
        found.append(Group(heads[start].title, start, start + count))
        start += count
    return found


class Names:
    """What the values of a grid's axes are called. ``given`` are names of checkpoints by file."""

    def __init__(
        self, request: GridRequest, words: Words, given: Mapping[str, str] | None = None
    ) -> None:
        self._words = words
        self._axes = {axis.setting: axis for axis in request.axes}
        self._labels = {
            axis.setting: dict(zip(axis.values, value_labels(axis), strict=True))
            for axis in request.axes
        }
        self._given = given or {}

    def label(self, setting: str, value: Value) -> str:
        """A value, as it stands under the name of its axis."""
        if setting == "checkpoint":
            return self.checkpoint(str(value))
        label = self._labels[setting][value]
        kind = self._axes[setting].kind
        return label if kind == "text" or value == label else self._words(label)

    def spoken(self, setting: str, value: Value) -> str:
        """A value that stands alone: ``Seed 3``."""
        if self._axes[setting].kind in _ALONE:
            return self.label(setting, value)
        return f"{self.axis(setting)} {self.label(setting, value)}"

    def axis(self, setting: str) -> str:
        """The name of an axis."""
        return self._words(axis_setting(setting).label)

    def checkpoint(self, path: str) -> str:
        """The name of a LoRA file, or that of the base model for an empty path."""
        if not path:
            return self._words("Base model")
        known = self._labels.get("checkpoint", {})
        return self._given.get(path, known.get(path, Path(path).stem))


Choice = dict[str, Value]


def arranged(grid: Grid, names: Names, wanted: Collection[str] | None = None) -> Arrangement:
    """The grid on its sides; the pages of the window come one below the other.

    Of ``wanted`` identifiers only the rows and columns that show any are kept, and in them places
    of other pictures stay free; one without a picture is told all the same.
    """
    axes, sides = grid.request.axes, grid.request.sides()
    cells = {cell.position.place: cell for cell in grid.cells}
    fixed = {axis.setting: axis.values[0] for axis in axes}
    pages = sides.pages if sides.y or sides.group_y else ()  # else they are the rows themselves
    rows = _choices(axes, (*sides.pages, sides.group_y, sides.y))
    columns = _choices(axes, (sides.group_x, sides.x))
    table = []
    for row in rows:
        known = [fixed | row | column for column in columns]
        places = [tuple(one[axis.setting] for axis in axes) for one in known]
        table.append([_kept(cells.get(place), wanted) for place in places])
    kept_rows = [n for n, line in enumerate(table) if _shows(line, wanted)]
    kept_columns = [n for n in range(len(columns)) if _shows([row[n] for row in table], wanted)]
    inner = (sides.y,) if pages or sides.group_y else () if sides.y else sides.pages
    down = _heads(rows, inner, names.spoken, pages)
    across = _heads(columns, (sides.x,), names.label)
    return Arrangement(
        tuple(down[n] for n in kept_rows),
        tuple(across[n] for n in kept_columns),
        tuple(tuple(table[row][column] for column in kept_columns) for row in kept_rows),
        names.axis(sides.x) if sides.x else "",
    )


def _choices(axes: Sequence[Axis], settings: Sequence[str]) -> list[Choice]:
    """Every combination of the values of ``settings``, the last one changing first."""
    values = {axis.setting: axis.values for axis in axes}
    used = [name for name in settings if name]
    products = itertools.product(*(values[name] for name in used))
    return [dict(zip(used, chosen, strict=True)) for chosen in products]


def _heads(
    choices: Sequence[Choice],
    inner: Sequence[str],
    say: Callable[[str, Value], str],
    pages: Sequence[str] = (),
) -> list[Head]:
    """The names of rows or columns; what is not of ``inner`` settings they share with others."""
    groups_met, pages_met = _Numbers(), _Numbers()
    heads = []
    for choice in choices:
        outer = {name: value for name, value in choice.items() if name not in inner}
        group = groups_met.of(tuple(outer.values()))
        title = ", ".join(say(name, value) for name, value in outer.items())
        label = ", ".join(say(name, choice[name]) for name in inner if name)
        page = pages_met.of(tuple(choice[name] for name in pages))
        heads.append(Head(group, title, label, page))
    return heads


class _Numbers:
    """Numbers things in the order they are met."""

    def __init__(self) -> None:
        self._met: dict[tuple[Value, ...], int] = {}

    def of(self, thing: tuple[Value, ...]) -> int:
        return self._met.setdefault(thing, len(self._met))


def _kept(cell: GridCell | None, wanted: Collection[str] | None) -> GridCell | None:
    if cell is None or wanted is None or cell.path is None or cell.id in wanted:
        return cell
    return None


def _shows(cells: Sequence[GridCell | None], wanted: Collection[str] | None) -> bool:
    return wanted is None or any(cell is not None and cell.id in wanted for cell in cells)


def recipe_of(cell: GridCell, request: GridRequest, names: Names) -> list[tuple[str, str]]:
    """How a cell was made, as labels and values; a weight without effect is left out."""
    told = []
    for axis, value in zip(request.axes, cell.position.place, strict=True):
        if axis.setting == "checkpoint" and not cell.position.uses_lora:
            value = ""
        elif axis.setting in _WEIGHTS and not cell.position.uses_lora:
            continue
        told.append((names.axis(axis.setting), names.label(axis.setting, value)))
    return told


def facts_of(grid: Grid, words: Words) -> list[tuple[str, str]]:
    """What all cells share, as labels and values. No path of the computer is told."""
    image, axes = grid.request.image, {axis.setting for axis in grid.request.axes}
    model = words("Starter model") if image.model == STARTER else Path(image.model).stem
    sampler = f"{SAMPLERS[image.sampler]} {words(SCHEDULES[image.schedule])}"
    told = [
        ("model", words("Base model"), model),
        ("sampler", words("Sampling"), sampler),
        ("steps", words("Steps"), str(image.steps)),
        ("guidance_scale", words("Guidance"), f"{image.guidance_scale:g}"),
    ]
    if image.width and image.height:
        told.append(("size", words("Size"), f"{image.width}×{image.height}"))
    if image.negative_prompt:
        told.append(("negative_prompt", words("Negative prompt"), image.negative_prompt))
    return [(label, value) for setting, label, value in told if setting not in axes]
