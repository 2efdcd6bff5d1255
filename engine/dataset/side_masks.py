"""Masks that other trainers keep beside the pictures: ``NAME-masklabel.png`` (OneTrainer)."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.masks import MaskStore
from engine.dataset.problem import Problem
from engine.dataset.steps import Mask
from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba
from engine.runtime.errors import MissingFileError, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from engine.dataset.library import Library
    from engine.dataset.picture import Picture
    from engine.project.project import Project
    from engine.runtime.job import Job

ENDING = "-masklabel.png"


def side_mask_path(picture: Path) -> Path:
    """Where the mask of ``picture`` lies, if it has one."""
    return picture.with_name(picture.stem + ENDING)


def load_side_mask(picture: Path, size: tuple[int, int]) -> np.ndarray:
    """The mask beside ``picture`` as uint8 ``[H, W]`` at ``size`` (width, height).

    Raises MissingFileError without one, PictureError for a damaged one.
    """
    path = side_mask_path(picture)
    if not path.is_file():
        raise MissingFileError("{name} has no mask beside it.", name=picture.name)
    return resize(load_rgba(path)[..., 0], size)


def take_side_masks(
    library: Library, project: Project, ids: Iterable[int], job: Job | None = None
) -> tuple[list[int], list[str]]:
    """Give each picture of ``ids`` that has no training mask the one beside it, in one undo step.

    Returns the ids that got one, and sentences about masks that cannot be read.
    """
    masks, recipes, problems = MaskStore(project.masks), {}, []
    waiting = _with_side_mask(library.some(ids))
    for number, picture in enumerate(waiting):
        if job is not None:
            job.breathe()
            job.progress(number, len(waiting), "{name}", name=side_mask_path(picture.path).name)
        try:
            key = masks.add(load_side_mask(picture.path, (picture.width, picture.height)))
        except (PictureError, MissingFileError) as error:
            problems.append(Problem.of(error))
            continue
        recipes[picture.id] = picture.recipe.with_step(Mask(source="painted", mask=key))
    if recipes:
        library.set_recipes(recipes, label="Read masks")
    return list(recipes), list[str](problems)


def _with_side_mask(pictures: list[Picture]) -> list[Picture]:
    """Those with a mask beside them and none of their own; each folder is listed once."""
    folders: dict[Path, list[Picture]] = defaultdict(list)
    for picture in pictures:
        if not picture.problem and picture.recipe.step("mask") is None:
            folders[picture.path.parent].append(picture)
    found = []
    for folder, inside in folders.items():
        try:
            names = {name for name in os.listdir(folder) if name.endswith(ENDING)}
        except OSError:  # gone since it was read: the next reading says so
            continue
        found += [p for p in inside if side_mask_path(p.path).name in names]
    return found
