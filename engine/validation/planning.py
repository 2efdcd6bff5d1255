"""Which cells a grid needs, and in which order: what is costly to change is changed rarely."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.prompt.syntax import take_loras
from engine.runtime.errors import ModelFileError
from engine.sampling.request import ImageRequest
from engine.validation.request import GridRequest
from engine.validation.resolve import Position, Resolver, check_texts
from engine.validation.store import WITHOUT_EFFECT, FileHashes, cell_id, files_of

# What may differ between pictures that go through the model together.
_PER_PICTURE = {"prompt", "negative_prompt", "seed", *WITHOUT_EFFECT}


@dataclass(frozen=True)
class PlannedCell:
    """A cell to draw: its identifier, its resolved request, the hashes of the files it is made
    with, and all positions that show it.
    """

    id: str
    image: ImageRequest
    positions: tuple[Position, ...]
    files: tuple[tuple[str, str], ...] = ()

    def check_files(self) -> None:
        """Raise ModelFileError when a file is no longer the one that the cell was planned with, and
        MissingFileError when it is gone.
        """
        now = files_of(self.image)
        for path, known in self.files:
            if now.get(path) != known:
                raise ModelFileError(
                    "{name} was replaced while the grid was drawn.",
                    name=path,
                    remedy="Draw the grid again; what is missing is drawn with the new file.",
                )


def plan(request: GridRequest) -> list[PlannedCell]:
    """The distinct cells of a grid. MissingFileError names a model or LoRA that is not there,
    AxisError a text that cannot be replaced.
    """
    check_texts(request)
    resolver, hashes = Resolver(request), FileHashes()
    places: dict[str, list[Position]] = {}
    images: dict[str, ImageRequest] = {}
    for position in request.positions():
        image = resolver.image(position)
        identifier = cell_id(image, hashes)
        places.setdefault(identifier, []).append(position)
        images.setdefault(identifier, image)
    return [
        PlannedCell(key, images[key], tuple(positions), hashes.of(images[key]))
        for key, positions in places.items()
    ]


def by_model_state(cells: Sequence[PlannedCell]) -> list[list[PlannedCell]]:
    """Cells that can share forward passes together: one model, the same adapters at the same
    weights, the same sampling; prompts and seeds differ.

    A base model comes once, without adapters first; then one set of LoRA files after the other,
    within it the weights, within these sizes and sampling, each in the order it was asked for.
    """
    groups: dict[Hashable, list[PlannedCell]] = {}
    for cell in cells:
        groups.setdefault(_state(cell.image), []).append(cell)
    order = _Order()
    # Sorting is stable, so that within a rank the order of the request stays.
    return sorted(groups.values(), key=lambda group: order.rank(group[0].image))


def _state(image: ImageRequest) -> Hashable:
    values = image.__dict__
    shared = tuple((name, values[name]) for name in values if name not in _PER_PICTURE)
    return (shared, tuple(take_loras(image.prompt)[1]))


class _Order:
    """Ranks states: what was asked for first comes first, at each level of cost."""

    def __init__(self) -> None:
        self._seen: list[dict[Any, int]] = [{}, {}, {}]

    def rank(self, image: ImageRequest) -> tuple[int, int, int, int]:
        tags = take_loras(image.prompt)[1]
        files = (*(use.path for use in image.loras), *(tag.name for tag in tags))
        weights = (*((use.weight, use.text) for use in image.loras), *tags)
        model, together, strength = (
            seen.setdefault(value, len(seen))
            for seen, value in zip(self._seen, (image.model, files, weights), strict=True)
        )
        return model, len(files), together, strength
