"""What a run was asked for by grids that were drawn of it: its captions may be gone since."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from engine.project import links
from engine.project.project import Project
from engine.runtime.errors import BadInputError, MissingFileError
from engine.validation.check_places import afterwards
from engine.validation.manifest import Grid, list_grids, open_grid


class Asked(NamedTuple):
    """The prompts of a grid, and the trigger word it was drawn with."""

    prompts: tuple[str, ...] = ()
    trigger: str = ""


def asked_before(run: Path, checkpoints: Collection[str], folder: Path | None = None) -> Asked:
    """What the grid in ``folder`` asks ``checkpoints`` of the run in the folder ``run`` for; or the
    check of the run, or else the newest grid of its project that shows one of them.
    """
    for grid in _grids(run, folder):
        texts = tuple(text for text in grid.request.prompts if text.strip())
        if texts and not set(checkpoints).isdisjoint(grid.request.checkpoints):
            return Asked(texts, grid.request.trigger)
    return Asked()


def _grids(run: Path, folder: Path | None) -> Iterator[Grid]:
    for place in (folder, afterwards(run).folder):
        if place is not None:
            try:
                yield open_grid(place)
            except (BadInputError, MissingFileError):  # there is none, or no whole one
                continue
    root = links.root_of(run)
    yield from list_grids(run if root is None else Project.open(root).grids)
