"""What lies where in an export: rows and columns with their names, and the cell at each place."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.models.family import STARTER
from engine.runtime.words import Words
from engine.sampling.infotext import SAMPLERS, SCHEDULES
from engine.validation.legend import short_names
from engine.validation.manifest import Grid, GridCell
from engine.validation.request import Position


@dataclass(frozen=True)
class Head:
    """A row or column: ``label`` is its own name, ``title`` that of group number ``group``."""

    group: int
    title: str
    label: str


@dataclass(frozen=True)
class Group:
    """Neighbors with one title, from ``start`` to before ``stop``."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Arrangement:
    """The places of a grid, ``cells[row][column]``; None is a place that was left out."""

    rows: tuple[Head, ...]
    columns: tuple[Head, ...]
    cells: tuple[tuple[GridCell | None, ...], ...]

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


def arranged(
    grid: Grid, words: Words, names: Mapping[str, str], wanted: Collection[str] | None = None
) -> Arrangement:
    """Rows are checkpoints and seeds, columns prompts and weights, as in the picture of a grid.

    Of ``wanted`` identifiers only the rows and columns that show any are kept, and in them places
    of other pictures stay free; one without a picture is told all the same.
    """
    request = grid.request
    cells = {cell.position: cell for cell in grid.cells}
    called = checkpoint_names(request.checkpoints, words, names)
    rows = [
        (Head(number, called[checkpoint], words("seed {seed}", seed=seed)), (checkpoint, seed))
        for number, checkpoint in enumerate(request.checkpoints)
        for seed in request.seeds
    ]
    columns = [
        (Head(number, prompt, f"{weight:g}"), (prompt, weight))
        for number, prompt in enumerate(request.prompts)
        for weight in request.weights
    ]
    table = [
        [
            _kept(cells.get(Position(checkpoint, weight, seed, prompt)), wanted)
            for _, (prompt, weight) in columns
        ]
        for _, (checkpoint, seed) in rows
    ]
    kept_rows = [n for n, row in enumerate(table) if _shows(row, wanted)]
    kept_columns = [n for n in range(len(columns)) if _shows([row[n] for row in table], wanted)]
    return Arrangement(
        tuple(rows[n][0] for n in kept_rows),
        tuple(columns[n][0] for n in kept_columns),
        tuple(tuple(table[row][column] for column in kept_columns) for row in kept_rows),
    )


def _kept(cell: GridCell | None, wanted: Collection[str] | None) -> GridCell | None:
    if cell is None or wanted is None or cell.path is None or cell.id in wanted:
        return cell
    return None


def _shows(cells: Sequence[GridCell | None], wanted: Collection[str] | None) -> bool:
    return wanted is None or any(cell is not None and cell.id in wanted for cell in cells)


def checkpoint_names(
    checkpoints: Sequence[str], words: Words, names: Mapping[str, str]
) -> dict[str, str]:
    """What each checkpoint is called: by the user, else by its file; the base model by its part."""
    shorts = zip(checkpoints, short_names(checkpoints), strict=True)
    return {path: names.get(path, short) if path else words("Base model") for path, short in shorts}


def recipe_of(cell: GridCell, called: Mapping[str, str], words: Words) -> list[tuple[str, str]]:
    """How a cell was made, as labels and values."""
    at = cell.position
    used = at.checkpoint if at.uses_lora else ""
    told = [(words("Checkpoint"), called.get(used, words("Base model")))]
    if at.uses_lora:
        told.append((words("Weight"), f"{at.weight:g}"))
    return [*told, (words("Seed"), str(at.seed)), (words("Prompt"), at.prompt)]


def facts_of(grid: Grid, words: Words) -> list[tuple[str, str]]:
    """What all cells share, as labels and values. No path of the computer is told."""
    image = grid.request.image
    model = words("Starter model") if image.model == STARTER else Path(image.model).stem
    sampler = f"{SAMPLERS[image.sampler]} {words(SCHEDULES[image.schedule])}"
    told = [
        (words("Base model"), model),
        (words("Sampling"), f"{sampler}, {words('{n} steps', n=image.steps)}"),
        (words("Guidance"), f"{image.guidance_scale:g}"),
    ]
    if image.width and image.height:
        told.append((words("Size"), f"{image.width}×{image.height}"))
    if image.negative_prompt:
        told.append((words("Negative prompt"), image.negative_prompt))
    return told
